import Processor
import Testing

@testable import Machine

/// FERR#, IRQ 13 and IGNNE#, as a PC/AT wires them.
@Suite struct NumericErrorTests {
    /// A machine in real mode with `code` at 0:7000h, and the handler of IRQ 13 (vector 75h) at 0:7100h.
    private func bench(code: [UInt8], handler: [UInt8] = []) throws -> Bench {
        let bench = try Bench()
        bench.initializeInterrupts()
        let memory = bench.machine.processor.memory
        memory.write(code, at: 0x7000)
        memory.write(handler, at: 0x7100)
        memory.write([0x00, 0x71, 0x00, 0x00], at: 0x75 * 4)
        let state = bench.machine.processor.state
        state.pointee.segments[1].selector = 0
        state.pointee.segments[1].base = 0
        bench.machine.processor.stateWasReplaced()
        state.pointee.eip = 0x7000
        state.pointee.general[4] = 0x6000
        state.pointee.systemFlags |= 0x200
        return bench
    }

    /// Runs until the processor waits; the interrupt controller interrupts the run when its output changes.
    private func run(_ bench: Bench) -> RunExit {
        for _ in 0..<10 {
            let exit = bench.machine.processor.run(until: 100)
            if exit != .requested { return exit }
        }
        return .requested
    }

    /// fninit; unmask all; fld1; fldz; fdiv; fnop; inc bx; hlt
    private static let divideByZero: [UInt8] = [
        0xDB, 0xE3, 0xC7, 0x06, 0x00, 0x05, 0x40, 0x03, 0xD9, 0x2E, 0x00, 0x05, 0xD9, 0xE8, 0xD9, 0xEE, 0xD8, 0xF9,
        0xD9,
        0xD0, 0x43, 0xF4,
    ]

    @Test func handlerClearsTheException() throws {
        // mov al, 20h; out F0h, al; out A0h, al; out 20h, al; fnstsw ax; mov dx, ax; fnop; fnclex; iret
        let handler: [UInt8] = [
            0xB0, 0x20, 0xE6, 0xF0, 0xE6, 0xA0, 0xE6, 0x20, 0xDF, 0xE0, 0x89, 0xC2, 0xD9, 0xD0, 0xDB, 0xE2, 0xCF,
        ]
        let bench = try bench(code: Self.divideByZero, handler: handler)
        let state = bench.machine.processor.state
        #expect(run(bench) == .halted)
        // ZE, ES and B; `fnop` in the handler did not wait, because IGNNE# was asserted.
        #expect(state.pointee.general[2] & 0xC0FF == 0x8084 & 0xC0FF)
        #expect(state.pointee.general[3] == 1)
        #expect(state.pointee.x87.status & 0x80FF == 0)
        #expect(!state.pointee.x87.errorOutput)
        #expect(!state.pointee.x87.ignoresErrors)
        #expect(!bench.interruptRequested)
    }

    @Test func withoutTheInterruptTheProcessorStandsStill() throws {
        let bench = try bench(code: Self.divideByZero)
        let state = bench.machine.processor.state
        state.pointee.systemFlags &= ~0x200
        #expect(run(bench) == .halted)
        #expect(state.pointee.eip == 0x7012)
        #expect(state.pointee.x87.errorOutput)
        #expect(bench.interruptRequested)
        let steps = bench.machine.steps
        #expect(run(bench) == .halted)
        #expect(bench.machine.steps == steps)

        // All of it survives in a file.
        let file = bench.machine.snapshot().encoded()
        bench.out(0xF0, 0)
        #expect(state.pointee.x87.ignoresErrors)
        #expect(!bench.interruptRequested)
        try bench.machine.restore(MachineSnapshot(decoding: file))
        #expect(!state.pointee.x87.ignoresErrors)
        #expect(state.pointee.x87.errorOutput)
        #expect(bench.interruptRequested)
    }

    @Test func portIsHarmlessWithoutAnError() throws {
        let bench = try Bench()
        bench.initializeInterrupts()
        bench.out(0xF0, 0)
        #expect(!bench.machine.processor.state.pointee.x87.ignoresErrors)
        #expect(!bench.interruptRequested)
    }
}
