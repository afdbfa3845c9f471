import Testing

@testable import Processor

/// When a cached translation must be gone, and when it is still there (SDM vol. 3A, 4.10.4, and 11.9 of older
/// editions).
@Suite("TLB")
struct SystemTLBTests {
    private let ds = SegmentIndex.ds.rawValue
    private let linear: UInt32 = 0x20000

    /// A machine that has read a page, whose entry then lost its present bit: reading it again succeeds exactly as long
    /// as the translation is cached.
    private func machine(global: Bool = false, model: ProcessorModel = .pentium4) throws -> SystemFixture {
        let machine = try SystemFixture(model: model)
        machine.enablePaging()
        if model.generation >= .pentiumPro { try machine.core.movToControl(4, ControlRegister.pageGlobalEnable) }
        machine.setPage(linear, linear | (global ? 0x107 : 7))
        _ = try machine.core.read8(ds, linear)
        machine.setPage(linear, 0)
        return machine
    }

    private func isCached(_ machine: SystemFixture) -> Bool {
        machine.fault { () throws(Fault) in _ = try machine.core.read8(ds, linear) } == nil
    }

    private struct Change: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let dropsOrdinary: Bool
        let dropsGlobal: Bool
        let make: @Sendable (SystemFixture) throws -> Void
    }

    private static func control(_ number: UInt8, toggling bits: UInt32) -> @Sendable (SystemFixture) throws -> Void {
        { machine in
            try machine.core.movToControl(number, try machine.core.movFromControl(number) ^ bits)
            // Where paging was turned off, turn it on again.
            try machine.core.movToControl(0, machine.state.pointee.cr0 | ControlRegister.paging)
        }
    }

    private static func modelSpecific(_ number: UInt32, _ value: UInt32) -> @Sendable (SystemFixture) throws -> Void {
        { machine in
            machine.state.pointee.general[0] = value
            machine.state.pointee.general[2] = 0
            machine.state.pointee.general[1] = number
            try machine.core.writeModelSpecificRegister()
        }
    }

    private static let changes: [Change] = [
        Change(testDescription: "nothing", dropsOrdinary: false, dropsGlobal: false) { _ in },
        Change(testDescription: "mov cr3", dropsOrdinary: true, dropsGlobal: false, make: control(3, toggling: 0)),
        Change(
            testDescription: "CR0.PG off and on", dropsOrdinary: true, dropsGlobal: true,
            make: control(0, toggling: ControlRegister.paging)),
        Change(
            testDescription: "CR0.WP", dropsOrdinary: false, dropsGlobal: false,
            make: control(0, toggling: ControlRegister.writeProtect)),
        Change(
            testDescription: "CR0.AM, CD, TS", dropsOrdinary: false, dropsGlobal: false,
            make: control(
                0,
                toggling: ControlRegister.alignmentMask | ControlRegister.cacheDisable | ControlRegister.taskSwitched)),
        Change(
            testDescription: "CR4.PGE", dropsOrdinary: true, dropsGlobal: true,
            make: control(4, toggling: ControlRegister.pageGlobalEnable)),
        Change(
            testDescription: "CR4.PSE", dropsOrdinary: true, dropsGlobal: true,
            make: control(4, toggling: ControlRegister.pageSizeExtensions)),
        Change(
            testDescription: "CR4.TSD, DE, PCE", dropsOrdinary: false, dropsGlobal: false,
            make: control(
                4,
                toggling: ControlRegister.timestampDisable | ControlRegister.debuggingExtensions
                    | ControlRegister.performanceCounterEnable)),
        Change(
            testDescription: "EFER.NXE", dropsOrdinary: true, dropsGlobal: true, make: modelSpecific(0xC000_0080, 0x800)
        ),
        Change(testDescription: "an MTRR", dropsOrdinary: true, dropsGlobal: true, make: modelSpecific(0x2FF, 0x800)),
        Change(testDescription: "SYSENTER_CS", dropsOrdinary: false, dropsGlobal: false, make: modelSpecific(0x174, 8)),
        Change(testDescription: "invlpg of the page", dropsOrdinary: true, dropsGlobal: true) {
            try $0.core.invalidatePage(SegmentIndex.ds.rawValue, 0x20FFF)
        },
        Change(testDescription: "invlpg of the next page", dropsOrdinary: false, dropsGlobal: false) {
            try $0.core.invalidatePage(SegmentIndex.ds.rawValue, 0x21000)
        },
        Change(testDescription: "a task switch", dropsOrdinary: true, dropsGlobal: false) { machine in
            let tss: UInt32 = 0x3800
            machine.setSegment(SystemFixture.free, base: tss, limit: 0x67, access: 0x89, flags: 0)
            machine.poke32(tss + 0x1C, machine.state.pointee.cr3)
            machine.poke32(tss + 0x20, 0x5100)
            for index in 0..<6 as Range<UInt32> {
                machine.poke16(tss + 0x48 + index * 4, index == 1 ? SystemFixture.code0 : SystemFixture.data0)
            }
            try machine.core.farJump(selector: SystemFixture.free, offset: 0, returnEIP: 0)
        },
        Change(testDescription: "A20", dropsOrdinary: true, dropsGlobal: true) {
            $0.processor.isA20Enabled = false
            $0.processor.isA20Enabled = true
        },
        Change(testDescription: "user mode and back", dropsOrdinary: false, dropsGlobal: false) {
            $0.core.setPrivilege(3)
            $0.core.setPrivilege(0)
        },
    ]

    @Test("What drops translations, and what does not", arguments: changes)
    private func invalidation(change: Change) throws {
        let ordinary = try machine()
        try change.make(ordinary)
        #expect(isCached(ordinary) == !change.dropsOrdinary)
        let global = try machine(global: true)
        try change.make(global)
        #expect(isCached(global) == !change.dropsGlobal)
    }

    @Test("The global bit means nothing without CR4.PGE", arguments: [ProcessorModel.i386, .i486, .pentium])
    func globalWithoutPGE(model: ProcessorModel) throws {
        let machine = try machine(global: true, model: model)
        #expect(isCached(machine))
        try machine.core.movToControl(3, 0x10000)
        #expect(!isCached(machine))
    }

    @Test("A page fault drops the translation of its page (4.10.4.1), and of its page only")
    func pageFault() throws {
        let machine = try machine()
        _ = try machine.core.read8(ds, 0x21000)
        machine.setPage(0x21000, 0)
        // A write through a translation without the dirty bit walks, and finds the page gone.
        #expect(machine.fault { () throws(Fault) in try machine.core.write8(ds, linear, 1) } != nil)
        #expect(!isCached(machine))
        #expect(machine.fault { () throws(Fault) in _ = try machine.core.read8(ds, 0x21000) } == nil)
    }

    @Test("A stale right may be used until it is invalidated; a new one is found by itself")
    func rights() throws {
        let machine = try SystemFixture(model: .pentium4)
        machine.enablePaging()
        machine.enterUserMode()
        try machine.core.write8(ds, linear, 1)
        machine.setPage(linear, linear | 0x65)
        try machine.core.write8(ds, linear, 2)
        machine.setPage(0x21000, 0x21000 | 5)
        _ = try machine.core.read8(ds, 0x21000)
        machine.setPage(0x21000, 0x21000 | 7)
        // No spurious fault: the walk is repeated before one is raised.
        try machine.core.write8(ds, 0x21000, 1)
    }

    @Test("The dirty bit that software clears is set again only after an invalidation (4.8)")
    func dirtyBit() throws {
        let machine = try SystemFixture(model: .pentium4)
        machine.enablePaging()
        try machine.core.write8(ds, linear, 1)
        machine.setPage(linear, linear | 7)
        try machine.core.write8(ds, linear, 1)
        #expect(machine.page(linear) & 0x60 == 0)
        try machine.core.invalidatePage(ds, linear)
        try machine.core.write8(ds, linear, 1)
        #expect(machine.page(linear) & 0x60 == 0x60)
        // Read first: the first write finds D clear and sets it.
        _ = try machine.core.read8(ds, 0x21000)
        #expect(machine.page(0x21000) & 0x60 == 0x20)
        try machine.core.write8(ds, 0x21000, 1)
        #expect(machine.page(0x21000) & 0x60 == 0x60)
    }

    @Test("invlpg of a large page's other end, with many small pages cached beside it")
    func invalidationOfLargePages() throws {
        let machine = try SystemFixture(model: .pentium4)
        machine.enablePaging()
        try machine.core.movToControl(4, ControlRegister.pageSizeExtensions)
        machine.poke32(0x10004, 0x87)
        for page in 0..<1024 as Range<UInt32> { _ = try machine.core.read8(ds, page << 12) }
        for page in 0..<1024 as Range<UInt32> { _ = try machine.core.read8(ds, 0x40_0000 + page << 12) }
        machine.poke32(0x10004, 0)
        try machine.core.invalidatePage(ds, 0x40_0000)
        let left = machine.processor.snapshot().translations.filter { $0.linear >> 22 == 1 }
        #expect(left.isEmpty)
        #expect(machine.processor.snapshot().translations.contains { $0.linear >> 22 == 0 })
    }
}
