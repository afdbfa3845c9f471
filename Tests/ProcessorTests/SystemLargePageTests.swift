import Testing

@testable import Processor

/// Pages of 4 MiB without PAE: PSE and PSE-36 (SDM vol. 3A, 4.3).
@Suite("Large pages")
struct SystemLargePageTests {
    private let ds = SegmentIndex.ds.rawValue

    private func machine(_ model: ProcessorModel, directoryEntry: UInt32) throws -> SystemFixture {
        let machine = try SystemFixture(model: model)
        machine.enablePaging()
        try machine.core.movToControl(4, ControlRegister.pageSizeExtensions)
        machine.poke32(0x10004, directoryEntry)
        return machine
    }

    @Test(
        "Reserved bits: 13 to 21 on the Pentium, and 12, for it has no PAT; 17 to 21 with PSE-36",
        arguments: 12..<22 as Range<UInt32>)
    func reservedBits(bit: UInt32) throws {
        for model in [ProcessorModel.pentium, .pentium2, .pentium3, .pentium4] {
            let machine = try machine(model, directoryEntry: 0x87 | 1 << bit)
            let fault = machine.fault { () throws(Fault) in _ = try machine.core.read8(ds, 0x40_0000) }
            let isReserved = model == .pentium || bit >= 17
            #expect(fault == (isReserved ? Fault(Vector.pageFault, errorCode: 9) : nil), "\(model.name)")
        }
    }

    @Test("PSE-36: bits 13 to 16 of the entry are bits 32 to 35 of the address")
    func highAddresses() throws {
        let machine = try machine(.pentium3, directoryEntry: 0x0000_A087)
        #expect(try machine.core.read32(ds, 0x40_0000) == 0xFFFF_FFFF)
        #expect(machine.processor.inspectPage(at: 0x41_2345)?.page == 0x5_0001_2000)
    }

    @Test("Bit 7 of a table entry is reserved where there is no PAT, with CR4.PSE only")
    func tableEntries() throws {
        for (model, faults) in [(ProcessorModel.pentium, true), (.pentium2, false)] {
            let machine = try machine(model, directoryEntry: 0)
            machine.setPage(0x20000, 0x20000 | 0x87)
            let fault = machine.fault { () throws(Fault) in _ = try machine.core.read8(ds, 0x20000) }
            #expect(fault == (faults ? Fault(Vector.pageFault, errorCode: 9) : nil), "\(model.name)")
            try machine.core.movToControl(4, 0)
            _ = try machine.core.read8(ds, 0x20000)
        }
    }

    @Test("Without CR4.PSE the size bit means nothing, and nothing is reserved")
    func withoutPSE() throws {
        for model in ProcessorModel.all {
            let machine = try SystemFixture(model: model)
            machine.enablePaging()
            machine.poke32(0x10004, 0x11000 | 0x87)
            machine.poke8(0x30123, 4)
            machine.setPage(0x30000, 0x30000 | 0x187)
            #expect(try machine.core.read8(ds, 0x43_0123) == 4, "\(model.name)")
        }
    }

    @Test("A change of CR4.PSE drops all translations")
    func changeOfPSE() throws {
        let machine = try machine(.pentium3, directoryEntry: 0x87)
        _ = try machine.core.read8(ds, 0x40_0000)
        try machine.core.movToControl(4, 0)
        // The entry now leads to a table at 0, whose first entry is not present.
        let fault = machine.fault { () throws(Fault) in _ = try machine.core.read8(ds, 0x40_0000) }
        #expect(fault == Fault(Vector.pageFault, errorCode: 0))
    }
}
