import CUser
import TerminalInput

/// The first serial port, a 16550 or one of its ancestors. The kernel's log has set its speed, and goes on sending: a
/// byte at a time, like this driver, so neither needs to know of the other.
///
/// Source: National Semiconductor PC16550D data sheet, section 8.
struct SerialPort16550 {
    private enum Port {
        static var data: UInt16 { 0x3F8 }
        static var interruptEnable: UInt16 { 0x3F9 }
        /// Interrupt identification when read, FIFO control when written.
        static var fifoControl: UInt16 { 0x3FA }
        static var lineControl: UInt16 { 0x3FB }
        static var modemControl: UInt16 { 0x3FC }
        static var lineStatus: UInt16 { 0x3FD }
    }

    private var isPresent = false

    /// Takes what was received, and lets received bytes interrupt. What somebody has typed before there was a driver,
    /// or while one was replaced, is in the chip: a byte, or sixteen if the FIFOs are on.
    mutating func start(_ sink: inout some ByteSink) {
        // All ones is what an empty bus reads; the line status has a bit that is always 0.
        guard port_read8(Port.lineStatus) != 0xFF else { return }
        isPresent = true
        // The divisor latch hides the data and interrupt enable registers.
        port_write8(Port.lineControl, port_read8(Port.lineControl) & 0x7F)
        drain(into: &sink)
        // Switching the FIFOs on empties them, so not twice. A chip without them ignores it.
        if port_read8(Port.fifoControl) & 0xC0 == 0 { port_write8(Port.fifoControl, 0x01) }
        port_write8(Port.interruptEnable, 0x01)
        port_write8(Port.modemControl, 0x0B)  // DTR, RTS, and OUT2, which connects the interrupt on a PC.
    }

    /// Sends bytes. A line that takes none, as one without a chip, loses them rather than keep anybody waiting.
    mutating func send(_ bytes: UnsafeRawBufferPointer) {
        for byte in bytes where isPresent {
            // At 115200 baud a character takes 87 us, some 100 port reads of the ISA bus.
            var patience = 100_000
            while port_read8(Port.lineStatus) & 0x20 == 0, patience > 0 { patience -= 1 }
            if patience == 0 { isPresent = false } else { port_write8(Port.data, byte) }
        }
    }

    /// Reads everything that was received.
    mutating func drain(into sink: inout some ByteSink) {
        guard isPresent else { return }
        // The receiver holds sixteen bytes; a line that never ends must not keep the driver here.
        for _ in 0..<256 {
            guard port_read8(Port.lineStatus) & 0x01 != 0 else { return }
            sink.write(port_read8(Port.data))
        }
    }
}
