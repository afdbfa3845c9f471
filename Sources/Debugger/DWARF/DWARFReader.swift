/// What is wrong with a file's debugging information. ``description`` is a line for the user.
public struct DWARFError: Error, CustomStringConvertible, Equatable {
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Reads one section of debugging information (DWARF 5, chapter 7) from front to back.
///
/// The file may be anybody's: every read is checked, and numbers of 64 bits are only turned into offsets when they lie
/// inside the section. The bytes are those of an ``ELFFile``, valid as long as the file is.
struct DWARFReader {
    /// The section's name, for errors.
    let section: StaticString
    private let bytes: UnsafeRawBufferPointer
    private(set) var offset: Int

    init(_ bytes: UnsafeRawBufferPointer, _ section: StaticString, at offset: UInt64 = 0) throws(DWARFError) {
        self.section = section
        self.bytes = bytes
        guard let start = Int(exactly: offset), start <= bytes.count else {
            throw DWARFError("an offset leads out of \(section)")
        }
        self.offset = start
    }

    var isAtEnd: Bool { offset >= bytes.count }

    private func check(_ count: UInt64) throws(DWARFError) -> Int {
        guard let count = Int(exactly: count), count <= bytes.count - offset else {
            throw DWARFError("\(section) ends too early")
        }
        return count
    }

    /// A little-endian number of 1 to 8 bytes.
    mutating func unsigned(_ size: Int) throws(DWARFError) -> UInt64 {
        let size = try check(UInt64(max(0, min(size, 8))))
        var value: UInt64 = 0
        for index in 0..<size { value |= UInt64(bytes[offset + index]) << UInt64(8 * index) }
        offset += size
        return value
    }

    mutating func byte() throws(DWARFError) -> UInt8 {
        guard offset < bytes.count else { throw DWARFError("\(section) ends too early") }
        defer { offset += 1 }
        return bytes[offset]
    }

    mutating func word() throws(DWARFError) -> UInt16 { UInt16(truncatingIfNeeded: try unsigned(2)) }

    /// LEB128; bits beyond the 64th are lost.
    mutating func unsignedLEB() throws(DWARFError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let next = try byte()
            if shift < 64 { value |= UInt64(next & 0x7F) << shift }
            if next & 0x80 == 0 { return value }
            shift += 7
        }
    }

    mutating func signedLEB() throws(DWARFError) -> Int64 {
        var value: Int64 = 0
        var shift: Int64 = 0
        while true {
            let next = try byte()
            if shift < 64 { value |= Int64(next & 0x7F) << shift }
            shift += 7
            guard next & 0x80 == 0 else { continue }
            if next & 0x40 != 0, shift < 64 { value |= -1 << shift }
            return value
        }
    }

    /// Bytes up to a NUL.
    mutating func string() throws(DWARFError) -> String {
        guard let end = bytes[offset...].firstIndex(of: 0) else { throw DWARFError("\(section) ends within a name") }
        defer { offset = end + 1 }
        return String(decoding: bytes[offset..<end], as: UTF8.self)
    }

    /// Steps over bytes up to a NUL.
    mutating func skipString() throws(DWARFError) {
        guard let end = bytes[offset...].firstIndex(of: 0) else { throw DWARFError("\(section) ends within a name") }
        offset = end + 1
    }

    mutating func skip(_ count: UInt64) throws(DWARFError) {
        offset += try check(count)
    }

    /// All bytes that are left.
    mutating func rest() throws(DWARFError) -> [UInt8] {
        defer { offset = bytes.count }
        return Array(bytes[offset...])
    }

    /// The next `count` bytes, as a reader of their own.
    mutating func part(_ count: UInt64) throws(DWARFError) -> DWARFReader {
        let count = try check(count)
        defer { offset += count }
        return try DWARFReader(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count]), section)
    }

    /// A length, which also says whether offsets have 4 or 8 bytes (7.4).
    mutating func initialLength() throws(DWARFError) -> (length: UInt64, offsetSize: Int) {
        let length = try unsigned(4)
        if length == 0xFFFF_FFFF { return (try unsigned(8), 8) }
        guard length < 0xFFFF_FFF0 else { throw DWARFError("\(section) has a unit of a reserved length") }
        return (length, 4)
    }
}
