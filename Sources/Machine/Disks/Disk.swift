/// A disk as a drive sees it: the image, and over it what the guest has written.
///
/// **Constraint.** A snapshot must bring back the disk as it was, although by default writes reach the image file at
/// once.
///
/// **Choice.** Everything the guest writes goes to ``overlay``, which is machine state. With write-through it also goes
/// to the image; the image's contents before that are kept in ``originals``, which belongs to this run of the program
/// and is not machine state. A sector is then read from the overlay, else from the originals, else from the image:
/// whichever snapshot's overlay is in force, what is below it is the image as it was when the machine was built.
///
/// **Example.** The guest writes A to a block, a snapshot is taken, the guest writes B. The image holds B. Going back
/// to the snapshot restores the overlay with A; when the machine then goes on from there and is no longer silenced,
/// ``synchronize()`` writes A to the image. Going back to before the first write finds the block in the originals.
final class Disk {
    /// Blocks of this many sectors are copied on write.
    static let sectorsPerBlock: UInt64 = 8
    static let sectorSize = 512
    static let blockSize = Int(sectorsPerBlock) * sectorSize

    let image: any DiskImage
    let policy: Machine.WritePolicy
    let sectorCount: UInt64
    /// Machine state: the blocks that the guest has written, by block number.
    private(set) var overlay = DiskOverlay()
    /// What the image held where it has been written, by block number.
    private(set) var originals: [UInt64: [UInt8]] = [:]
    /// The overlay was replaced: the image may hold what is not true here.
    private var imageIsStale = false

    init(image: any DiskImage, policy: Machine.WritePolicy) {
        self.image = image
        self.policy = policy
        sectorCount = image.sectorCount
    }

    /// Whether the guest may write: with the `discard` policy it may whatever the image thinks.
    var isReadOnly: Bool { policy == .writeThrough && image.isReadOnly }

    func restore(overlay: DiskOverlay) {
        self.overlay = overlay
        imageIsStale = true
    }

    /// Reads one sector below ``sectorCount``.
    func read(_ sector: UInt64) throws(DiskError) -> [UInt8] {
        guard sector < sectorCount else { throw DiskError("sector \(sector) is beyond the end of the disk") }
        let (block, index) = sector.quotientAndRemainder(dividingBy: Self.sectorsPerBlock)
        if let data = overlay[block] ?? originals[block] {
            let start = Int(index) * Self.sectorSize
            return Array(data[start..<start + Self.sectorSize])
        }
        return try checked(image.read(1, at: sector), count: 1)
    }

    private func checked(_ bytes: [UInt8], count: Int) throws(DiskError) -> [UInt8] {
        guard bytes.count == count * Self.sectorSize else { throw DiskError("the disk image delivered too few bytes") }
        return bytes
    }

    /// The whole block as it is below the overlay, padded with zeros at the end of the disk.
    private func base(_ block: UInt64) throws(DiskError) -> [UInt8] {
        if let original = originals[block] { return original }
        let first = block * Self.sectorsPerBlock
        let count = Int(min(Self.sectorsPerBlock, sectorCount - first))
        let bytes = try checked(image.read(count, at: first), count: count)
        return bytes + [UInt8](repeating: 0, count: Self.blockSize - bytes.count)
    }

    /// Writes one sector. With `silenced`, the image is left alone.
    func write(_ bytes: [UInt8], at sector: UInt64, silenced: Bool) throws(DiskError) {
        guard sector < sectorCount, bytes.count == Self.sectorSize else {
            throw DiskError("sector \(sector) is beyond the end of the disk")
        }
        guard !isReadOnly else { throw DiskError("the disk image is read-only") }
        let (block, index) = sector.quotientAndRemainder(dividingBy: Self.sectorsPerBlock)
        var data: [UInt8]
        if let present = overlay[block] {
            data = present
        } else {
            data = try base(block)
        }
        if policy == .writeThrough, !silenced {
            try synchronize()
            if originals[block] == nil { originals[block] = try base(block) }
            try image.write(bytes, at: sector)
        }
        let start = Int(index) * Self.sectorSize
        data.replaceSubrange(start..<start + Self.sectorSize, with: bytes)
        overlay[block] = data
    }

    /// Makes the image hold what the guest sees, after ``restore(overlay:)`` has changed that.
    func synchronize() throws(DiskError) {
        guard imageIsStale, policy == .writeThrough, !image.isReadOnly else { return }
        for block in Set(originals.keys).union(overlay.blocks.keys).sorted() {
            if originals[block] == nil { originals[block] = try base(block) }
            guard let data = overlay[block] ?? originals[block] else { continue }
            let first = block * Self.sectorsPerBlock
            let count = Int(min(Self.sectorsPerBlock, sectorCount - first))
            try image.write(Array(data.prefix(count * Self.sectorSize)), at: first)
        }
        imageIsStale = false
    }

    /// Whether `overlay` (from a file, perhaps) fits this disk.
    func accepts(overlay: DiskOverlay) -> Bool {
        overlay.blocks.allSatisfy { block, data in
            data.count == Self.blockSize && block <= sectorCount / Self.sectorsPerBlock
                && block * Self.sectorsPerBlock < sectorCount
        }
    }
}
