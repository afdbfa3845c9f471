/// Takes the part of a text that begins at an offset, as much of it as fits into a buffer: for a text that is read in
/// pieces and kept nowhere. One at a time: the kernel has one text to write and one processor to do it.
struct TextWindow: TextSink {
    private nonisolated(unsafe) static var buffer = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    /// How many bytes are still to be left out.
    private nonisolated(unsafe) static var skipped = 0
    private nonisolated(unsafe) static var filled = 0

    /// Begins a text.
    init(_ buffer: UnsafeMutableRawBufferPointer, offset: Int) {
        Self.buffer = buffer
        Self.skipped = offset
        Self.filled = 0
    }

    /// Bytes put into the buffer.
    var count: Int { Self.filled }

    func put(_ byte: UInt8) {
        if Self.skipped > 0 {
            Self.skipped -= 1
        } else if Self.filled < Self.buffer.count {
            Self.buffer[Self.filled] = byte
            Self.filled += 1
        }
    }
}
