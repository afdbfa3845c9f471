import Disassembler
import Machine
import Processor

/// Moves into the past. Each ends at a step of the recording, with exactly the state that the machine had there.
extension Debugger {
    /// Goes to the step `step`, into the past or into the future, past all breakpoints and watchpoints. Beyond the end
    /// of the recording the machine runs, and anything else may end the move.
    @discardableResult
    public func go(to step: UInt64) -> Stop {
        let origin = machine.snapshot()
        if step < timeline.beginning {
            return travel(to: timeline.beginning, from: origin, reason: .beginningOfRecording)
        }
        guard step > timeline.end else { return travel(to: step, from: origin) }
        let stop = travel(to: timeline.end, from: origin)
        guard stop.reason == .arrived, machine.steps < step else { return stop }
        return self.stop(for: runMachine(step))
    }

    /// Goes `count` steps back; less far if there is a breakpoint or watchpoint on the way.
    ///
    /// Time that the processor has slept through is one step: it leads to where the processor fell asleep.
    @discardableResult
    public func reverseStep(_ count: UInt64 = 1) -> Stop {
        let here = machine.steps
        guard here > timeline.beginning else { return stop(.beginningOfRecording) }
        guard count > 0 else { return stop(.arrived) }
        guard count == 1 else {
            let reach = here - timeline.beginning
            return searchBackward(
                to: here - min(count, reach), otherwise: count > reach ? .beginningOfRecording : .arrived)
        }
        let sleep = machine.lastSleep
        let isAsleep = sleep.end == here && sleep.start < here
        let target = isAsleep ? max(sleep.start, timeline.beginning) : here - 1
        return travel(to: target, from: machine.snapshot())
    }

    /// Goes back to the last breakpoint or watchpoint that was hit before here: for a breakpoint to where its
    /// instruction is next, for a watchpoint to where the instruction is next that accesses the memory. Without any, to
    /// the beginning of the recording.
    @discardableResult
    public func reverseContinue() -> Stop {
        searchBackward(to: timeline.beginning, otherwise: .beginningOfRecording)
    }

    /// To the last breakpoint or watchpoint at `floor` or later; where there is none, to `floor`, for the reason
    /// `otherwise`.
    private func searchBackward(to floor: UInt64, otherwise reason: Stop.Reason) -> Stop {
        let origin = machine.snapshot()
        timeline.record()
        removeSpent()
        while true {
            switch searchBackward(to: floor, userArming, accepts: isUserStop) {
            case .interrupted: return interrupted(origin)
            case .nothing: return travel(to: floor, from: origin, reason: reason)
            case .found(let finding, let step):
                if let stop = stop(at: finding, step, from: origin) { return stop }
            }
        }
    }

    /// What the user wants to stop at.
    private var userArming: Arming {
        Arming(
            addresses: enabledAddresses, physicalAddresses: enabledPhysicalAddresses, watches: enabledWatches,
            eventListener: eventListener)
    }

    /// Whether something in the past is a stop of the user's, but for ignore counts.
    private func isUserStop(_ finding: Finding) -> Bool {
        let numbers: Set<Int>
        switch finding {
        case .address(let address): return isBreakpointHit(at: address)
        case .accesses(let accesses): numbers = watchpoints(accesses)
        case .events(let events): numbers = catchpoints(events)
        }
        // Behind the step the conditions hold or not; the move will end before it.
        if !numbers.isEmpty { foundInPast = numbers }
        return !numbers.isEmpty
    }

    /// Counts the arrivals of what has been found in the past; returns the numbers of those that stop.
    private func countFound() -> Set<Int> {
        foundInPast.filter { number in
            var stops = false
            changeRule(number) { rule in
                rule.arrivals += 1
                if rule.ignoreCount > 0 { rule.ignoreCount -= 1 } else { stops = true }
                if stops { rule.stopped() }
            }
            return stops
        }
    }

    /// Goes to a breakpoint, watchpoint or catchpoint that a search has found, and counts the hit. Nil if it is to be
    /// ignored.
    private func stop(at finding: Finding, _ step: UInt64, from origin: MachineSnapshot) -> Stop? {
        let stop = travel(to: step, from: origin)
        guard stop.reason == .arrived else { return stop }
        switch finding {
        case .address(let address): return stopAtBreakpoint(address)
        case .accesses(let accesses):
            let numbers = countFound()
            let stops = self.accesses(accesses, isBehind: false).filter { numbers.contains($0.number) }
            return stops.first.map { self.stop(.watchpoint($0.number), accesses: stops) }
        case .events(let events):
            return countFound().min().map { number in
                var stop = self.stop(.breakpoint(number), caught: events)
                stop.isBefore = true
                return stop
            }
        }
    }

    // MARK: Over calls

    /// Goes back to the instruction of this code before, over calls, software interrupts, repetitions and whatever
    /// interrupts have arrived: where ``next()`` would lead here from.
    ///
    /// A return that no call belongs to (as when a thread is switched to) is one step.
    @discardableResult
    public func reverseNext() -> Stop {
        let origin = machine.snapshot()
        let here = (linear: linearInstructionPointer, offset: location.offset, stack: stackPointer)
        let stop = reverseStep()
        guard stop.reason == .arrived, let instruction = currentInstruction?.instruction else { return stop }
        if instruction.isRepeatedString { return firstIteration(origin) }
        // An interrupt may have come instead of the return.
        guard Self.isReturn(instruction.operation),
            let target = readValue(at: stackPointer, size: instruction.is32BitOperand ? 4 : 2), target == here.offset
        else { return stop }
        let back = machine.steps
        let isInterruptReturn = OpcodeTable.rows[Int(instruction.row)].mnemonic.hasPrefix("iret")
        let stack = stackPointer
        // A call lies right before where it returns to; what an interrupt interrupted, or a fault, is there itself.
        let candidates = Set((isInterruptReturn ? 0...2 : 2...8).map { here.linear &- UInt32($0) })
        removeSpent()
        var arming = userArming
        arming.addresses.formUnion(candidates)
        // Of the last finding that counts, as the search itself takes it.
        var isUsers = false
        let result = searchBackward(to: timeline.beginning, arming) { [self] finding in
            if isUserStop(finding) {
                isUsers = true
                return true
            }
            guard case .address(let address) = finding, candidates.contains(address) else { return false }
            if isInterruptReturn {
                guard stackPointer == here.stack else { return false }
            } else {
                guard [2, 4, 8].contains(stackPointer &- stack), let call = currentInstruction?.instruction,
                    address &+ UInt32(call.length) == here.linear,
                    OpcodeTable.rows[Int(call.row)].mnemonic.hasPrefix("call")
                else { return false }
            }
            isUsers = false
            return true
        }
        switch result {
        case .interrupted: return interrupted(origin)
        case .nothing: return travel(to: back, from: origin)
        case .found(let finding, let step):
            if isUsers, let stop = self.stop(at: finding, step, from: origin) { return stop }
            return travel(to: step, from: origin)
        }
    }

    /// From an iteration of a repeated instruction back to its first.
    private func firstIteration(_ origin: MachineSnapshot) -> Stop {
        let address = linearInstructionPointer
        var first = machine.steps
        while first > timeline.beginning, let index = timeline.lastEntry(notAfter: first - 1) {
            timeline.restore(index)
            let start = machine.steps
            var run: ClosedRange<UInt64>?
            let isComplete = runThrough(until: first, Arming(addresses: [address])) { _ in
                let step = machine.steps
                run = run.flatMap { $0.upperBound + 1 == step ? $0.lowerBound...step : nil } ?? step...step
            }
            guard isComplete else { return interrupted(origin) }
            guard let run, run.upperBound + 1 == first else { break }
            first = run.lowerBound
            if first > start { break }
        }
        return travel(to: first, from: origin)
    }

    /// Goes back to the call of the current function, or to what was interrupted by the current handler.
    ///
    /// Calls are recognised by what they leave on the stack, so that no frame pointer is needed; for that the past is
    /// gone through step by step.
    @discardableResult
    public func reverseFinish() -> Stop {
        let origin = machine.snapshot()
        timeline.record()
        var end = machine.steps
        // Where the stack has been since: a function whose return address lies below has returned.
        var highest: UInt32 = stackPointer
        while end > timeline.beginning, let index = timeline.lastEntry(notAfter: end - 1) {
            timeline.restore(index)
            let start = machine.steps
            let tracker = CallTracker(self)
            machine.processor.observer = { tracker.look() }
            let isComplete = runThrough(until: end)
            machine.processor.observer = nil
            guard isComplete else { return interrupted(origin) }
            if let call = tracker.calls.last(where: { $0.stack >= highest }) {
                return travel(to: call.step, from: origin)
            }
            highest = max(highest, tracker.highest)
            end = start
        }
        return travel(to: timeline.beginning, from: origin, reason: .beginningOfRecording)
    }
}

/// Which calls are open, as seen from outside, step by step.
private final class CallTracker {
    struct Call {
        /// ``Machine/steps`` before it.
        let step: UInt64
        /// Where the stack is behind it.
        let stack: UInt32
        let privilege: UInt8
    }

    private(set) var calls: [Call] = []
    private(set) var highest: UInt32 = 0
    private let debugger: Debugger
    private var last: (step: UInt64, offset: UInt32, stack: UInt32, privilege: UInt8)?

    init(_ debugger: Debugger) {
        self.debugger = debugger
    }

    /// Looks at the state between two steps. Never asks for a stop.
    func look() -> Bool {
        let state = debugger.machine.processor.state
        let now = (state.pointee.steps, state.pointee.eip, debugger.stackPointer, state.pointee.cpl)
        defer { last = now }
        guard let last, last.step != now.0 else { return false }
        highest = max(highest, now.2)
        if isEntered(last, offset: now.1, stack: now.2, privilege: now.3) {
            calls.append(Call(step: last.step, stack: now.2, privilege: now.3))
            return false
        }
        while let call = calls.last, now.3 > call.privilege || now.3 == call.privilege && now.2 > call.stack {
            calls.removeLast()
        }
        return false
    }

    /// Whether the step from `last` on pushed a return address and went elsewhere: a call, an interrupt, an exception.
    private func isEntered(
        _ last: (step: UInt64, offset: UInt32, stack: UInt32, privilege: UInt8), offset: UInt32, stack: UInt32,
        privilege: UInt8
    ) -> Bool {
        guard stack < last.stack && last.stack - stack <= 64 || privilege < last.privilege else { return false }
        // Back to the instruction or behind it, and not where it went anyway.
        func isReturn(_ address: UInt32?) -> Bool {
            address.map { $0 &- last.offset <= Self.longestInstruction && $0 != offset } ?? false
        }
        // On top, or below an error code; of 32 or 16 bits.
        return isReturn(debugger.readValue(at: stack, size: 4)) || isReturn(debugger.readValue(at: stack &+ 4, size: 4))
            || last.offset <= 0xFFFF && isReturn(debugger.readValue(at: stack, size: 2))
    }

    private static let longestInstruction: UInt32 = 15
}

extension Instruction {
    /// A string instruction with a repetition prefix.
    fileprivate var isRepeatedString: Bool {
        OpcodeTable.rows[Int(row)].flags.contains(.string) && (prefixes.contains(.rep) || prefixes.contains(.repne))
    }
}
