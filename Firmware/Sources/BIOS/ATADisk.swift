// Finding ATA disks and deciding how int 13h shows them (ATA-4: ANSI NCITS 317, sections 8 and 9).

import Hardware

/// A place where an ATA device can be, and the words its IDENTIFY command answered.
struct ATADisk {
    private static let count: UInt16 = 2
    private static let sectorNumber: UInt16 = 3
    private static let cylinderLow: UInt16 = 4
    private static let cylinderHigh: UInt16 = 5
    private static let drive: UInt16 = 6
    private static let status: UInt16 = 7

    private static let busy: UInt8 = 0x80
    private static let dataRequest: UInt8 = 0x08
    private static let error: UInt8 = 0x01

    private static let identify: UInt8 = 0xEC
    private static let identifyPacket: UInt8 = 0xA1
    /// Polls until a drive counts as absent.
    private static let limit: UInt32 = 100_000

    enum Kind {
        case none
        case disk
        case packet
    }

    let port: UInt16
    let controlPort: UInt16
    let select: UInt8
    private var identity = InlineArray<256, UInt16>(repeating: 0)

    init(port: UInt16, controlPort: UInt16, select: UInt8) {
        self.port = port
        self.controlPort = controlPort
        self.select = select
    }

    /// Looks at the four places, gives hard disks the numbers 80h and up, and tells.
    static func probeAll(reportingTo report: inout Report) {
        var found: UInt8 = 0
        for place in 0..<UInt8(DISK_MAXIMUM) {
            let secondary = place & 2 != 0
            var disk = ATADisk(
                port: secondary ? 0x170 : 0x1F0,
                controlPort: secondary ? 0x376 : 0x3F6,
                select: place & 1 == 0 ? 0xA0 : 0xB0
            )
            switch disk.probe() {
            case .none:
                break
            case .disk:
                disk.store(as: found)
                report.diskLabel(0x80 &+ found)
                disk.describe(in: &report)
                report.endLine()
                found &+= 1
            case .packet:
                report.label("CD-ROM")
                disk.putModel(in: &report)
                report.text(" (this BIOS does not boot from it)")
                report.endLine()
            }
        }
        BIOSDataArea.setByte(BDA_DISK_COUNT, found)
        if found == 0 {
            report.label("Disks")
            report.text("none found")
            report.endLine()
        }
    }

    /// Asks who is there. Interrupts of the channel are off meanwhile.
    mutating func probe() -> Kind {
        port_write8(controlPort, 0x0A)
        let kind = identifyDevice()
        port_write8(controlPort, 0x08)
        return kind
    }

    private mutating func identifyDevice() -> Kind {
        port_write8(port + ATADisk.drive, select)
        delay()
        // Registers that do not hold a value belong to nobody; neither does a bus that floats high.
        guard port_read8(port + ATADisk.status) != 0xFF else { return .none }
        port_write8(port + ATADisk.count, 0x55)
        port_write8(port + ATADisk.sectorNumber, 0xAA)
        guard port_read8(port + ATADisk.count) == 0x55, port_read8(port + ATADisk.sectorNumber) == 0xAA else {
            return .none
        }
        guard waitWhileBusy() else { return .none }
        port_write8(port + ATADisk.status, ATADisk.identify)
        delay()
        guard port_read8(port + ATADisk.status) != 0, waitWhileBusy() else { return .none }
        if readIdentity() {
            return .disk
        }
        // A packet device refuses and shows its signature.
        guard port_read8(port + ATADisk.cylinderLow) == 0x14, port_read8(port + ATADisk.cylinderHigh) == 0xEB else {
            return .none
        }
        port_write8(port + ATADisk.status, ATADisk.identifyPacket)
        delay()
        guard waitWhileBusy() else { return .none }
        return readIdentity() ? .packet : .none
    }

    /// Four reads of the alternate status take the 400 ns a drive needs before its status is valid.
    private func delay() {
        for _ in 0..<4 {
            _ = port_read8(controlPort)
        }
    }

    private func waitWhileBusy() -> Bool {
        for _ in 0..<ATADisk.limit where port_read8(port + ATADisk.status) & ATADisk.busy == 0 {
            return true
        }
        return false
    }

    private mutating func readIdentity() -> Bool {
        var value = port_read8(port + ATADisk.status)
        var rest = ATADisk.limit
        while value & (ATADisk.dataRequest | ATADisk.error) == 0, rest > 0 {
            value = port_read8(port + ATADisk.status)
            rest -= 1
        }
        guard value & ATADisk.error == 0, value & ATADisk.dataRequest != 0 else { return false }
        for index in 0..<256 {
            identity[index] = port_read16(port)
        }
        return true
    }

    // MARK: What the words mean

    /// Word 49 bit 9.
    var hasLBA: Bool { identity[49] & 0x0200 != 0 }

    /// Sectors int 13h can reach: words 60 and 61, or the geometry's product on disks without LBA.
    var sectors: UInt32 {
        if hasLBA {
            return min(UInt32(identity[61]) << 16 | UInt32(identity[60]), 0x0FFF_FFFF)
        }
        return UInt32(identity[1]) &* UInt32(identity[3]) &* UInt32(identity[6])
    }

    /// Cylinders, heads and sectors per track.
    struct Geometry {
        var cylinders: UInt32
        var heads: UInt32
        var sectorsPerTrack: UInt32
    }

    /// The geometry of the drive's own default translation: words 1, 3 and 6.
    var physicalGeometry: Geometry {
        Geometry(
            cylinders: UInt32(identity[1]),
            heads: UInt32(identity[3]),
            sectorsPerTrack: UInt32(identity[6])
        )
    }

    /// The geometry int 13h shows, which has at most 1024 cylinders: the drive's own if it fits; with LBA the usual
    /// "assisted" translation (63 sectors, heads by size); else heads doubled while cylinders are halved.
    var logicalGeometry: Geometry {
        var geometry = physicalGeometry
        if geometry.cylinders <= 1024, geometry.cylinders != 0 || !hasLBA {
            return geometry
        }
        if hasLBA {
            geometry.sectorsPerTrack = 63
            geometry.heads = 16
            while geometry.heads < 128, sectors / (geometry.heads &* 63) > 1024 {
                geometry.heads &*= 2
            }
            if sectors / (geometry.heads &* 63) > 1024 {
                geometry.heads = 255
            }
            geometry.cylinders = max(1, min(sectors / (geometry.heads &* 63), 1024))
            return geometry
        }
        while geometry.cylinders > 1024, geometry.heads <= 64 {
            geometry.cylinders >>= 1
            geometry.heads &*= 2
        }
        geometry.cylinders = min(geometry.cylinders, 1024)
        return geometry
    }

    /// Model, then size.
    func describe(in report: inout Report) {
        putModel(in: &report)
        report.text(", ")
        report.size(kilobytes: sectors >> 1)
        if !hasLBA {
            report.text(", no LBA")
        }
    }

    func putModel(in report: inout Report) {
        for index in 0..<modelLength {
            report.put(modelCharacter(index))
        }
    }

    /// Words 27-46, two characters each, the first in the high byte, padded with blanks.
    private func modelCharacter(_ index: Int) -> UInt8 {
        let word = identity[27 &+ (index >> 1) % 20]
        let character = UInt8(truncatingIfNeeded: index & 1 == 0 ? word >> 8 : word)
        return character >= 0x20 && character < 0x7F ? character : 0x3F
    }

    private var modelLength: Int {
        var length = 40
        while length > 0, modelCharacter(length - 1) == 0x20 {
            length -= 1
        }
        return length
    }

    // MARK: The entry in the EBDA

    /// Writes the disk's entry, its parameter table and vector, and tells a drive without LBA its geometry.
    func store(as index: UInt8) {
        let entry = Entry(index: UInt32(index))
        let physical = physicalGeometry
        let logical = logicalGeometry
        entry.setByte(DISK_HAS_LBA, hasLBA ? 1 : 0)
        entry.setByte(DISK_SELECT, select)
        entry.setWord(DISK_PORT, UInt32(port))
        entry.setWord(DISK_CONTROL_PORT, UInt32(controlPort))
        entry.setWord(DISK_CYLINDERS, logical.cylinders)
        entry.setWord(DISK_HEADS, logical.heads)
        entry.setWord(DISK_SECTORS_PER_TRACK, logical.sectorsPerTrack)
        entry.setWord(DISK_PHYSICAL_CYLINDERS, physical.cylinders)
        entry.setWord(DISK_PHYSICAL_HEADS, physical.heads)
        entry.setWord(DISK_PHYSICAL_SECTORS_PER_TRACK, physical.sectorsPerTrack)
        memory_write32(entry.address &+ UInt32(DISK_SECTORS), sectors)
        for position in 0..<modelLength {
            entry.setByte(DISK_NAME &+ Int32(truncatingIfNeeded: position), modelCharacter(position))
        }
        guard index < 2 else { return }

        // Fixed disk parameter table (IBM PC AT Technical Reference), vectors 41h and 46h.
        let offset = EBDA_DISK_PARAMETERS &+ Int32(index) &* 16
        let table = BIOSDataArea.extendedAddress &+ UInt32(truncatingIfNeeded: offset)
        memory_write16(table, UInt16(truncatingIfNeeded: logical.cylinders))
        memory_write8(table &+ 2, UInt8(truncatingIfNeeded: logical.heads))
        memory_write16(table &+ 5, 0xFFFF)  // no write precompensation
        memory_write8(table &+ 8, logical.heads > 8 ? 0xC8 : 0xC0)
        memory_write16(table &+ 12, UInt16(truncatingIfNeeded: logical.cylinders))
        memory_write8(table &+ 14, UInt8(truncatingIfNeeded: logical.sectorsPerTrack))
        BIOSDataArea.setVector(
            index == 0 ? 0x41 : 0x46,
            segment: BIOSDataArea.word(BDA_EBDA_SEGMENT),
            offset: UInt16(truncatingIfNeeded: offset)
        )
    }

    /// The memory of one disk's entry.
    private struct Entry {
        let address: UInt32

        init(index: UInt32) {
            address = BIOSDataArea.extendedAddress &+ UInt32(EBDA_DISKS) &+ index &* UInt32(DISK_ENTRY_SIZE)
        }

        func setByte(_ offset: Int32, _ value: UInt8) {
            memory_write8(address &+ UInt32(truncatingIfNeeded: offset), value)
        }

        func setWord(_ offset: Int32, _ value: UInt32) {
            memory_write16(address &+ UInt32(truncatingIfNeeded: offset), UInt16(truncatingIfNeeded: value))
        }
    }
}
