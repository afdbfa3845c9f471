// The A20 gate, which makes odd megabytes mirrors of even ones while it is closed (IBM PC AT Technical Reference,
// "Keyboard Controller", output port bit 1).

import Hardware

enum A20 {
    /// Polls until a gate that was told to open counts as stuck. Some take a tenth of a second.
    private static let limit: UInt32 = 500_000

    /// Opens the gate by port 92h, and where that does nothing by the keyboard controller. Returns whether it is open.
    static func open() -> Bool {
        if isOpen {
            return true
        }
        port_write8(0x92, port_read8(0x92) & 0xFE | 0x02)
        if port_read8(0x64) != 0xFF {
            I8042.writeOutputPort(0xDF)
        }
        for _ in 0..<limit where isOpen {
            return true
        }
        return false
    }

    /// Whether a word above 1 MB keeps a value of its own.
    private static var isOpen: Bool {
        let low: UInt32 = 0x500
        let high: UInt32 = 0x10_0500
        let old = memory_read32(high)
        memory_write32(low, 0x0123_4567)
        memory_write32(high, 0x89AB_CDEF)
        let open = memory_read32(low) == 0x0123_4567
        memory_write32(high, old)
        return open
    }
}
