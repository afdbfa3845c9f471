/// Where the contents of a disk come from. An implementation is used by the thread that runs the machine.
///
/// Sectors are 512 bytes and numbered from 0. The machine never asks for a sector at or beyond ``sectorCount``.
public protocol DiskImage: AnyObject, Sendable {
    /// Number of 512-byte sectors.
    var sectorCount: UInt64 { get }
    /// Whether ``write(_:at:)`` always fails.
    var isReadOnly: Bool { get }
    /// Reads `count` sectors from `sector` on.
    func read(_ count: Int, at sector: UInt64) throws(DiskError) -> [UInt8]
    /// Writes whole sectors from `sector` on.
    func write(_ bytes: [UInt8], at sector: UInt64) throws(DiskError)
}

/// Why a disk image cannot be opened, read or written. ``description`` is a line for the user.
public struct DiskError: Error, CustomStringConvertible, Equatable, Sendable {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}
