// The BIOS data area at 0040:0000, which programs know by heart, and the EBDA.

import Hardware

enum BIOSDataArea {
    static let address: UInt32 = 0x400
    /// Kilobytes of the EBDA, at the top of base memory.
    static let extendedSize: UInt16 = 1

    static var extendedAddress: UInt32 { UInt32(word(BDA_EBDA_SEGMENT)) << 4 }

    static func word(_ offset: Int32) -> UInt16 {
        memory_read16(address &+ UInt32(truncatingIfNeeded: offset))
    }

    static func setWord(_ offset: Int32, _ value: UInt16) {
        memory_write16(address &+ UInt32(truncatingIfNeeded: offset), value)
    }

    static func setByte(_ offset: Int32, _ value: UInt8) {
        memory_write8(address &+ UInt32(truncatingIfNeeded: offset), value)
    }

    static func extendedWord(_ offset: Int32) -> UInt16 {
        memory_read16(extendedAddress &+ UInt32(truncatingIfNeeded: offset))
    }

    static func setExtendedWord(_ offset: Int32, _ value: UInt16) {
        memory_write16(extendedAddress &+ UInt32(truncatingIfNeeded: offset), value)
    }

    /// Points interrupt vector `number` at `segment:offset`.
    static func setVector(_ number: UInt32, segment: UInt16, offset: UInt16) {
        memory_write32(number * 4, UInt32(segment) << 16 | UInt32(offset))
    }

    /// Base memory, EBDA, keyboard buffer and equipment. The area is zero already, but for what int 10h stored.
    static func initialize() {
        // CMOS 15h, 16h: kilobytes of base memory, 640 on everything made since 1985.
        var base = UInt16(MC146818.read(0x15)) | UInt16(MC146818.read(0x16)) << 8
        if base < 64 || base > 640 {
            base = 640
        }
        base -= extendedSize
        setWord(BDA_MEMORY_KB, base)
        setWord(BDA_EBDA_SEGMENT, base << 6)
        var cell = extendedAddress
        for _ in 0..<(UInt32(extendedSize) * 256) {
            memory_write32(cell, 0)
            cell += 4
        }
        memory_write8(extendedAddress, UInt8(truncatingIfNeeded: extendedSize))

        let buffer = UInt16(BDA_KEYBOARD_BUFFER)
        setWord(BDA_KEYBOARD_HEAD, buffer)
        setWord(BDA_KEYBOARD_TAIL, buffer)
        setWord(BDA_KEYBOARD_BUFFER_START, buffer)
        setWord(BDA_KEYBOARD_BUFFER_END, buffer + UInt16(BDA_KEYBOARD_BUFFER_SIZE))
        setByte(BDA_KEYBOARD_STATE, 0x10)  // a keyboard of 101 keys

        // 80x25 in colour; the coprocessor's bit. No diskette drive: bit 0 stays clear.
        setWord(BDA_EQUIPMENT, processor_has_fpu() != 0 ? 0x0022 : 0x0020)
    }
}
