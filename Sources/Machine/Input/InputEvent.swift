/// Something that comes into the machine from outside. Everything that does is one of these and enters by
/// ``Machine/inject(_:)`` (or, from another thread, ``Machine/inputQueue``), so that the past can be replayed.
public enum InputEvent: Codable, Sendable, Equatable {
    /// A key of the PS/2 keyboard goes down or up, behind the keys and the text that the guest has not taken yet.
    /// Repetition (typematic) is the keyboard's own business.
    case key(Key, isPressed: Bool)
    /// Text to be typed on the US keyboard, as fast as the guest takes it. Characters that the keyboard does not have
    /// are left out; `\n` is Enter.
    case text(String)
    /// Bytes that arrive at a serial port (0: COM1), paced by the port's baud rate.
    case serial([UInt8], port: UInt8)
    /// The real-time clock is set: seconds since 1970-01-01 00:00 UTC.
    case date(secondsSince1970: Int64)
    /// From now on a step takes so many virtual nanoseconds, 1 to 1,000,000.
    case clockRate(nanosecondsPerStep: UInt32)
    /// Somebody presses the reset button.
    case resetButton
    /// The NMI pin is pulsed (a debugger's button).
    case nonMaskableInterrupt
    /// A debugger writes physical memory.
    case writeMemory(address: UInt32, bytes: [UInt8])
    /// A debugger replaces the processor's state, in an encoding of the machine's own: ``Machine/modifyProcessor(_:)``.
    case processorState([UInt8])
}

/// An input event and when it was delivered.
public struct StampedInput: Codable, Sendable, Equatable {
    /// ``Machine/steps`` at delivery.
    public let step: UInt64
    public let event: InputEvent

    public init(step: UInt64, event: InputEvent) {
        self.step = step
        self.event = event
    }
}
