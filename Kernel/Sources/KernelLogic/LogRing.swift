import KernelABI

/// The last lines of a log, in memory of the owner: a new one takes the place of the oldest.
///
/// Records lie one behind the other, over the end of the memory to its beginning. A position counts bytes since the
/// first record and only grows, so that a reader can come back later and see whether it has missed something.
public struct LogRing {
    private let memory: UnsafeMutableRawBufferPointer
    /// Positions of the oldest record, and behind the newest.
    public private(set) var first: UInt32 = 0
    public private(set) var end: UInt32 = 0
    /// The record that is being written: where it begins, and what it says so far.
    private var open: LogRecord?

    /// The longest text of a record; longer lines are cut off.
    public static var longestText: Int { 240 }

    /// An empty log in `memory`, whose size is a power of two of at least 512 bytes.
    public init(memory: UnsafeMutableRawBufferPointer) {
        self.memory = memory
    }

    /// Adds a byte to the last line, which begins with the first byte after an end of line.
    public mutating func append(_ byte: UInt8, level: UInt8, milliseconds: UInt32) {
        guard !memory.isEmpty else { return }
        var record = open ?? LogRecord(length: 0, level: level, milliseconds: milliseconds)
        if byte == 0x0A {
            makeRoom(record.size)
            store(record, at: end)
            end &+= record.size
            open = nil
            return
        }
        guard record.length < Self.longestText else { return }
        record.length += 1
        makeRoom(record.size)
        memory[index(end &+ 7 &+ UInt32(record.length))] = byte
        open = record
    }

    /// Forgets the oldest records until there is room for one of `size` bytes.
    private mutating func makeRoom(_ size: UInt32) {
        while end &+ size &- first > UInt32(memory.count) { first &+= load(at: first).size }
    }

    /// Copies whole records from `position` on into `buffer`.
    ///
    /// - Returns: How many bytes were copied, and the position to go on from. A position that is too old stands for the
    ///   oldest record.
    public func read(_ position: UInt32, into buffer: UnsafeMutableRawBufferPointer) -> (count: Int, next: UInt32) {
        // Neither too old nor in the future.
        var position = position &- first <= end &- first ? position : first
        var count = 0
        while position != end {
            let size = load(at: position).size
            guard Int(size) <= buffer.count - count else { break }
            for offset in 0..<size { buffer[count + Int(offset)] = memory[index(position &+ offset)] }
            count += Int(size)
            position &+= size
        }
        return (count, position)
    }

    /// Hands out the text of all lines from `position` on, each ended by a line feed, without needing a buffer.
    public func forEachByte(from position: UInt32, _ body: (UInt8) -> Void) {
        var position = position &- first <= end &- first ? position : first
        while position != end {
            let record = load(at: position)
            for offset in 0..<UInt32(record.length) { body(memory[index(position &+ 8 &+ offset)]) }
            body(0x0A)
            position &+= record.size
        }
    }

    private func index(_ position: UInt32) -> Int { Int(position) & (memory.count - 1) }

    /// Records are aligned to 4, so a header's words never lie over the end; it itself may.
    private func load(at position: UInt32) -> LogRecord {
        let first = memory.load(fromByteOffset: index(position), as: UInt32.self)
        let second = memory.load(fromByteOffset: index(position &+ 4), as: UInt32.self)
        return LogRecord(
            length: UInt16(truncatingIfNeeded: first), level: UInt8(truncatingIfNeeded: first >> 16),
            milliseconds: second)
    }

    private func store(_ record: LogRecord, at position: UInt32) {
        memory.storeBytes(
            of: UInt32(record.length) | UInt32(record.level) << 16, toByteOffset: index(position), as: UInt32.self)
        memory.storeBytes(of: record.milliseconds, toByteOffset: index(position &+ 4), as: UInt32.self)
    }
}
