import Machine
import Processor

/// Searching the past.
///
/// What happened last before here lies in the stretch from the last snapshot to here, or in the one before that, and so
/// on. A stretch can only be executed forwards: everything that is looked for in it is found on the way, and the last
/// finding counts.
extension Debugger {
    /// Something that was found in the past.
    enum Finding {
        /// The instruction at this linear address is next.
        case address(UInt32)
        /// The next step accesses memory that is watched.
        case accesses([WatchedAccess])
        /// The next step has these events.
        case events([ProcessorEvent])
    }

    enum SearchResult {
        /// Found, and ``Machine/steps`` there.
        case found(Finding, at: UInt64)
        case nothing
        /// Somebody asked for a stop.
        case interrupted
    }

    /// Looks for the last step before the present, and at `floor` or later, at which one of the addresses is reached or
    /// behind which watched memory has been accessed or an event happened, and `accepts` says yes, the machine being
    /// there (for accesses and events: right behind).
    ///
    /// Leaves the machine somewhere in the past.
    func searchBackward(
        to floor: UInt64, _ arming: Arming, accepts: (Finding) -> Bool = { _ in true }
    ) -> SearchResult {
        var end = machine.steps
        while end > floor, let index = timeline.lastEntry(notAfter: end - 1) {
            timeline.restore(index)
            let start = machine.steps
            var last: (finding: Finding, step: UInt64)?
            let isComplete = runThrough(until: end, arming) { finding in
                let step: UInt64
                switch finding {
                case .address: step = machine.steps
                case .accesses, .events: step = machine.steps - 1
                }
                if step >= floor, step < end, accepts(finding) { last = (finding, step) }
            }
            guard isComplete else { return .interrupted }
            if let last { return .found(last.finding, at: last.step) }
            end = start
        }
        return .nothing
    }

    /// Runs the recorded stretch from here to `end`, and calls `body` at every finding. False if somebody asked for a
    /// stop.
    func runThrough(until end: UInt64, _ arming: Arming = Arming(), body: (Finding) -> Void = { _ in }) -> Bool {
        arm(arming)
        defer { disarm() }
        return timeline.runThrough(until: end) { [self] result in
            switch result {
            case .breakpoint(let address): body(.address(address))
            case .watchpoint:
                let accesses = machine.processor.takeWatchedAccesses()
                if !accesses.isEmpty { body(.accesses(accesses)) }
                let events = machine.processor.takeEvents().map(\.event)
                if !events.isEmpty { body(.events(events)) }
            default: break
            }
        }
    }

    /// Goes to `step` of the recording. Says `reason`, unless somebody asks for a stop on the way: then it goes back to
    /// `origin`.
    func travel(to step: UInt64, from origin: MachineSnapshot, reason: Stop.Reason = .arrived) -> Stop {
        guard timeline.travel(to: step) else { return interrupted(origin) }
        return stop(reason)
    }

    /// A move into the past was given up.
    func interrupted(_ origin: MachineSnapshot) -> Stop {
        timeline.restore(origin)
        return stop(.interrupted)
    }
}
