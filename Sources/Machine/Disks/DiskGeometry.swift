/// Cylinders, heads and sectors as a drive reports them.
struct DiskGeometry: Codable, Sendable, Equatable {
    /// 1...16383.
    var cylinders: UInt16
    /// 1...16.
    var heads: UInt8
    /// Sectors per track, 1...63.
    var sectors: UInt8

    /// As many sectors as 28 address bits reach: 128 GiB less one.
    static let addressableSectors: UInt64 = 0x0FFF_FFFF

    /// What an ATA drive of `sectorCount` sectors reports (ATA-5, annex C: 16 heads, 63 sectors, at most 16383
    /// cylinders). A partition table that was made with another geometry of at most 16 heads is taken at its word.
    init(sectorCount: UInt64, bootSector: [UInt8]) {
        heads = 16
        sectors = 63
        if let (tableHeads, tableSectors) = Self.fromPartitionTable(bootSector) {
            heads = tableHeads
            sectors = tableSectors
        } else if sectorCount < 16 * 63 {
            // Small images: a cylinder count of at least one.
            heads = 1
            sectors = UInt8(min(max(sectorCount, 1), 63))
        }
        let cylinders = sectorCount / (UInt64(heads) * UInt64(sectors))
        self.cylinders = UInt16(min(max(cylinders, 1), 16_383))
    }

    /// A partition ends at a cylinder boundary: its last head and sector tell the geometry.
    private static func fromPartitionTable(_ sector: [UInt8]) -> (heads: UInt8, sectors: UInt8)? {
        guard sector.count >= 512, sector[510] == 0x55, sector[511] == 0xAA else { return nil }
        for entry in stride(from: 0x1BE, to: 0x1FE, by: 16) where sector[entry] & 0x7F == 0 && sector[entry + 4] != 0 {
            let heads = Int(sector[entry + 5]) + 1
            let sectors = sector[entry + 6] & 0x3F
            let length = sector[entry + 12..<entry + 16].contains { $0 != 0 }
            if length, heads <= 16, heads > 1, sectors > 0 { return (UInt8(heads), sectors) }
        }
        return nil
    }

    init(cylinders: UInt16, heads: UInt8, sectors: UInt8) {
        self.cylinders = cylinders
        self.heads = heads
        self.sectors = sectors
    }

    var isValid: Bool { (1...16).contains(heads) && (1...63).contains(sectors) && cylinders > 0 }

    /// The sectors that the geometry reaches.
    var capacity: UInt64 { UInt64(cylinders) * UInt64(heads) * UInt64(sectors) }
}
