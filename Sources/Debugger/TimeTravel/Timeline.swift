import Machine
import Processor

/// The past of a machine, so that a debugger can go back without having been asked beforehand.
///
/// **Constraint.** "What happened before this?" is asked when it has happened: the recording must always be on, hence
/// cost little time (at most a tenth) and a bounded amount of memory, however long the machine runs. And wherever
/// somebody stands, the step before must be near.
///
/// **Choice.** A machine repeats its life exactly if it gets the same input at the same steps, and it records its input
/// by itself. So the state at any step is "restore a snapshot from before it and execute up to it". What is kept are
/// snapshots; RAM that did not change between two of them is shared. How often one is taken is a matter of work, not of
/// time, so that it is the same on every host: after ``Pace/interval`` executed steps, or later if the pages that have
/// changed are so many that copying them would take more than a tenth of that. When they are too many or too large,
/// those are dropped whose neighbours are closest together, measured by the square root of the distance from where the
/// machine is (`Timeline+Thinning.swift`).
///
/// Three places matter. ``beginning`` is the first step that can be gone back to. Up to ``end`` everything is recorded:
/// before it the machine repeats its life, and takes no other input than the recorded. Up to ``heard`` its output has
/// been heard: before it the machine is silent. The latter two are the same unless a recording from a file is played.
///
/// **Example.** The machine is at step 50,000,000 of a boot; there are snapshots every 2,000,000 steps. `reverse-step`
/// restores the one of step 48,000,000 and executes 1,999,999 steps in silence, which takes 10 ms; halfway there, and
/// halfway from there, it leaves snapshots behind, so that the next `reverse-step` executes a few thousand.
///
/// The machine must be run by ``run(until:)`` and ``step()``. What is done to it from outside goes behind ``branch()``.
public final class Timeline {
    public let machine: Machine
    /// How many bytes the snapshots may hold, at least for the one that is indispensable.
    public let memoryLimit: Int
    /// How many snapshots there may be.
    public let countLimit: Int
    /// Where the recording begins.
    public var beginning: UInt64 { entries.first?.snapshot.steps ?? machine.steps }
    /// How far the recording goes.
    public private(set) var end: UInt64
    /// How far output has been heard.
    public private(set) var heard: UInt64
    /// Whether moves end at ``end`` once: it is the end of a recording from a file, not just of what has happened so
    /// far.
    public internal(set) var stopsAtEnd = false
    /// The future that ``branch()`` has forgotten since ``takeForgottenFuture()`` was last called.
    private var forgottenFuture: ClosedRange<UInt64>?
    /// Work (``Machine/work``) that was done again, in all.
    public private(set) var repeatedWork: UInt64 = 0

    private let pace: Pace

    /// In ascending order of steps.
    var entries: [Entry] = []

    /// When snapshots are taken, in executed steps.
    public struct Pace: Sendable {
        /// From one snapshot to the next, unless that would be too expensive.
        public var interval: UInt64 = 2_000_000
        /// What a snapshot may cost: one part in so many of the steps since the last one.
        public var share: UInt64 = 10
        /// How many steps could be executed while registers, chips and translations are copied. This and the next are
        /// rounded up from what was measured: a snapshot with 140 changed pages took as long as 200,000 steps.
        public var snapshot: UInt64 = 100_000
        /// How many while a page is copied, and the next write to it takes the slow path.
        public var page: UInt64 = 1500

        public init() {}

        func allowsSnapshot(after work: UInt64, changedPages: @autoclosure () -> Int) -> Bool {
            work >= interval && work / share >= snapshot + page * UInt64(changedPages())
        }
    }

    struct Entry {
        let snapshot: MachineSnapshot
        /// Bytes besides RAM that are not shared with the entry before.
        var bytes: Int
    }

    /// - Parameters:
    ///   - machine: recorded from here on.
    ///   - memoryLimit: bytes that the snapshots may hold.
    ///   - countLimit: how many snapshots there may be; at least 4.
    ///   - pace: when they are taken.
    public init(
        _ machine: Machine, memoryLimit: Int = Timeline.defaultMemoryLimit, countLimit: Int = 400, pace: Pace = Pace()
    ) {
        self.machine = machine
        self.pace = pace
        self.memoryLimit = memoryLimit
        self.countLimit = max(4, countLimit)
        end = machine.steps
        heard = machine.steps
        record()
    }

    /// 256 MiB.
    public static let defaultMemoryLimit = 256 << 20

    /// Whether what comes is recorded already.
    public var isInPast: Bool { machine.steps < end }

    /// Whether what comes has been heard already.
    public var isSilent: Bool { machine.steps < heard }

    /// Makes what is recorded up to `end` come true again: for a machine that has been given the input of another one
    /// (``Machine/replay(_:delivered:)``) and has not moved yet. Output is heard as the first time.
    public func expectRecording(until end: UInt64) {
        self.end = max(end, machine.steps)
        stopsAtEnd = isInPast
        updateGates()
    }

    // MARK: Going on

    /// As ``Machine/run(until:)``, recording, or repeating what is recorded.
    public func run(until step: UInt64) -> RunResult {
        defer { updateGates() }
        while true {
            updateGates()
            let since = workSinceEntry
            let portion = machine.steps.addingSaturating(
                since < pace.interval ? pace.interval - since : max(1, pace.interval / 4))
            let before = machine.work
            let result = machine.run(until: min(step, portion, boundary))
            progress(since: before)
            guard result == .reached, machine.steps < step else { return result }
        }
    }

    /// As ``Machine/step(atMost:)``, recording, or repeating what is recorded.
    public func step() -> RunResult {
        defer { updateGates() }
        updateGates()
        let before = machine.work
        let result = machine.step(atMost: boundary)
        progress(since: before)
        return result
    }

    /// The next step at which the gates have to change.
    private var boundary: UInt64 {
        min(isSilent ? heard : .max, isInPast ? end : .max)
    }

    private func updateGates() {
        machine.inputIsHeld = isInPast
        // Setting it to false makes the machine look after its disks, so not without need.
        if machine.outputIsSilenced != isSilent { machine.outputIsSilenced = isSilent }
    }

    private func progress(since work: UInt64) {
        if machine.inputIsHeld, machine.outputIsSilenced { repeatedWork += machine.work - work }
        end = max(end, machine.steps)
        heard = max(heard, machine.steps)
        if pace.allowsSnapshot(after: workSinceEntry, changedPages: machine.memory.changedPageCount) { record() }
    }

    // MARK: Snapshots

    /// Work since the last snapshot that lies before here.
    private var workSinceEntry: UInt64 {
        guard let index = lastEntry(notAfter: machine.steps) else { return .max }
        return machine.work - min(machine.work, entries[index].snapshot.work)
    }

    /// The index of the last snapshot at `step` or before.
    func lastEntry(notAfter step: UInt64) -> Int? {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].snapshot.steps <= step { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? low - 1 : nil
    }

    /// Takes a snapshot here, unless there is one.
    func record() {
        let index = lastEntry(notAfter: machine.steps)
        if let index, entries[index].snapshot.steps == machine.steps { return }
        insert(machine.snapshot(), at: (index ?? -1) + 1)
    }

    // MARK: The past

    /// Brings the machine to the state that it has at `step`, which lies between ``beginning`` and ``end``, in silence,
    /// from the nearest snapshot. Leaves snapshots behind on the way.
    ///
    /// False if somebody asked for a stop (``InputQueue/requestStop()``); the machine is then somewhere on the way.
    /// Breakpoints and watches must not be set.
    func travel(to step: UInt64) -> Bool {
        guard step != machine.steps else { return true }
        if let index = lastEntry(notAfter: step),
            machine.steps > step || machine.steps < entries[index].snapshot.steps
        {
            restore(index)
        }
        while machine.steps < step {
            // Half the way: the snapshots lie the denser the closer to the end.
            let left = step - machine.steps
            guard left > pace.interval / 16 else { return runThrough(until: step) }
            guard runThrough(until: step - left / 2) else { return false }
            // A processor that has halted for good gets no further.
            guard machine.steps >= step - left / 2 else { return true }
            record()
        }
        // What came in at this very step.
        return runThrough(until: step)
    }

    /// Runs up to `step` of the recording, past everything that ends a run. Calls `found` where that is a breakpoint or
    /// a watched access, if such are set. False if somebody asked for a stop.
    func runThrough(until step: UInt64, found: (RunResult) -> Void = { _ in }) -> Bool {
        var standstill: (step: UInt64, delivered: Int)?
        var result = run(until: step)
        while true {
            switch result {
            case .reached: return true
            case .stopped: return false
            case .breakpoint:
                found(result)
                result = self.step()
                if result != .reached { continue }
            case .watchpoint:
                found(result)
            case .halted, .exited, .tripleFault:
                // Input at this very step may end a halt, nothing else can; and it is delivered as soon as it goes on.
                let here = (machine.steps, machine.deliveredInput)
                if let standstill, standstill == here { return true }
                standstill = here
            }
            result = run(until: step)
        }
    }

    /// Puts the machine to the state of snapshot `index`.
    func restore(_ index: Int) {
        guard entries.indices.contains(index) else { return }
        machine.outputIsSilenced = true
        // It is of this very machine, and fits.
        try? machine.restore(entries[index].snapshot)
        updateGates()
    }

    /// Puts the machine to a state that it had, between ``beginning`` and ``end``.
    func restore(_ snapshot: MachineSnapshot) {
        machine.outputIsSilenced = true
        try? machine.restore(snapshot)
        updateGates()
    }

    /// To be called before anything is done to the machine from outside: if there is a recorded future, it is
    /// forgotten, and the present is its end. Returns what was forgotten.
    @discardableResult
    public func branch() -> ClosedRange<UInt64>? {
        guard isInPast || machine.isReplaying else { return nil }
        let forgotten = machine.steps...max(end, machine.steps)
        machine.forgetFuture()
        truncateEntries()
        end = machine.steps
        heard = min(heard, end)
        stopsAtEnd = false
        updateGates()
        forgottenFuture = min(forgotten.lowerBound, forgottenFuture?.lowerBound ?? .max)...forgotten.upperBound
        return forgotten
    }

    /// Which future has been forgotten since the last call, to tell the user.
    public func takeForgottenFuture() -> ClosedRange<UInt64>? {
        defer { forgottenFuture = nil }
        return forgottenFuture
    }
}

extension Timeline {
    /// What is recorded, for a file.
    ///
    /// - Throws: if the recording does not begin at power-on, or a disk cannot be read.
    public func recording() throws(SnapshotError) -> Recording {
        guard let first = entries.first?.snapshot, first.steps == 0 else {
            throw SnapshotError("the beginning is no longer recorded, for want of memory; --history-memory gives more")
        }
        let origin = machine.snapshot()
        // To the very end, with all that has come in there.
        guard travel(to: end) else {
            restore(origin)
            throw SnapshotError("stopped")
        }
        let digest = machine.stateDigest()
        if machine.steps != origin.steps { restore(origin) }
        return try Recording(of: machine, from: first, until: end, endDigest: digest)
    }
}

extension UInt64 {
    func addingSaturating(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
