#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A disk image in a raw file. Sparse files stay sparse.
public final class FileDisk: DiskImage {
    public let path: String
    public let sectorCount: UInt64
    public let isReadOnly: Bool
    private let descriptor: Int32
    /// Bytes in the file; the last sector may be incomplete and is read as if padded with zeros.
    private let fileSize: UInt64

    /// Opens the file at `path`. Read-only if `readOnly` says so or the file's permissions do not allow more.
    public init(path: String, readOnly: Bool = false) throws(DiskError) {
        self.path = path
        var writable = !readOnly
        var descriptor: Int32 = -1
        if writable {
            descriptor = open(path, O_RDWR | O_CLOEXEC)
            if descriptor < 0, errno == EACCES || errno == EROFS || errno == EPERM { writable = false }
        }
        if !writable { descriptor = open(path, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw DiskError("cannot open disk image \(path): \(Self.lastError)") }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let reason = Self.lastError
            close(descriptor)
            throw DiskError("cannot examine disk image \(path): \(reason)")
        }
        let kind = status.st_mode & S_IFMT
        var size = Int64(status.st_size)
        if kind == S_IFBLK { size = Int64(lseek(descriptor, 0, SEEK_END)) }
        let problem: String? =
            switch true {
            case kind == S_IFDIR: "it is a directory"
            case kind != S_IFREG && kind != S_IFBLK: "it is neither a file nor a block device"
            case size <= 0: "it is empty"
            case size > 1 << 50: "it is larger than a pebibyte"
            default: nil
            }
        if let problem {
            close(descriptor)
            throw DiskError("cannot use \(path) as a disk image: \(problem)")
        }
        self.descriptor = descriptor
        isReadOnly = !writable
        fileSize = UInt64(size)
        sectorCount = (UInt64(size) + 511) / 512
    }

    deinit {
        close(descriptor)
    }

    private static var lastError: String {
        // `strerror` returns a C string that is valid until the next call; it is copied at once.
        String(cString: strerror(errno))
    }

    public func read(_ count: Int, at sector: UInt64) throws(DiskError) -> [UInt8] {
        guard count >= 0, sector <= sectorCount, UInt64(count) <= sectorCount - sector else {
            throw DiskError("\(path): sector \(sector) is beyond the end")
        }
        var bytes = [UInt8](repeating: 0, count: count * 512)
        var done = 0
        while done < bytes.count {
            let offset = sector * 512 + UInt64(done)
            if offset >= fileSize { break }
            let result = bytes.withUnsafeMutableBytes { buffer in
                // `done` is below the buffer's count, so the rebased pointer stays inside the buffer.
                pread(descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done, off_t(offset))
            }
            if result < 0, errno == EINTR { continue }
            guard result >= 0 else { throw DiskError("cannot read \(path) at sector \(sector): \(Self.lastError)") }
            // The file may have been cut since it was opened: what is missing reads as zeros.
            if result == 0 { break }
            done += result
        }
        return bytes
    }

    public func write(_ bytes: [UInt8], at sector: UInt64) throws(DiskError) {
        guard !isReadOnly else { throw DiskError("\(path) is read-only") }
        guard bytes.count % 512 == 0, sector <= sectorCount, UInt64(bytes.count / 512) <= sectorCount - sector else {
            throw DiskError("\(path): sector \(sector) is beyond the end")
        }
        // An incomplete last sector stays as long as it is: the file never grows.
        let start = sector * 512
        let count = Int(min(UInt64(bytes.count), fileSize > start ? fileSize - start : 0))
        var done = 0
        while done < count {
            let result = bytes.withUnsafeBytes { buffer in
                // `done` is below `count`, which is at most the buffer's count.
                pwrite(descriptor, buffer.baseAddress.map { $0 + done }, count - done, off_t(start) + off_t(done))
            }
            if result < 0, errno == EINTR { continue }
            guard result > 0 else { throw DiskError("cannot write \(path) at sector \(sector): \(Self.lastError)") }
            done += result
        }
    }
}
