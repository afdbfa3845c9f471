// The interval timer (Intel 8254 data sheet).

import Hardware

enum PIT8254 {
    /// Channel 0 at 1193182 / 65536 = 18.2 Hz. Rate generator rather than IBM's square wave, so that the count goes
    /// through every value once, which int 15h AH=86h measures by.
    static func initialize() {
        port_write8(0x43, 0x34)
        port_write8(0x40, 0)
        port_write8(0x40, 0)
        // Channel 1 refreshed the memory of an AT; channel 2 stays silent.
        port_write8(0x43, 0x54)
        port_write8(0x41, 18)
        port_write8(0x61, port_read8(0x61) & 0xFC)
    }
}
