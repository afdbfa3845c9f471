import CUser
import TerminalInput

/// The PS/2 keyboard behind an 8042 controller.
///
/// The controller is set up to translate to scan code set 1 and to interrupt, whatever the firmware left; every wait is
/// bounded, so that a machine without the chip loses nothing but time. Source: IBM PS/2 Hardware Interface Technical
/// Reference, "Keyboard and Auxiliary Device Controller".
struct Keyboard8042 {
    private enum Port {
        static var data: UInt16 { 0x60 }
        /// Status when read, command when written.
        static var status: UInt16 { 0x64 }
    }

    private enum Status {
        /// A byte is there to be read.
        static var outputFull: UInt8 { 0x01 }
        /// The controller has not yet taken what was written.
        static var inputFull: UInt8 { 0x02 }
        /// The byte to be read comes from the mouse.
        static var auxiliary: UInt8 { 0x20 }
    }

    private var decoder = ScancodeDecoder()
    private var isPresent = false

    /// Makes the controller deliver set 1 with interrupts, and lets the keyboard scan.
    mutating func start() {
        // All ones is what an empty bus reads.
        guard port_read8(Port.status) != 0xFF else { return }
        isPresent = true
        command(0xAD)  // Keep the keyboard quiet meanwhile.
        discard()
        command(0x20)
        var configuration = read() ?? 0x40
        configuration |= 0x41  // Interrupt on keys; translate to set 1.
        configuration &= ~0x10  // Keyboard clock on.
        command(0x60)
        write(configuration)
        command(0xAE)
        write(0xF4)  // Enable scanning; the answer is passed over by the decoder.
    }

    /// Reads everything that the keyboard has sent.
    mutating func drain(into sink: inout some ByteSink) {
        guard isPresent else { return }
        // The controller holds one byte and the keyboard sixteen; more than that is a fault of the hardware.
        for _ in 0..<64 {
            let status = port_read8(Port.status)
            guard status & Status.outputFull != 0 else { return }
            let byte = port_read8(Port.data)
            if status & Status.auxiliary == 0 { decoder.decode(byte, to: &sink) }
        }
    }

    private func command(_ byte: UInt8) {
        waitUntilTaken()
        port_write8(Port.status, byte)
    }

    private func write(_ byte: UInt8) {
        waitUntilTaken()
        port_write8(Port.data, byte)
    }

    private func waitUntilTaken() {
        for _ in 0..<10000 where port_read8(Port.status) & Status.inputFull == 0 { return }
    }

    private func read() -> UInt8? {
        for _ in 0..<10000 where port_read8(Port.status) & Status.outputFull != 0 { return port_read8(Port.data) }
        return nil
    }

    private func discard() {
        for _ in 0..<64 {
            guard port_read8(Port.status) & Status.outputFull != 0 else { return }
            _ = port_read8(Port.data)
        }
    }
}
