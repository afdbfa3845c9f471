import Synchronization

/// The letter box of a machine: any thread may put input in, ``Machine/run(until:)`` takes it out between two
/// instructions, at the latest after one virtual millisecond.
public final class InputQueue: Sendable {
    private let pending = Mutex<[InputEvent]>([])
    private let stop = Atomic<Bool>(false)

    init() {}

    /// Puts `event` behind those already waiting.
    public func append(_ event: InputEvent) {
        pending.withLock { $0.append(event) }
    }

    /// Makes ``Machine/run(until:)`` return ``RunResult/stopped`` soon (the current call or, if none is running, the
    /// next).
    public func requestStop() {
        stop.store(true, ordering: .releasing)
    }

    func drain() -> [InputEvent] {
        pending.withLock { events in
            guard !events.isEmpty else { return [] }
            defer { events.removeAll() }
            return events
        }
    }

    /// Whether a stop was requested since the last call.
    func takeStopRequest() -> Bool {
        stop.load(ordering: .relaxed) && stop.exchange(false, ordering: .acquiring)
    }
}
