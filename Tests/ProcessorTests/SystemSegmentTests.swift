import Testing

@testable import Processor

@Suite("Segmentation")
struct SystemSegmentTests {
    private let free = SystemFixture.free
    private let ds = SegmentIndex.ds.rawValue
    private let ss = SegmentIndex.ss.rawValue

    @Test("Limits are exact for every size, and SS has its own fault")
    func limits() throws {
        let machine = try SystemFixture()
        machine.setSegment(free, base: 0x20000, limit: 0xFFF, access: 0x93, flags: 4)
        try machine.core.loadSegment(ds, selector: free)
        _ = try machine.core.read32(ds, 0xFFC)
        #expect(machine.fault { () throws(Fault) in _ = try machine.core.read32(ds, 0xFFD) } == .generalProtection(0))
        #expect(machine.fault { () throws(Fault) in _ = try machine.core.read16(ds, 0xFFF) } == .generalProtection(0))
        _ = try machine.core.read8(ds, 0xFFF)
        #expect(machine.fault { () throws(Fault) in try machine.core.write8(ds, 0x1000, 1) } == .generalProtection(0))
        #expect(
            machine.fault { () throws(Fault) in _ = try machine.core.read32(ds, 0xFFFF_FFFE) } == .generalProtection(0))
        try machine.core.loadSegment(ss, selector: free)
        #expect(machine.fault { () throws(Fault) in try machine.core.write32(ss, 0xFFD, 1) } == .stackFault(0))
    }

    @Test("Expand-down segments are valid above the limit only", arguments: [true, false])
    func expandDown(big: Bool) throws {
        let machine = try SystemFixture()
        machine.setSegment(free, base: 0, limit: 0xFFF, access: 0x97, flags: big ? 4 : 0)
        try machine.core.loadSegment(ds, selector: free)
        _ = try machine.core.read8(ds, 0x1000)
        #expect(machine.fault { () throws(Fault) in _ = try machine.core.read8(ds, 0xFFF) } == .generalProtection(0))
        _ = try machine.core.read16(ds, 0xFFFE)
        let beyond = machine.fault { () throws(Fault) in _ = try machine.core.read16(ds, 0xFFFF) }
        #expect(beyond == (big ? nil : .generalProtection(0)))
    }

    @Test("Types: read-only data, execute-only code, readable code")
    func types() throws {
        let machine = try SystemFixture()
        let write = { () throws(Fault) in try machine.core.write8(ds, 0, 1) }
        let read = { () throws(Fault) in _ = try machine.core.read8(ds, 0) }
        machine.setSegment(free, base: 0x20000, limit: 0xFFF, access: 0x91, flags: 4)
        try machine.core.loadSegment(ds, selector: free)
        #expect(machine.fault(read) == nil)
        #expect(machine.fault(write) == .generalProtection(0))
        machine.setSegment(free, base: 0x20000, limit: 0xFFF, access: 0x9B, flags: 4)
        try machine.core.loadSegment(ds, selector: free)
        #expect(machine.fault(read) == nil)
        #expect(machine.fault(write) == .generalProtection(0))
        machine.setSegment(free, base: 0x20000, limit: 0xFFF, access: 0x99, flags: 4)
        #expect(
            machine.fault { () throws(Fault) in try machine.core.loadSegment(ds, selector: free) }
                == .generalProtection(free))
    }

    @Test("A null selector can be loaded but not used; not into SS")
    func null() throws {
        let machine = try SystemFixture()
        try machine.core.loadSegment(ds, selector: 3)
        #expect(machine.state.pointee.segments[3].selector == 3)
        #expect(machine.fault { () throws(Fault) in _ = try machine.core.read8(ds, 0) } == .generalProtection(0))
        #expect(
            machine.fault { () throws(Fault) in try machine.core.loadSegment(ss, selector: 0) } == .generalProtection(0)
        )
    }

    @Test("Loads check limit, privilege and presence, and change nothing if they fault")
    func loadChecks() throws {
        let machine = try SystemFixture()
        machine.enterUserMode()
        let before = machine.state.pointee.segments[3]
        let load = { (selector: UInt16) in
            machine.fault { () throws(Fault) in try machine.core.loadSegment(ds, selector: selector) }
        }
        #expect(load(64 * 8 | 3) == .generalProtection(64 * 8))
        #expect(load(SystemFixture.data0) == .generalProtection(SystemFixture.data0))
        #expect(load(SystemFixture.tss) == .generalProtection(SystemFixture.tss))
        // No LDT is loaded.
        #expect(load(0x0F) == .generalProtection(0x0C))
        machine.setSegment(free, base: 0, limit: 0, access: 0x73, flags: 0)
        #expect(load(free | 3) == .notPresent(free))
        #expect(machine.state.pointee.segments[3] == before)
        // Conforming code can be read from everywhere.
        #expect(load(SystemFixture.conforming0 | 3) == nil)
        // A selector may not ask for less than the stack's level.
        let stack = machine.fault { () throws(Fault) in
            try machine.core.loadSegment(ss, selector: SystemFixture.data3 & ~3)
        }
        #expect(stack == .generalProtection(SystemFixture.data3 & ~3))
        machine.setSegment(free, base: 0, limit: 0, access: 0x73, flags: 0)
        let absent = machine.fault { () throws(Fault) in try machine.core.loadSegment(ss, selector: free | 3) }
        #expect(absent == .stackFault(free))
    }

    @Test("Loads set the accessed bit in the descriptor")
    func accessed() throws {
        let machine = try SystemFixture()
        machine.setSegment(free, base: 0, limit: 0xFFF, access: 0x92, flags: 0)
        try machine.core.loadSegment(ds, selector: free)
        #expect(machine.peek8(SystemFixture.gdt + UInt32(free) + 5) == 0x93)
    }

    @Test("The LDT serves selectors with TI set")
    func localTable() throws {
        let machine = try SystemFixture()
        machine.setSegment(free, base: 0x6000, limit: 0xF, access: 0x82, flags: 0)
        machine.poke32(0x6008, 0x1234_0FFF)
        machine.poke32(0x600C, 0x0040_9200)
        try machine.core.loadLocalDescriptorTable(free)
        try machine.core.loadSegment(ds, selector: 0x0C)
        #expect(machine.state.pointee.segments[3].base == 0x1234)
        #expect(
            machine.fault { () throws(Fault) in try machine.core.loadSegment(ds, selector: 0x14) }
                == .generalProtection(0x14))
        #expect(try machine.core.storeLocalDescriptorTable() == free)
    }

    @Test("Real mode keeps the limits of protected mode: unreal mode")
    func unrealMode() throws {
        let machine = try SystemFixture()
        try machine.core.movToControl(0, ControlRegister.extensionType)
        try machine.core.loadSegment(ds, selector: 0x1000)
        #expect(machine.state.pointee.segments[3].base == 0x10000)
        try machine.core.write8(ds, 0x20_0000, 5)
        #expect(machine.peek8(0x21_0000) == 5)
    }

    @Test("Real mode after reset has limits of 64 KiB")
    func realMode() throws {
        let machine = try SystemFixture(protected: false)
        try machine.core.loadSegment(ds, selector: 0xF000)
        _ = try machine.core.read16(ds, 0xFFFE)
        #expect(machine.fault { () throws(Fault) in _ = try machine.core.read16(ds, 0xFFFF) } == .generalProtection(0))
    }

    @Test("lar, lsl, verr, verw and arpl")
    func questions() throws {
        let machine = try SystemFixture()
        let zero = { machine.core.eflags & Flag.zero != 0 }
        #expect(try machine.core.loadAccessRights(SystemFixture.code0) == 0x00CF_9B00 & 0x00FF_FF00)
        #expect(zero())
        #expect(try machine.core.loadSegmentLimit(SystemFixture.code0) == 0xFFFF_FFFF)
        #expect(try machine.core.loadSegmentLimit(0) == nil)
        #expect(!zero())
        machine.setGate(at: SystemFixture.gdt + UInt32(free), SystemType.callGate32, selector: 8, offset: 0)
        #expect(try machine.core.loadAccessRights(free) != nil)
        #expect(try machine.core.loadSegmentLimit(free) == nil)
        try machine.core.verifyWritable(SystemFixture.code0)
        #expect(!zero())
        try machine.core.verifyReadable(SystemFixture.code0)
        #expect(zero())
        machine.enterUserMode()
        try machine.core.verifyReadable(SystemFixture.data0)
        #expect(!zero())
        #expect(try machine.core.adjustRequestedPrivilege(0x10, source: 3) == 0x13)
        #expect(zero())
        #expect(try machine.core.adjustRequestedPrivilege(0x13, source: 1) == nil)
        #expect(!zero())
    }
}
