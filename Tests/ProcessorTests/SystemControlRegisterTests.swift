import Testing

@testable import Processor

/// Control and debug registers (SDM vol. 3A, 2.5; vol. 3B, 17.2).
@Suite("Control registers")
struct SystemControlRegisterTests {
    private let ds = SegmentIndex.ds.rawValue

    private func machine(_ model: ProcessorModel = .pentium3) throws -> SystemFixture {
        let machine = try SystemFixture(model: model)
        machine.catchExceptions()
        return machine
    }

    @Test("Combinations of CR0 that are #GP(0): PG without PE, NW without CD")
    func combinations() throws {
        let machine = try machine()
        for (value, isValid) in [
            (0x8000_0000, false), (0x8000_0001, true), (0x2000_0001, false), (0x6000_0001, true), (0x4000_0001, true),
        ] as [(UInt32, Bool)] {
            let fault = machine.fault { () throws(Fault) in try machine.core.movToControl(0, value) }
            #expect(fault == (isValid ? nil : .generalProtection(0)))
            try machine.core.movToControl(0, 1)
        }
        // A 386 has neither CD nor NW.
        try machine386().core.movToControl(0, 0x2000_0001)
    }

    private func machine386() throws -> SystemFixture { try machine(.i386) }

    @Test("CR1 and CR5 to CR7 do not exist; ModRM.mod does not matter")
    func encodings() throws {
        let machine = try machine()
        for number in [1, 5, 6, 7] as [UInt8] {
            #expect(machine.execute([0x0F, 0x20, 0xC0 | number << 3]) == .invalidOpcode)
            #expect(machine.execute([0x0F, 0x22, 0xC0 | number << 3]) == .invalidOpcode)
        }
        machine.state.pointee.cr2 = 0x1234_5678
        for mod in [0x10, 0x50, 0x90, 0xD0] as [UInt8] {
            machine.state.pointee.general[4] = 0x8000
            // mov ebp, cr2: a SIB byte or displacement would follow if this were memory.
            #expect(machine.execute([0x0F, 0x20, mod | 5]) == nil)
            #expect(machine.state.pointee.general[5] == 0x1234_5678)
            #expect(machine.state.pointee.eip == SystemFixture.code + 3)
        }
    }

    @Test("lmsw sets PE and does not clear it, and reaches MP, EM and TS only; clts clears TS")
    func machineStatusWord() throws {
        let machine = try machine()
        machine.state.pointee.general[0] = 0xFFFE
        #expect(machine.execute([0x0F, 0x01, 0xF0]) == nil)
        #expect(machine.state.pointee.cr0 == 0x1F)
        machine.state.pointee.general[0] = 0
        #expect(machine.execute([0x0F, 0x01, 0xF0]) == nil)
        #expect(machine.state.pointee.cr0 == 0x11)
        machine.state.pointee.cr0 |= ControlRegister.taskSwitched
        #expect(machine.execute([0x0F, 0x06]) == nil)
        #expect(machine.state.pointee.cr0 == 0x11)
        machine.enterUserMode()
        #expect(machine.execute([0x0F, 0x06]) == .protection)
        machine.enterUserMode()
        #expect(machine.execute([0x0F, 0x01, 0xF0]) == .protection)
        // smsw is for everyone.
        machine.enterUserMode()
        #expect(machine.execute([0x0F, 0x01, 0xE3]) == nil)
        #expect(machine.state.pointee.general[3] == 0x11)
    }

    @Test("CR3 keeps all its bits, and PWT and PCD do not disturb the walk")
    func pageDirectoryBase() throws {
        let machine = try machine()
        machine.enablePaging()
        try machine.core.movToControl(3, 0x10FFF)
        #expect(try machine.core.movFromControl(3) == 0x10FFF)
        _ = try machine.core.read8(ds, 0x20000)
    }

    @Test("DR4 and DR5 are DR6 and DR7, or #UD with CR4.DE")
    func debugAliases() throws {
        let machine = try machine()
        machine.state.pointee.general[0] = 0x400 | 0x1000_0000
        #expect(machine.execute([0x0F, 0x23, 0xE8]) == nil)
        #expect(machine.state.pointee.debugRegisters[7] == 0x1000_0400)
        #expect(machine.execute([0x0F, 0x21, 0xEB]) == nil)
        #expect(machine.state.pointee.general[3] == 0x1000_0400)
        try machine.core.movToControl(4, ControlRegister.debuggingExtensions)
        for number in [4, 5] as [UInt8] {
            #expect(machine.execute([0x0F, 0x21, 0xC3 | number << 3]) == .invalidOpcode)
            #expect(machine.execute([0x0F, 0x23, 0xC3 | number << 3]) == .invalidOpcode)
        }
        // A 386 has no CR4 to change that.
        #expect(try machine386().execute([0x0F, 0x21, 0xEB]) == nil)
    }

    @Test(
        "Everything here is for privilege level 0",
        arguments: [
            [0x20, 0xC0], [0x22, 0xC0], [0x22, 0xD8], [0x20, 0xE0], [0x22, 0xE0], [0x21, 0xC0], [0x23, 0xC0],
            [0x01, 0x38], [0x08], [0x09],
        ] as [[UInt8]])
    func privilege(code: [UInt8]) throws {
        let machine = try machine()
        machine.enterUserMode()
        #expect(machine.execute([0x0F] + code) == .protection)
    }
}
