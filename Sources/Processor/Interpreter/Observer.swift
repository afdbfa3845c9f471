extension Processor {
    /// Looks on between any two steps, and says whether the run is to end there.
    ///
    /// Called when the processor is about to decide what to do next, at least once for every step count that execution
    /// comes through (several times where a run begins or ends), and by ``Processor/observe()``. State and memory are
    /// exact; they must not be changed.
    public typealias Observer = () -> Bool

    /// Lets ``observer`` look at the state now, because something else than an instruction has changed it. True if a
    /// run is to end.
    public func observe() -> Bool {
        guard let observer else { return false }
        if observer() { observerWantsStop = true }
        return observerWantsStop
    }

    /// Whether the observer has asked for the end of the run since the last call.
    public func takeObserverStop() -> Bool {
        defer { observerWantsStop = false }
        return observerWantsStop
    }
}

extension Core {
    /// Lets the observer look, if the step before or the next is one that it wants to see.
    @inline(never)
    func observe() -> Bool {
        let isWanted = isObserved(nextInstruction)
        defer { context.pointee.observesStep = isWanted }
        guard isWanted || context.pointee.observesStep else { return false }
        return context.pointee.processor._withUnsafeGuaranteedRef { $0.observe() }
    }

    private var nextInstruction: UInt32 { state.pointee.segments[1].base &+ state.pointee.eip }

    /// Whether the observer wants to see the instruction at a linear address.
    func isObserved(_ linear: UInt32) -> Bool {
        guard context.pointee.isObserved else { return false }
        return context.pointee.processor._withUnsafeGuaranteedRef { processor in
            processor.observedCode.isEmpty || processor.observedCode.contains { $0.contains(linear) }
        }
    }
}
