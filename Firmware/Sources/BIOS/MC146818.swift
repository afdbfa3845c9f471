// The real-time clock and its CMOS memory (Motorola MC146818A data sheet).

import Hardware

enum MC146818 {
    private static let statusA: UInt8 = 0x0A
    private static let statusB: UInt8 = 0x0B
    private static let statusC: UInt8 = 0x0C
    private static let statusD: UInt8 = 0x0D
    private static let century: UInt8 = 0x32

    /// Reads a CMOS register; bit 7 of the index port stays clear, so that NMI stays enabled.
    static func read(_ register: UInt8) -> UInt8 {
        port_write8(0x70, register)
        return port_read8(0x71)
    }

    static func write(_ register: UInt8, _ value: UInt8) {
        port_write8(0x70, register)
        port_write8(0x71, value)
    }

    /// 32768 Hz time base, 24 hours, BCD, no interrupts; and the day's ticks for 40:6C.
    static func initialize() {
        write(statusA, 0x26)
        write(statusB, 0x02)
        _ = read(statusC)  // take back what is pending
        _ = read(statusD)
        waitForStableTime()
        let seconds = number(0x00) &+ number(0x02) &* 60 &+ number(0x04) &* 3600
        // 1193182 / 65536 ticks per second.
        let ticks = UInt32(truncatingIfNeeded: (UInt64(seconds) &* 1_193_182) >> 16)
        memory_write32(BIOSDataArea.address + UInt32(BDA_TICKS), ticks)
    }

    /// Date and time, as 2026-11-22 19:30:00.
    static func describe(in report: inout Report) {
        report.hexadecimal(UInt32(read(century)), digits: 2)
        report.hexadecimal(UInt32(read(0x09)), digits: 2)
        report.put(0x2D)
        report.hexadecimal(UInt32(read(0x08)), digits: 2)
        report.put(0x2D)
        report.hexadecimal(UInt32(read(0x07)), digits: 2)
        report.put(0x20)
        report.hexadecimal(UInt32(read(0x04)), digits: 2)
        report.put(0x3A)
        report.hexadecimal(UInt32(read(0x02)), digits: 2)
        report.put(0x3A)
        report.hexadecimal(UInt32(read(0x00)), digits: 2)
        report.endLine()
    }

    /// A BCD register as a number.
    private static func number(_ register: UInt8) -> UInt32 {
        let value = UInt32(read(register))
        return (value >> 4) &* 10 &+ (value & 0xF)
    }

    /// While status A says "update in progress" the time registers may change under the reader.
    private static func waitForStableTime() {
        for _ in 0..<10_000 where read(statusA) & 0x80 == 0 {
            return
        }
    }
}
