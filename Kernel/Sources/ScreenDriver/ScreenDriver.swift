// The screen driver: VGA text. A stream to write to.
//
// Constraint: the kernel's log shows on the same screen, also while this driver is being replaced, and neither may wait
// for the other. Choice: what they share is the hardware itself, the cells and the CRT controller's cursor. Each takes
// the cursor from there before it writes, and puts it back. Should the kernel speak in the middle of a message, its
// line is lost from the screen; the serial line has it.

import CUser
import DeviceLogic
import User

@main
struct ScreenDriver {
    static func main() {
        // Valid: the process manager has mapped the text memory there, 32 KiB of it.
        guard let cells = UnsafeMutablePointer<UInt16>(bitPattern: UInt(ProgramLayout.deviceMemory)) else { return }
        var buffer = InlineArray<512, UInt8>(repeating: 0)
        // Valid: `InlineArray` stores its elements contiguously, and the kernel writes no more than the buffer holds.
        withUnsafeMutableBytes(of: &buffer) { bytes in
            Service.driver.serve(buffer: bytes) { request in
                switch request.label {
                case StreamRequest.write:
                    var screen = TextScreen(cells: cells, position: CursorLocation.read())
                    for byte in request.bytes { screen.put(byte) }
                    CursorLocation.write(screen.position)
                    request.reply()
                case StreamRequest.clear:
                    var screen = TextScreen(cells: cells, position: 0)
                    screen.put(0x0C)
                    CursorLocation.write(screen.position)
                    request.reply()
                default: request.fail(StreamError.badRequest.rawValue)
                }
            }
        }
    }
}

/// The CRT controller's cursor location, registers 0Eh and 0Fh (IBM VGA, "CRT Controller Registers").
private enum CursorLocation {
    private static var index: UInt16 { 0x3D4 }

    static func read() -> Int { Int(register(0x0E)) << 8 | Int(register(0x0F)) }

    /// Index and data go in one instruction each, between which the kernel's log may use the registers.
    static func write(_ position: Int) {
        port_write16(index, UInt16(truncatingIfNeeded: position & 0xFF00) | 0x0E)
        port_write16(index, UInt16(truncatingIfNeeded: position << 8) | 0x0F)
    }

    /// Reads a register; if the kernel's log came in between and has changed the index, once more.
    private static func register(_ number: UInt8) -> UInt8 {
        for _ in 0..<8 {
            port_write8(index, number)
            let value = port_read8(index + 1)
            if port_read8(index) == number { return value }
        }
        return 0
    }
}
