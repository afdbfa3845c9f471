import Testing

@testable import Processor

/// Physical address extension (SDM vol. 3A, 4.4) and execute-disable (4.6).
@Suite("PAE and NX")
struct SystemPAETests {
    private let ds = SegmentIndex.ds.rawValue
    private let noExecute: UInt64 = 1 << 63

    private func machine(noExecute: Bool = true) throws -> SystemFixture {
        let machine = try SystemFixture(model: .pentium4)
        machine.enablePAE(noExecute: noExecute)
        return machine
    }

    private func faultOfRead(_ machine: SystemFixture, _ linear: UInt32) -> Fault? {
        machine.fault { () throws(Fault) in _ = try machine.core.read8(ds, linear) }
    }

    private func faultOfFetch(_ machine: SystemFixture, _ linear: UInt32) -> Fault? {
        machine.fault { () throws(Fault) in _ = try machine.core.translateForFetch(linear) }
    }

    private func pageFault(_ code: UInt16) -> Fault { Fault(Vector.pageFault, errorCode: code) }

    @Test("Three levels are walked; directory and table entries are marked, pointers are not")
    func walk() throws {
        let machine = try machine()
        machine.poke8(0x30123, 5)
        machine.setWidePage(0x20000, 0x30000 | 7)
        #expect(try machine.core.read8(ds, 0x20123) == 5)
        #expect(machine.widePage(0x20000) == 0x30000 | 0x27)
        #expect(machine.quad(SystemFixture.directory) & 0x60 == 0x20)
        #expect(machine.quad(SystemFixture.pointerTable) == UInt64(SystemFixture.directory) | 1)
        try machine.core.write8(ds, 0x20123, 6)
        #expect(machine.widePage(0x20000) == 0x30000 | 0x67)
        #expect(machine.quad(SystemFixture.directory) & 0x60 == 0x20)
        #expect(machine.peek8(0x30123) == 6)
    }

    @Test("Each gigabyte has its directory")
    func gigabytes() throws {
        let machine = try machine()
        machine.setQuad(SystemFixture.pointerTable + 24, 0x15000 | 1)
        machine.setQuad(0x15000 + 0x1FF * 8, 0x16000 | 7)
        machine.setQuad(0x16000 + 0x1FF * 8, 0x30000 | 7)
        try machine.core.movToControl(3, SystemFixture.pointerTable)
        machine.poke8(0x30FFF, 9)
        #expect(try machine.core.read8(ds, 0xFFFF_FFFF) == 9)
        #expect(faultOfRead(machine, 0x4000_0000) == pageFault(0))
    }

    @Test("Pages of 2 MiB, with CR4.PSE clear, and invlpg of any address in one")
    func largePages() throws {
        let machine = try machine()
        machine.setQuad(SystemFixture.directory + 8, 0x0020_0000 | 0x87)
        machine.poke8(0x23_4567, 7)
        #expect(try machine.core.read8(ds, 0x23_4567) == 7)
        #expect(machine.quad(SystemFixture.directory + 8) & 0x60 == 0x20)
        try machine.core.write8(ds, 0x23_4567, 8)
        #expect(machine.quad(SystemFixture.directory + 8) & 0x60 == 0x60)
        machine.setQuad(SystemFixture.directory + 8, 0)
        #expect(try machine.core.read8(ds, 0x23_4567) == 8)
        try machine.core.invalidatePage(ds, 0x3F_F000)
        #expect(faultOfRead(machine, 0x23_4567) == pageFault(0))
    }

    @Test(
        "Reserved bits fault with P and RSVD",
        arguments: [
            // table entry, directory entry of a large page, NXE, faults
            (1 << 36 | 7, nil, true, true), (1 << 62 | 7, nil, true, true), (1 << 52 | 7, nil, true, true),
            (1 << 63 | 7, nil, false, true), (1 << 63 | 7, nil, true, false), (1 << 7 | 7, nil, true, false),
            (0, 0x2087, true, true), (0, 0x10_0087, true, true), (0, 0x1087, true, false),
            (0, 1 << 40 | 0x87, true, true), (0, 1 << 63 | 0x87, false, true), (0, 1 << 63 | 0x87, true, false),
        ] as [(UInt64, UInt64?, Bool, Bool)])
    func reservedBits(entry: UInt64, large: UInt64?, noExecute: Bool, faults: Bool) throws {
        let machine = try machine(noExecute: noExecute)
        let linear: UInt32 = large == nil ? 0x20000 : 0x20_0000
        if let large {
            machine.setQuad(SystemFixture.directory + 8, large)
        } else {
            machine.setWidePage(0x20000, entry)
        }
        #expect(faultOfRead(machine, linear) == (faults ? pageFault(9) : nil))
        if faults {
            #expect(machine.state.pointee.cr2 == linear)
            #expect(machine.fault { () throws(Fault) in try machine.core.write8(ds, linear, 1) } == pageFault(11))
            machine.enterUserMode()
            #expect(faultOfRead(machine, linear) == pageFault(13))
            // Nothing was marked.
            #expect(machine.widePage(0x20000) & 0x20 == 0)
            #expect(machine.quad(SystemFixture.directory + 8) & 0x20 == 0)
        }
    }

    @Test("A reserved bit in an entry that is not present does not matter")
    func reservedBitsOfAbsentPages() throws {
        let machine = try machine(noExecute: false)
        machine.setWidePage(0x20000, ~1)
        #expect(faultOfRead(machine, 0x20000) == pageFault(0))
    }

    @Test("Reserved bits of a directory entry that leads to a table")
    func reservedBitsOfDirectories() throws {
        let machine = try machine()
        machine.setQuad(SystemFixture.directory, 1 << 37 | UInt64(SystemFixture.table) | 7)
        #expect(faultOfRead(machine, 0x20000) == pageFault(9))
    }

    @Test("Fetches from pages with XD fault with I/D, at both privilege levels; data accesses do not")
    func executeDisable() throws {
        let machine = try machine()
        machine.setWidePage(0x20000, noExecute | 0x20000 | 7)
        #expect(faultOfFetch(machine, 0x20010) == pageFault(0x11))
        #expect(machine.state.pointee.cr2 == 0x20010)
        #expect(machine.widePage(0x20000) & 0x60 == 0)
        #expect(faultOfRead(machine, 0x20010) == nil)
        // A data translation is none for fetches.
        #expect(faultOfFetch(machine, 0x20010) == pageFault(0x11))
        machine.enterUserMode()
        #expect(faultOfFetch(machine, 0x20010) == pageFault(0x15))
        #expect(faultOfFetch(machine, 0x21000) == nil)
    }

    @Test("XD in the directory forbids fetches from all its pages")
    func executeDisableInDirectory() throws {
        let machine = try machine()
        machine.setQuad(SystemFixture.directory, noExecute | UInt64(SystemFixture.table) | 7)
        #expect(faultOfFetch(machine, 0x20010) == pageFault(0x11))
        #expect(faultOfRead(machine, 0x20010) == nil)
    }

    @Test("I/D is set only for fetches with PAE and NXE, whatever the cause")
    func fetchBit() throws {
        let with = try machine()
        with.setWidePage(0x20000, 0)
        #expect(faultOfFetch(with, 0x20000) == pageFault(0x10))
        let without = try machine(noExecute: false)
        without.setWidePage(0x20000, 0)
        #expect(faultOfFetch(without, 0x20000) == pageFault(0))
        let narrow = try SystemFixture(model: .pentium4)
        narrow.enablePaging()
        narrow.state.pointee.modelSpecific.efer = ExtendedFeatureEnable.executeDisable
        narrow.setPage(0x20000, 0)
        #expect(faultOfFetch(narrow, 0x20000) == pageFault(0))
    }

    @Test("Rights are those that directory and table share")
    func rights() throws {
        let machine = try machine()
        machine.setQuad(SystemFixture.directory, UInt64(SystemFixture.table) | 5)
        machine.enterUserMode()
        #expect(machine.fault { () throws(Fault) in try machine.core.write8(ds, 0x20000, 1) } == pageFault(7))
        machine.setQuad(SystemFixture.directory, UInt64(SystemFixture.table) | 3)
        try machine.core.setPageDirectoryBase(SystemFixture.pointerTable)
        #expect(faultOfRead(machine, 0x20000) == pageFault(5))
    }

    @Test("Above 4 GiB there is nothing: ones are read, writes are lost")
    func above4GiB() throws {
        let machine = try machine()
        machine.setWidePage(0x20000, 0x1_0003_0000 | 7)
        machine.poke8(0x30000, 3)
        #expect(try machine.core.read32(ds, 0x20000) == 0xFFFF_FFFF)
        try machine.core.write32(ds, 0x20000, 0x1234)
        #expect(try machine.core.read32(ds, 0x20000) == 0xFFFF_FFFF)
        #expect(machine.peek8(0x30000) == 3)
        #expect(machine.bus.mmioReads.isEmpty && machine.bus.mmioWrites.isEmpty)
        // Nor can a device be mapped there by accident.
        machine.memory.mapMMIO(0xFE00_0000..<0x1_0000_0000)
        #expect(try machine.core.read32(ds, 0x20000) == 0xFFFF_FFFF)
        #expect(machine.bus.mmioReads.isEmpty)
        // A table up there consists of ones: present, with reserved bits set.
        machine.setQuad(SystemFixture.directory + 8, 0x2_0000_0000 | 7)
        #expect(faultOfRead(machine, 0x20_0000) == pageFault(9))
        #expect(machine.processor.inspectPage(at: 0x20000)?.page == 0x1_0003_0000)
        #expect(machine.processor.physicalAddress(ofLinear: 0x20000) == nil)
    }

    @Test("The pointers are those of the last load of CR3, whatever memory says")
    func pointersAreHeld() throws {
        let machine = try machine()
        machine.setQuad(SystemFixture.pointerTable, 0)
        try machine.core.invalidatePage(ds, 0x20000)
        #expect(faultOfRead(machine, 0x20000) == nil)
        try machine.core.movToControl(3, SystemFixture.pointerTable)
        #expect(faultOfRead(machine, 0x20000) == pageFault(0))
        machine.setQuad(SystemFixture.pointerTable, UInt64(SystemFixture.directory) | 1)
        #expect(faultOfRead(machine, 0x20000) == pageFault(0))
        // CR4.PGE and CR0.CD reload them; CR4.TSD does not.
        let cr4 = machine.state.pointee.cr4
        try machine.core.movToControl(4, cr4 | ControlRegister.timestampDisable)
        #expect(faultOfRead(machine, 0x20000) == pageFault(0))
        try machine.core.movToControl(4, cr4 & ~ControlRegister.pageGlobalEnable)
        #expect(faultOfRead(machine, 0x20000) == nil)
        machine.setQuad(SystemFixture.pointerTable, 0)
        try machine.core.movToControl(0, machine.state.pointee.cr0 | ControlRegister.cacheDisable)
        #expect(machine.state.pointee.pageDirectoryPointers[0] == 0)
    }

    @Test("The pointer table lies at a multiple of 32 bytes")
    func pointerTableAddress() throws {
        let machine = try machine()
        machine.setQuad(SystemFixture.pointerTable + 0x20, UInt64(SystemFixture.directory) | 1)
        machine.setQuad(SystemFixture.pointerTable, 0)
        try machine.core.movToControl(3, SystemFixture.pointerTable | 0x20 | 0x18)
        #expect(faultOfRead(machine, 0x20000) == nil)
    }

    @Test(
        "Reserved bits of a present pointer are #GP(0) at the load, and nothing changes",
        arguments: [1, 2, 5, 6, 7, 8, 36, 62, 63])
    func reservedPointerBits(bit: Int) throws {
        let machine = try machine()
        let bad: UInt32 = 0x15000
        machine.setQuad(bad, UInt64(SystemFixture.directory) | 1)
        machine.setQuad(bad + 16, 1 << UInt64(bit) | 1)
        let load = machine.fault { () throws(Fault) in try machine.core.movToControl(3, bad) }
        #expect(load == .generalProtection(0))
        #expect(machine.state.pointee.cr3 == SystemFixture.pointerTable)
        #expect(faultOfRead(machine, 0x20000) == nil)
        // Not present: the bits are ignored, and kept.
        machine.setQuad(bad + 16, 1 << UInt64(bit))
        try machine.core.movToControl(3, bad)
        #expect(machine.state.pointee.pageDirectoryPointers[2] == 1 << UInt64(bit))
        // Turning paging on loads them, too.
        try machine.core.movToControl(0, machine.state.pointee.cr0 & ~ControlRegister.paging)
        machine.setQuad(bad + 16, 1 << UInt64(bit) | 1)
        let paging = machine.fault { () throws(Fault) in
            try machine.core.movToControl(0, machine.state.pointee.cr0 | ControlRegister.paging)
        }
        #expect(paging == .generalProtection(0))
        #expect(machine.state.pointee.cr0 & ControlRegister.paging == 0)
        // Without paging CR3 is only a number.
        try machine.core.movToControl(3, bad)
    }

    @Test("Changing CR4.PAE under paging loads the pointers and drops global translations")
    func switchingFormats() throws {
        let machine = try SystemFixture(model: .pentium4)
        machine.enablePaging()
        try machine.core.movToControl(4, ControlRegister.pageGlobalEnable)
        machine.setPage(0x20000, 0x30000 | 0x107)
        machine.poke8(0x30000, 3)
        #expect(try machine.core.read8(ds, 0x20000) == 3)
        // The same page as a pointer table and as a directory.
        machine.setQuad(0x10000, 0x13000 | 1)
        for index in 1..<4 as Range<UInt32> { machine.setQuad(0x10000 + index * 8, 0) }
        machine.setQuad(0x13000, 0x14000 | 7)
        for page in 0..<512 as Range<UInt32> { machine.setQuad(0x14000 + page * 8, UInt64(page) << 12 | 7) }
        let both = ControlRegister.pageGlobalEnable | ControlRegister.physicalAddressExtension
        try machine.core.movToControl(4, both)
        #expect(try machine.core.read8(ds, 0x20000) == 0)
    }

    @Test("A task switch loads the pointers; a bad table is the new task's #GP(0)")
    func taskSwitch() throws {
        let machine = try machine()
        machine.catchExceptions()
        let tss: UInt32 = 0x3800
        machine.setSegment(SystemFixture.free, base: tss, limit: 0x67, access: 0x89, flags: 0)
        machine.poke32(tss + 0x20, 0x5100)
        machine.poke32(tss + 0x24, 2)
        machine.poke32(tss + 0x38, 0x8000)
        for index in 0..<6 as Range<UInt32> {
            machine.poke16(tss + 0x48 + index * 4, index == 1 ? SystemFixture.code0 : SystemFixture.data0)
        }
        // A copy of the pointer table with a reserved bit set in its last entry.
        machine.setQuad(0x15000, UInt64(SystemFixture.directory) | 1)
        machine.poke32(tss + 0x1C, 0x15000)
        machine.setQuad(0x15018, 3)
        let fault = machine.fault { () throws(Fault) in
            try machine.core.farJump(selector: SystemFixture.free, offset: 0, returnEIP: 0x5000)
        }
        #expect(fault == .generalProtection(0))
        #expect(machine.state.pointee.tr.selector == SystemFixture.free)
        #expect(machine.state.pointee.eip == 0x5100)
        #expect(machine.state.pointee.cr3 == SystemFixture.pointerTable)
        // Back, and again with a good one.
        machine.setSegment(SystemFixture.free, base: tss, limit: 0x67, access: 0x89, flags: 0)
        machine.setQuad(0x15018, 0)
        for index in [SegmentIndex.ss, .ds, .es, .fs, .gs] { machine.load(index, SystemFixture.data0) }
        machine.load(.cs, SystemFixture.code0)
        machine.state.pointee.tr.selector = SystemFixture.tss
        machine.state.pointee.tr.base = SystemFixture.tssBase
        try machine.core.farJump(selector: SystemFixture.free, offset: 0, returnEIP: 0x5000)
        #expect(machine.state.pointee.cr3 == 0x15000)
        #expect(faultOfRead(machine, 0x20000) == nil)
    }

    @Test("A program in a page that must not be executed gets its page fault when it runs there")
    func execution() throws {
        let machine = try machine()
        machine.catchExceptions()
        // A jump to the page behind, and running into it.
        machine.setWidePage(0x20000, noExecute | 0x20000 | 7)
        machine.memory.write([0x90], at: 0x1FFFF)
        machine.state.pointee.eip = 0x1FFFF
        #expect(machine.execute([]) == nil)
        #expect(machine.state.pointee.eip == 0x20000)
        #expect(machine.execute([]) == .init(Vector.pageFault, 0x11))
        #expect(machine.state.pointee.cr2 == 0x20000)
        // An instruction whose second byte lies there.
        machine.memory.write([0x40, 0xB8], at: 0x1FFFE)
        machine.state.pointee.eip = 0x1FFFF
        #expect(machine.execute([]) == .init(Vector.pageFault, 0x11))
        #expect(machine.state.pointee.cr2 == 0x20000)
        #expect(machine.stack(2)[1] == 0x1FFFF)
        // NXE off: bit 63 is reserved then.
        machine.state.pointee.general[1] = ModelSpecificRegister.efer
        machine.state.pointee.general[0] = 0
        machine.state.pointee.general[2] = 0
        #expect(machine.execute([0x0F, 0x30]) == nil)
        machine.state.pointee.eip = 0x20000
        #expect(machine.execute([]) == .init(Vector.pageFault, 9))
    }

    @Test("Snapshots hold the pointers and EFER")
    func snapshot() throws {
        let machine = try machine()
        machine.setQuad(SystemFixture.pointerTable, 0)
        let snapshot = machine.processor.snapshot()
        try machine.core.movToControl(3, SystemFixture.pointerTable)
        machine.state.pointee.modelSpecific.efer = 0
        machine.processor.restore(snapshot)
        #expect(faultOfRead(machine, 0x20000) == nil)
        #expect(machine.state.pointee.modelSpecific.efer == ExtendedFeatureEnable.executeDisable)
    }
}
