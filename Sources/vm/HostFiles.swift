import Foundation

/// The user's files: read whole, or opened for writing, with one clear line when that cannot be.
enum HostFiles {
    /// What makes two paths name the same file.
    struct Identity: Hashable {
        private let device: UInt64
        private let inode: UInt64

        /// Nil if there is no such file.
        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            device = UInt64(status.st_dev)
            inode = UInt64(status.st_ino)
        }
    }

    /// The contents of a file of 1 to `limit` bytes.
    static func read(_ path: String, limit: Int) throws(HostFailure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw HostFailure("cannot read '\(path)': \(lastError)") }
        defer { close(descriptor) }
        var contents = [UInt8](repeating: 0, count: limit + 1)
        var count = 0
        while count < contents.count {
            let got = contents.withUnsafeMutableBytes { buffer in
                // `count` is less than the size of the buffer, and no more is read than is left behind it.
                Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw HostFailure("cannot read '\(path)': \(lastError)") }
            if got == 0 { break }
            count += got
        }
        guard count > 0 else { throw HostFailure("'\(path)' is empty") }
        guard count <= limit else {
            throw HostFailure("'\(path)' is too large: at most \(limit) bytes can be used")
        }
        return Array(contents[..<count])
    }

    /// Opens a file for writing, emptied; never one of the machine's disks.
    static func openForWriting(_ path: String, sparing disks: [String]) throws(HostFailure) -> FileHandle {
        try checkIsNoDisk(path, disks)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw HostFailure("cannot write '\(path)': \(lastError)") }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    /// Throws if a file that is to be written later cannot be, or is one of the machine's disks.
    static func checkIsWritable(_ path: String, sparing disks: [String]) throws(HostFailure) {
        try checkIsNoDisk(path, disks)
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        guard access(FileManager.default.fileExists(atPath: path) ? path : folder, W_OK) == 0 else {
            throw HostFailure("cannot write '\(path)': \(lastError)")
        }
    }

    /// Throws if two of the paths are the same file: two disks would overwrite each other.
    static func checkAreDifferent(_ disks: [String]) throws(HostFailure) {
        var seen: Set<Identity> = []
        for path in disks {
            guard let identity = Identity(path) else { continue }
            guard seen.insert(identity).inserted else {
                throw HostFailure("'\(path)' is given as two disks; with --snapshot it may be")
            }
        }
    }

    private static func checkIsNoDisk(_ path: String, _ disks: [String]) throws(HostFailure) {
        if let identity = Identity(path), disks.contains(where: { Identity($0) == identity }) {
            throw HostFailure("cannot write '\(path)': it is a disk of this machine")
        }
    }

    private static var lastError: String { String(cString: strerror(errno)) }
}
