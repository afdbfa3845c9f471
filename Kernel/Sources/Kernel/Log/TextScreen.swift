import KernelAssembly

/// The VGA's text screen as an output for the log: 80 by 25 characters at 0xB8000, in the mode that the BIOS left.
///
/// On a machine whose screen is in another mode, or that has none, the writes go nowhere. A driver in user space writes
/// to the same screen, so the place of the next character is where the hardware's cursor is.
enum TextScreen {
    private static var memory: UInt32 { 0xB8000 }
    private static var columns: UInt32 { 80 }
    private static var rows: UInt32 { 25 }
    /// A light grey space on black.
    private static var blank: UInt16 { 0x0720 }

    private nonisolated(unsafe) static var row: UInt32 = 0
    private nonisolated(unsafe) static var column: UInt32 = 0

    static func initialise() {
        for cell in 0..<rows * columns { memory_write16(memory + cell * 2, blank) }
        row = 0
        column = 0
        moveCursor()
    }

    static func put(_ byte: UInt8) {
        findCursor()
        write(byte)
        moveCursor()
    }

    private static func write(_ byte: UInt8) {
        switch byte {
        case 0x0A:
            newLine()
        case 0x0D:
            column = 0
        case 0x08:
            if column > 0 { column -= 1 }
        case 0x0C:
            initialise()
        case 0x09:
            repeat { write(0x20) } while column & 7 != 0
        case 0x20...:
            memory_write16(memory + (row * columns + column) * 2, 0x0700 | UInt16(byte))
            column += 1
            if column == columns { newLine() }
        default:
            break
        }
    }

    private static func newLine() {
        column = 0
        row += 1
        guard row == rows else { return }
        row = rows - 1
        for cell in 0..<(rows - 1) * columns {
            memory_write16(memory + cell * 2, memory_read16(memory + (cell + columns) * 2))
        }
        for cell in (rows - 1) * columns..<rows * columns { memory_write16(memory + cell * 2, blank) }
    }

    /// The CRT controller's cursor location, registers 0Eh and 0Fh.
    private static func findCursor() {
        port_write8(0x3D4, 0x0E)
        let high = UInt32(port_read8(0x3D5))
        port_write8(0x3D4, 0x0F)
        let position = high << 8 | UInt32(port_read8(0x3D5))
        // A cursor that is nowhere has been hidden, or is not there at all.
        guard position < rows * columns else { return }
        row = position / columns
        column = position % columns
    }

    private static func moveCursor() {
        let position = row * columns + column
        port_write8(0x3D4, 0x0E)
        port_write8(0x3D5, UInt8(truncatingIfNeeded: position >> 8))
        port_write8(0x3D4, 0x0F)
        port_write8(0x3D5, UInt8(truncatingIfNeeded: position))
    }
}
