/// A name in an ELF file: bytes, by convention UTF-8, that the file owns.
public struct ELFName {
    /// The name, without the NUL that ends it.
    public let bytes: UnsafeRawBufferPointer

    /// Whether the name is empty.
    public var isEmpty: Bool { bytes.isEmpty }

    /// Compares bytes; no Unicode normalisation takes place.
    public static func == (name: ELFName, text: StaticString) -> Bool {
        guard text.hasPointerRepresentation, name.bytes.count == text.utf8CodeUnitCount else { return false }
        for index in 0..<name.bytes.count where name.bytes[index] != text.utf8Start[index] { return false }
        return true
    }

    public static func != (name: ELFName, text: StaticString) -> Bool { !(name == text) }
}

#if !hasFeature(Embedded)
    extension ELFName: CustomStringConvertible {
        /// The name, with what is not UTF-8 replaced.
        public var description: String { String(decoding: bytes, as: UTF8.self) }
    }
#endif

/// A section that holds NUL-terminated names (System V ABI, "String Table").
struct ELFStringTable {
    /// Empty, or ends in a NUL: no name runs out of it.
    private let bytes: UnsafeRawBufferPointer

    static var empty: ELFStringTable { ELFStringTable(unchecked: UnsafeRawBufferPointer(start: nil, count: 0)) }

    private init(unchecked bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    init(_ bytes: UnsafeRawBufferPointer) throws(ELFError) {
        if !bytes.isEmpty, bytes[bytes.count - 1] != 0 { throw .badStringTable }
        self.bytes = bytes
    }

    /// Checks that a name begins inside the table; offset 0 is the empty name even in an empty table.
    func check(_ offset: UInt32) throws(ELFError) {
        guard offset == 0 || (Int(exactly: offset) ?? Int.max) < bytes.count else { throw .nameOutsideTable }
    }

    /// The name at an offset, or the empty name if that is outside the table.
    subscript(offset: UInt32) -> ELFName {
        guard let start = Int(exactly: offset), start < bytes.count else {
            return ELFName(bytes: UnsafeRawBufferPointer(start: nil, count: 0))
        }
        var end = start
        while bytes[end] != 0 { end += 1 }
        return ELFName(bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
    }
}
