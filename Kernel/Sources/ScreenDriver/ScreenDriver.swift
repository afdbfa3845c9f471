// The screen driver: VGA text. A stream to write to.
//
// Constraint: before this driver, and after its death, somebody else writes to the screen: the kernel, or a
// predecessor. Choice: what is handed over is the hardware itself, the cells and the CRT controller's cursor. The
// driver begins where the cursor is, and leaves it behind its last character.

import CUser
import DeviceLogic
import User

@main
struct ScreenDriver {
    static func main() {
        // Valid: the process manager has mapped the text memory there, 32 KiB of it.
        guard let cells = UnsafeMutablePointer<UInt16>(bitPattern: UInt(ProgramLayout.deviceMemory)) else { return }
        var current: TextScreen?
        var buffer = InlineArray<512, UInt8>(repeating: 0)
        // Valid: `InlineArray` stores its elements contiguously, and the kernel writes no more than the buffer holds.
        withUnsafeMutableBytes(of: &buffer) { bytes in
            Service.driver.serve(buffer: bytes) { request in
                // The first request hands the screen over: only now the cursor is where the last one has left it.
                var screen = current ?? TextScreen(cells: cells, position: CursorLocation.read())
                defer { current = screen }
                switch request.label {
                case StreamRequest.write:
                    for byte in request.bytes { screen.put(byte) }
                    CursorLocation.write(screen.position)
                    request.reply()
                case StreamRequest.clear:
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

    static func write(_ position: Int) {
        port_write16(index, UInt16(truncatingIfNeeded: position & 0xFF00) | 0x0E)
        port_write16(index, UInt16(truncatingIfNeeded: position << 8) | 0x0F)
    }

    private static func register(_ number: UInt8) -> UInt8 {
        port_write8(index, number)
        return port_read8(index + 1)
    }
}
