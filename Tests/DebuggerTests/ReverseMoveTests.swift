import Debugger
import Machine
import Testing

@Suite("Going back", .enabled(if: TestMachine.isAvailable, "clang or ld.lld is not installed"))
struct ReverseMoveTests {
    private func debugger() throws -> Debugger {
        let debugger = Debugger(try TestMachine.make())
        try debugger.symbols.load(TestMachine.program, name: "program.elf")
        return debugger
    }

    private func run(_ debugger: Debugger, to symbol: String) throws {
        #expect(debugger.run(toAddress: try debugger.address(symbol)).reason == .arrived)
    }

    /// From the triple fault to the reset vector, through mode switches, calls and a repetition, one by one.
    @Test func everyStepCanBeTakenBack() throws {
        let fresh = try TestMachine.make()
        var digests = [fresh.stateDigest()]
        while fresh.step() == .reached { digests.append(fresh.stateDigest()) }
        let debugger = try debugger()
        let end = debugger.continue()
        guard case .tripleFault = end.reason else {
            Issue.record("\(end.reason)")
            return
        }
        #expect(end.steps == UInt64(digests.count))
        for step in digests.indices.reversed() {
            let stop = debugger.reverseStep()
            #expect(stop.reason == .arrived)
            #expect(stop.steps == UInt64(step))
            #expect(debugger.machine.stateDigest() == digests[step], "step \(step)")
        }
        #expect(debugger.reverseStep().reason == .beginningOfRecording)
        #expect(debugger.machine.steps == 0)
        // And forward again, to the same report.
        #expect(debugger.continue() == end)
    }

    @Test func reverseNextIsNextTakenBack() throws {
        let debugger = try debugger()
        // To `paging_on`: calls, loops, a repetition.
        var trail: [UInt64] = [0]
        let end = try debugger.address("paging_on")
        while debugger.location.linear != end {
            debugger.next()
            trail.append(debugger.machine.steps)
        }
        for steps in trail.dropLast().reversed() {
            let stop = debugger.reverseNext()
            #expect(stop.reason == .arrived)
            #expect(stop.steps == steps)
        }
        #expect(debugger.reverseNext().reason == .beginningOfRecording)
    }

    @Test func reverseFinishLeadsToTheCall() throws {
        let debugger = try debugger()
        try run(debugger, to: "inner_body")
        debugger.step(2)
        #expect(debugger.reverseFinish().location.symbol?.description == "outer_loop")
        #expect(debugger.currentInstruction?.text.hasPrefix("call") == true)
        let outer = debugger.reverseFinish()
        #expect(outer.reason == .arrived)
        #expect(debugger.currentInstruction?.text.contains("<outer>") == true)
        #expect(debugger.reverseFinish().reason == .beginningOfRecording)
    }

    /// Without a frame pointer, in 16-bit code, and right behind the call.
    @Test func reverseFinishNeedsNoFramePointer() throws {
        let debugger = try debugger()
        try run(debugger, to: "double_it")
        let call = debugger.machine.steps - 1
        #expect(debugger.reverseFinish().steps == call)
        debugger.step(2)
        #expect(debugger.reverseFinish().steps == call)
    }

    @Test func reverseContinueFindsTheLastHitFirst() throws {
        let debugger = try debugger()
        let breakpoint = try debugger.setBreakpoint("inner_body")
        var hits: [UInt64] = []
        while debugger.continue().reason == .breakpoint(breakpoint.number) { hits.append(debugger.machine.steps) }
        #expect(hits.count == 3)
        for hit in hits.reversed() {
            let stop = debugger.reverseContinue()
            #expect(stop.reason == .breakpoint(breakpoint.number))
            #expect(stop.steps == hit)
        }
        #expect(debugger.breakpoints.first?.hits == 6)
        let stop = debugger.reverseContinue()
        #expect(stop.reason == .beginningOfRecording)
        #expect(stop.steps == 0)
    }

    @Test func severalStepsBackEndAtABreakpoint() throws {
        let debugger = try debugger()
        let breakpoint = try debugger.setBreakpoint("inner_body")
        debugger.continue()
        let hit = debugger.machine.steps
        debugger.step(4)
        let stop = debugger.reverseStep(10)
        #expect(stop.reason == .breakpoint(breakpoint.number))
        #expect(stop.steps == hit)
        debugger.deleteAllBreakpoints()
        #expect(debugger.reverseStep(10).steps == hit - 10)
    }

    @Test func gotoGoesBothWaysPastBreakpoints() throws {
        let debugger = try debugger()
        try debugger.setBreakpoint("inner_body")
        #expect(debugger.go(to: 60).steps == 60)
        let digest = debugger.machine.stateDigest()
        #expect(debugger.go(to: 3).steps == 3)
        #expect(debugger.registers.general[0] & 0xFFFF == 5)
        #expect(debugger.go(to: 60).steps == 60)
        #expect(debugger.machine.stateDigest() == digest)
        #expect(debugger.breakpoints.first?.hits == 0)
    }

    @Test func aChangeInThePastBeginsAnotherFuture() throws {
        let commands = try TestMachine.commands()
        _ = commands.execute("goto 60")
        _ = commands.execute("goto 4")
        #expect(commands.debugger.timeline.isInPast)
        let words = commands.execute("set eax 7").text
        #expect(words == "a new branch begins at step 4: what had happened up to step 60 is forgotten")
        #expect(!commands.debugger.timeline.isInPast)
        #expect(commands.debugger.timeline.end == 4)
        _ = commands.execute("until after_call")
        #expect(commands.execute("registers ax").text.hasPrefix("ax 0000000e"))
        // The change itself is part of the past now.
        let steps = commands.debugger.machine.steps
        _ = commands.execute("goto 0")
        _ = commands.execute("goto \(steps)")
        #expect(commands.execute("registers ax").text.hasPrefix("ax 0000000e"))
    }

    @Test func commandsSayWhereTheyLeadTo() throws {
        let commands = try TestMachine.commands()
        _ = commands.execute("until after_call")
        #expect(commands.execute("rs").text.contains("(in the past: recorded up to step"))
        #expect(commands.execute("rc").text.hasPrefix("this is the beginning of the recording\nstep 0 "))
        #expect(commands.execute("timeline").text.hasPrefix("recorded   step 0 to "))
        #expect(commands.execute("branch").text.hasPrefix("a new branch begins at step 0"))
        #expect(commands.execute("branch").text == "there is no recorded future: this is the present")
        for line in ["goto", "goto x y", "reverse-step 1 2", "last-write", "last-write pte", "record", "record save"] {
            let text = commands.execute(line).text
            #expect(!text.isEmpty && !text.contains("\n"), "\(line)")
        }
    }
}

/// What a guest does that sleeps, is interrupted, speaks and writes to its disk.
@Suite("Going back in a guest with devices", .enabled(if: TravelGuest.isAvailable, "clang or ld.lld is not installed"))
struct DeviceTravelTests {
    private final class Listener: OutputSink {
        var bytes: [UInt8] = []
        func debugConsole(sent byte: UInt8) { bytes.append(byte) }
    }

    private func debugger(_ machine: Machine) throws -> Debugger {
        let debugger = Debugger(machine)
        try debugger.symbols.load(TravelGuest.program, name: "guest.elf")
        return debugger
    }

    @Test func sleepIsOneStep() throws {
        let debugger = try debugger(try TravelGuest.make())
        try debugger.setBreakpoint("tick")
        debugger.continue()
        debugger.continue()
        let handler = debugger.machine.steps
        // The delivery, the sleep, the instruction that began it.
        #expect(debugger.reverseStep().steps == handler - 1)
        let asleep = debugger.reverseStep()
        #expect(asleep.steps < handler - 1000)
        #expect(debugger.machine.processor.state.pointee.halted)
        #expect(debugger.reverseStep().steps == asleep.steps - 1)
        #expect(debugger.currentInstruction?.text == "hlt")
        debugger.deleteAllBreakpoints()
        #expect(debugger.go(to: handler).location.symbol?.description == "tick")
    }

    @Test func reverseMovesPassOverInterruptsAndRecursion() throws {
        let debugger = try debugger(try TravelGuest.make())
        try debugger.setBreakpoint("returned")
        for _ in 0..<5 { debugger.continue() }
        debugger.deleteAllBreakpoints()
        #expect(debugger.reverseNext().reason == .arrived)
        #expect(debugger.currentInstruction?.text.contains("<descend>") == true)
        #expect(debugger.reverseNext().location.symbol?.description == "copied")
        // Over the repetition to its first iteration.
        #expect(debugger.reverseNext().reason == .arrived)
        #expect(debugger.registers.general[1] & 0xFFFF == 100)
    }

    @Test func thePastIsSilentAndIsNotHeardTwice() throws {
        let machine = try TravelGuest.make()
        let listener = Listener()
        machine.output = listener
        let debugger = try debugger(machine)
        debugger.continue(until: 3_000_000)
        let heard = listener.bytes
        #expect(heard.count > 50)
        debugger.go(to: 1_000_000)
        debugger.reverseStep(1000)
        debugger.continue(until: 3_000_000)
        #expect(listener.bytes == heard)
        debugger.continue(until: 4_000_000)
        #expect(listener.bytes.count > heard.count)
        #expect(listener.bytes.starts(with: heard))
        let fresh = try TravelGuest.make()
        let other = Listener()
        fresh.output = other
        _ = fresh.run(until: 4_000_000)
        #expect(listener.bytes == other.bytes)
    }

    @Test func theDiskGoesBackToo() throws {
        let disk = MemoryDisk([UInt8](repeating: 0, count: 64 << 10))
        let debugger = try debugger(try TravelGuest.make(disk: disk))
        debugger.continue(until: 4_000_000)
        let written = disk.bytes
        #expect(written.contains { $0 != 0 })
        // The image is left alone while somebody only looks.
        debugger.go(to: 2_000_000)
        #expect(disk.bytes == written)
        debugger.continue(until: 4_000_000)
        #expect(disk.bytes == written)
        // On another branch it becomes what that branch has made of it.
        debugger.go(to: 100_000)
        debugger.timeline.branch()
        #expect(!disk.bytes.contains { $0 != 0 })
        debugger.continue(until: 4_000_000)
        #expect(disk.bytes == written)
    }

    @Test func inputComesAgainAtItsStep() throws {
        let debugger = try debugger(try TravelGuest.make())
        debugger.continue(until: 1_000_000)
        debugger.machine.inject(.key(.a, isPressed: true))
        try debugger.setBreakpoint("key")
        let first = debugger.continue()
        #expect(first.reason == .breakpoint(1))
        debugger.continue(until: 2_000_000)
        let digest = debugger.machine.stateDigest()
        debugger.go(to: 500_000)
        // What somebody types while looking at the past waits for the present.
        debugger.machine.inputQueue.append(.key(.b, isPressed: true))
        #expect(!debugger.machine.inject(.key(.c, isPressed: true)))
        #expect(debugger.continue().steps == first.steps)
        debugger.go(to: 2_000_000)
        #expect(debugger.machine.stateDigest() == digest)
        #expect(debugger.machine.inputLog.events.count == 1)
        #expect(debugger.continue().reason == .breakpoint(1))
        #expect(debugger.machine.inputLog.events.count == 2)
    }

    @Test func aRequestToStopLeavesThePresentAlone() throws {
        let debugger = try debugger(try TravelGuest.make())
        debugger.continue(until: 1_000_000)
        let digest = debugger.machine.stateDigest()
        for move in [
            { debugger.reverseContinue() }, { debugger.reverseStep(5000) }, { debugger.go(to: 5000) },
            { debugger.reverseFinish() },
        ] {
            debugger.machine.inputQueue.requestStop()
            #expect(move().reason == .interrupted)
            #expect(debugger.machine.stateDigest() == digest)
        }
        debugger.machine.inputQueue.requestStop()
        #expect(debugger.lastWrite(toPhysical: 0x504) == .interrupted)
        #expect(debugger.machine.stateDigest() == digest)
    }
}
