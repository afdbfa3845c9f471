// The clock driver: the time of day from the real-time clock, an MC146818 or what imitates one (Motorola MC146818A data
// sheet; IBM PC AT Technical Reference, "RT/CMOS RAM").

import CUser
import DeviceLogic
import User

@main
struct ClockDriver {
    static func main() {
        Service.driver.serve { request in
            guard request.label == ClockRequest.read, let words = CMOS.dateTime()?.words else { return request.fail(1) }
            request.reply(words.0, words.1)
        }
    }
}

private enum CMOS {
    private static func read(_ index: UInt8) -> UInt8 {
        port_write8(0x70, index)
        return port_read8(0x71)
    }

    /// What the clock says; nil if there is none, or it says no date.
    static func dateTime() -> DateTime? {
        var last = registers()
        // The clock may tick between two registers; two equal readings are a whole one.
        for _ in 0..<8 {
            let next = registers()
            if next == last { return next.dateTime }
            last = next
        }
        return nil
    }

    private static func registers() -> ClockRegisters {
        // Register A's bit 7: an update is under way. It takes 2 ms at most; a machine without the chip reads ones.
        for _ in 0..<20_000 where read(0x0A) & 0x80 == 0 { break }
        var registers = ClockRegisters()
        registers.second = read(0x00)
        registers.minute = read(0x02)
        registers.hour = read(0x04)
        registers.day = read(0x07)
        registers.month = read(0x08)
        registers.year = read(0x09)
        registers.century = read(0x32)
        registers.statusB = read(0x0B)
        return registers
    }
}
