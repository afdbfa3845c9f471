import Foundation

/// A file of lines that grows while the machine runs.
public final class TraceFile {
    public let path: String
    public private(set) var lines: UInt64 = 0
    /// Why lines are missing, if they are.
    public private(set) var failure: String?

    private let file: FileHandle
    private var buffer: [UInt8] = []

    /// Why there is no such file; a line for the user.
    public struct Unwritable: Error, CustomStringConvertible {
        public let description: String
    }

    /// Opens the file, emptied.
    public init(_ path: String) throws(Unwritable) {
        self.path = path
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            throw Unwritable(description: "cannot write '\(path)': \(String(cString: strerror(errno)))")
        }
        file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        buffer.reserveCapacity(Self.capacity + 256)
    }

    deinit { flush() }

    private static let capacity = 1 << 18

    func write(_ line: String) {
        buffer += line.utf8
        buffer.append(0x0A)
        lines += 1
        if buffer.count >= Self.capacity { flush() }
    }

    /// Brings everything to the file.
    public func flush() {
        defer { buffer.removeAll(keepingCapacity: true) }
        guard failure == nil, !buffer.isEmpty else { return }
        do {
            try file.write(contentsOf: Data(buffer))
        } catch {
            failure = "cannot write '\(path)': \(String(cString: strerror(errno)))"
        }
    }
}
