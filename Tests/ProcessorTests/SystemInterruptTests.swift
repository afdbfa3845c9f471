import Testing

@testable import Processor

@Suite("Interrupts and exceptions")
struct SystemInterruptTests {
    private typealias F = SystemFixture
    private let free = SystemFixture.free

    @Test("Real mode: the vector table, and a limit that ends it")
    func realMode() throws {
        let machine = try F(protected: false)
        machine.state.pointee.general[4] = 0x1000
        machine.state.pointee.eip = 0x44
        machine.core.setFlags(Flag.interrupt | Flag.trap, mask: Flag.interrupt | Flag.trap)
        machine.poke32(0x21 * 4, 0x1234_5678)
        try machine.core.softwareInterrupt(vector: 0x21, returnEIP: 0x46)
        #expect(machine.peek16(0xFFA) == 0x46)
        #expect(machine.peek16(0xFFC) == 0xF000)
        #expect(machine.peek16(0xFFE) == 0x302)
        #expect(machine.state.pointee.eip == 0x5678)
        #expect(machine.core.eflags == 2)
        try machine.core.interruptReturn(operandSize: 2, returnEIP: 0)
        #expect(machine.core.eflags == 0x302)
        #expect(machine.state.pointee.eip == 0x46)
        machine.state.pointee.idtLimit = 0x21 * 4 + 2
        let fault = machine.fault { () throws(Fault) in
            try machine.core.softwareInterrupt(vector: 0x21, returnEIP: 0x46)
        }
        #expect(fault?.vector == Vector.generalProtection)
    }

    @Test("A fault from user code: stack switch, error code, RF")
    func faultFromUser() throws {
        let machine = try F()
        machine.setInterruptGate(Vector.pageFault, offset: 0x6000)
        machine.enterUserMode()
        machine.core.setFlags(Flag.interrupt, mask: Flag.interrupt)
        #expect(machine.core.deliver(Fault(Vector.pageFault, errorCode: 4)))
        #expect(machine.stack(6) == [4, 0x5000, UInt32(F.code3), 0x1_0202, 0x9000, UInt32(F.data3)])
        #expect(machine.state.pointee.eip == 0x6000)
        #expect(machine.core.eflags == 2)
        #expect(machine.state.pointee.cpl == 0)
        #expect(machine.processor.faultChain.map(\.fault.vector) == [Vector.pageFault])
    }

    @Test("A trap gate leaves IF; a 16-bit gate pushes words")
    func gateKinds() throws {
        let machine = try F()
        machine.core.setFlags(Flag.interrupt, mask: Flag.interrupt)
        machine.setInterruptGate(3, offset: 0x6000, type: SystemType.trapGate16)
        #expect(
            machine.fault { () throws(Fault) in try machine.core.trapInterrupt(vector: 3, returnEIP: 0x5001) } == nil)
        #expect(machine.state.pointee.general[4] == 0x8000 - 6)
        #expect(machine.peek16(0x7FFA) == 0x5001)
        #expect(machine.core.eflags & Flag.interrupt != 0)
    }

    @Test("int n obeys the gate's privilege level; exceptions and interrupts do not")
    func gatePrivilege() throws {
        let machine = try F()
        machine.setInterruptGate(0x80, offset: 0x6000)
        machine.enterUserMode()
        let fault = machine.fault { () throws(Fault) in
            try machine.core.softwareInterrupt(vector: 0x80, returnEIP: 0x5002)
        }
        #expect(fault == .generalProtection(0x80 * 8 + 2))
        #expect(machine.core.deliverInterrupt(vector: 0x80))
        #expect(machine.state.pointee.eip == 0x6000)
    }

    @Test("Bad gates")
    func badGates() throws {
        let machine = try F()
        let interrupt = { (vector: UInt8) in
            machine.fault { () throws(Fault) in
                try machine.core.softwareInterrupt(vector: vector, returnEIP: 0x5002)
            }
        }
        #expect(interrupt(1) == .generalProtection(8 + 2))
        machine.setGate(at: F.idt + 16, SystemType.interruptGate32, selector: F.code0, offset: 0, present: false)
        #expect(interrupt(2) == .notPresent(16 + 2))
        machine.setGate(at: F.idt + 24, SystemType.interruptGate32, selector: 0, offset: 0)
        #expect(interrupt(3) == .generalProtection(0))
        machine.setGate(at: F.idt + 32, SystemType.interruptGate32, selector: F.data0, offset: 0)
        #expect(interrupt(4) == .generalProtection(F.data0))
        machine.setGate(at: F.idt + 40, SystemType.interruptGate32, selector: F.code3, offset: 0)
        #expect(interrupt(5) == .generalProtection(F.code3 & ~3))
        machine.state.pointee.idtLimit = 7
        #expect(interrupt(1) == .generalProtection(8 + 2))
    }

    @Test("A fault while a fault is delivered: EXT bit, double fault, shutdown")
    func doubleFault() throws {
        let machine = try F()
        machine.setInterruptGate(Vector.doubleFault, offset: 0x6000)
        machine.setGate(
            at: F.idt + 13 * 8, SystemType.interruptGate32, selector: F.code0, offset: 0, present: false)
        #expect(machine.core.deliver(.generalProtection(0x50)))
        #expect(machine.state.pointee.eip == 0x6000)
        #expect(machine.stack(1) == [0])
        #expect(machine.processor.faultChain.map(\.fault) == [
            .generalProtection(0x50), .notPresent(13 * 8 + 3), Fault(Vector.doubleFault, errorCode: 0),
        ])
    }

    @Test("A triple fault shuts down and leaves the registers for the report")
    func tripleFault() throws {
        let machine = try F()
        machine.state.pointee.idtLimit = 0
        machine.state.pointee.general[0] = 0xDEAD_BEEF
        #expect(!machine.core.deliver(.invalidOpcode))
        #expect(machine.processor.faultChain.map(\.fault.vector) == [6, 13, 13, 8, 13])
        #expect(machine.processor.faultChain.first?.general[0] == 0xDEAD_BEEF)
        #expect(machine.state.pointee.eip == 0x5000)
        #expect(machine.state.pointee.general[4] == 0x8000)
    }

    @Test("A page fault on the stack of a handler becomes a double fault only if another page fault or the like comes")
    func pageFaultInDelivery() throws {
        let machine = try F()
        machine.enablePaging()
        machine.setInterruptGate(Vector.divideError, offset: 0x6000)
        machine.setInterruptGate(Vector.pageFault, offset: 0x6100)
        machine.setInterruptGate(Vector.doubleFault, offset: 0x6200)
        // The stack of level 0 is not there: #DE -> #PF -> #DF -> #PF: shutdown, with CR2 of the last.
        machine.enterUserMode()
        machine.setPage(0x7000, 0)
        #expect(!machine.core.deliver(.divideError))
        #expect(machine.state.pointee.cr2 & 0xFFFF_F000 == 0x7000)
        #expect(machine.state.pointee.general[4] == 0x9000)
        #expect(machine.state.pointee.cpl == 3)
    }

    @Test("RF covers one instruction")
    func resumeFlag() throws {
        let machine = try F()
        machine.state.pointee.general[4] = 0x7FF4
        machine.poke32(0x7FF4, 0x1111)
        machine.poke32(0x7FF8, UInt32(F.code0))
        machine.poke32(0x7FFC, 0x1_0002)
        try machine.core.interruptReturn(operandSize: 4, returnEIP: 0)
        machine.state.pointee.steps += 1
        #expect(machine.core.eflags == 0x1_0002)
        machine.state.pointee.steps += 1
        #expect(machine.core.eflags == 2)
    }

    @Test("iret ends the blocking of NMIs even if it faults (SDM vol. 3A, 6.7.1)")
    func nonMaskableAfterFault() throws {
        let machine = try F()
        machine.setInterruptGate(2, offset: 0x6000)
        #expect(machine.core.deliverInterrupt(vector: 2))
        machine.poke32(machine.state.pointee.general[4] + 4, 0)
        #expect(throws: Fault.generalProtection()) {
            try machine.core.interruptReturn(operandSize: 4, returnEIP: 0)
        }
        #expect(!machine.state.pointee.nmiBlocked)
    }

    @Test("mov ss and pop ss hold NMIs back for one instruction, lss does not (SDM vol. 3A, 6.8.3)")
    func nonMaskableBehindStackSegment() throws {
        // mov ss, ax; nop; push ss; pop ss; nop; lss esp, [7000h]; nop
        let program: [UInt8] = [0x8E, 0xD0, 0x90, 0x16, 0x17, 0x90, 0x0F, 0xB2, 0x25, 0, 0x70, 0, 0, 0x90]
        let returns: [UInt32] = (0..<7 as Range<UInt64>).map { number in
            guard let machine = try? F() else { return 0 }
            machine.catchExceptions()
            machine.memory.write(program, at: F.code)
            machine.poke32(0x7000, 0x8000)
            machine.poke32(0x7004, UInt32(F.data0))
            machine.state.pointee.general[0] = UInt32(F.data0)
            machine.state.pointee.eip = F.code
            let steps = machine.processor.steps
            _ = machine.processor.run(until: steps + number)
            machine.state.pointee.nmiRequested = true
            // The instruction behind is one step, the delivery another.
            while machine.state.pointee.nmiRequested, machine.processor.steps < steps + number + 3 {
                _ = machine.processor.run(until: machine.processor.steps + 1)
            }
            return machine.stack(1)[0] - F.code
        }
        #expect(returns == [0, 3, 3, 4, 6, 6, 13])
    }

    @Test("NMIs are blocked until iret, and hlt ends with an interrupt")
    func nonMaskable() throws {
        let machine = try F()
        machine.setInterruptGate(2, offset: 0x6000)
        try machine.core.halt()
        #expect(machine.core.deliverInterrupt(vector: 2))
        #expect(!machine.state.pointee.halted)
        #expect(machine.state.pointee.nmiBlocked)
        try machine.core.interruptReturn(operandSize: 4, returnEIP: 0)
        #expect(!machine.state.pointee.nmiBlocked)
    }
}
