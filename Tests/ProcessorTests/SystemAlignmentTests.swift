import Testing

@testable import Processor

/// Alignment checks (SDM vol. 3A, 6.15, interrupt 17, and table 6-7).
@Suite("Alignment")
struct SystemAlignmentTests {
    typealias Raised = SystemFixture.Raised
    private let ds = SegmentIndex.ds.rawValue
    private static let check = Raised(Vector.alignmentCheck, 0)

    /// A user with alignment checks, and registers that point to 0x7001.
    private func machine(_ model: ProcessorModel = .pentium3) throws -> SystemFixture {
        let machine = try SystemFixture(model: model)
        machine.catchExceptions()
        try machine.core.movToControl(0, machine.state.pointee.cr0 | ControlRegister.alignmentMask)
        enterUser(machine)
        return machine
    }

    private func enterUser(_ machine: SystemFixture, address: UInt32 = 0x7001) {
        machine.enterUserMode()
        machine.core.setFlags(Flag.alignmentCheck, mask: Flag.alignmentCheck)
        for index in [0, 1, 3, 5, 6, 7] { machine.state.pointee.general[index] = address }
    }

    @Test("Checked are CPL 3, CR0.AM and EFLAGS.AC together")
    func conditions() throws {
        let machine = try machine()
        let load: [UInt8] = [0x8B, 0x10]  // mov edx, [eax]
        #expect(machine.execute(load) == Self.check)
        enterUser(machine)
        machine.core.setFlags(0, mask: Flag.alignmentCheck)
        #expect(machine.execute(load) == nil)
        enterUser(machine)
        machine.core.setPrivilege(0)
        #expect(machine.execute(load) == nil)
        machine.core.setPrivilege(3)
        #expect(machine.execute(load) == Self.check)
        try machine.core.movToControl(0, machine.state.pointee.cr0 & ~ControlRegister.alignmentMask)
        enterUser(machine)
        #expect(machine.execute(load) == nil)
        let old = try SystemFixture(model: .i386)
        old.catchExceptions()
        try old.core.movToControl(0, old.state.pointee.cr0 | ControlRegister.alignmentMask)
        enterUser(old)
        #expect(old.execute(load) == nil)
    }

    @Test(
        "Every kind of access is checked against its size",
        arguments: [
            // code, address that is good, address that is not
            ([0x8A, 0x10], 0x7001, nil), ([0x66, 0x8B, 0x10], 0x7002, 0x7001), ([0x8B, 0x10], 0x7004, 0x7002),
            ([0x89, 0x10], 0x7004, 0x7003), ([0x01, 0x10], 0x7004, 0x7002), ([0x66, 0xFF, 0x00], 0x7002, 0x7003),
            ([0x87, 0x10], 0x7004, 0x7002), ([0x0F, 0xB7, 0x10], 0x7002, 0x7001), ([0xFF, 0x30], 0x7004, 0x7002),
            ([0x0F, 0xA3, 0x10], 0x7004, 0x7001), ([0x0F, 0xBA, 0x28, 0], 0x7004, 0x7002),
            ([0xA5], 0x7004, 0x7002), ([0x66, 0xA7], 0x7002, 0x7001), ([0xAB], 0x7004, 0x7001),
            ([0xF3, 0xAD], 0x7004, 0x7001), ([0x0F, 0xC7, 0x08], 0x7008, 0x7004), ([0x62, 0x10], 0x7004, 0x7002),
            // sgdt: a word, then a doubleword two bytes further.
            ([0x0F, 0x01, 0x00], 0x7002, 0x7004),
        ] as [([UInt8], UInt32, UInt32?)])
    func accesses(code: [UInt8], good: UInt32, bad: UInt32?) throws {
        let machine = try machine()
        enterUser(machine, address: good)
        machine.state.pointee.general[2] = 0
        // For `bound`: zero is within.
        machine.poke32(good, 0)
        #expect(machine.execute(code) == nil)
        guard let bad else { return }
        enterUser(machine, address: bad)
        machine.state.pointee.general[2] = 0
        #expect(machine.execute(code) == Self.check)
        // Nothing changed.
        #expect(machine.state.pointee.general[7] == bad && machine.state.pointee.general[0] == bad)
    }

    @Test(
        "The stack, too, of every kind of transfer",
        arguments: [
            [0x50], [0x58], [0x9C], [0x9D], [0x60], [0x61], [0xE8, 0, 0, 0, 0], [0xC3], [0xC8, 4, 0, 0],
            [0xCB], [0xCF], [0x9A, 0, 0x51, 0, 0, 0x1B, 0], [0x1F],
        ] as [[UInt8]])
    func stacks(code: [UInt8]) throws {
        let machine = try machine()
        for index in 0..<8 as Range<UInt32> { machine.poke32(0x8FF0 + index * 4, UInt32(SystemFixture.code3)) }
        // pop ds wants a data segment.
        if code == [0x1F] { machine.poke32(0x8FFE, UInt32(SystemFixture.data3)) }
        machine.state.pointee.general[4] = 0x8FFE
        let raised = machine.execute(code)
        // A selector is popped as a word.
        #expect(raised == (code == [0x1F] ? nil : Self.check))
        if raised != nil {
            // The stack pointer that the handler finds is the interrupted program's.
            #expect(machine.stack(5)[4] == 0x8FFE)
        }
    }

    @Test("Delivery to level 0 pushes onto a misaligned stack without a check")
    func delivery() throws {
        let machine = try machine()
        machine.poke32(SystemFixture.tssBase + 4, 0x7FFE)
        #expect(machine.execute([0x0F, 0x0B]) == .invalidOpcode)
    }

    @Test("Implicit accesses to tables are not checked")
    func systemTables() throws {
        let machine = try machine()
        // mov es, dx with a GDT that lies at an odd address.
        let old = machine.memory.read(SystemFixture.gdt, count: 64 * 8)
        machine.memory.write(old, at: 0x4001)
        machine.state.pointee.gdtBase = 0x4001
        machine.state.pointee.general[2] = UInt32(SystemFixture.data3)
        #expect(machine.execute([0x8E, 0xC2]) == nil)
    }
}
