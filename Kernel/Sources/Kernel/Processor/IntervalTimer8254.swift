import KernelAssembly

/// The 8254's counter 0, which raises interrupt line 0: the kernel's clock.
enum IntervalTimer8254 {
    /// The counters' frequency in Hz.
    static var frequency: UInt32 { 1_193_182 }
    static var ticksPerSecond: UInt32 { 1000 }
    /// Counts in a tick.
    static var countsPerTick: UInt32 { (frequency + ticksPerSecond / 2) / ticksPerSecond }
    /// The most ticks that one interrupt can be away: the counter has 16 bits.
    static var longestWait: UInt32 { 0xFFFF / countsPerTick }

    static func initialise() {
        startTicking()
        InterruptController8259.enable(0)
    }

    /// An interrupt each tick, the first in a tick from now.
    static func startTicking() {
        port_write8(0x43, 0x34)  // counter 0, both bytes, mode 2 (rate generator), binary
        load(countsPerTick)
    }

    /// One interrupt, after `counts` counts.
    static func startWait(_ counts: UInt32) {
        port_write8(0x43, 0x30)  // counter 0, both bytes, mode 0 (interrupt on terminal count), binary
        load(counts)
    }

    private static func load(_ counts: UInt32) {
        port_write8(0x40, UInt8(truncatingIfNeeded: counts))
        port_write8(0x40, UInt8(truncatingIfNeeded: counts >> 8))
    }

    /// The counter as it is now. In mode 0 it goes on from 65535 after its interrupt.
    static func read() -> UInt32 {
        port_write8(0x43, 0)  // latch counter 0
        let low = port_read8(0x40)
        return UInt32(port_read8(0x40)) << 8 | UInt32(low)
    }
}
