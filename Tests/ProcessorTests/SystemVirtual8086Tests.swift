import Testing

@testable import Processor

@Suite("Virtual-8086 mode")
struct SystemVirtual8086Tests {
    private typealias F = SystemFixture

    @Test("An interrupt saves all segments on the monitor's stack, and iret goes back")
    func interruptAndReturn() throws {
        let machine = try F()
        machine.setInterruptGate(0x20, offset: 0x6000)
        machine.enterVirtual8086(ioPrivilege: 0)
        #expect(machine.core.deliverInterrupt(vector: 0x20))
        #expect(machine.state.pointee.cpl == 0)
        #expect(machine.stack(9) == [0x40, 0x101, 0x2_0202, 0x800, 0x102, 0x100, 0x103, 0x104, 0x105])
        #expect(machine.state.pointee.segments[3] == SegmentRegister())
        #expect(machine.core.eflags == 2)
        try machine.core.interruptReturn(operandSize: 4, returnEIP: 0)
        #expect(machine.core.isVirtual8086)
        #expect(machine.state.pointee.cpl == 3)
        #expect(machine.state.pointee.segments[5].base == 0x1050)
        #expect(machine.state.pointee.segments[1].base == 0x1010)
        #expect(machine.state.pointee.general[4] == 0x800)
        #expect(machine.core.eflags == 0x2_0202)
    }

    @Test("IOPL below 3: the monitor gets #GP for what touches IF")
    func sensitiveInstructions() throws {
        let machine = try F()
        machine.enterVirtual8086(ioPrivilege: 2)
        let core = machine.core
        #expect(machine.fault { () throws(Fault) in try core.clearInterruptFlag() } == .generalProtection(0))
        #expect(machine.fault { () throws(Fault) in try core.setInterruptFlag() } == .generalProtection(0))
        #expect(
            machine.fault { () throws(Fault) in _ = try core.flagsForPush(operandSize: 2) } == .generalProtection(0))
        #expect(machine.fault { () throws(Fault) in try core.popFlags(2, operandSize: 2) } == .generalProtection(0))
        #expect(
            machine.fault { () throws(Fault) in try core.softwareInterrupt(vector: 0x21, returnEIP: 2) }
                == .generalProtection(0))
        #expect(
            machine.fault { () throws(Fault) in try core.interruptReturn(operandSize: 2, returnEIP: 2) }
                == .generalProtection(0))
        #expect(machine.fault { () throws(Fault) in try core.movToControl(3, 0) } == .generalProtection(0))
        #expect(machine.fault { () throws(Fault) in _ = try core.storeTaskRegister() } == .invalidOpcode)
    }

    @Test("IOPL 3: int n goes through the IDT, iret stays in virtual-8086 mode")
    func fullIOPrivilege() throws {
        let machine = try F()
        machine.setInterruptGate(0x21, offset: 0x6000, privilege: 3)
        machine.enterVirtual8086(ioPrivilege: 3)
        machine.poke16(0x1020 + 0x800, 0x99)
        machine.poke16(0x1020 + 0x802, 0x200)
        machine.poke16(0x1020 + 0x804, 0x7202)
        try machine.core.interruptReturn(operandSize: 2, returnEIP: 0)
        #expect(machine.state.pointee.eip == 0x99)
        #expect(machine.state.pointee.segments[1].base == 0x2000)
        #expect(machine.core.eflags == 0x2_7202)
        try machine.core.softwareInterrupt(vector: 0x21, returnEIP: 0x9B)
        #expect(machine.state.pointee.eip == 0x6000)
        #expect(machine.stack(2) == [0x9B, 0x200])
    }

    @Test("With VME, int n is redirected to the program, and VIF stands for IF")
    func virtualInterrupts() throws {
        let machine = try F()
        try machine.core.movToControl(4, ControlRegister.virtual8086Extensions)
        machine.enterVirtual8086(ioPrivilege: 0)
        // The redirection map is the 32 bytes before the I/O map.
        machine.poke16(F.tssBase + 0x66, 0x100)
        machine.poke32(0x21 * 4, 0x0300_0010)
        try machine.core.setInterruptFlag()
        try machine.core.softwareInterrupt(vector: 0x21, returnEIP: 0x42)
        #expect(machine.core.isVirtual8086)
        #expect(machine.state.pointee.segments[1].base == 0x3000)
        #expect(machine.state.pointee.eip == 0x10)
        #expect(machine.peek16(0x1020 + 0x7FE) == 0x3202)
        #expect(machine.core.eflags & Flag.virtualInterrupt == 0)
        try machine.core.interruptReturn(operandSize: 2, returnEIP: 0)
        #expect(machine.core.eflags & Flag.virtualInterrupt != 0)
        #expect(machine.state.pointee.eip == 0x42)
    }

    @Test("Ports are looked up in the I/O permission map, in every case")
    func ports() throws {
        let machine = try F()
        machine.enterVirtual8086(ioPrivilege: 3)
        _ = try machine.core.portIn(0x60, size: 1)
        machine.poke8(F.tssBase + 0x68 + 0x60 / 8, 0x08)
        let core = machine.core
        #expect(machine.fault { () throws(Fault) in _ = try core.portIn(0x63, size: 1) } == .generalProtection(0))
        #expect(
            machine.fault { () throws(Fault) in try core.portOut(0x60, size: 4, value: 0) } == .generalProtection(0))
        #expect(
            machine.fault { () throws(Fault) in try core.portOut(0x62, size: 2, value: 0) } == .generalProtection(0))
        try core.portOut(0x64, size: 4, value: 1)
        machine.state.pointee.tr.limit = 0x68 + 8
        #expect(machine.fault { () throws(Fault) in _ = try core.portIn(0x40, size: 1) } == .generalProtection(0))
        _ = try core.portIn(0x3F, size: 1)
        #expect(machine.bus.portWrites.map(\.port) == [0x64])
    }
}
