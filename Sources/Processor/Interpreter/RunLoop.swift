/// Running: from one step that needs attention to the next.
///
/// **Constraint.** Events, interrupts, breakpoints and deadlines must act at exactly their step, the same however a run
/// is cut into pieces; and the code that runs between them must not look for them.
///
/// **Choice.** Execution has one *limit*, a step count up to which nothing will happen that is not caused by an
/// instruction itself. A block is entered only if it ends at or before the limit; otherwise a copy of its first
/// instructions is executed. Whatever changes what may happen (an instruction of the system, a device call, a write to
/// code) makes execution come back here (``Core/requestAttention()``), where everything is considered anew, in the
/// order of SDM vol. 3A, table 6-2.
///
/// **Example.** The machine runs until step 1000, when a timer event is due. At step 700 the guest executes `sti` while
/// the interrupt controller requests. The loop sees the shadow of `sti`, sets the limit to 702, and at 702 delivers.
extension Core {
    /// Executes until the step count reaches `deadline` or something else ends the run.
    func run(until deadline: UInt64) -> RunExit {
        context.pointee.exitRequested = false
        context.pointee.activity = .betweenInstructions
        selectTables()
        defer {
            context.pointee.activity = .nothing
            // Calls of the memory or a device between two runs concern no running instruction.
            context.pointee.current = context.pointee.code.scratch
            context.pointee.counted = context.pointee.current - 1
        }
        let state = state
        let coverage = context.pointee.coverage
        while true {
            forgetFetchPages()
            context.pointee.counted = context.pointee.current - 1
            if context.pointee.exitRequested { return .requested }
            // It may take accesses that it has asked for.
            if context.pointee.isObserved && observe() { return .requested }
            if context.pointee.watchedStep < state.pointee.steps { return .requested }
            guard state.pointee.steps < deadline else { return .deadline }
            if state.pointee.pendingDebugStatus != 0 && !holdsDebugExceptions {
                setDebugStatus(state.pointee.pendingDebugStatus)
                state.pointee.pendingDebugStatus = 0
                guard deliverCounted(Fault(Vector.debug)) else { return .shutdown }
                continue
            }
            var limit = deadline
            let isShadowed =
                state.pointee.steps <= state.pointee.interruptShadowEnd && state.pointee.interruptShadowEnd != 0
            if state.pointee.nmiRequested && !state.pointee.nmiBlocked {
                if isShadowed {
                    limit = min(limit, state.pointee.interruptShadowEnd &+ 1)
                } else {
                    state.pointee.nmiRequested = false
                    guard deliverCounted(interrupt: Vector.nonMaskable) else { return .shutdown }
                    continue
                }
            } else if state.pointee.interruptRequested && state.pointee.systemFlags & Flag.interrupt != 0 {
                if isShadowed {
                    limit = min(limit, state.pointee.interruptShadowEnd &+ 1)
                } else {
                    let vector = context.pointee.processor._withUnsafeGuaranteedRef {
                        $0.bus?.acknowledgeInterrupt() ?? 0
                    }
                    guard deliverCounted(interrupt: vector) else { return .shutdown }
                    continue
                }
            }
            if state.pointee.halted { return .halted }
            if virtualInterruptIsDue {
                guard deliverCounted(.generalProtection()) else { return .shutdown }
                continue
            }
            if context.pointee.hasBreakpoints {
                let linear = state.pointee.segments[1].base &+ state.pointee.eip
                if isBreakpoint(linear) { return .breakpoint(linear) }
            }
            let traps = state.pointee.systemFlags & Flag.trap != 0
            let before = state.pointee.steps
            if hasInstructionBreakpoints {
                let met = matchInstructionBreakpoints(state.pointee.segments[1].base &+ state.pointee.eip)
                if met != 0 && !isResuming {
                    setDebugStatus(met)
                    guard deliverCounted(Fault(Vector.debug)) else { return .shutdown }
                    continue
                }
            }
            let held = state.pointee.pendingDebugStatus
            // A step during whose fetch watched memory was accessed is completed first.
            let isWatching =
                context.pointee.isObserved && context.pointee.observesStep || context.pointee.watchedStep == before
            if traps || hasInstructionBreakpoints || coverage != nil || held != 0 || isWatching {
                limit = min(limit, before &+ 1)
            }
            context.pointee.limit = limit
            context.pointee.suppressesTrap = false
            do throws(Fault) {
                if let block = try enterBlock() {
                    context.pointee.activity = .instruction
                    defer { context.pointee.activity = .betweenInstructions }
                    if let coverage {
                        let instruction = block[1]
                        try execute(block)
                        coverage.note(instruction)
                    } else {
                        try execute(block)
                    }
                }
            } catch {
                // What the instruction accessed before it faulted does not count: it is going to be executed again.
                state.pointee.pendingDebugStatus = held
                if context.pointee.watchedStep != .max { forgetFaultedAccesses() }
                if error == .standstill {
                    // A step, so that the state at a step count is one state.
                    state.pointee.halted = true
                    state.pointee.steps &+= 1
                    continue
                }
                guard deliverCounted(error) else { return .shutdown }
                continue
            }
            // The trap comes after the instruction.
            if traps && state.pointee.steps != before && !context.pointee.suppressesTrap {
                state.pointee.pendingDebugStatus |= DebugStatus.singleStep
            }
        }
    }

    /// Delivers an exception; this is a step. False if the processor has shut down.
    private func deliverCounted(_ fault: Fault) -> Bool {
        context.pointee.counted = context.pointee.current - 1
        let delivered = deliver(fault)
        if delivered { state.pointee.steps &+= 1 }
        return delivered
    }

    private func deliverCounted(interrupt vector: UInt8) -> Bool {
        let delivered = deliverInterrupt(vector: vector)
        if delivered { state.pointee.steps &+= 1 }
        return delivered
    }

    /// The step count as of the running instruction, which is not counted.
    var synchronizedSteps: UInt64 {
        state.pointee.steps &+ slots(from: context.pointee.counted, to: context.pointee.current - 1)
    }
}
