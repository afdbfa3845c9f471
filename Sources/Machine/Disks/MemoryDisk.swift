import Synchronization

/// A disk image in memory.
public final class MemoryDisk: DiskImage {
    public let sectorCount: UInt64
    public let isReadOnly: Bool
    private let storage: Mutex<[UInt8]>

    /// `bytes` is padded with zeros to whole sectors.
    public init(_ bytes: [UInt8], isReadOnly: Bool = false) {
        let sectors = (bytes.count + 511) / 512
        storage = Mutex(bytes + [UInt8](repeating: 0, count: sectors * 512 - bytes.count))
        sectorCount = UInt64(sectors)
        self.isReadOnly = isReadOnly
    }

    /// The present contents.
    public var bytes: [UInt8] { storage.withLock { $0 } }

    public func read(_ count: Int, at sector: UInt64) throws(DiskError) -> [UInt8] {
        guard count >= 0, sector <= sectorCount, UInt64(count) <= sectorCount - sector else {
            throw DiskError("the sectors asked for are beyond the end of the disk")
        }
        let start = Int(sector) * 512
        return storage.withLock { Array($0[start..<start + count * 512]) }
    }

    public func write(_ bytes: [UInt8], at sector: UInt64) throws(DiskError) {
        guard !isReadOnly else { throw DiskError("the disk is read-only") }
        guard bytes.count % 512 == 0, sector <= sectorCount, UInt64(bytes.count / 512) <= sectorCount - sector else {
            throw DiskError("the sectors to be written are beyond the end of the disk")
        }
        let start = Int(sector) * 512
        storage.withLock { $0.replaceSubrange(start..<start + bytes.count, with: bytes) }
    }
}
