import KernelAssembly

/// COM1, a 16550 or 8250, as an output for the log. Its absence is no error and never makes the kernel wait for long.
enum SerialPort {
    private static var base: UInt16 { 0x3F8 }
    private nonisolated(unsafe) static var isPresent = false

    /// 115200 baud, 8 data bits, no parity, 1 stop bit, no interrupts.
    static func initialise() {
        // A missing chip reads as all ones; one that is there keeps what is written to its scratch register (all but
        // the first 8250, which had none, and is no loss).
        port_write8(base + 7, 0x5A)
        guard port_read8(base + 7) == 0x5A else { return }
        port_write8(base + 1, 0)  // interrupt enable
        port_write8(base + 3, 0x80)  // line control: divisor latch
        port_write8(base + 0, 1)
        port_write8(base + 1, 0)
        port_write8(base + 3, 3)  // 8N1
        // Switching the FIFOs on empties them: not while there is a byte that somebody has typed already. The serial
        // driver will find it, and switch them on then.
        if port_read8(base + 5) & 1 == 0 { port_write8(base + 2, 1) }
        port_write8(base + 4, 0xB)  // DTR, RTS, OUT2 (which gates the interrupt line)
        isPresent = true
    }

    static func put(_ byte: UInt8) {
        guard isPresent else { return }
        // At 115200 baud a character takes 87 us, some 100 port reads of the ISA bus.
        var patience: UInt32 = 100_000
        while port_read8(base + 5) & 0x20 == 0 {
            patience -= 1
            if patience == 0 {
                isPresent = false
                return
            }
        }
        port_write8(base, byte)
    }

    /// Waits until the last character has left the chip: before a reset, which would lose it.
    static func drain() {
        guard isPresent else { return }
        var patience: UInt32 = 100_000
        while port_read8(base + 5) & 0x40 == 0, patience > 0 { patience -= 1 }
    }
}
