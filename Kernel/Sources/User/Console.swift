/// What the console driver is asked for: the labels of messages to it.
public enum ConsoleRequest {
    /// Writes the message's bytes. The reply comes when they have been written.
    public static var write: UInt32 { 1 }
    /// Reads: word 0 is the most bytes to return. The reply comes when there is at least one.
    public static var read: UInt32 { 2 }
    /// Clears the screen and puts the cursor into its first column and row.
    public static var clear: UInt32 { 3 }
}

/// The console: screen and keyboard, and the serial line beside them.
public enum Console {
    /// The most bytes of one message to the driver.
    public static var largestWrite: Int { 512 }

    private static var driver: Endpoint { Endpoint(slot: ProgramSlot.console) }

    /// Writes bytes. If there is no console, they are lost.
    public static func write(_ bytes: UnsafeRawBufferPointer) {
        var done = 0
        while done < bytes.count {
            let count = min(bytes.count - done, largestWrite)
            let part = UnsafeRawBufferPointer(rebasing: bytes[done..<(done + count)])
            guard (try? driver.call(Message(ConsoleRequest.write), bytes: part)) != nil else { return }
            done += count
        }
    }

    /// Writes a text, without ending the line.
    public static func write(_ text: Text) { text.withBytes { write($0) } }

    /// Clears the screen.
    public static func clear() { _ = try? driver.call(Message(ConsoleRequest.clear)) }

    /// Waits for input: what a terminal sends, byte by byte (keys that are no characters are escape sequences).
    ///
    /// - Returns: How many bytes came into `buffer`, at least 1.
    /// - Throws: What went wrong if there is no console any more.
    public static func read(into buffer: UnsafeMutableRawBufferPointer) throws(KernelError) -> Int {
        let reply = try driver.call(Message(ConsoleRequest.read, UInt32(buffer.count)), buffer: buffer)
        guard reply.label == 0 else { throw .inUse }
        return reply.length
    }
}

/// Writes a line to the console.
public func print(_ text: Text) {
    var line = text
    line.append(0x0A)
    Console.write(line)
}
