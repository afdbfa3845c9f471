import Foundation

/// A file of lines that grows while the machine runs.
public final class TraceFile {
    public let path: String
    public var lines: UInt64 { written + buffer.lines }
    private var written: UInt64 = 0
    /// Why lines are missing, if they are.
    public private(set) var failure: String?

    private let file: FileHandle
    private var buffer = TraceText()

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
        buffer.reserve(Self.capacity + 4096)
    }

    deinit { flush() }

    private static let capacity = 1 << 18

    /// Adds the lines that `body` writes.
    func write(_ body: (inout TraceText) -> Void) {
        body(&buffer)
        if buffer.bytes.count >= Self.capacity { flush() }
    }

    /// Brings everything to the file.
    public func flush() {
        written += buffer.lines
        defer { buffer.removeAll() }
        guard failure == nil, !buffer.bytes.isEmpty else { return }
        do {
            try file.write(contentsOf: buffer.bytes)
        } catch {
            failure = "cannot write '\(path)': \(String(cString: strerror(errno)))"
        }
    }
}

/// Lines of a trace as bytes. Millions are written: strings that are made for each line and thrown away would take most
/// of the time.
struct TraceText {
    private(set) var bytes: [UInt8] = []
    private(set) var lines: UInt64 = 0

    mutating func reserve(_ capacity: Int) { bytes.reserveCapacity(capacity) }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        lines = 0
    }

    /// The step, right-aligned, with which each line begins.
    mutating func begin(_ step: UInt64) {
        var digits: InlineArray<20, UInt8> = .init(repeating: 0x20)
        var first = 20
        var rest = step
        repeat {
            first -= 1
            digits[first] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        for index in min(first, 10)..<20 { bytes.append(digits[index]) }
        bytes.append(0x20)
        bytes.append(0x20)
    }

    mutating func end() {
        bytes.append(0x0A)
        lines += 1
    }

    mutating func append(_ text: [UInt8]) { bytes += text }

    mutating func append(_ text: String) { bytes += text.utf8 }

    /// All digits of the type's width.
    mutating func append(digits value: some FixedWidthInteger & UnsignedInteger) {
        for shift in stride(from: type(of: value).bitWidth - 4, through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: value >> shift) & 0xF
            bytes.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
        }
    }

    mutating func append(_ other: TraceText) {
        bytes += other.bytes
        lines += other.lines
    }
}
