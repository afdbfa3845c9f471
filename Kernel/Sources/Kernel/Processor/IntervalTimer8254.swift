import KernelAssembly

/// The 8254's counter 0, which raises interrupt line 0: the kernel's clock.
enum IntervalTimer8254 {
    /// The counters' frequency in Hz.
    static var frequency: UInt32 { 1_193_182 }
    static var ticksPerSecond: UInt32 { 1000 }

    static func initialise() {
        let divisor = (frequency + ticksPerSecond / 2) / ticksPerSecond
        port_write8(0x43, 0x34)  // counter 0, both bytes, mode 2 (rate generator), binary
        port_write8(0x40, UInt8(truncatingIfNeeded: divisor))
        port_write8(0x40, UInt8(truncatingIfNeeded: divisor >> 8))
        InterruptController8259.enable(0)
    }
}
