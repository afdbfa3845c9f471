import KernelImage
import ToolSupport

/// Boot sector and setup code: the first sectors of an image, with the setup header of the Linux/x86 boot protocol.
struct BootCode {
    /// Bytes of a sector.
    static let sectorSize = 512
    /// The cylinder that BIOSes assume of a disk that does not say otherwise: 16 heads of 63 sectors.
    static let cylinderSize = 16 * 63 * sectorSize

    /// Offsets in the image (Linux Documentation/arch/x86/boot.rst; the last group is ours, docs/image-format.md).
    enum Offset {
        static let bootChecksummed = [0x00..<0x03, 0x3E..<0x1B8, 0x1FE..<0x274, 0x278..<0x280]
        static let setupSectors = 0x1F1
        static let systemSize = 0x1F4
        static let bootFlag = 0x1FE
        static let headerMagic = 0x202
        static let initialSize = 0x260
        static let patchArea = 0x268
        static let protectedModeSize = 0x26C
        static let setupChecksum = 0x270
        static let bootChecksum = 0x274
        static let setupCode = 0x280
    }

    /// The bytes, a whole number of sectors.
    private(set) var bytes: [UInt8]

    /// Checks that these are the first sectors of an image, or more of it.
    ///
    /// - Throws: A `Diagnostic` without the file's name.
    init(_ bytes: [UInt8]) throws {
        func text(_ offset: Int) -> ArraySlice<UInt8> { bytes[offset..<(offset + 4)] }
        guard bytes.count >= 3 * Self.sectorSize else { throw Diagnostic("too short for boot sector and setup code") }
        guard bytes[Offset.bootFlag] == 0x55, bytes[Offset.bootFlag + 1] == 0xAA else {
            throw Diagnostic("no boot signature (55 AA) at the end of the first sector")
        }
        guard text(Offset.headerMagic).elementsEqual("HdrS".utf8), text(Offset.patchArea).elementsEqual("MRTL".utf8)
        else { throw Diagnostic("no setup header of Martlet's setup code") }
        let sectors = 1 + Int(bytes[Offset.setupSectors])
        guard bytes.count >= sectors * Self.sectorSize, sectors > 2 else {
            throw Diagnostic("image is truncated: the setup code is incomplete")
        }
        self.bytes = Array(bytes[..<(sectors * Self.sectorSize)])
    }

    func word(at offset: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << (8 * $1) }
    }

    /// CRC-32 of the boot sector's code and the setup header, without what others write into the file: BIOS parameter
    /// block, disk signature and partition table.
    var bootChecksum: UInt32 {
        var crc = CRC32()
        for range in Offset.bootChecksummed { bytes[range].withUnsafeBytes { crc.update($0) } }
        return crc.value
    }
    /// CRC-32 of the setup code behind everything that loaders change.
    var setupChecksum: UInt32 { bytes[Offset.setupCode...].withUnsafeBytes { CRC32.checksum($0) } }

    /// Fills in what depends on the protected-mode part.
    ///
    /// - Parameters:
    ///   - protectedModeSize: Its size in bytes.
    ///   - memorySize: How much memory from 1 MB on a loader must leave to it, in bytes.
    mutating func complete(protectedModeSize: UInt32, memorySize: UInt32) {
        bytes.setWord(at: Offset.systemSize, (protectedModeSize + 15) / 16)
        bytes.setWord(at: Offset.initialSize, memorySize)
        bytes.setWord(at: Offset.protectedModeSize, protectedModeSize)
        bytes.setWord(at: Offset.setupChecksum, setupChecksum)
        bytes.setWord(at: Offset.bootChecksum, bootChecksum)
    }

    /// Compares the header with the protected-mode part that follows it.
    ///
    /// - Throws: A `Diagnostic` without the file's name.
    func check(protectedModeSize: UInt32) throws {
        guard bootChecksum == word(at: Offset.bootChecksum) else {
            throw Diagnostic("boot sector or setup header is corrupt: checksum")
        }
        guard setupChecksum == word(at: Offset.setupChecksum) else {
            throw Diagnostic("setup code is corrupt: checksum")
        }
        guard word(at: Offset.protectedModeSize) == protectedModeSize,
            word(at: Offset.systemSize) == (protectedModeSize + 15) / 16
        else { throw Diagnostic("setup header and image descriptor disagree about the size of the image") }
    }
}
