import USTAR

/// The payload: its files, found once, since walking the archive again for every request would cost more than the rest
/// of the request. If several entries have a path, the last is the file, as extracting them all would leave it.
struct Payload {
    private let bytes: UnsafeRawBufferPointer
    private let files: [USTAREntry]

    /// No files.
    init() {
        bytes = .init(start: nil, count: 0)
        files = []
    }

    /// - Parameter bytes: An archive, or nothing.
    init(_ bytes: UnsafeRawBufferPointer) throws(USTARError) {
        self.bytes = bytes
        var files: [USTAREntry] = []
        if !bytes.isEmpty {
            for entry in try USTARArchive(bytes) where entry.type == .file { files.append(entry) }
        }
        self.files = files
    }

    /// How many files there are.
    var count: Int { files.count }

    /// A file, by its place in the archive.
    subscript(index: UInt32) -> USTAREntry? { index < UInt32(files.count) ? files[Int(index)] : nil }

    /// The bytes of the file at a path.
    func file(at path: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        for file in files.reversed() where file.path.count == path.count && file.path.elementsEqual(path) {
            return file.contents
        }
        return nil
    }

    /// Where bytes of the payload lie in it; meaningless for others.
    func offset(of part: UnsafeRawBufferPointer) -> UInt32 {
        UInt32(truncatingIfNeeded: UInt(bitPattern: part.baseAddress) &- UInt(bitPattern: bytes.baseAddress))
    }

    /// Bytes of the payload, which somebody has found in it.
    func bytes(at offset: UInt32, count: UInt32) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[Int(offset)..<Int(offset + count)])
    }
}
