/// The processor's way to the planes (IBM PS/2 Hardware Interface, "VGA Memory" and "Graphics Controller Registers").
///
/// The 32 bits of the four planes at one address are handled at once: plane n is byte n of a word.
extension VGA {
    /// Where the window of video memory lies (GR6 bits 2 and 3): start and size.
    private var window: (start: UInt32, size: UInt32) {
        switch registers.graphics[6] >> 2 & 3 {
        case 0: (0xA0000, 0x20000)
        case 1: (0xA0000, 0x10000)
        case 2: (0xB0000, 0x8000)
        default: (0xB8000, 0x8000)
        }
    }

    private var isChained4: Bool { registers.sequencer[4] & 0x08 != 0 }
    /// Even addresses go to planes 0 and 2, odd ones to 1 and 3.
    private var writesOddEven: Bool { registers.sequencer[4] & 0x04 == 0 }
    private var readsOddEven: Bool { registers.graphics[5] & 0x10 != 0 }

    /// 0xFF in byte n for each bit n of `nibble` that is set.
    @inline(__always)
    private func expand(_ nibble: UInt8) -> UInt32 {
        // Bit n moves to bit 8n; the multiplication then fills the byte.
        let bits = UInt32(nibble & 0xF)
        return (bits &* 0x0020_4081 & 0x0101_0101) &* 0xFF
    }

    /// Index into the planes, and for odd/even and chained addressing the plane, for an address; nil outside the
    /// window.
    @inline(__always)
    private func locate(_ address: UInt32, oddEven: Bool) -> (index: Int, plane: UInt32)? {
        let (start, size) = window
        let offset = address &- start
        guard offset < size else { return nil }
        if isChained4 {
            return (Int(offset & 0xFFFC), offset & 3)
        }
        if oddEven {
            return (Int(offset & 0xFFFE), offset & 1)
        }
        return (Int(offset & 0xFFFF), 0)
    }

    func readMemory(_ address: UInt32) -> UInt8 {
        guard registers.miscellaneous & 0x02 != 0, let (index, plane) = locate(address, oddEven: readsOddEven) else {
            return 0xFF
        }
        let latches = registers.planes[index]
        registers.latches = latches
        if registers.graphics[5] & 0x08 != 0 {
            return compareColours(latches)
        }
        var selected = UInt32(registers.graphics[4] & 3)
        if isChained4 {
            selected = plane
        } else if readsOddEven {
            selected = selected & 2 | plane
        }
        return UInt8(truncatingIfNeeded: latches >> (8 * selected))
    }

    /// Read mode 1: a bit for each of eight pixels, set where all planes that matter (GR7) have the colour of GR2.
    private func compareColours(_ latches: UInt32) -> UInt8 {
        let differing = (latches ^ expand(registers.graphics[2])) & expand(registers.graphics[7])
        let folded = differing | differing >> 16
        return ~UInt8(truncatingIfNeeded: folded | folded >> 8)
    }

    func writeMemory(_ address: UInt32, _ value: UInt8) {
        guard registers.miscellaneous & 0x02 != 0, let (index, plane) = locate(address, oddEven: writesOddEven) else {
            return
        }
        var enabled = registers.sequencer[2] & 0xF
        if isChained4 {
            enabled &= 1 << UInt8(plane)
        } else if writesOddEven {
            enabled &= plane == 0 ? 0x5 : 0xA
        }
        guard enabled != 0 else { return }
        let mask = expand(enabled)
        let old = registers.planes[index]
        let new = old & ~mask | composed(value) & mask
        if new != old {
            registers.planes[index] = new
            generation &+= 1
        }
    }

    /// What the four planes get when the processor writes `value`: write modes 0 to 3.
    private func composed(_ value: UInt8) -> UInt32 {
        let graphics = registers.graphics
        let mode = graphics[5] & 3
        if mode == 1 { return registers.latches }
        let count = graphics[3] & 7
        let rotated = count == 0 ? value : value >> count | value << (8 - count)
        var bitMask = graphics[8]
        var data: UInt32
        switch mode {
        case 0:
            let setReset = expand(graphics[1])
            data = UInt32(rotated) &* 0x0101_0101
            data = data & ~setReset | expand(graphics[0]) & setReset
        case 2:
            data = expand(value)
        default:
            bitMask &= rotated
            data = expand(graphics[0])
        }
        switch graphics[3] >> 3 & 3 {
        case 1: data &= registers.latches
        case 2: data |= registers.latches
        case 3: data ^= registers.latches
        default: break
        }
        let bits = UInt32(bitMask) &* 0x0101_0101
        return data & bits | registers.latches & ~bits
    }
}
