// The tables that int 15h hands out: E820h, E801h, 88h.

import Hardware

enum MemoryMap {
    /// Address range types (ACPI, section 15).
    private enum Kind: UInt32 {
        case usable = 1
        case reserved = 2
    }

    static func store(_ memory: MemorySize) {
        let extended = memory.extendedKilobytes
        BIOSDataArea.setExtendedWord(EBDA_KB_TO_16MB, UInt16(truncatingIfNeeded: min(extended, 15 * 1024)))
        let above = extended > 15 * 1024 ? (extended &- 15 * 1024) >> 6 : 0
        BIOSDataArea.setExtendedWord(EBDA_64KB_ABOVE_16MB, UInt16(truncatingIfNeeded: min(above, 0xFFFF)))

        let ebda = BIOSDataArea.extendedAddress
        append(0, length: UInt64(ebda), .usable)
        append(UInt64(ebda), length: UInt64(BIOSDataArea.extendedSize) << 10, .reserved)
        append(0xE_0000, length: 0x2_0000, .reserved)
        append(0x10_0000, length: UInt64(extended) << 10, .usable)
        append(0xFFFE_0000, length: 0x2_0000, .reserved)
        append(0x1_0000_0000, length: UInt64(memory.highUnits) << 16, .usable)

        // 17h, 18h: the first 64 MB again, for programs that read the CMOS themselves.
        let visible = min(extended, 0xFFFF)
        MC146818.write(0x17, UInt8(truncatingIfNeeded: visible))
        MC146818.write(0x18, UInt8(truncatingIfNeeded: visible >> 8))
    }

    private static func append(_ base: UInt64, length: UInt64, _ kind: Kind) {
        let count = BIOSDataArea.extendedWord(EBDA_E820_COUNT)
        guard length != 0, count < UInt16(E820_MAXIMUM) else { return }
        let entry =
            BIOSDataArea.extendedAddress &+ UInt32(EBDA_E820_TABLE) &+ UInt32(count) &* UInt32(E820_ENTRY_SIZE)
        memory_write32(entry, UInt32(truncatingIfNeeded: base))
        memory_write32(entry &+ 4, UInt32(truncatingIfNeeded: base >> 32))
        memory_write32(entry &+ 8, UInt32(truncatingIfNeeded: length))
        memory_write32(entry &+ 12, UInt32(truncatingIfNeeded: length >> 32))
        memory_write32(entry &+ 16, kind.rawValue)
        BIOSDataArea.setExtendedWord(EBDA_E820_COUNT, count &+ 1)
    }
}
