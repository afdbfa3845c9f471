/// The environment that the shell gives to programs: `NAME=value`, each ended by a NUL.
public struct EnvironmentList {
    /// The most bytes.
    public static var capacity: Int { 1024 }

    private var storage = InlineArray<1024, UInt8>(repeating: 0)
    private var used = 0

    public init() {}

    /// Whether bytes are a name: letters, digits and underscores, not beginning with a digit.
    public static func isName(_ bytes: some Collection<UInt8>) -> Bool {
        guard let first = bytes.first, !(UInt8(ascii: "0")...UInt8(ascii: "9") ~= first) else { return false }
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                break
            default: return false
            }
        }
        return true
    }

    /// Sets a name's value: `NAME=value`.
    ///
    /// - Returns: Whether it was an assignment, and there was room.
    public mutating func set(_ assignment: UnsafeRawBufferPointer) -> Bool {
        guard let equals = assignment.firstIndex(of: UInt8(ascii: "=")), !assignment.contains(0) else { return false }
        let name = UnsafeRawBufferPointer(rebasing: assignment[..<equals])
        guard Self.isName(name) else { return false }
        let previous = range(of: name)
        guard used - (previous?.count ?? 0) + assignment.count + 1 <= Self.capacity else { return false }
        if let previous { remove(previous) }
        for byte in assignment { append(byte) }
        append(0)
        return true
    }

    /// Forgets a name. Returns whether it was there.
    public mutating func unset(_ name: UnsafeRawBufferPointer) -> Bool {
        guard let range = range(of: name) else { return false }
        remove(range)
        return true
    }

    /// Gives a closure all of it, valid until it returns.
    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        var copy = storage
        // `InlineArray` stores its elements contiguously, so its own bytes are the list's.
        return withUnsafeBytes(of: &copy) { body(UnsafeRawBufferPointer(rebasing: $0[..<used])) }
    }

    private mutating func append(_ byte: UInt8) {
        storage[used] = byte
        used += 1
    }

    private mutating func remove(_ range: Range<Int>) {
        for index in range.upperBound..<used { storage[index - range.count] = storage[index] }
        used -= range.count
    }

    /// Where the entry of a name is, with its NUL.
    private func range(of name: UnsafeRawBufferPointer) -> Range<Int>? {
        var start = 0
        while start < used {
            var end = start
            while end < used, storage[end] != 0 { end += 1 }
            var isSame = end - start > name.count && storage[start + name.count] == UInt8(ascii: "=")
            for index in 0..<name.count where isSame && storage[start + index] != name[index] { isSame = false }
            if isSame { return start..<(end + 1) }
            start = end + 1
        }
        return nil
    }
}
