import Testing

@testable import Processor

/// Availability, faults and the state of SSE at the level of the system, where a user program cannot look.
@Suite struct SIMDStateTests {
    private let machine: SystemFixture
    private var state: UnsafeMutablePointer<ProcessorState> { machine.state }
    private let memory: UInt32 = 0x20000

    init() throws {
        machine = try SystemFixture(model: .pentium4)
        state.pointee.cr4 |= ControlRegister.osFXSR | ControlRegister.osXMMExceptions
        state.pointee.x87.initialize()
    }

    /// Executes one instruction, and returns what it throws.
    @discardableResult
    private func execute(_ bytes: [UInt8], generation: ProcessorGeneration = .pentium4) throws -> Fault? {
        let decoded = try #require(try? Decoder.decode(bytes, code32: true, generation: generation))
        // As in a block, where something always ends a run.
        let instruction = InstructionPointer.allocate(capacity: 2)
        defer { instruction.deallocate() }
        instruction.initialize(repeating: decoded, count: 2)
        instruction.pointee.prepareForExecution(.code32, PreparationTables())
        instruction[1].handler = .leaveBlock
        let core = machine.core
        return machine.fault { () throws(Fault) in _ = try core.executeSIMD(instruction) }
    }

    private func absolute(_ opcode: [UInt8], reg: UInt8, _ address: UInt32) -> [UInt8] {
        opcode + [reg << 3 | 5] + (0..<4).map { UInt8(truncatingIfNeeded: address >> ($0 * 8)) }
    }

    private static let addps: [UInt8] = [0x0F, 0x58, 0xC1]
    private static let paddb: [UInt8] = [0x0F, 0xFC, 0xC1]
    private static let pavgb: [UInt8] = [0x0F, 0xE0, 0xC1]
    private static let emms: [UInt8] = [0x0F, 0x77]
    private static let cvtpi2ps: [UInt8] = [0x0F, 0x2A, 0xC1]

    @Test("clflush needs a byte that can be read, or an execute-only segment (SDM vol. 2, CLFLUSH)")
    func executeOnlyLine() throws {
        machine.setSegment(SystemFixture.free, base: 0x20000, limit: 0xFFF, access: 0x99, flags: 4)
        machine.load(.cs, SystemFixture.free)
        let clflush = absolute([0x2E, 0x0F, 0xAE], reg: 7, 0xFFF)
        #expect(try execute(clflush) == nil)
        #expect(try execute(absolute([0x2E, 0x0F, 0xAE], reg: 7, 0x1000)) == .generalProtection(0))
        #expect(try execute(absolute([0x2E, 0x0F, 0x6E], reg: 0, 0xFF0)) == .generalProtection(0))
        machine.enablePaging()
        machine.setPage(0x20000, 0)
        #expect(try execute(clflush)?.vector == Vector.pageFault)
    }

    @Test("CR0.EM and CR4.OSFXSR mean #UD, CR0.TS #NM, a pending exception of the FPU #MF")
    func availability() throws {
        let clean = state.pointee
        func expect(_ bytes: [UInt8], _ vector: UInt8?, _ change: () -> Void) throws {
            state.pointee = clean
            change()
            #expect(try execute(bytes)?.vector == vector, "\(bytes)")
        }
        let pending = {
            state.pointee.x87.control = 0x37E
            state.pointee.x87.status = 1
            state.pointee.x87.updateErrorSummary()
            state.pointee.cr0 |= ControlRegister.numericError
        }
        for bytes in [Self.addps, Self.paddb, Self.pavgb, Self.emms, Self.cvtpi2ps] {
            try expect(bytes, nil) {}
            try expect(bytes, Vector.invalidOpcode) { state.pointee.cr0 |= ControlRegister.emulation }
            try expect(bytes, Vector.deviceNotAvailable) { state.pointee.cr0 |= ControlRegister.taskSwitched }
            try expect(bytes, Vector.invalidOpcode) {
                state.pointee.cr0 |= ControlRegister.taskSwitched | ControlRegister.emulation
            }
        }
        for bytes in [Self.addps, Self.cvtpi2ps] {
            try expect(bytes, Vector.invalidOpcode) { state.pointee.cr4 &= ~ControlRegister.osFXSR }
        }
        for bytes in [Self.paddb, Self.pavgb, Self.emms] {
            try expect(bytes, nil) { state.pointee.cr4 &= ~ControlRegister.osFXSR }
        }
        try expect(Self.addps, nil, pending)
        for bytes in [Self.paddb, Self.pavgb, Self.emms, Self.cvtpi2ps] {
            try expect(bytes, Vector.floatingPoint, pending)
        }
        // movnti and clflush do not care; fxsave takes #NM for both bits, and does not report the FPU's exceptions.
        for bytes in [absolute([0x0F, 0xC3], reg: 0, memory), absolute([0x0F, 0xAE], reg: 7, memory)] {
            try expect(bytes, nil) {
                state.pointee.cr0 |= ControlRegister.taskSwitched | ControlRegister.emulation
                state.pointee.cr4 &= ~ControlRegister.osFXSR
            }
        }
        let fxsave = absolute([0x0F, 0xAE], reg: 0, memory)
        try expect(fxsave, Vector.deviceNotAvailable) { state.pointee.cr0 |= ControlRegister.emulation }
        try expect(fxsave, Vector.deviceNotAvailable) { state.pointee.cr0 |= ControlRegister.taskSwitched }
        try expect(fxsave, nil, pending)
    }

    @Test("An exception that is not masked is #XM, or #UD without CR4.OSXMMEXCPT, and changes only the flags")
    func exceptions() throws {
        let one = XMM(SIMD4<Float>(repeating: 1))
        state.pointee.xmm[0] = one
        state.pointee.xmm[1] = XMM()
        state.pointee.mxcsr = MXCSR.initial & ~(MXCSR.zeroDivide << MXCSR.maskShift)
        let divps: [UInt8] = [0x0F, 0x5E, 0xC1]
        #expect(try execute(divps)?.vector == Vector.simdFloatingPoint)
        #expect(state.pointee.xmm[0] == one)
        #expect(state.pointee.mxcsr & MXCSR.exceptions == MXCSR.zeroDivide)
        state.pointee.cr4 &= ~ControlRegister.osXMMExceptions
        #expect(try execute(divps) == .invalidOpcode)
        // The divisor raises an exception in one lane, the quotient of another is inexact: only the first is reported.
        state.pointee.xmm[1] = XMM(SIMD4<Float>(0, 3, 3, 3))
        state.pointee.mxcsr &= ~MXCSR.exceptions
        #expect(try execute(divps) == .invalidOpcode)
        #expect(state.pointee.mxcsr & MXCSR.exceptions == MXCSR.zeroDivide)
        state.pointee.mxcsr = MXCSR.initial
        #expect(try execute(divps) == nil)
        #expect(state.pointee.mxcsr & MXCSR.exceptions == MXCSR.zeroDivide | MXCSR.precision)
    }

    @Test("Models know their bits of MXCSR")
    func reservedBits() throws {
        let load = absolute([0x0F, 0xAE], reg: 2, memory)
        machine.poke32(memory, 0x1_1F80)
        #expect(try execute(load) == .generalProtection(0))
        machine.poke32(memory, 0xFFFF)
        #expect(try execute(load) == nil)
        #expect(state.pointee.mxcsr == 0xFFFF)
        #expect(try execute(absolute([0x0F, 0xAE], reg: 3, memory + 4)) == nil)
        #expect(machine.peek32(memory + 4) == 0xFFFF)
        let older = try SystemFixture(model: .pentium3)
        #expect(older.core.mxcsrMask == 0xFFBF)
    }

    @Test("fxsave and fxrstor keep everything, and the tags by physical register")
    func fxsave() throws {
        state.pointee.x87.control = 0x0355
        state.pointee.x87.statusWord = 0x6A00
        state.pointee.x87.emptyRegisters = 0xA5
        state.pointee.x87.lastOpcode = 0x5C1
        state.pointee.x87.instructionOffset = 0x1234_5678
        state.pointee.x87.instructionSelector = 0x1B
        state.pointee.x87.dataOffset = 0x8765_4321
        state.pointee.x87.dataSelector = 0x23
        for index in 0..<8 {
            state.pointee.x87.significands[index] = 0x8000_0000_0000_0000 | UInt64(index)
            state.pointee.x87.signExponents[index] = 0x4000 | UInt16(index)
            state.pointee.xmm[index] = XMM(UInt64(index), ~UInt64(index))
        }
        state.pointee.mxcsr = 0x9FBF
        let saved = state.pointee
        machine.memory.write(Array(repeating: 0xEE, count: 528), at: memory)
        #expect(try execute(absolute([0x0F, 0xAE], reg: 0, memory)) == nil)
        #expect(machine.peek32(memory) == 0x6A00_0355)
        #expect(machine.peek32(memory + 4) == 0x05C1_005A)
        #expect(machine.peek32(memory + 8) == 0x1234_5678)
        #expect(machine.peek16(memory + 12) == 0x1B)
        #expect(machine.peek32(memory + 16) == 0x8765_4321)
        #expect(machine.peek16(memory + 20) == 0x23)
        #expect(machine.peek32(memory + 24) == 0x9FBF)
        #expect(machine.peek32(memory + 28) == 0xFFFF)
        // TOP is 5.
        #expect(machine.peek32(memory + 32) == 5)
        #expect(machine.peek16(memory + 40) == 0x4005)
        #expect(machine.peek32(memory + 160 + 16) == 1)
        #expect(machine.memory.read(memory + 288, count: 240).allSatisfy { $0 == 0xEE })
        state.pointee.x87.initialize()
        state.pointee.mxcsr = MXCSR.initial
        for index in 0..<8 {
            state.pointee.x87.significands[index] = 0
            state.pointee.x87.signExponents[index] = 0
            state.pointee.xmm[index] = XMM()
        }
        #expect(try execute(absolute([0x0F, 0xAE], reg: 1, memory)) == nil)
        #expect(state.pointee.x87.control == saved.x87.control)
        #expect(state.pointee.x87.statusWord == saved.x87.statusWord)
        #expect(state.pointee.x87.emptyRegisters == saved.x87.emptyRegisters)
        #expect(state.pointee.x87.lastOpcode == saved.x87.lastOpcode)
        #expect(state.pointee.x87.instructionOffset == saved.x87.instructionOffset)
        #expect(state.pointee.x87.dataSelector == saved.x87.dataSelector)
        #expect(state.pointee.mxcsr == saved.mxcsr)
        for index in 0..<8 {
            #expect(state.pointee.x87.significands[index] == saved.x87.significands[index])
            #expect(state.pointee.x87.signExponents[index] == saved.x87.signExponents[index])
            #expect(state.pointee.xmm[index] == saved.xmm[index])
        }
        // Without OSFXSR the registers of SSE stay out of it.
        state.pointee.cr4 &= ~ControlRegister.osFXSR
        machine.memory.write(Array(repeating: 0xEE, count: 512), at: memory)
        #expect(try execute(absolute([0x0F, 0xAE], reg: 0, memory)) == nil)
        #expect(machine.peek32(memory + 24) == 0xEEEE_EEEE)
        #expect(machine.peek32(memory + 160) == 0xEEEE_EEEE)
        #expect(try execute(absolute([0x0F, 0xAE], reg: 1, memory)) == nil)
        #expect(state.pointee.mxcsr == saved.mxcsr)
    }

    @Test("fxsave and fxrstor fault before they change anything")
    func fxsaveFaults() throws {
        #expect(try execute(absolute([0x0F, 0xAE], reg: 0, memory + 8)) == .generalProtection(0))
        machine.enablePaging()
        machine.setPage(memory + 0x1000, 0)
        machine.poke32(memory + 0xF00, 0xDEAD_BEEF)
        #expect(try execute(absolute([0x0F, 0xAE], reg: 0, memory + 0xF00))?.vector == Vector.pageFault)
        #expect(machine.peek32(memory + 0xF00) == 0xDEAD_BEEF)
        #expect(state.pointee.cr2 == memory + 0x1000)
        state.pointee.xmm[0] = XMM(1, 2)
        #expect(try execute(absolute([0x0F, 0xAE], reg: 1, memory + 0xF00))?.vector == Vector.pageFault)
        // Reserved bits of MXCSR.
        machine.setPage(memory + 0x1000, (memory + 0x1000) | 7)
        machine.poke32(memory + 0xF00 + 24, 0x1_0000)
        #expect(try execute(absolute([0x0F, 0xAE], reg: 1, memory + 0xF00)) == .generalProtection(0))
        #expect(state.pointee.xmm[0] == XMM(1, 2))
    }

    @Test("Misaligned operands: segment, then alignment, then page")
    func alignment() throws {
        let movaps: [UInt8] = [0x0F, 0x28]
        #expect(try execute(absolute(movaps, reg: 0, memory)) == nil)
        #expect(try execute(absolute(movaps, reg: 0, memory + 4)) == .generalProtection(0))
        #expect(try execute(absolute([0x0F, 0x58], reg: 0, memory + 1)) == .generalProtection(0))
        #expect(try execute(absolute([0x0F, 0x10], reg: 0, memory + 1)) == nil)
        machine.enablePaging()
        machine.setPage(memory, 0)
        #expect(try execute(absolute(movaps, reg: 0, memory + 4)) == .generalProtection(0))
        #expect(try execute(absolute(movaps, reg: 0, memory))?.vector == Vector.pageFault)
        // Beyond the limit of SS, and misaligned: the segment is looked at first.
        machine.setSegment(SystemFixture.free, base: 0, limit: 0xFFF, access: 0x93, flags: 0x4)
        machine.load(.ss, SystemFixture.free)
        #expect(try execute([0x36] + absolute(movaps, reg: 0, 0xFF8)) == .stackFault(0))
        #expect(try execute([0x36] + absolute(movaps, reg: 0, 0xFE8)) == .generalProtection(0))
        // The base counts.
        machine.setSegment(SystemFixture.free, base: memory + 0x2008, limit: 0xFFF, access: 0x93, flags: 0x4)
        machine.load(.ss, SystemFixture.free)
        #expect(try execute([0x36] + absolute(movaps, reg: 0, 8)) == nil)
        #expect(try execute([0x36] + absolute(movaps, reg: 0, 16)) == .generalProtection(0))
    }

    @Test("Wide operands across pages: all or nothing")
    func pages() throws {
        machine.enablePaging()
        let border = memory + 0x1000
        state.pointee.xmm[3] = XMM(0x0706_0504_0302_0100, 0x0F0E_0D0C_0B0A_0908)
        for split in 1..<16 as Range<UInt32> {
            #expect(try execute(absolute([0x0F, 0x11], reg: 3, border - split)) == nil)
            #expect(machine.memory.read(border - split, count: 16) == (0..<16).map { UInt8($0) })
            #expect(try execute(absolute([0x0F, 0x10], reg: 4, border - split)) == nil)
            #expect(state.pointee.xmm[4] == state.pointee.xmm[3])
        }
        machine.memory.write(Array(repeating: 0x55, count: 32), at: border - 16)
        machine.setPage(border, border | 5)
        state.pointee.cr0 |= ControlRegister.writeProtect
        machine.core.flushTLB(includingGlobal: true)
        for split in 1..<16 as Range<UInt32> {
            let fault = try execute(absolute([0x0F, 0x11], reg: 3, border - split))
            #expect(fault == Fault(Vector.pageFault, errorCode: 3))
            #expect(state.pointee.cr2 == border)
        }
        for split in 1..<8 as Range<UInt32> {
            #expect(try execute(absolute([0x0F, 0x13], reg: 3, border - split))?.vector == Vector.pageFault)
        }
        // maskmovdqu with bytes for both pages.
        state.pointee.xmm[2] = XMM(~0, ~0)
        state.pointee.general[7] = border - 5
        #expect(try execute([0x66, 0x0F, 0xF7, 0xDA])?.vector == Vector.pageFault)
        #expect(machine.memory.read(border - 16, count: 32).allSatisfy { $0 == 0x55 })
        // Nothing selected, or only bytes of the first page: all must be writable all the same.
        state.pointee.xmm[2] = XMM()
        #expect(try execute([0x66, 0x0F, 0xF7, 0xDA])?.vector == Vector.pageFault)
        state.pointee.xmm[2] = XMM(0x80, 0)
        #expect(try execute([0x66, 0x0F, 0xF7, 0xDA])?.vector == Vector.pageFault)
        #expect(machine.memory.read(border - 16, count: 32).allSatisfy { $0 == 0x55 })
        state.pointee.xmm[2] = XMM(0x80, 0x8000_0000_0000_0000)
        state.pointee.general[7] = memory + 0x103
        machine.memory.write(Array(repeating: 0x55, count: 16), at: memory + 0x103)
        #expect(try execute([0x66, 0x0F, 0xF7, 0xDA]) == nil)
        #expect(
            machine.memory.read(memory + 0x103, count: 16) == [0x00] + Array(repeating: 0x55, count: 14) + [0x0F])
    }

    @Test("Devices see doublewords, in order")
    func devices() throws {
        machine.memory.mapMMIO(0x100000..<0x101000)
        state.pointee.xmm[0] = XMM(0x1111_1111_2222_2222, 0x3333_3333_4444_4444)
        #expect(try execute(absolute([0x0F, 0x29], reg: 0, 0x100010)) == nil)
        #expect(machine.bus.mmioWrites.map(\.address) == [0x100010, 0x100014, 0x100018, 0x10001C])
        #expect(machine.bus.mmioWrites.map(\.value) == [0x2222_2222, 0x1111_1111, 0x4444_4444, 0x3333_3333])
        #expect(try execute(absolute([0xF3, 0x0F, 0x7E], reg: 1, 0x100020)) == nil)
        #expect(machine.bus.mmioReads.map(\.address) == [0x100020, 0x100024])
        #expect(state.pointee.xmm[1] == XMM(0x0010_0024_0010_0020, 0))
    }

    @Test("A store of 16 bytes into code is seen")
    func selfModification() throws {
        // movaps [0x6000], xmm0; nop to be replaced at 0x6000: inc eax there, then hlt.
        let code: [UInt8] = absolute([0x0F, 0x29], reg: 0, 0x5010) + Array(repeating: 0x90, count: 0x10 - 7)
        machine.memory.write(code + Array(repeating: 0x90, count: 16) + [0xF4], at: 0x5000)
        state.pointee.xmm[0] = XMM(0x4040_4040_4040_4040, 0x4040_4040_4040_4040)
        state.pointee.general[0] = 0
        state.pointee.eip = 0x5000
        _ = machine.processor.run(until: machine.processor.steps + 100)
        #expect(state.pointee.general[0] == 16)
    }

    @Test("MMX instructions set TOP and the tags, emms empties, registers get exponents of ones")
    func mmxState() throws {
        state.pointee.x87.top = 3
        state.pointee.x87.emptyRegisters = 0xFF
        state.pointee.x87.significands[2] = 0x1234
        state.pointee.x87.signExponents[2] = 0x3FFF
        // movd eax, mm2 only reads.
        #expect(try execute([0x0F, 0x7E, 0xD0]) == nil)
        #expect(state.pointee.general[0] == 0x1234)
        #expect(state.pointee.x87.top == 0 && state.pointee.x87.emptyRegisters == 0)
        #expect(state.pointee.x87.signExponents[2] == 0x3FFF)
        #expect(try execute([0x0F, 0x6E, 0xD0]) == nil)
        #expect(state.pointee.x87.signExponents[2] == 0xFFFF)
        #expect(try execute(Self.emms) == nil)
        #expect(state.pointee.x87.emptyRegisters == 0xFF)
        // The memory operand of punpckl has 4 bytes, those of the others 8.
        machine.setSegment(SystemFixture.free, base: memory, limit: 3, access: 0x93, flags: 0x4)
        machine.load(.ds, SystemFixture.free)
        #expect(try execute(absolute([0x0F, 0x60], reg: 0, 0)) == nil)
        #expect(try execute(absolute([0x0F, 0x68], reg: 0, 0)) == .generalProtection(0))
    }
}
