/// Why a snapshot or a recording cannot be read or restored. ``description`` is a line for the user.
public struct SnapshotError: Error, CustomStringConvertible, Equatable, Sendable {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}
