/// A stream of bytes: a program's standard input and output, the console, a serial line. Whoever receives at the other
/// end keeps to `StreamRequest`.
public struct Stream {
    /// Where the other end receives.
    public let endpoint: Endpoint

    public init(_ endpoint: Endpoint) { self.endpoint = endpoint }

    /// What the program reads.
    public static var input: Stream { Stream(Endpoint(slot: ProgramSlot.input)) }
    /// What the program has to say.
    public static var output: Stream { Stream(Endpoint(slot: ProgramSlot.output)) }
    /// What the program has to complain of.
    public static var error: Stream { Stream(Endpoint(slot: ProgramSlot.error)) }

    /// Writes bytes.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(StreamError) {
        var done = 0
        while done < bytes.count {
            let count = min(bytes.count - done, streamChunk)
            let part = UnsafeRawBufferPointer(rebasing: bytes[done..<(done + count)])
            _ = try ask(Message(StreamRequest.write), bytes: part)
            done += count
        }
    }

    /// Writes a text. If nobody is at the other end, it is lost.
    public func print(_ text: Text) { text.withBytes { bytes in try? write(bytes) } }

    /// Writes a text as a line. If nobody is at the other end, it is lost.
    public func printLine(_ text: Text) { text.withLine { bytes in try? write(bytes) } }

    /// Waits for input.
    ///
    /// - Returns: How many bytes came into `buffer`; 0 at the end of the stream.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(StreamError) -> Int {
        try ask(Message(StreamRequest.read, UInt32(buffer.count)), buffer: buffer).length
    }

    /// Clears the screen, if the stream ends at one.
    public func clear() { _ = try? ask(Message(StreamRequest.clear)) }

    /// Makes a request; once more if the driver or the console behind the stream dies over it. Rather than get lost,
    /// what is written may then show twice.
    private func ask(
        _ message: Message, bytes: UnsafeRawBufferPointer = .none, buffer: UnsafeMutableRawBufferPointer = .none
    ) throws(StreamError) -> ReceivedMessage {
        guard let reply = try? endpoint.callAgain(message, bytes: bytes, buffer: buffer) else { throw .gone }
        guard reply.label == 0 else { throw StreamError(rawValue: reply.label) ?? .badRequest }
        return reply
    }
}

/// Writes a line to standard output.
public func print(_ text: Text) { Stream.output.printLine(text) }

/// Writes a line to standard error.
public func complain(_ text: Text) { Stream.error.printLine(text) }
