// What POST says, on the screen (mode 3, already set) and on the debug port.

import Hardware

struct Report {
    private static let columns: UInt32 = 80
    private static let rows: UInt32 = 25
    private static let screen: UInt32 = 0xB8000
    private static let debugPort: UInt16 = 0xE9
    /// Where values begin, so that they stand in a column.
    private static let valueColumn: UInt32 = 13

    private static let titleAttribute: UInt8 = 0x1F
    private static let labelAttribute: UInt8 = 0x0B
    private static let textAttribute: UInt8 = 0x07

    private var row: UInt32 = 0
    private var column: UInt32 = 0
    private var attribute = Report.textAttribute

    /// Shows the name and version as a bar across the first line.
    mutating func title(_ name: StaticString, _ version: StaticString) {
        attribute = Report.titleAttribute
        put(0x20)
        text(name)
        text(version)
        while column < Report.columns {
            store(0x20)
        }
        attribute = Report.textAttribute
        endLine()
        row += 1
    }

    /// Begins a line: the name of what follows.
    mutating func label(_ name: StaticString) {
        attribute = Report.labelAttribute
        put(0x20)
        text(name)
        attribute = Report.textAttribute
        align()
    }

    /// Begins a line that is about disk `number`, 80h and up.
    mutating func diskLabel(_ number: UInt8) {
        attribute = Report.labelAttribute
        put(0x20)
        text("Disk ")
        hexadecimal(UInt32(number), digits: 2)
        put(0x68)
        attribute = Report.textAttribute
        align()
    }

    mutating func text(_ text: StaticString) {
        var pointer = text.utf8Start
        for _ in 0..<text.utf8CodeUnitCount {
            put(pointer.pointee)
            // Stays within the literal: the loop ends at its length.
            pointer += 1
        }
    }

    /// One character of code page 437.
    mutating func put(_ character: UInt8) {
        port_write8(Report.debugPort, character)
        store(character)
    }

    mutating func decimal(_ value: UInt32) {
        if value >= 10 {
            decimal(value / 10)
        }
        put(UInt8(truncatingIfNeeded: 0x30 &+ value % 10))
    }

    mutating func hexadecimal(_ value: UInt32, digits: UInt32) {
        var shift = digits &* 4
        while shift > 0 {
            shift &-= 4
            let digit = UInt8(truncatingIfNeeded: (value >> shift) & 0xF)
            put(digit < 10 ? 0x30 &+ digit : 0x37 &+ digit)
        }
    }

    /// A size that people can read: KB up to ten MB, MB up to ten GB, then GB (of 1024 each).
    mutating func size(kilobytes: UInt32) {
        if kilobytes < 10 * 1024 {
            decimal(kilobytes)
            text(" KB")
        } else if kilobytes < 10 * 1024 * 1024 {
            decimal(kilobytes >> 10)
            text(" MB")
        } else {
            decimal(kilobytes >> 20)
            text(" GB")
        }
    }

    mutating func endLine() {
        port_write8(Report.debugPort, 0x0D)
        port_write8(Report.debugPort, 0x0A)
        column = 0
        if row < Report.rows - 1 {
            row += 1
        }
    }

    /// Leaves the cursor to int 10h, one line below.
    mutating func finish() {
        endLine()
        let position = UInt16(truncatingIfNeeded: row << 8)
        memory_write16(BIOSDataArea.address + UInt32(BDA_CURSOR_POSITIONS), position)
    }

    private mutating func align() {
        while column < Report.valueColumn {
            put(0x20)
        }
    }

    private mutating func store(_ character: UInt8) {
        guard column < Report.columns else { return }
        let cell = UInt16(attribute) << 8 | UInt16(character)
        memory_write16(Report.screen + (row * Report.columns + column) * 2, cell)
        column += 1
    }
}
