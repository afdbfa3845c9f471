import Machine
import Processor

/// Questions about more of the past than is gone through for every explanation (``RecentPast``).
///
/// They are asked only where the last stretch does not have the answer, and one at a time: so little is looked at
/// between two steps that millions take a second. The past is searched from here backwards, from snapshot to snapshot,
/// and not beyond a bound that the answer names.
extension Debugger {
    /// How many steps are looked through at most.
    static let farSteps: UInt64 = 20_000_000

    /// Where the far past begins.
    var farBeginning: UInt64 { max(timeline.beginning, machine.steps - min(machine.steps, Self.farSteps)) }

    /// The last step before here that disabled interrupts. Nil if there is none since ``farBeginning``.
    func lastDisablingOfInterrupts() -> RecentPast.Place? {
        let state = machine.processor.state
        var wasEnabled = false
        return lastStep(begin: { wasEnabled = state.pointee.systemFlags & Flag.interrupt != 0 }) { _, _ in
            let isEnabled = state.pointee.systemFlags & Flag.interrupt != 0
            defer { wasEnabled = isEnabled }
            return wasEnabled && !isEnabled
        }?.from
    }

    /// The last journey before here. Nil if there is none since ``farBeginning``.
    func lastJourney() -> RecentPast.Transfer? { lastStep { $1.isJourney(from: $0) } }

    /// The last step before here at which the registers were as they are now, at the same instruction. Nil if there is
    /// none since ``farBeginning``.
    func lastStepWithTheseRegisters() -> UInt64? {
        let origin = machine.snapshot()
        let registers = LoopRegisters(origin.processorState)
        defer { timeline.restore(origin) }
        timeline.record()
        let state = machine.processor.state
        let result = searchBackward(to: farBeginning, Arming(addresses: [location.linear])) { _ in
            LoopRegisters(state.pointee) == registers
        }
        guard case .found(_, let step) = result else { return nil }
        return step
    }

    /// The last step before here for which `isMeant` says yes; the machine is behind it then.
    ///
    /// - Parameters:
    ///   - begin: called where a stretch begins to be gone through.
    private func lastStep(
        begin: () -> Void = {}, _ isMeant: @escaping (_ from: RecentPast.Place, _ to: RecentPast.Place) -> Bool
    ) -> RecentPast.Transfer? {
        let origin = machine.snapshot()
        defer { timeline.restore(origin) }
        timeline.record()
        let floor = farBeginning
        let state = machine.processor.state
        var end = machine.steps
        while end > floor, let index = timeline.lastEntry(notAfter: end - 1) {
            timeline.restore(index)
            let start = machine.steps
            begin()
            var last = RecentPast.Place(state.pointee)
            var found: RecentPast.Transfer?
            machine.processor.observer = {
                let place = RecentPast.Place(state.pointee)
                if place.step != last.step {
                    if isMeant(last, place) { found = RecentPast.Transfer(from: last, to: place) }
                    last = place
                }
                return false
            }
            let isComplete = runThrough(until: end)
            machine.processor.observer = nil
            guard isComplete else { return nil }
            if let found { return found }
            end = start
        }
        return nil
    }
}
