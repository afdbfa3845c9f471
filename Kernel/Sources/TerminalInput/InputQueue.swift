/// Bytes that were typed and not yet read. A full queue drops what comes next, but for Control-C, which takes the place
/// of its last byte.
public struct InputQueue: ByteSink {
    /// The most bytes that wait.
    public static var capacity: Int { 256 }

    private var bytes = InlineArray<256, UInt8>(repeating: 0)
    private var first: UInt8 = 0
    /// How many bytes wait.
    public private(set) var count = 0

    public init() {}

    /// Where a byte is; the index wraps with the capacity.
    private func position(_ index: Int) -> Int { Int(first &+ UInt8(truncatingIfNeeded: index)) }

    public mutating func write(_ byte: UInt8) {
        guard count < Self.capacity else {
            // Control-C must get through to a program that does not read.
            if byte == 0x03 { bytes[position(count - 1)] = byte }
            return
        }
        bytes[position(count)] = byte
        count += 1
    }

    /// Copies the first bytes, as far as the buffer goes, without taking them out; returns how many.
    public func copy(to buffer: UnsafeMutableRawBufferPointer) -> Int {
        let copied = min(count, buffer.count)
        for index in 0..<copied { buffer[index] = bytes[position(index)] }
        return copied
    }

    /// Takes the first bytes out.
    public mutating func remove(_ number: Int) {
        let removed = min(max(number, 0), count)
        first = first &+ UInt8(truncatingIfNeeded: removed)
        count -= removed
    }

    /// Whether somebody has typed Control-C.
    public var containsInterrupt: Bool {
        for index in 0..<count where bytes[position(index)] == 0x03 { return true }
        return false
    }

    /// Takes every Control-C out, and what was typed before the last one.
    public mutating func removeInterrupts() {
        var last = -1
        for index in 0..<count where bytes[position(index)] == 0x03 { last = index }
        remove(last + 1)
    }
}
