/// All input that a machine has got, in order: with the configuration and the disks, all it takes to repeat its life.
public struct InputLog: Codable, Sendable, Equatable {
    /// In order of delivery; steps never decrease.
    public private(set) var events: [StampedInput] = []

    public init() {}

    /// `events` must be in ascending order of steps; those that are not are left out.
    public init(events: [StampedInput]) {
        for event in events {
            append(event)
        }
    }

    mutating func append(_ event: StampedInput) {
        if let last = events.last, last.step > event.step { return }
        events.append(event)
    }

    /// Forgets the events from index `count` on.
    mutating func truncate(to count: Int) {
        if count < events.count {
            events.removeSubrange(max(0, count)...)
        }
    }
}
