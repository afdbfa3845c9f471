// How much RAM there is.
//
// The board wrote the sizes into the CMOS (registers as on a PC AT and as QEMU defines them for what an AT could not
// have). POST believes them as upper limits and touches up to 64 words on the way to see that RAM answers; testing
// every byte would take longer than everything else together.

import Hardware

struct MemorySize {
    /// Base memory that is not ours.
    var baseKilobytes: UInt32
    /// From 1 MB up, below 4 GB.
    var extendedKilobytes: UInt32
    /// Above 4 GB, in units of 64 KiB.
    var highUnits: UInt32
    /// RAM stopped answering before the CMOS said it would end.
    var missing = false
    /// The A20 gate is stuck, so that odd megabytes cannot be reached, nor tested.
    var gateIsClosed = false

    static func probe() -> MemorySize {
        let base = UInt32(BIOSDataArea.word(BDA_MEMORY_KB))
        // 34h, 35h: 64 KiB units above 16 MB; 30h, 31h: KiB above 1 MB up to 64 MB.
        let above16 = cmos(0x34) | cmos(0x35) << 8
        var extended = cmos(0x30) | cmos(0x31) << 8
        if above16 != 0 {
            extended = 15 * 1024 + above16 &* 64
        }
        // 5Bh-5Dh: 64 KiB units above 4 GB.
        let high = cmos(0x5B) | cmos(0x5C) << 8 | cmos(0x5D) << 16
        var size = MemorySize(baseKilobytes: base, extendedKilobytes: extended, highUnits: high)
        if A20.open() {
            size.touch()
        } else {
            size.gateIsClosed = true
        }
        return size
    }

    func describe(in report: inout Report) {
        report.size(kilobytes: baseKilobytes)
        report.text(" base, ")
        report.size(kilobytes: extendedKilobytes)
        report.text(" extended")
        if highUnits != 0 {
            report.text(", ")
            report.size(kilobytes: highUnits &* 64)
            report.text(" above 4 GB")
        }
        if missing {
            report.text(" (less answers than is configured)")
        }
        if gateIsClosed {
            report.text(" (the A20 gate does not open)")
        }
        report.endLine()
    }

    private static func cmos(_ register: UInt8) -> UInt32 {
        UInt32(MC146818.read(register))
    }

    /// Writes two patterns and their way back to one word in each of 64 parts, and to the last word.
    private mutating func touch() {
        let start: UInt32 = 0x10_0000
        let step = max(extendedKilobytes >> 6, 1024)
        var kilobytes = step
        while true {
            let part = min(kilobytes, extendedKilobytes)
            if part == 0 {
                return
            }
            if !MemorySize.answers(start &+ part &* 1024 &- 4) {
                missing = true
                extendedKilobytes = kilobytes &- step
                return
            }
            if part == extendedKilobytes {
                return
            }
            kilobytes &+= step
        }
    }

    private static func answers(_ address: UInt32) -> Bool {
        let old = memory_read32(address)
        memory_write32(address, 0x55AA_33CC)
        memory_write32(0x500, 0)  // so that a floating bus does not remember
        let first = memory_read32(address) == 0x55AA_33CC
        memory_write32(address, 0xAA55_CC33)
        memory_write32(0x500, 0)
        let second = memory_read32(address) == 0xAA55_CC33
        memory_write32(address, old)
        return first && second
    }
}
