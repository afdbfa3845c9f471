/// How important a line of the kernel's log is: the label of `SystemCall.logWrite`.
public enum LogLevel: UInt8, Sendable {
    /// What happens.
    case information = 0
    /// Something is not as it should be, and the system goes on without it.
    case warning = 1
    /// Something has failed.
    case error = 2
}

/// What stands before each line of the log, as `SystemCall.logRead` copies it. The text follows, without an end of
/// line, and then up to three bytes, so that the next record is aligned to 4.
public struct LogRecord: Equatable {
    /// Bytes of the text.
    public var length: UInt16
    /// A `LogLevel`.
    public var level: UInt8
    public var reserved: UInt8 = 0
    /// When it was begun: milliseconds since the kernel started.
    public var milliseconds: UInt32

    public init(length: UInt16, level: UInt8, milliseconds: UInt32) {
        self.length = length
        self.level = level
        self.milliseconds = milliseconds
    }

    /// The position that stands for the first line that nobody has shown on the screen. What is read from there counts
    /// as shown, and the kernel leaves the screen to the reader.
    public static var unshown: UInt32 { 0xFFFF_FFFF }

    /// Bytes of a record in the log, padding included.
    public var size: UInt32 { (8 + UInt32(length) + 3) & ~3 }
}
