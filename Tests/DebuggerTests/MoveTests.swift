import Debugger
import Machine
import Testing

@Suite("Moves", .enabled(if: TestMachine.isAvailable, "clang or ld.lld is not installed"))
struct MoveTests {
    private func debugger() throws -> Debugger {
        let debugger = Debugger(try TestMachine.make())
        try debugger.symbols.load(TestMachine.program, name: "program.elf")
        return debugger
    }

    private func run(_ debugger: Debugger, to symbol: String) throws {
        let stop = debugger.run(toAddress: try debugger.address(symbol))
        #expect(stop.reason == .arrived)
        #expect(stop.location.symbol?.description == symbol)
    }

    @Test func beginsAtTheResetVector() throws {
        let location = try debugger().location
        #expect(location.linear == 0xFFFF_FFF0)
        #expect(location.selector == 0xF000)
        #expect(location.offset == 0xFFF0)
        #expect(!location.isCode32)
    }

    @Test func stepCounts() throws {
        let debugger = try debugger()
        let stop = debugger.step()
        #expect(stop.reason == .arrived)
        #expect(stop.steps == 1)
        #expect(stop.location.symbol?.description == "real_start")
        #expect(debugger.step(2).steps == 3)
        #expect(debugger.registers.general[0] & 0xFFFF == 5)
    }

    @Test func stepGoesIntoCallsAndNextOverThem() throws {
        let debugger = try debugger()
        debugger.step(3)
        #expect(
            debugger.currentInstruction?.text
                == "call 0x\(String(try debugger.address("double_it") & 0xFFFF, radix: 16)) <double_it>")
        let over = debugger.next()
        #expect(over.location.symbol?.description == "after_call")
        #expect(debugger.registers.general[0] & 0xFFFF == 10)

        let other = try self.debugger()
        #expect(other.step(4).location.symbol?.description == "double_it")
    }

    @Test func nextRunsRepetitionsToTheirEnd() throws {
        let debugger = try debugger()
        try run(debugger, to: "after_call")
        for _ in 0..<3 { debugger.next() }
        let before = debugger.machine.steps
        let stop = debugger.next()
        #expect(stop.location.symbol?.description == "after_store")
        #expect(stop.steps >= before + 4)
        #expect(debugger.readMemory(at: 0, count: 4) == [0x41, 0x41, 0x41, 0x41])
    }

    @Test func nextFollowsBranchesAndModeSwitches() throws {
        let debugger = try debugger()
        try run(debugger, to: "after_store")
        for _ in 0..<6 { debugger.next() }
        #expect(debugger.location.symbol?.description == "protected_start")
        #expect(debugger.location.isCode32)
        #expect(debugger.location.selector == 8)
        try run(debugger, to: "outer_loop")
        for iteration in 1...2 {
            for _ in 0..<3 { debugger.next() }
            #expect(debugger.location.symbol?.description == "outer_loop", "iteration \(iteration)")
        }
    }

    @Test func breakpointsStopAndCount() throws {
        let debugger = try debugger()
        let breakpoint = try debugger.setBreakpoint("inner_body")
        let before = debugger.registers.general[2]
        for hit in 1...3 {
            let stop = debugger.continue()
            #expect(stop.reason == .breakpoint(breakpoint.number))
            #expect(stop.location.symbol?.description == "inner_body")
            #expect(debugger.breakpoints.first?.hits == hit)
        }
        // The instruction at the breakpoint has been executed twice, not thrice.
        #expect(debugger.registers.general[2] == before + 2)
    }

    @Test func disabledAndDeletedBreakpointsDoNotStop() throws {
        let debugger = try debugger()
        let first = try debugger.setBreakpoint("outer")
        let second = try debugger.setBreakpoint("inner")
        debugger.enableBreakpoint(first.number, false)
        #expect(debugger.continue().reason == .breakpoint(second.number))
        #expect(debugger.deleteBreakpoint(second.number))
        #expect(!debugger.deleteBreakpoint(second.number))
        try debugger.setBreakpoint("after_outer")
        #expect(debugger.continue().location.symbol?.description == "after_outer")
        #expect(debugger.breakpoints.first?.hits == 0)
    }

    @Test func finishReturnsToTheCaller() throws {
        let debugger = try debugger()
        try run(debugger, to: "inner_body")
        let caller = debugger.finish()
        #expect(caller.location.symbol?.symbol.name == "outer_loop" || caller.location.symbol?.symbol.name == "outer")
        #expect(debugger.currentInstruction?.text == "dec ecx")
        #expect(debugger.finish().location.symbol?.description == "after_outer")
    }

    /// Without a frame pointer, in 16-bit code.
    @Test func finishNeedsNoFramePointer() throws {
        let debugger = try debugger()
        try run(debugger, to: "double_it")
        #expect(debugger.finish().location.symbol?.description == "after_call")
    }

    /// A debugger at an address of the ROM's first segment, in real mode, with `handler` as the handler of vectors 2, 6
    /// and 21h.
    private func debugger(inRealModeAt symbol: String) throws -> Debugger {
        let debugger = try debugger()
        debugger.step(3)
        let handler = try debugger.address("handler") & 0xFFFF | 0xF000_0000
        for vector in [2, 6, 0x21] as [UInt32] {
            let bytes = (0..<4).map { UInt8(truncatingIfNeeded: handler >> ($0 * 8)) }
            debugger.writeMemory(bytes, at: vector * 4)
        }
        debugger.setRegister("eip", to: try debugger.address(symbol) & 0xFFFF)
        return debugger
    }

    @Test func exceptionsAreNamed() throws {
        let debugger = try debugger(inRealModeAt: "undefined")
        let stop = debugger.step()
        #expect(stop.event == .exception(vector: 6, errorCode: nil, address: nil))
        #expect(stop.location.symbol?.description == "handler")
        // `next` ends in the handler as well: the instruction behind may never come.
        let other = try self.debugger(inRealModeAt: "undefined")
        #expect(other.next().event == .exception(vector: 6, errorCode: nil, address: nil))
    }

    @Test func interruptsAreNamed() throws {
        let debugger = try debugger(inRealModeAt: "behind_int")
        debugger.machine.inject(.nonMaskableInterrupt)
        let stop = debugger.step()
        #expect(stop.event == .interrupt(vector: 2))
        #expect(stop.location.symbol?.description == "handler")
        #expect(debugger.step().location.symbol?.description == "behind_int")
    }

    @Test func nextGoesOverSoftwareInterrupts() throws {
        let debugger = try debugger(inRealModeAt: "behind_undefined")
        let stop = debugger.next()
        #expect(stop.event == nil)
        #expect(stop.location.symbol?.description == "behind_int")
    }

    @Test func continueForSteps() throws {
        let debugger = try debugger()
        #expect(debugger.continue(until: 5).steps == 5)
        // A number in the past changes nothing.
        #expect(debugger.continue(until: 2).steps == 5)
    }

    @Test func aCallerCanStopTheMachine() throws {
        let machine = try TestMachine.make()
        let debugger = Debugger(Timeline(machine)) { _ in .stopped }
        #expect(debugger.continue().reason == .interrupted)
    }

    @Test func movesLeaveNoBreakpointInTheProcessor() throws {
        let debugger = try debugger()
        try debugger.setBreakpoint("inner")
        debugger.continue()
        debugger.next()
        #expect(debugger.machine.processor.breakpoints.isEmpty)
    }

    /// Moves are deterministic: the same place has the same step count, however it was reached.
    @Test func stepCountsDoNotDependOnTheWay() throws {
        let first = try debugger()
        try first.setBreakpoint("after_outer")
        first.continue()
        let second = try debugger()
        while second.location.symbol?.description != "after_outer" { second.step() }
        let third = try debugger()
        while third.location.symbol?.description != "after_outer" { third.next() }
        #expect(first.machine.steps == second.machine.steps)
        #expect(first.machine.steps == third.machine.steps)
        #expect(first.machine.stateDigest() == second.machine.stateDigest())
        #expect(first.machine.stateDigest() == third.machine.stateDigest())
    }

    @Test func aTripleFaultIsExplained() throws {
        let debugger = try debugger()
        let stop = debugger.continue()
        guard case .tripleFault = stop.reason else {
            Issue.record("\(stop.reason)")
            return
        }
        let text = debugger.explain().text
        #expect(
            text.contains(
                "1. #PF page fault, error code 0000 (the supervisor reading from a page that is not present), address c0000000"
            ))
        #expect(text.contains("<break_it>: mov eax, dword ptr [0xc0000000]"))
        #expect(text.contains("not mapped: the page-directory entry is not present"))
        #expect(text.contains("\nwhy: "))
    }
}
