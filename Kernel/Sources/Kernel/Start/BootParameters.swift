import KernelAssembly
import KernelImage
import KernelLogic

/// `boot_params`, the page that the loader or the setup code fills in (Linux/x86 boot protocol, "zero page"), as copied
/// by start.S.
enum BootParameters {
    private static var page: UnsafeRawPointer { UnsafeRawPointer(address_of_boot_parameters()) }

    private static func byte(_ offset: Int) -> UInt8 { page.load(fromByteOffset: offset, as: UInt8.self) }
    private static func half(_ offset: Int) -> UInt16 { page.loadUnaligned(fromByteOffset: offset, as: UInt16.self) }
    private static func word(_ offset: Int) -> UInt32 { page.loadUnaligned(fromByteOffset: offset, as: UInt32.self) }

    /// Who loaded the kernel: 0xTV, type and version; 0xFF is unknown.
    static var loader: UInt8 { byte(0x210) }
    /// What the setup code did; nil if the loader skipped it (32-bit boot protocol).
    static var record: BootRecord? { BootRecord(UnsafeRawBufferPointer(start: page, count: 4096)) }
    /// Physical address of the NUL-terminated command line, or 0.
    static var commandLine: UInt32 { word(0x228) }

    /// Number of entries in the BIOS's memory map, at most 128.
    static var mapCount: Int { min(Int(byte(0x1E8)), 128) }

    /// An entry of the BIOS's memory map.
    static func mapEntry(_ index: Int) -> BIOSMapEntry {
        let offset = 0x2D0 + index * 20
        return BIOSMapEntry(
            base: UInt64(word(offset)) | UInt64(word(offset + 4)) << 32,
            length: UInt64(word(offset + 8)) | UInt64(word(offset + 12)) << 32,
            type: word(offset + 16))
    }

    /// RAM from 1 MB on in KiB, from the older BIOS calls (E801h, else 88h); 0 if unknown.
    static var extendedKilobytes: UInt32 {
        let alternative = word(0x1E0)
        return alternative != 0 ? alternative : UInt32(half(2))
    }
}
