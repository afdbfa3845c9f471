/// What a stream is asked for: the standard streams of a program, the console behind them, the serial line, the screen
/// and the keyboard all speak this protocol, as far as they can.
///
/// A reply has label 0, or is an error: the raw value of a `StreamError`.
public enum StreamRequest {
    /// Writes the message's bytes, at most `streamChunk`. The reply comes when they have been written.
    public static var write: UInt32 { 1 }
    /// Reads: word 0 is the most bytes to return. The reply comes when there is at least one; without bytes it is the
    /// end of the stream.
    public static var read: UInt32 { 2 }
    /// Clears the screen and puts the cursor into its first column and row.
    public static var clear: UInt32 { 3 }
}

/// The most bytes of one message to a stream.
public let streamChunk = 512

/// Why a stream refuses.
public enum StreamError: UInt32, Error, Sendable {
    /// The request is none that this stream knows.
    case badRequest = 1
    /// Too many are reading already.
    case busy
    /// Nobody is at the other end any more.
    case gone

    /// A description to print.
    public var message: StaticString {
        switch self {
        case .badRequest: "the stream cannot do that"
        case .busy: "too many readers"
        case .gone: "nobody is at the other end of the stream"
        }
    }
}
