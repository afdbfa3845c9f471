// Archives in the ustar format: the payload of the kernel image.
//
// Constraint: the payload has to be readable in place, by a process that has only a read-only mapping of it and no
// heap, and makeable and inspectable with tools that everybody has (`tar --format=ustar`, `tar tvf`).
//
// Choice: ustar (POSIX.1-1988; POSIX.1-2017, pax, "ustar Interchange Format"): 512-byte headers with numbers in octal,
// each followed by the file's bytes, rounded up to 512. The initialiser walks the whole archive once and verifies every
// checksum, number and size, so that iterating afterwards cannot fail. What would change the meaning of other entries,
// pax and GNU extension headers, is refused by name rather than misread; but a pax header that holds nothing but
// comments changes nothing, and is how the writer moves the next file's bytes to a page boundary. Reading allocates
// nothing and works in Embedded Swift; writing (`USTARWriter`) is for the host.
//
// Example: the process manager looking for a program.
//
//     let payload = try USTARArchive(bytes)
//     guard let entry = payload.file(at: path) else { return .noSuchFile }
//     load(entry.contents)

/// A checked view of a ustar archive.
///
/// The view does not own its bytes: it, and everything it hands out, is valid as long as the buffer it was made from.
public struct USTARArchive: Sequence {
    /// Headers and contents come in blocks of this many bytes.
    public static var blockSize: Int { 512 }

    /// Whole entries, without the blocks that end the archive.
    private let bytes: UnsafeRawBufferPointer

    /// Checks the whole archive.
    ///
    /// - Parameter bytes: The archive, and possibly padding after its end; it must stay valid and unchanged for the
    ///   life of this value.
    /// - Throws: What is wrong with the first entry that is broken.
    public init(_ bytes: UnsafeRawBufferPointer) throws(USTARError) {
        var offset = 0
        while true {
            guard bytes.count - offset >= Self.blockSize else { throw .truncated }
            let header = USTARHeader(UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + Self.blockSize)]))
            if header.isZero { break }
            let size = try header.checkedContentsSize()
            offset += Self.blockSize
            // Sizes are compared with what is left before they are added, so that no sum overflows.
            guard size <= bytes.count - offset else { throw .truncated }
            offset += size
            let padding = Self.padding(after: size)
            guard padding <= bytes.count - offset else { throw .truncated }
            if header.isExtended {
                let records = UnsafeRawBufferPointer(rebasing: bytes[(offset - size)..<offset])
                guard PaxComment.isAll(of: records) else { throw .unsupportedExtension }
            }
            offset += padding
        }
        self.bytes = UnsafeRawBufferPointer(rebasing: bytes[..<offset])
    }

    /// How many bytes fill up the last block of contents.
    static func padding(after size: Int) -> Int { (0 &- size) & (blockSize - 1) }

    public func makeIterator() -> Iterator { Iterator(bytes: bytes) }

    /// Goes through an archive's entries in the order of the archive.
    public struct Iterator: IteratorProtocol {
        private let bytes: UnsafeRawBufferPointer
        private var offset = 0

        init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

        public mutating func next() -> USTAREntry? {
            // The archive's initialiser has checked every header and size: nothing here leaves `bytes`.
            while offset < bytes.count {
                let contentsOffset = offset + blockSize
                let header = USTARHeader(UnsafeRawBufferPointer(rebasing: bytes[offset..<contentsOffset]))
                let size = header.contentsSize ?? 0
                offset = contentsOffset + size + padding(after: size)
                if header.isExtended { continue }
                return USTAREntry(
                    header: header,
                    contents: UnsafeRawBufferPointer(rebasing: bytes[contentsOffset..<(contentsOffset + size)]))
            }
            return nil
        }
    }

    /// The regular file at a path; if several entries have the path, the last, as extracting them all would leave it.
    ///
    /// - Parameter path: A path without leading slash, such as `bin/shell`.
    public func file(at path: some Collection<UInt8>) -> USTAREntry? {
        var found: USTAREntry?
        for entry in self where entry.type == .file && entry.path.elementsEqual(path) { found = entry }
        return found
    }
}
