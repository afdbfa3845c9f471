extension [UInt8] {
    /// Appends 32-bit little-endian numbers.
    public mutating func append(words: [UInt32]) {
        for word in words { Swift.withUnsafeBytes(of: word.littleEndian) { append(contentsOf: $0) } }
    }

    /// Overwrites the 32-bit little-endian number at `offset`; the array must have four bytes there.
    public mutating func setWord(at offset: Int, _ value: UInt32) {
        Swift.withUnsafeBytes(of: value.littleEndian) { replaceSubrange(offset..<(offset + 4), with: $0) }
    }

    /// Overwrites the 16-bit little-endian number at `offset`; the array must have two bytes there.
    public mutating func setHalfWord(at offset: Int, _ value: UInt16) {
        Swift.withUnsafeBytes(of: value.littleEndian) { replaceSubrange(offset..<(offset + 2), with: $0) }
    }
}
