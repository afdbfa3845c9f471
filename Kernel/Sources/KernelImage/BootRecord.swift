/// What the setup code says of the way from the BIOS to the kernel: 16 bytes in the padding of `boot_params`
/// (docs/image-format.md, "Boot record"). A loader that skips the setup code leaves zeros there.
public struct BootRecord: Equatable, Sendable {
    /// "MTBI" as a little-endian number.
    public static var magic: UInt32 { 0x4942_544D }
    /// Its place in `boot_params`, in bytes.
    public static var offset: Int { 0x0D0 }
    /// Its size in bytes.
    public static var size: Int { 16 }

    /// Who loaded the image.
    public enum Path: UInt8, Sendable {
        /// The image's own boot sector.
        case bootSector = 1
        /// A boot loader, by the 16-bit boot protocol.
        case protocol16 = 2

        public var description: StaticString {
            switch self {
            case .bootSector: "boot sector"
            case .protocol16: "16-bit protocol"
            }
        }
    }

    /// How the disk was read.
    public enum DiskAccess: UInt8, Sendable {
        /// Not by the setup code.
        case none = 0
        /// By cylinder, head and sector.
        case geometry = 1
        /// By the extensions of int 13h.
        case extensions = 2

        public var description: StaticString {
            switch self {
            case .none: "not read"
            case .geometry: "CHS"
            case .extensions: "int 13h extensions"
            }
        }
    }

    /// What switched address line 20 on.
    public enum A20Method: UInt8, Sendable {
        case wasOn = 0
        case bios = 1
        case port92 = 2
        case keyboardController = 3
        case portEE = 4

        public var description: StaticString {
            switch self {
            case .wasOn: "already on"
            case .bios: "BIOS"
            case .port92: "port 92h"
            case .keyboardController: "8042"
            case .portEE: "port EEh"
            }
        }
    }

    /// Where the memory map comes from.
    public enum MapSource: UInt8, Sendable {
        case e820 = 1
        case e801 = 2
        case service88 = 3
        case cmos = 4

        public var description: StaticString {
            switch self {
            case .e820: "E820"
            case .e801: "E801"
            case .service88: "88h"
            case .cmos: "CMOS"
            }
        }
    }

    public let path: Path
    /// BIOS drive number; 0xFF if the setup code was not loaded from a drive it knows.
    public let drive: UInt8
    public let diskAccess: DiskAccess
    public let a20Method: A20Method
    public let mapSource: MapSource
    /// Conventional memory in KiB, by int 12h.
    public let conventionalKilobytes: UInt16

    /// Reads the record; nil if the setup code did not run.
    ///
    /// - Parameter bootParameters: The page `boot_params`, or its beginning.
    public init?(_ bootParameters: UnsafeRawBufferPointer) {
        guard bootParameters.count >= Self.offset + Self.size else { return nil }
        let record = UnsafeRawBufferPointer(rebasing: bootParameters[Self.offset..<(Self.offset + Self.size)])
        // In bounds: the record has 16 bytes.
        guard UInt32(littleEndian: record.loadUnaligned(as: UInt32.self)) == Self.magic,
            let path = Path(rawValue: record[4]), let diskAccess = DiskAccess(rawValue: record[6]),
            let a20Method = A20Method(rawValue: record[7]), let mapSource = MapSource(rawValue: record[8])
        else { return nil }
        self.path = path
        drive = record[5]
        self.diskAccess = diskAccess
        self.a20Method = a20Method
        self.mapSource = mapSource
        conventionalKilobytes = UInt16(
            littleEndian: record.loadUnaligned(fromByteOffset: 10, as: UInt16.self))
    }
}
