import Testing

@testable import Processor

/// What programs may rely on beyond the results of single instructions: steps, restarts, self-modification.
@Suite("Execution")
struct ExecutionTests {
    private let machine: SystemFixture
    private var state: UnsafeMutablePointer<ProcessorState> { machine.state }

    init() throws {
        machine = try SystemFixture()
    }

    /// Puts code at 0x5000, where execution begins.
    private func load(_ bytes: [UInt8]) {
        machine.memory.write(bytes, at: 0x5000)
        state.pointee.eip = 0x5000
    }

    private func run(_ steps: UInt64) -> RunExit {
        machine.processor.run(until: machine.processor.steps + steps)
    }

    @Test("A run ends exactly at its deadline, also within a block")
    func deadline() throws {
        load(Array(repeating: 0x40, count: 100) + [0xEB, 0xFE])
        for count in [1, 2, 7, 30] as [UInt64] {
            let before = machine.processor.steps
            #expect(run(count) == .deadline)
            #expect(machine.processor.steps == before + count)
        }
        #expect(state.pointee.general[0] == 40)
        #expect(state.pointee.eip == 0x5000 + 40)
    }

    @Test("A store into the running block acts on the next instruction")
    func selfModification() throws {
        // mov byte [0x5007], 0x43 (inc ebx); inc ecx, which is replaced; jmp $
        load([0xC6, 0x05, 0x07, 0x50, 0, 0, 0x43, 0x41, 0xEB, 0xFE])
        _ = run(2)
        #expect(state.pointee.general[3] == 1)
        #expect(state.pointee.general[1] == 0)
        #expect(state.pointee.eip == 0x5008)
    }

    @Test("A loop that patches itself executes each version")
    func selfModifyingLoop() throws {
        // l: inc byte [0x500D]; ... mov eax, imm8-patched; add ebx, eax; jmp l
        load([
            0xFE, 0x05, 0x0D, 0x50, 0, 0,  // inc byte [0x500D]
            0x90, 0x90, 0x90, 0x90, 0x90, 0x90,
            0xB8, 0, 0, 0, 0,  // mov eax, n
            0x01, 0xC3,  // add ebx, eax
            0xEB, 0xEB,
        ])
        _ = run(10 * 10)
        #expect(state.pointee.general[3] == 55)
    }

    @Test("Code written from outside, by DMA, is executed")
    func directMemoryAccess() throws {
        load([0x40, 0xEB, 0xFD])
        _ = run(4)
        machine.memory.write([0x43], at: 0x5000)
        _ = run(4)
        #expect(state.pointee.general[0] == 2)
        #expect(state.pointee.general[3] == 2)
    }

    @Test("rep stos over its own code stops being it")
    func stringOverItself() throws {
        // rep stosb from 0x5010 downwards with 0x40 (inc eax)
        load([0xFD, 0xF3, 0xAA, 0x90, 0x90, 0xEB, 0xFE])
        state.pointee.general[7] = 0x5004
        state.pointee.general[1] = 100
        state.pointee.general[0] = 0x40
        // std, two iterations (the two nops), and then the third replaces the stosb itself: f3 40.
        _ = run(1 + 3)
        #expect(state.pointee.general[1] == 97)
        #expect(state.pointee.eip == 0x5001)
        _ = run(1)
        #expect(state.pointee.general[0] == 0x41)
        #expect(state.pointee.eip == 0x5003)
    }

    @Test("An instruction that crosses a page faults with the address of the second page")
    func instructionAcrossPages() throws {
        machine.enablePaging()
        machine.setInterruptGate(Vector.pageFault, offset: 0x6000)
        machine.memory.write([0xB8, 0x78, 0x56, 0x34, 0x12, 0xEB, 0xFE], at: 0x2_0FFE)
        machine.memory.write([0xEB, 0xFE], at: 0x6000)
        machine.setPage(0x2_1000, 0)
        machine.core.flushTLB(includingGlobal: true)
        state.pointee.eip = 0x2_0FFE
        _ = run(1)
        #expect(state.pointee.cr2 == 0x2_1000)
        #expect(state.pointee.eip == 0x6000)
        #expect(machine.stack(4) == [0, 0x2_0FFE, UInt32(SystemFixture.code0), 0x1_0002])
        machine.setPage(0x2_1000, 0x2_1007)
        state.pointee.eip = 0x2_0FFE
        _ = run(2)
        #expect(state.pointee.general[0] == 0x1234_5678)
        #expect(state.pointee.eip == 0x2_1003)
        // A changed second page is seen.
        machine.memory.write([0x99], at: 0x2_1002)
        state.pointee.eip = 0x2_0FFE
        _ = run(1)
        #expect(state.pointee.general[0] == 0x9934_5678)
    }

    @Test("rep movs counts iterations as steps and can be stopped between them")
    func stringSteps() throws {
        load([0xF3, 0xA4, 0xEB, 0xFE])
        machine.memory.write((0..<200).map { UInt8($0) }, at: 0x2_0000)
        state.pointee.general[6] = 0x2_0000
        state.pointee.general[7] = 0x3_0000
        state.pointee.general[1] = 200
        _ = run(77)
        #expect(state.pointee.general[1] == 123)
        #expect(state.pointee.general[6] == 0x2_0000 + 77)
        #expect(state.pointee.eip == 0x5000)
        _ = run(123)
        #expect(state.pointee.general[1] == 0)
        #expect(state.pointee.eip == 0x5002)
        #expect(machine.memory.read(0x3_0000, count: 200) == (0..<200).map { UInt8($0) })
    }

    @Test("rep with a counter of 0 is one step")
    func emptyString() throws {
        load([0xF3, 0xAB, 0xEB, 0xFE])
        state.pointee.general[1] = 0
        _ = run(1)
        #expect(state.pointee.eip == 0x5002)
    }

    @Test("A fault in the middle of rep leaves the counter at what is left")
    func stringFault() throws {
        machine.enablePaging()
        machine.setInterruptGate(Vector.pageFault, offset: 0x6000)
        machine.memory.write([0xEB, 0xFE], at: 0x6000)
        load([0xF3, 0xAB, 0xEB, 0xFE])
        machine.setPage(0x2_1000, 0)
        state.pointee.general[7] = 0x2_0FF0
        state.pointee.general[1] = 10
        // Four doublewords fit; the fifth faults, and the delivery is a step.
        _ = run(5)
        #expect(state.pointee.general[1] == 6)
        #expect(state.pointee.general[7] == 0x2_1000)
        #expect(state.pointee.cr2 == 0x2_1000)
        #expect(state.pointee.eip == 0x6000)
        #expect(machine.stack(2) == [2, 0x5000])
    }

    @Test("A push that faults leaves the stack pointer; a division by zero leaves everything")
    func preciseFaults() throws {
        machine.setInterruptGate(Vector.divideError, offset: 0x6000)
        machine.memory.write([0xEB, 0xFE], at: 0x6000)
        load([0x40, 0xF7, 0xF3])
        state.pointee.general[0] = 6
        state.pointee.general[2] = 5
        state.pointee.general[3] = 0
        _ = run(2)
        #expect(state.pointee.eip == 0x6000)
        #expect(state.pointee.general[0] == 7)
        #expect(state.pointee.general[2] == 5)
        #expect(machine.stack(1) == [0x5001])
    }

    @Test("Interrupts are held back for one instruction after sti, and wake hlt")
    func interruptShadow() throws {
        machine.setInterruptGate(0x20, offset: 0x6000)
        machine.memory.write([0xEB, 0xFE], at: 0x6000)
        load([0xFB, 0x40, 0x40, 0xF4])
        state.pointee.interruptRequested = true
        _ = run(2)
        #expect(state.pointee.general[0] == 1)
        _ = run(1)
        #expect(state.pointee.eip == 0x6000)
        #expect(machine.stack(1) == [0x5002])
        state.pointee.interruptRequested = false
        load([0xFB, 0xF4])
        #expect(run(100) == .halted)
        #expect(state.pointee.eip == 0x5002)
        state.pointee.interruptRequested = true
        _ = run(1)
        #expect(state.pointee.eip == 0x6000)
    }

    @Test("TF traps after each instruction, not after the one that sets it")
    func singleStep() throws {
        machine.setInterruptGate(Vector.debug, offset: 0x6000)
        machine.memory.write([0xEB, 0xFE], at: 0x6000)
        // push 0x102; popf; inc eax; inc eax
        load([0x68, 0x02, 0x01, 0, 0, 0x9D, 0x40, 0x40])
        _ = run(4)
        #expect(state.pointee.eip == 0x6000)
        #expect(machine.stack(1) == [0x5007])
        #expect(state.pointee.general[0] == 1)
        #expect(state.pointee.debugRegisters[6] & DebugStatus.singleStep != 0)
    }

    @Test("Breakpoints stop before their instruction, in the middle of a block too")
    func breakpoints() throws {
        load([0x40, 0x40, 0x40, 0x40, 0xEB, 0xFE])
        _ = run(5)
        state.pointee.eip = 0x5000
        state.pointee.general[0] = 0
        machine.processor.breakpoints = [0x5002]
        #expect(run(100) == .breakpoint(0x5002))
        #expect(state.pointee.general[0] == 2)
        #expect(run(100) == .breakpoint(0x5002))
        machine.processor.breakpoints = []
        _ = run(1)
        #expect(state.pointee.general[0] == 3)
    }

    @Test("An instruction that ends beyond the limit of the code segment is #GP")
    func codeLimit() throws {
        machine.setInterruptGate(Vector.generalProtection, offset: 0x6000)
        load([0x40, 0xB8, 1, 2, 3, 4])
        state.pointee.segments[1].limit = 0x5004
        _ = run(2)
        #expect(state.pointee.general[0] == 1)
        #expect(state.pointee.eip == 0x6000)
        #expect(machine.stack(2) == [0, 0x5001])
    }

    @Test("A near jump beyond the limit is #GP at the jump")
    func jumpLimit() throws {
        machine.setInterruptGate(Vector.generalProtection, offset: 0x1000)
        load([0x40, 0xE9, 0, 0x10, 0, 0])
        state.pointee.segments[1].limit = 0x5FFF
        _ = run(2)
        #expect(machine.stack(2) == [0, 0x5001])
    }

    @Test("A device sees the exact step count, and can end the run")
    func deviceClock() throws {
        final class Clock: Bus {
            weak var processor: Processor?
            var seen: [UInt64] = []
            func readPort(_ port: UInt16, size: Int) -> UInt32 {
                seen.append(processor?.steps ?? 0)
                return 0
            }
            func writePort(_ port: UInt16, size: Int, value: UInt32) { processor?.requestExit() }
            func readMMIO(_ address: UInt32, size: Int) -> UInt32 {
                seen.append(processor?.steps ?? 0)
                return 7
            }
            func writeMMIO(_ address: UInt32, size: Int, value: UInt32) { processor?.requestExit() }
            func acknowledgeInterrupt() -> UInt8 { 0 }
        }
        let clock = Clock()
        clock.processor = machine.processor
        machine.processor.bus = clock
        machine.memory.mapMMIO(0xA0000..<0xB0000)
        // inc ebx; in al, 0x60; inc ebx; mov eax, [0xA0000]; inc ebx; mov [0xA0000], eax; inc ebx
        load([0x43, 0xE4, 0x60, 0x43, 0xA1, 0, 0, 0xA, 0, 0x43, 0xA3, 0, 0, 0xA, 0, 0x43])
        #expect(run(100) == .requested)
        #expect(clock.seen == [1, 3])
        #expect(machine.processor.steps == 6)
        #expect(state.pointee.general[0] == 7)
        #expect(state.pointee.general[3] == 3)
    }

    @Test("The upper half of a 16-bit target is cleared")
    func shortOperandJump() throws {
        load([0x66, 0xEB, 0x10])
        state.pointee.eip = 0x5000
        _ = run(1)
        #expect(state.pointee.eip == 0x5013)
    }
}
