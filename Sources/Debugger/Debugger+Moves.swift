import Disassembler
import Machine
import Processor

/// What a move looks for, besides the user's breakpoints.
struct Goal {
    /// ``Machine/steps`` to stop at.
    var step: UInt64 = .max
    /// Linear addresses to stop at, ...
    var addresses: Set<UInt32> = []
    /// ... if this holds when one of them is reached.
    var isReached: () -> Bool = { true }
    /// Also stop if the instruction at hand raises an exception that usually is a mistake.
    var stopsAtErrors = false
}

extension Debugger {
    // MARK: Moves

    /// Goes on for `count` steps: instructions, iterations of a `rep`, delivered interrupts.
    @discardableResult
    public func step(_ count: UInt64 = 1) -> Stop {
        guard count == 1 else { return move(to: Goal(step: machine.steps.addingSaturating(count))) }
        let expected = successors()?.addresses
        let before = machine.steps
        var stop = move(to: Goal(step: before.addingSaturating(1)))
        guard stop.steps == before &+ 1 || stop.reason == .arrived else { return stop }
        if case .tripleFault = stop.reason { return stop }
        stop.event = exception(since: before) ?? interrupt(insteadOf: expected)
        return stop
    }

    /// Goes on until a breakpoint, or until something else ends the run; at most until ``Machine/steps`` is `step`.
    @discardableResult
    public func `continue`(until step: UInt64 = .max) -> Stop {
        move(to: Goal(step: step))
    }

    /// Goes on until the instruction at a linear address is the next.
    @discardableResult
    public func run(toAddress address: UInt32) -> Stop {
        move(to: Goal(addresses: [address]))
    }

    /// Goes on to the next instruction of this code, letting calls, software interrupts, repeated string instructions
    /// and whatever interrupts arrive on the way complete.
    ///
    /// If the instruction raises an exception that is no part of ordinary life (as page faults are), the move ends in
    /// the handler. Where the instruction goes cannot be known in advance for returns and indirect jumps, which are
    /// just stepped.
    @discardableResult
    public func next() -> Stop {
        guard var goal = successors() else { return step() }
        goal.stopsAtErrors = true
        return move(to: goal)
    }

    /// Goes on until the current function has returned to its caller.
    ///
    /// The function's own instructions are gone through one by one, so that no frame pointer is needed; what it calls
    /// runs at full speed.
    @discardableResult
    public func finish() -> Stop {
        let stack = stackPointer
        let selector = location.selector
        var budget = 0
        while true {
            let isReturn = currentOperation.map(Self.isReturn) ?? false
            let stop = isReturn ? step() : next()
            guard stop.reason == .arrived else { return stop }
            // A return from here leaves the stack above where it was; from something pushed and returned to, it does
            // not. A return to another privilege level switches stacks.
            if isReturn, stop.location.selector & 3 != selector & 3 || isAbove(stackPointer, stack) { return stop }
            budget += 1
            if budget % 4096 == 0, let stop = lookAround() { return stop }
        }
    }

    /// To be called once in a while by moves that consist of many: lets the front end see to its window and to a wish
    /// to stop.
    func lookAround() -> Stop? {
        let result = advance(until: machine.steps)
        return result == .reached ? nil : stop(for: result)
    }

    // MARK: The primitive

    /// Runs until `goal` is reached, a breakpoint or watchpoint is hit or something else ends the run.
    ///
    /// The instruction at hand is always executed: a breakpoint there has been seen. Breakpoints and watches are in the
    /// processor only while it runs.
    func move(to goal: Goal) -> Stop {
        guard machine.steps < goal.step else { return stop(.arrived) }
        removeSpent()
        arm(addresses: enabledAddresses.union(goal.addresses))
        instruments.forEach { $0.attach() }
        defer {
            instruments.reversed().forEach { $0.detach() }
            disarm()
        }
        let endOfRecording = timeline.stopsAtEnd ? timeline.end : .max
        let before = machine.steps
        var result = timeline.step()
        if goal.stopsAtErrors, result == .reached, let event = exception(since: before), event.isError {
            return stop(.arrived, event: event)
        }
        var isFirst = true
        while true {
            switch result {
            case .reached: break
            case .watchpoint:
                if let stop = stopAtWatchpoint() ?? stopAtCatchpoint() { return stop }
            case .breakpoint(let address):
                if let stop = stopAtBreakpoint(address) { return stop }
                if goal.addresses.contains(address), goal.isReached() { return stop(.arrived) }
            default: return stop(for: result)
            }
            if machine.steps >= goal.step {
                // What would have stopped there without a goal has not been looked at if the run reached it by itself.
                if case .breakpoint = result { return stop(.arrived) }
                return stopAtBreakpoint(linearInstructionPointer) ?? stop(.arrived)
            }
            if machine.steps >= endOfRecording {
                timeline.stopsAtEnd = false
                return stop(.endOfRecording)
            }
            if case .breakpoint = result {
                // An address of the goal, but not its condition: past it.
                result = timeline.step()
            } else {
                // Many goals are right here; only for others the front end's way of running is worth its while.
                let end = min(goal.step, endOfRecording)
                result = isFirst ? timeline.run(until: min(end, machine.steps + 1)) : advance(until: end)
                isFirst = false
            }
        }
    }

    /// Runs on: in the past, which nobody wants to see at its own pace again, and then as the front end does.
    private func advance(until step: UInt64) -> RunResult {
        while timeline.isSilent {
            let result = timeline.run(until: min(step, timeline.heard))
            guard result == .reached, machine.steps < step else { return result }
        }
        return runMachine(step)
    }

    /// Gives the processor what the user wants to stop at, with `addresses` in the place of the breakpoints'.
    func arm(addresses: Set<UInt32>) {
        arm(
            Arming(
                addresses: addresses, physicalAddresses: enabledPhysicalAddresses, watches: enabledWatches,
                eventListener: eventListener))
    }

    /// What the processor stops at.
    struct Arming {
        var addresses: Set<UInt32> = []
        var physicalAddresses: Set<UInt32> = []
        var watches: [MemoryWatch] = []
        var eventListener: Processor.EventListener?
    }

    func arm(_ arming: Arming) {
        machine.processor.breakpoints = arming.addresses
        machine.processor.physicalBreakpoints = arming.physicalAddresses
        if machine.processor.watches != arming.watches { machine.processor.watches = arming.watches }
        machine.processor.eventListener = arming.eventListener
        _ = machine.processor.takeWatchedAccesses()
        _ = machine.processor.takeEvents()
    }

    func disarm() { arm(Arming()) }

    func stop(
        _ reason: Stop.Reason, event: Stop.Event? = nil, accesses: [Watchpoint.Access] = [],
        caught: [ProcessorEvent] = []
    ) -> Stop {
        Stop(
            reason: reason, steps: machine.steps, location: location, event: event, accesses: accesses, caught: caught)
    }

    func stop(for result: RunResult) -> Stop {
        switch result {
        case .reached, .breakpoint, .watchpoint: stop(.arrived)
        case .stopped: stop(.interrupted)
        case .halted: stop(.halted)
        case .exited(let code): stop(.exited(code: code))
        case .tripleFault(let report): stop(.tripleFault(report))
        }
    }

    // MARK: What was delivered

    /// The exception that the step from `steps` on delivered, if it did.
    private func exception(since steps: UInt64) -> Stop.Event? {
        guard machine.steps == steps &+ 1, let record = machine.processor.faultChain.last, record.steps == steps else {
            return nil
        }
        let isPageFault = record.fault.vector == Vector.pageFault
        return .exception(
            vector: record.fault.vector, errorCode: record.fault.hasErrorCode ? record.fault.errorCode : nil,
            address: isPageFault ? record.cr2 : nil)
    }

    /// The interrupt whose handler's first instruction is the next, if the step was to lead elsewhere.
    private func interrupt(insteadOf expected: Set<UInt32>?) -> Stop.Event? {
        let location = location
        guard let expected, !expected.contains(location.linear) else { return nil }
        // The processor does not say which vector it has delivered; whose handler comes next tells. `int` and its
        // relatives are named like this as well.
        for vector in UInt8.min...UInt8.max {
            let isHandler: Bool
            if usesRealModeVectors {
                isHandler =
                    realModeVector(vector).map {
                        $0.selector == location.selector && UInt32($0.offset) == location.offset
                    } ?? false
            } else {
                isHandler =
                    descriptor(Int(vector), of: .idt).map {
                        DescriptorText.isGate($0) && $0.gateSelector & 0xFFFC == location.selector & 0xFFFC
                            && $0.gateOffset == location.offset
                    } ?? false
            }
            if isHandler { return .interrupt(vector: vector) }
        }
        return nil
    }

    // MARK: What the instruction at hand does

    var linearInstructionPointer: UInt32 {
        let state = machine.processor.state
        return state.pointee.segments[Int(SegmentIndex.cs.rawValue)].base &+ state.pointee.eip
    }

    /// ESP, or SP of a 16-bit stack, as a linear address.
    var stackPointer: UInt32 {
        let state = machine.processor.state
        let stack = state.pointee.segments[Int(SegmentIndex.ss.rawValue)]
        let mask: UInt32 = stack.attributes & SegmentAttribute.big != 0 ? 0xFFFF_FFFF : 0xFFFF
        return stack.base &+ (state.pointee.general[4] & mask)
    }

    private func isAbove(_ address: UInt32, _ other: UInt32) -> Bool {
        Int32(bitPattern: address &- other) > 0
    }

    var currentOperation: Operation? { currentInstruction?.instruction?.operation }

    static func isReturn(_ operation: Operation) -> Bool {
        switch operation {
        case .ret16, .ret32, .retImmediate16, .retImmediate32, .retFar16, .retFar32, .retFarImmediate16,
            .retFarImmediate32,
            .iret16, .iret32:
            true
        default:
            false
        }
    }

    /// Where the instruction at hand can lead, as seen by somebody who does not want to look into calls; nil where only
    /// executing it tells.
    private func successors() -> Goal? {
        guard let line = currentInstruction, line.isValid, let instruction = line.instruction else { return nil }
        let row = OpcodeTable.rows[Int(instruction.row)]
        let base = linearInstructionPointer &- line.offset
        let following = base &+ line.offset &+ UInt32(instruction.length)
        var addresses: Set<UInt32> = [following]
        let name = row.mnemonic
        if row.operands == [.jb] || row.operands == [.jz] {
            if name != "call" {
                addresses.insert(base &+ Disassembler.branchTarget(of: instruction, at: line.offset))
                if name == "jmp" { addresses.remove(following) }
            } else if Disassembler.branchTarget(of: instruction, at: line.offset) &+ base == following {
                // How position-independent code finds out where it is: a push rather than a call.
                return Goal(addresses: addresses)
            }
        } else if Self.isReturn(instruction.operation) || name.hasPrefix("jmp") || name == "sysenter"
            || name == "sysexit"
            || name == "hlt"
        {
            return nil
        } else if name == "mov", row.operands.first == .cd || row.operands.first == .sw {
            // A change of mode or address space may change what the address means: one instruction, one step.
            return nil
        }
        // After a call, the stack is where it was, or higher by arguments that the callee removes. A recursive call
        // comes by with a deeper stack, another thread with one elsewhere.
        guard name.hasPrefix("call") || name.hasPrefix("int") else { return Goal(addresses: addresses) }
        let stack = stackPointer
        return Goal(
            addresses: addresses,
            isReached: { [unowned self] in
                stackPointer &- stack < 0x1_0000
            })
    }
}

extension Stop.Event {
    /// An exception that is not part of ordinary life: no page fault (paging on demand), no use of the FPU by another
    /// thread, no debugging.
    var isError: Bool {
        guard case .exception(let vector, _, _) = self else { return false }
        switch vector {
        case Vector.pageFault, Vector.deviceNotAvailable, Vector.debug, Vector.breakpoint, Vector.overflow: return false
        default: return true
        }
    }
}
