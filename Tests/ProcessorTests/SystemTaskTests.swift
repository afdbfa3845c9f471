import Testing

@testable import Processor

@Suite("Tasks")
struct SystemTaskTests {
    private typealias F = SystemFixture
    /// The other task's TSS.
    private static let other = SystemFixture.free
    private static let base: UInt32 = 0x7000 - 0x400

    /// A second task that starts at 0x6000 with EAX = 0x1234 on level 0 (or 3).
    private func makeTask(_ machine: SystemFixture, user: Bool = false) {
        machine.setSegment(Self.other, base: Self.base, limit: 0x67, access: 0x89, flags: 0)
        machine.poke32(Self.base + 0x1C, 0x10000)
        machine.poke32(Self.base + 0x20, 0x6000)
        machine.poke32(Self.base + 0x24, 0x202)
        machine.poke32(Self.base + 0x28, 0x1234)
        machine.poke32(Self.base + 0x38, 0xA000)
        for index in 0..<6 as Range<UInt32> {
            let selector = index == 1 ? (user ? F.code3 : F.code0) : (user ? F.data3 : F.data0)
            machine.poke32(Self.base + 0x48 + index * 4, UInt32(selector))
        }
    }

    private func type(_ machine: SystemFixture, _ selector: UInt16) -> UInt8 {
        machine.peek8(F.gdt + UInt32(selector) + 5) & 0xF
    }

    @Test("A jump to a TSS moves the busy bit and saves the old task")
    func jump() throws {
        let machine = try F()
        makeTask(machine, user: true)
        machine.state.pointee.general[0] = 0x5555
        try machine.core.farJump(selector: Self.other, offset: 0, returnEIP: 0x5007)
        #expect(machine.state.pointee.eip == 0x6000)
        #expect(machine.state.pointee.general[0] == 0x1234)
        #expect(machine.state.pointee.general[4] == 0xA000)
        #expect(machine.state.pointee.cpl == 3)
        #expect(machine.core.eflags == 0x202)
        #expect(machine.state.pointee.tr.selector == Self.other)
        #expect(machine.state.pointee.cr0 & ControlRegister.taskSwitched != 0)
        #expect(type(machine, F.tss) == SystemType.tss32)
        #expect(type(machine, Self.other) == SystemType.busyTSS32)
        #expect(machine.peek32(F.tssBase + 0x20) == 0x5007)
        #expect(machine.peek32(F.tssBase + 0x28) == 0x5555)
        #expect(machine.peek16(F.tssBase + 0x4C) == F.code0)
    }

    @Test("A call nests, and iret returns")
    func callAndReturn() throws {
        let machine = try F()
        makeTask(machine)
        try machine.core.farCall(selector: Self.other, offset: 0, returnEIP: 0x5007, operandSize: 4)
        #expect(machine.core.eflags & Flag.nestedTask != 0)
        #expect(machine.peek16(Self.base) == F.tss)
        #expect(type(machine, F.tss) == SystemType.busyTSS32)
        // A busy task cannot be entered again.
        let again = machine.fault { () throws(Fault) in
            try machine.core.farCall(selector: F.tss, offset: 0, returnEIP: 0x6007, operandSize: 4)
        }
        #expect(again == .generalProtection(F.tss))
        try machine.core.interruptReturn(operandSize: 4, returnEIP: 0x6001)
        #expect(machine.state.pointee.tr.selector == F.tss)
        #expect(machine.state.pointee.eip == 0x5007)
        #expect(machine.core.eflags & Flag.nestedTask == 0)
        #expect(type(machine, Self.other) == SystemType.tss32)
        #expect(machine.peek32(Self.base + 0x24) & Flag.nestedTask == 0)
        #expect(machine.peek32(Self.base + 0x20) == 0x6001)
    }

    @Test("An exception through a task gate pushes its error code on the new task's stack")
    func taskGate() throws {
        let machine = try F()
        makeTask(machine)
        machine.setGate(at: F.idt + 13 * 8, SystemType.taskGate, selector: Self.other, offset: 0)
        #expect(machine.core.deliver(.generalProtection(0x18)))
        #expect(machine.state.pointee.eip == 0x6000)
        #expect(machine.stack(1) == [0x18])
        #expect(machine.state.pointee.general[4] == 0x9FFC)
        #expect(machine.peek32(F.tssBase + 0x20) == 0x5000)
        #expect(machine.peek32(F.tssBase + 0x24) & Flag.resume != 0)
    }

    @Test("16-bit tasks")
    func task16() throws {
        let machine = try F()
        machine.setSegment(Self.other, base: Self.base, limit: 0x2B, access: 0x81, flags: 0)
        machine.poke16(Self.base + 0x0E, 0x6000)
        machine.poke16(Self.base + 0x10, 0x2)
        machine.poke16(Self.base + 0x1A, 0xA000)
        for index in 0..<4 as Range<UInt32> {
            machine.poke16(Self.base + 0x22 + index * 2, index == 1 ? F.code16 : F.data0)
        }
        try machine.core.farCall(selector: Self.other, offset: 0, returnEIP: 0x5007, operandSize: 4)
        #expect(machine.state.pointee.general[4] == 0xFFFF_A000)
        #expect(machine.state.pointee.segments[4].selector == 0)
        #expect(machine.peek16(Self.base) == F.tss)
        try machine.core.interruptReturn(operandSize: 2, returnEIP: 0x6001)
        #expect(machine.state.pointee.eip == 0x5007)
        #expect(machine.peek16(Self.base + 0x0E) == 0x6001)
    }

    @Test("Before the commit point nothing changes, after it the fault is the new task's")
    func commitPoint() throws {
        let machine = try F()
        makeTask(machine)
        machine.setSegment(Self.other, base: Self.base, limit: 0x66, access: 0x89, flags: 0)
        let jump = {
            machine.fault { () throws(Fault) in
                try machine.core.farJump(selector: Self.other, offset: 0, returnEIP: 0x5007)
            }
        }
        #expect(jump() == .invalidTSS(Self.other))
        #expect(machine.state.pointee.tr.selector == F.tss)
        #expect(machine.state.pointee.eip == 0x5000)
        makeTask(machine)
        machine.poke32(Self.base + 0x48 + 12, UInt32(F.tss))
        #expect(jump() == .invalidTSS(F.tss))
        #expect(machine.state.pointee.tr.selector == Self.other)
        #expect(machine.state.pointee.eip == 0x6000)
        #expect(!machine.state.pointee.segments[3].isPresent)
        #expect(machine.state.pointee.segments[1].selector == F.code0)
    }

    @Test("A switch loads CR3, and the T bit traps")
    func pagingAndTrap() throws {
        let machine = try F()
        machine.enablePaging()
        makeTask(machine)
        machine.poke32(0x12000, 0x11000 | 7)
        machine.poke32(Self.base + 0x1C, 0x12000)
        machine.poke16(Self.base + 0x64, 1)
        let fault = machine.fault { () throws(Fault) in
            try machine.core.farJump(selector: Self.other, offset: 0, returnEIP: 0x5007)
        }
        #expect(fault == Fault(Vector.debug))
        #expect(machine.state.pointee.debugRegisters[6] & DebugStatus.taskSwitch != 0)
        #expect(machine.state.pointee.cr3 == 0x12000)
        #expect(machine.state.pointee.eip == 0x6000)
    }
}
