import Testing

@testable import Processor

@Suite("Far transfers")
struct SystemTransferTests {
    private typealias F = SystemFixture
    private let free = SystemFixture.free

    @Test("Jumps and calls in real mode")
    func realMode() throws {
        let machine = try F(protected: false)
        machine.state.pointee.general[4] = 0x1000
        try machine.core.farJump(selector: 0x1234, offset: 0x10, returnEIP: 5)
        #expect(machine.state.pointee.segments[1].base == 0x12340)
        #expect(machine.state.pointee.eip == 0x10)
        try machine.core.farCall(selector: 0x2000, offset: 0x20, returnEIP: 0x15, operandSize: 2)
        #expect(machine.peek32(0xFFC) == 0x1234_0015)
        #expect(machine.state.pointee.general[4] == 0xFFC)
        try machine.core.farReturn(operandSize: 2, releasing: 4)
        #expect(machine.state.pointee.eip == 0x15)
        #expect(machine.state.pointee.segments[1].selector == 0x1234)
        #expect(machine.state.pointee.general[4] == 0x1004)
    }

    @Test("Jumps at the same level: RPL is replaced by CPL")
    func jump() throws {
        let machine = try F()
        try machine.core.farJump(selector: F.code16, offset: 0x123, returnEIP: 5)
        #expect(machine.state.pointee.segments[1].selector == F.code16)
        #expect(!machine.state.pointee.segments[1].isBig)
        machine.enterUserMode()
        try machine.core.farJump(selector: F.conforming0, offset: 0x10, returnEIP: 5)
        #expect(machine.state.pointee.segments[1].selector == F.conforming0 | 3)
        #expect(machine.state.pointee.cpl == 3)
    }

    @Test("Bad targets of jumps")
    func badJumps() throws {
        let machine = try F()
        let jump = { (selector: UInt16, offset: UInt32) in
            machine.fault { () throws(Fault) in
                try machine.core.farJump(selector: selector, offset: offset, returnEIP: 5)
            }
        }
        #expect(jump(0, 0) == .generalProtection(0))
        #expect(jump(F.data0, 0) == .generalProtection(F.data0))
        #expect(jump(F.code3, 0) == .generalProtection(F.code3 & ~3))
        #expect(jump(F.code0 | 3, 0) == .generalProtection(F.code0))
        #expect(jump(F.code16, 0x10000) == .generalProtection(0))
        machine.setSegment(free, base: 0, limit: 0xFFFF, access: 0x1B, flags: 4)
        #expect(jump(free, 0) == .notPresent(free))
        #expect(machine.state.pointee.eip == 0x5000)
    }

    @Test("Returns look at the stack's limit for the whole frame before they read any of it (SDM vol. 2, RET)")
    func frameBeyondLimit() throws {
        let machine = try F()
        machine.setSegment(free, base: 0x20000, limit: 0xFFF, access: 0x93, flags: 4)
        machine.load(.ss, free)
        machine.enablePaging()
        machine.setPage(0x20000, 0)
        let farReturn = { () throws(Fault) in try machine.core.farReturn(operandSize: 4, releasing: 0) }
        let interruptReturn = { () throws(Fault) in
            try machine.core.interruptReturn(operandSize: 4, returnEIP: 0)
        }
        machine.state.pointee.general[4] = 0xFF9
        #expect(machine.fault(farReturn) == .stackFault(0))
        #expect(machine.fault(interruptReturn) == .stackFault(0))
        machine.state.pointee.general[4] = 0xFF8
        #expect(machine.fault(farReturn)?.vector == Vector.pageFault)
        #expect(machine.fault(interruptReturn) == .stackFault(0))
        machine.state.pointee.general[4] = 0xFF4
        #expect(machine.fault(interruptReturn)?.vector == Vector.pageFault)
    }

    @Test("A call gate to level 0 switches stacks and copies parameters", arguments: [true, false])
    func callGate(is32Bit: Bool) throws {
        let machine = try F()
        let type = is32Bit ? SystemType.callGate32 : SystemType.callGate16
        machine.setGate(
            at: F.gdt + UInt32(free), type, selector: F.code0, offset: 0x7777, privilege: 3, parameters: 2)
        machine.enterUserMode()
        let size: UInt32 = is32Bit ? 4 : 2
        machine.poke32(0x9000, 0x2222_1111)
        machine.poke32(0x9004, 0x4444_3333)
        try machine.core.farCall(selector: free | 3, offset: 0, returnEIP: 0x5005, operandSize: 4)
        #expect(machine.state.pointee.cpl == 0)
        #expect(machine.state.pointee.segments[1].selector == F.code0)
        #expect(machine.state.pointee.segments[2].selector == F.data0)
        #expect(machine.state.pointee.eip == 0x7777)
        #expect(machine.state.pointee.general[4] == 0x8000 - 6 * size)
        if is32Bit {
            #expect(machine.stack(6) == [0x5005, UInt32(F.code3), 0x2222_1111, 0x4444_3333, 0x9000, UInt32(F.data3)])
        } else {
            #expect(machine.stack(3) == [UInt32(F.code3) << 16 | 0x5005, 0x2222_1111, UInt32(F.data3) << 16 | 0x9000])
        }
        // Back out: the level-0 data segments must go.
        machine.load(.ds, F.data0)
        machine.load(.es, F.data3)
        try machine.core.farReturn(operandSize: size, releasing: 2 * size)
        #expect(machine.state.pointee.cpl == 3)
        #expect(machine.state.pointee.eip == 0x5005)
        #expect(machine.state.pointee.general[4] == 0x9000 + 2 * size)
        #expect(machine.state.pointee.segments[3] == SegmentRegister())
        #expect(machine.state.pointee.segments[0].selector == F.data3)
    }

    @Test("A call gate into a stack that does not fit faults with everything as before")
    func callGateStackFault() throws {
        let machine = try F()
        machine.setGate(
            at: F.gdt + UInt32(free), SystemType.callGate32, selector: F.code0, offset: 0x7777, privilege: 3)
        machine.setSegment(free + 8, base: 0, limit: 0x1F, access: 0x93, flags: 4)
        machine.poke32(F.tssBase + 4, 8)
        machine.poke32(F.tssBase + 8, UInt32(free + 8))
        machine.enterUserMode()
        let fault = machine.fault { () throws(Fault) in
            try machine.core.farCall(selector: free, offset: 0, returnEIP: 0x5005, operandSize: 4)
        }
        #expect(fault == .stackFault(free + 8))
        #expect(machine.state.pointee.cpl == 3)
        #expect(machine.state.pointee.general[4] == 0x9000)
        #expect(machine.state.pointee.segments[2].selector == F.data3)
        machine.poke32(F.tssBase + 8, UInt32(F.data3))
        let invalid = machine.fault { () throws(Fault) in
            try machine.core.farCall(selector: free, offset: 0, returnEIP: 0x5005, operandSize: 4)
        }
        #expect(invalid == .invalidTSS(F.data3 & ~3))
    }

    @Test("iret to an outer level takes flags by privilege")
    func interruptReturn() throws {
        let machine = try F()
        machine.state.pointee.general[4] = 0x7FEC
        machine.poke32(0x7FEC, 0x1111)
        machine.poke32(0x7FF0, UInt32(F.code3))
        machine.poke32(0x7FF4, 0x3202 | Flag.carry)
        machine.poke32(0x7FF8, 0x8FF0)
        machine.poke32(0x7FFC, UInt32(F.data3))
        try machine.core.interruptReturn(operandSize: 4, returnEIP: 0)
        #expect(machine.state.pointee.cpl == 3)
        #expect(machine.state.pointee.general[4] == 0x8FF0)
        #expect(machine.core.eflags == 0x3203)
        // At level 3, IOPL does not change; nor does IF once IOPL is below.
        machine.poke32(0x8FF0, 0x2222)
        machine.poke32(0x8FF4, UInt32(F.code3))
        machine.poke32(0x8FF8, 0x0002)
        try machine.core.interruptReturn(operandSize: 4, returnEIP: 0)
        #expect(machine.core.eflags == 0x3002)
        #expect(machine.state.pointee.eip == 0x2222)
    }

    @Test("A return cannot go inwards")
    func returnInwards() throws {
        let machine = try F()
        machine.enterUserMode()
        machine.poke32(0x9000, 0x1111)
        machine.poke32(0x9004, UInt32(F.code0))
        let fault = machine.fault { () throws(Fault) in try machine.core.farReturn(operandSize: 4, releasing: 0) }
        #expect(fault == .generalProtection(F.code0))
    }

    @Test("A return into a 16-bit stack leaves the upper half of ESP")
    func returnToSmallStack() throws {
        let machine = try F()
        machine.setSegment(free, base: 0, limit: 0xFFFF, access: 0xF3, flags: 0)
        machine.state.pointee.general[4] = 0x10_0000
        machine.poke32(0x10_0000, 0x1111)
        machine.poke32(0x10_0004, UInt32(F.code3))
        machine.poke32(0x10_0008, 0x2222_8FF0)
        machine.poke32(0x10_000C, UInt32(free | 3))
        try machine.core.farReturn(operandSize: 4, releasing: 0)
        #expect(machine.state.pointee.general[4] == 0x0010_8FF0)
    }
}
