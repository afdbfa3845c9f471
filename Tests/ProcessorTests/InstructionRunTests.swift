import Testing

@testable import Processor

/// x87, MMX and SSE instructions are executed in runs: what ends one in its middle must look as if each instruction had
/// been executed by itself.
@Suite("Runs of x87 and SSE instructions")
struct InstructionRunTests {
    private let machine: SystemFixture
    private var state: UnsafeMutablePointer<ProcessorState> { machine.state }

    init() throws {
        machine = try SystemFixture()
        machine.catchExceptions()
        machine.enablePaging()
        machine.setPage(0x9000, 0)
        state.pointee.x87.initialize()
        state.pointee.cr0 |= ControlRegister.numericError
        state.pointee.cr4 |= ControlRegister.osFXSR
    }

    /// Executes so many steps of a program; the delivery of an exception is one.
    private func run(_ instructions: [UInt8]..., steps: UInt64) {
        machine.memory.write(instructions.flatMap(\.self), at: SystemFixture.code)
        state.pointee.eip = SystemFixture.code
        state.pointee.general[4] = 0x8000
        _ = machine.processor.run(until: machine.processor.steps + steps)
    }

    private func handler(_ vector: UInt8) -> UInt32 { SystemFixture.handlers + UInt32(vector) * 16 }

    @Test("A fault is that of its instruction, and the pointers are those of the one before")
    func fault() {
        // fld1; fld dword [7000h]; fadd dword [9000h]; fchs
        run([0xD9, 0xE8], [0xD9, 0x05, 0, 0x70, 0, 0], [0xD8, 0x05, 0, 0x90, 0, 0], [0xD9, 0xE0], steps: 3)
        #expect(state.pointee.eip == handler(Vector.pageFault))
        #expect(machine.stack(2)[1] == SystemFixture.code + 8)
        #expect(state.pointee.x87.top == 6)
        #expect(state.pointee.x87.instructionOffset == SystemFixture.code + 2)
        #expect(state.pointee.x87.lastOpcode == 0x105)
        #expect(state.pointee.x87.dataOffset == 0x7000)
    }

    @Test("An exception that is not masked is reported by the next instruction")
    func pendingError() {
        state.pointee.x87.control = 0x0340
        // fld1; fldz; fdivr st, st(1); fld1
        run([0xD9, 0xE8], [0xD9, 0xEE], [0xD8, 0xF9], [0xD9, 0xE8], steps: 4)
        #expect(state.pointee.eip == handler(Vector.floatingPoint))
        #expect(machine.stack(1)[0] == SystemFixture.code + 6)
        #expect(state.pointee.x87.top == 6)
        #expect(state.pointee.x87.instructionOffset == SystemFixture.code + 4)
    }

    @Test("Control instructions in between leave the pointers alone")
    func control() {
        // fld1; fnstcw [7000h]; fldpi; fnstenv [7010h]
        run([0xD9, 0xE8], [0xD9, 0x3D, 0, 0x70, 0, 0], [0xD9, 0xEB], [0xD9, 0x35, 0x10, 0x70, 0, 0], steps: 4)
        #expect(machine.peek16(0x7000) == 0x037F)
        #expect(machine.peek32(0x7010 + 12) == SystemFixture.code + 8)
        #expect(machine.peek32(0x7010 + 4) >> 11 & 7 == 6)
    }

    @Test("A store into the run changes what comes next")
    func selfModification() {
        // Two times fldz, as a number.
        machine.poke32(0x7000, 0xEED9_EED9)
        // fld dword [7000h]; fstp dword [the next]; fld1; fld1
        run(
            [0xD9, 0x05, 0, 0x70, 0, 0], [0xD9, 0x1D] + bytes(SystemFixture.code + 12), [0xD9, 0xE8], [0xD9, 0xE8],
            steps: 4)
        #expect(state.pointee.eip == SystemFixture.code + 16)
        #expect(state.pointee.x87.top == 6)
        #expect(machine.core.st(0) == .zero(isNegative: false))
        #expect(machine.core.st(1) == .zero(isNegative: false))
    }

    private func bytes(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    @Test("A fault of an SSE instruction leaves those before it done, and nothing else")
    func faultSSE() {
        let values = [XMM(1, 2), XMM(3, 4), XMM(5, 6), XMM(7, 8)]
        for index in 0..<4 { state.pointee.xmm[index] = values[index] }
        // movaps xmm1, xmm0; movups xmm2, [9000h]; movaps xmm3, xmm0
        run([0x0F, 0x28, 0xC8], [0x0F, 0x10, 0x15, 0, 0x90, 0, 0], [0x0F, 0x28, 0xD8], steps: 2)
        #expect(state.pointee.eip == handler(Vector.pageFault))
        #expect(machine.stack(2)[1] == SystemFixture.code + 3)
        #expect(state.pointee.xmm[1] == values[0])
        #expect(state.pointee.xmm[2] == values[2])
        #expect(state.pointee.xmm[3] == values[3])
    }

    @Test("An exception that fxrstor brings is reported by the next MMX instruction")
    func restoredError() {
        // FCW, FSW, MXCSR
        machine.poke16(0x7000, 0x037E)
        machine.poke16(0x7002, 0x8081)
        machine.poke32(0x7018, MXCSR.initial)
        state.pointee.x87.significands[0] = 1
        // fxrstor [7000h]; paddb mm0, mm1
        run([0x0F, 0xAE, 0x0D, 0, 0x70, 0, 0], [0x0F, 0xFC, 0xC1], steps: 2)
        #expect(state.pointee.eip == handler(Vector.floatingPoint))
        #expect(machine.stack(1)[0] == SystemFixture.code + 7)
    }
}
