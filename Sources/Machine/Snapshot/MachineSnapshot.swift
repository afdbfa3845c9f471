/// The whole state of a machine at one moment, as a value.
public struct MachineSnapshot: Sendable {
    /// ``Machine/steps`` when it was taken.
    public let steps: UInt64

    init(steps: UInt64) {
        self.steps = steps
    }

    /// Reads a snapshot from the contents of a file that ``encoded()`` made. Whatever the bytes are, the worst that
    /// happens is an error.
    public init(decoding bytes: [UInt8]) throws(SnapshotError) {
        throw SnapshotError("this is no machine snapshot")
    }

    /// The snapshot as the contents of a file: a header with version and checksum, then the state. RAM is sparse.
    public func encoded() -> [UInt8] { [] }
}

/// Why a snapshot cannot be read or restored. ``description`` is a line for the user.
public struct SnapshotError: Error, CustomStringConvertible, Equatable, Sendable {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}
