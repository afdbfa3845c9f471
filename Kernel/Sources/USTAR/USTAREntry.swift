/// An entry of an archive.
public struct USTAREntry {
    /// What an entry is.
    public enum EntryType: Sendable {
        /// A regular file.
        case file
        /// A directory.
        case directory
        /// A link, device or FIFO.
        case other
    }

    /// Its path.
    public let path: USTARPath
    /// What it is.
    public let type: EntryType
    /// Its permissions as in POSIX, such as octal 755; 0 if the archive does not say.
    public let mode: Int
    /// Its bytes.
    public let contents: UnsafeRawBufferPointer

    init(header: USTARHeader, contents: UnsafeRawBufferPointer) {
        path = USTARPath(header)
        type =
            switch header.block[USTARHeader.typeFlag] {
            case 0, UInt8(ascii: "0"), UInt8(ascii: "7"): .file
            case UInt8(ascii: "5"): .directory
            default: .other
            }
        mode = header.octal(USTARHeader.mode) ?? 0
        self.contents = contents
    }
}

/// The path of an entry: bytes, by convention UTF-8, without a leading `./` or `/` and without a trailing slash.
///
/// A header holds a long path in two fields, which are joined by a slash; the bytes are therefore not contiguous.
public struct USTARPath: RandomAccessCollection {
    private let prefix: UnsafeRawBufferPointer
    private let name: UnsafeRawBufferPointer
    /// How many bytes of prefix, slash and name to leave out.
    private let skipped: Int

    public let startIndex = 0
    public let endIndex: Int

    init(_ header: USTARHeader) {
        let prefix = Self.untilNUL(header.block, USTARHeader.prefix)
        let name = Self.untilNUL(header.block, USTARHeader.name)
        let count = (prefix.isEmpty ? 0 : prefix.count + 1) + name.count
        func byte(_ index: Int) -> UInt8 { Self.byte(prefix, name, index) }
        var start = 0
        while start < count {
            if byte(start) == UInt8(ascii: "/") {
                start += 1
            } else if byte(start) == UInt8(ascii: "."), start + 1 < count, byte(start + 1) == UInt8(ascii: "/") {
                start += 2
            } else {
                break
            }
        }
        var end = count
        while end > start, byte(end - 1) == UInt8(ascii: "/") { end -= 1 }
        self.prefix = prefix
        self.name = name
        skipped = start
        endIndex = end - start
    }

    public subscript(index: Int) -> UInt8 { Self.byte(prefix, name, index + skipped) }

    private static func byte(
        _ prefix: UnsafeRawBufferPointer, _ name: UnsafeRawBufferPointer, _ index: Int
    ) -> UInt8 {
        if prefix.isEmpty { return name[index] }
        if index < prefix.count { return prefix[index] }
        return index == prefix.count ? UInt8(ascii: "/") : name[index - prefix.count - 1]
    }

    /// A text field: it ends at the first NUL, or fills its room.
    private static func untilNUL(_ block: UnsafeRawBufferPointer, _ range: Range<Int>) -> UnsafeRawBufferPointer {
        var end = range.lowerBound
        while end < range.upperBound, block[end] != 0 { end += 1 }
        return UnsafeRawBufferPointer(rebasing: block[range.lowerBound..<end])
    }
}

#if !hasFeature(Embedded)
    extension USTARPath: CustomStringConvertible {
        /// The path, with what is not UTF-8 replaced.
        public var description: String { String(decoding: self, as: UTF8.self) }
    }
#endif
