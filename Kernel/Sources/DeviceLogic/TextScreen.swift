// What drivers compute without touching a device, so that the host can test it: what text does to a screen, what the
// registers of a clock mean, what a disk says of itself.

/// A VGA text screen of 80 by 25 cells, in memory that belongs to somebody else.
public struct TextScreen {
    public static var columns: Int { 80 }
    public static var rows: Int { 25 }
    public static var cellCount: Int { columns * rows }
    /// A light grey space on black.
    static var blank: UInt16 { 0x0720 }

    private let cells: UnsafeMutablePointer<UInt16>
    /// Where the next character goes, 0 ..< `cellCount`.
    public private(set) var position: Int

    /// A screen whose `cellCount` cells begin at an address, with a cursor; one that is nowhere begins at the last row.
    public init(cells: UnsafeMutablePointer<UInt16>, position: Int) {
        self.cells = cells
        self.position = 0..<Self.cellCount ~= position ? position : Self.cellCount - Self.columns
    }

    /// Takes a byte: a character, or one of backspace, tabulator, line feed, form feed (clears) and carriage return.
    /// Other control characters are passed over.
    public mutating func put(_ byte: UInt8) {
        switch byte {
        case 0x0A: newLine()
        case 0x0D: position -= position % Self.columns
        case 0x08: if position % Self.columns > 0 { position -= 1 }
        case 0x0C:
            for cell in 0..<Self.cellCount { cells[cell] = Self.blank }
            position = 0
        case 0x09: repeat { put(0x20) } while position % 8 != 0
        case 0x20...:
            cells[position] = 0x0700 | UInt16(byte)
            position += 1
            if position == Self.cellCount {
                position -= Self.columns
                scroll()
            }
        default: break
        }
    }

    private mutating func newLine() {
        position += Self.columns - position % Self.columns
        guard position == Self.cellCount else { return }
        position -= Self.columns
        scroll()
    }

    private func scroll() {
        for cell in 0..<Self.cellCount - Self.columns { cells[cell] = cells[cell + Self.columns] }
        for cell in Self.cellCount - Self.columns..<Self.cellCount { cells[cell] = Self.blank }
    }
}
