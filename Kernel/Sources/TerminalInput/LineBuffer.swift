/// A line of at most ``capacity`` bytes, stored in place.
public struct LineBuffer {
    /// The longest line, in bytes.
    public static var capacity: Int { 255 }

    private var storage = InlineArray<256, UInt8>(repeating: 0)
    /// The length in bytes.
    public private(set) var count = 0

    public init() {}

    /// Whether the line is empty.
    public var isEmpty: Bool { count == 0 }

    /// The byte at `index`, or NUL outside the line.
    public subscript(index: Int) -> UInt8 {
        index >= 0 && index < count ? storage[index] : 0
    }

    /// Puts a byte in; returns whether there was room.
    @discardableResult
    public mutating func insert(_ byte: UInt8, at index: Int) -> Bool {
        guard count < Self.capacity, index >= 0, index <= count else { return false }
        var position = count
        while position > index {
            storage[position] = storage[position - 1]
            position -= 1
        }
        storage[index] = byte
        count += 1
        return true
    }

    /// Takes the bytes of a range out; what lies outside the line is ignored.
    public mutating func remove(_ range: Range<Int>) {
        let lower = min(max(range.lowerBound, 0), count)
        let upper = min(max(range.upperBound, lower), count)
        for position in upper..<count { storage[position - (upper - lower)] = storage[position] }
        count -= upper - lower
    }

    /// Makes the line empty.
    public mutating func removeAll() { count = 0 }

    /// Compares the bytes.
    public static func == (left: LineBuffer, right: LineBuffer) -> Bool {
        guard left.count == right.count else { return false }
        for index in 0..<left.count where left.storage[index] != right.storage[index] { return false }
        return true
    }

    /// Gives a closure the line's bytes, which are valid until it returns.
    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        var copy = storage
        // `InlineArray` stores its elements contiguously, so its own bytes are the line's.
        return withUnsafeBytes(of: &copy) { body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }
}
