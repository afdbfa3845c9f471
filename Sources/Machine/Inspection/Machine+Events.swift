/// Something that is going to happen by itself.
public struct ScheduledEvent: Sendable, Equatable {
    /// A name for programs.
    public let name: String
    /// What is going to happen.
    public let text: String
    /// Virtual nanoseconds since power-on at which it is due.
    public let nanoseconds: UInt64
    /// The first step (``Machine/steps``) at which it can happen, if the processor does not sleep before and the rate
    /// stays.
    public let step: UInt64
}

extension Machine {
    /// What is in the event queue, in the order in which it will happen.
    public var scheduledEvents: [ScheduledEvent] {
        EventSource.allCases.compactMap { source in
            let time = board.events.time(of: source)
            guard time != EventQueue.never else { return nil }
            return ScheduledEvent(
                name: "\(source)", text: source.text, nanoseconds: time, step: max(board.clock.step(at: time), steps))
        }.sorted { $0.nanoseconds < $1.nanoseconds }
    }
}

extension EventSource {
    fileprivate var text: String {
        switch self {
        case .addressLine20: "the A20 gate moves"
        case .timer: "edge of timer channel 0 (IRQ 0)"
        case .clockPeriodic: "periodic tick of the clock (IRQ 8)"
        case .clockUpdate: "the clock counts a second"
        case .keyboardController: "a byte reaches the 8042's output buffer"
        case .keyboard: "a held key repeats, or the keyboard's self test ends"
        case .typing: "the next character is typed"
        case .serial0Transmit: "COM1 has sent a character"
        case .serial0Receive: "COM1 has received a character"
        case .serial0Timeout: "COM1's receiver times out"
        case .serial1Transmit: "COM2 has sent a character"
        case .serial1Receive: "COM2 has received a character"
        case .serial1Timeout: "COM2's receiver times out"
        case .disk0: "the primary IDE channel goes on"
        case .disk1: "the secondary IDE channel goes on"
        }
    }
}
