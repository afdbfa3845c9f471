// What the process manager decides, without a system call: the table of processes, the names of services, when a driver
// is started again. The process manager does what these say; `swift test` asks them on the host.

/// A short name: of a service, or of a process (the last component of its program's path, cut off if it is long).
public struct ShortName: Equatable, Sendable {
    /// The most bytes.
    public static var capacity: Int { 24 }

    private var bytes = InlineArray<24, UInt8>(repeating: 0)
    public private(set) var count = 0

    public init() {}

    /// The last component of a path.
    public init(path: UnsafeRawBufferPointer) {
        for byte in path {
            if byte == UInt8(ascii: "/") { count = 0 } else { append(byte) }
        }
    }

    /// The name of a service: 1 to 24 letters, digits, dots and hyphens; nil for anything else.
    public init?(service: UnsafeRawBufferPointer) {
        guard 1...Self.capacity ~= service.count else { return nil }
        for byte in service {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"):
                append(byte)
            default: return nil
            }
        }
    }

    private mutating func append(_ byte: UInt8) {
        guard count < Self.capacity else { return }
        bytes[count] = byte
        count += 1
    }

    /// The byte at an index below `count`.
    public subscript(index: Int) -> UInt8 { bytes[index] }

    public static func == (left: ShortName, right: ShortName) -> Bool {
        guard left.count == right.count else { return false }
        for index in 0..<left.count where left.bytes[index] != right.bytes[index] { return false }
        return true
    }
}
