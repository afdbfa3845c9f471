/// The symbol table of a kernel image: the functions' addresses and names, for backtraces.
///
/// A count, that many pairs of address and name offset in ascending order of address, and the names, each ended by a
/// NUL. The initialiser checks all of it, so that looking something up in the middle of a kernel's last words cannot
/// fail.
public struct ImageSymbols {
    private let bytes: UnsafeRawBufferPointer
    /// How many symbols there are.
    public let count: Int

    /// Checks a symbol table.
    ///
    /// - Parameter bytes: The section; it must stay valid and unchanged for the life of this value.
    /// - Returns: nil if the table is malformed.
    public init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 4, let count = Int(exactly: Self.word(bytes, 0)), count <= (bytes.count - 4) / 8 else {
            return nil
        }
        // The last byte ends every name that has no NUL of its own before.
        guard count == 0 || bytes[bytes.count - 1] == 0 else { return nil }
        self.bytes = bytes
        self.count = count
        for index in 0..<count {
            guard let name = Int(exactly: Self.word(bytes, 8 + 8 * index)), name >= 4 + 8 * count, name < bytes.count,
                index == 0 || address(index - 1) < address(index)
            else { return nil }
        }
    }

    /// In bounds by the initialiser's checks: a pair's index is below `count`.
    private static func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt32 {
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    /// The address of a symbol.
    ///
    /// - Parameter index: From 0 to `count` - 1.
    public func address(_ index: Int) -> UInt32 { Self.word(bytes, 4 + 8 * index) }

    /// The name of a symbol, UTF-8 without the NUL.
    ///
    /// - Parameter index: From 0 to `count` - 1.
    public func name(_ index: Int) -> UnsafeRawBufferPointer {
        let start = Int(Self.word(bytes, 8 + 8 * index))
        var end = start
        while end < bytes.count, bytes[end] != 0 { end += 1 }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
    }

    /// The index of the last symbol at or below an address; nil if all are above.
    public func index(containing address: UInt32) -> Int? {
        var low = 0
        var high = count
        while low < high {
            let middle = low + (high - low) / 2
            if self.address(middle) <= address { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? low - 1 : nil
    }
}
