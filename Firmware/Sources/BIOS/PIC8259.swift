// The two interrupt controllers (Intel 8259A data sheet, "Initialization Command Words").

import Hardware

enum PIC8259 {
    /// IBM's vectors: IRQ 0-7 at 08h, IRQ 8-15 at 70h. Open: timer, keyboard, cascade; clock, coprocessor, disk.
    static func initialize() {
        port_write8(0x20, 0x11)  // ICW1: edge triggered, cascaded, ICW4 follows
        port_write8(0xA0, 0x11)
        port_write8(0x21, 0x08)  // ICW2: vectors
        port_write8(0xA1, 0x70)
        port_write8(0x21, 0x04)  // ICW3: the slave is on line 2
        port_write8(0xA1, 0x02)
        port_write8(0x21, 0x01)  // ICW4: 8086 mode
        port_write8(0xA1, 0x01)
        port_write8(0x21, 0xF8)
        port_write8(0xA1, 0x9E)
    }
}
