/// Who can ask to be called at a certain time. Each has one event at most; of events due at the same nanosecond the one
/// listed first comes first, so that the order never depends on history.
enum EventSource: Int, CaseIterable, Sendable {
    case addressLine20
    case timer
    case clockPeriodic
    case clockUpdate
    case keyboardController
    case keyboard
    case typing
    case serial0Transmit, serial0Receive, serial0Timeout
    case serial1Transmit, serial1Receive, serial1Timeout
    case disk0, disk1
}

/// When the next thing happens. With this few sources an array and a linear search beat any heap.
struct EventQueue: Codable, Sendable, Equatable {
    static let never = UInt64.max

    /// Nanoseconds at which each source's event is due; ``never`` for none.
    private var due = [UInt64](repeating: never, count: EventSource.allCases.count)
    /// The smallest of ``due``.
    private(set) var next = never

    mutating func schedule(_ source: EventSource, at nanoseconds: UInt64) {
        due[source.rawValue] = nanoseconds
        next = due.min() ?? Self.never
    }

    mutating func cancel(_ source: EventSource) {
        schedule(source, at: Self.never)
    }

    func time(of source: EventSource) -> UInt64 {
        due[source.rawValue]
    }

    /// Takes out the first event that is due at `nanoseconds`, if there is one.
    mutating func takeDue(at nanoseconds: UInt64) -> EventSource? {
        guard next <= nanoseconds, next != Self.never, let index = due.firstIndex(of: next) else { return nil }
        let source = EventSource(rawValue: index)
        due[index] = Self.never
        next = due.min() ?? Self.never
        return source
    }

    func validate() throws(SnapshotError) {
        guard due.count == EventSource.allCases.count, next == due.min() else {
            throw SnapshotError("the event queue is inconsistent")
        }
    }
}
