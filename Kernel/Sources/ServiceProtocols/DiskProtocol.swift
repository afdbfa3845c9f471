/// What the service `disk` is asked for.
///
/// Word 0 names the drive in bits 0-7: 0 and 1 are master and slave of the first channel. Sectors have 512 bytes and
/// are counted from 0. A reply has label 0, or is an error: the raw value of a `DiskError`.
public enum DiskRequest {
    /// What a drive is. Replies with the number of sectors in words 0 (low) and 1 (high); the bytes are its model, as
    /// it names itself.
    public static var information: UInt32 { 1 }
    /// Reads sectors: bits 8-15 of word 0 are how many, 1...`maximumDiskSectors`; word 1 and word 2 are the first
    /// (low, high). The reply's bytes are their contents.
    public static var read: UInt32 { 2 }
    /// Writes sectors, which are the bytes; words as `read`. Needs `Permissions.diskWrite`. The reply comes when the
    /// drive has taken them; it may keep them in its cache until `flush`.
    public static var write: UInt32 { 3 }
    /// Makes the drive write what it keeps in its cache.
    public static var flush: UInt32 { 4 }

    /// Set in the badge of those who may write.
    public static var writerBadge: UInt32 { 1 << 25 }
}

/// The most sectors of one request: 16 KiB.
public let maximumDiskSectors: UInt32 = 32
/// Bytes of a sector.
public let diskSectorSize = 512

/// Why the disk driver refuses.
public enum DiskError: UInt32, Error, Sendable {
    /// There is no such drive.
    case noSuchDrive = 1
    /// The sectors are not all on the drive.
    case outOfRange
    /// The request is malformed.
    case badRequest
    /// The client may not write.
    case notPermitted
    /// The drive did not answer in time.
    case timeout
    /// The drive could not read the sector, or not find it.
    case unreadable
    /// The drive reports a fault of its own.
    case deviceFault
    /// The drive does not know the command, or gave it up.
    case aborted
    /// The driver cannot be reached.
    case unreachable

    /// A description to print.
    public var message: StaticString {
        switch self {
        case .noSuchDrive: "no such drive"
        case .outOfRange: "no such sector"
        case .badRequest: "malformed request"
        case .notPermitted: "not permitted"
        case .timeout: "the drive does not answer"
        case .unreadable: "the sector cannot be read"
        case .deviceFault: "the drive reports a fault"
        case .aborted: "the drive gave the command up"
        case .unreachable: "the disk driver cannot be reached"
        }
    }
}
