/// A picture of the screen.
public struct Frame: Sendable, Equatable {
    /// Pixels per line.
    public let width: Int
    /// Lines.
    public let height: Int
    /// `width * height` pixels, line by line from the top, each 0x00RRGGBB.
    public let pixels: [UInt32]
    /// The characters behind the picture, if the display is in a text mode.
    public let text: TextScreen?

    public init(width: Int, height: Int, pixels: [UInt32], text: TextScreen?) {
        self.width = width
        self.height = height
        self.pixels = pixels
        self.text = text
    }
}

/// A text-mode screen as characters.
public struct TextScreen: Sendable, Equatable {
    /// One character cell.
    public struct Cell: Sendable, Equatable {
        /// The character's number in code page 437.
        public var code: UInt8
        /// 0x00RRGGBB.
        public var foreground: UInt32
        /// 0x00RRGGBB.
        public var background: UInt32

        /// The character in Unicode, as the PC's standard font draws it; a space for code 0.
        public var character: Character { CodePage437.character(code) }

        public init(code: UInt8, foreground: UInt32, background: UInt32) {
            self.code = code
            self.foreground = foreground
            self.background = background
        }
    }

    /// Where the cursor is and how it looks.
    public struct Cursor: Sendable, Equatable {
        public var column: Int
        public var row: Int
        /// First and last scan line of the cursor within the cell, from 0.
        public var scanLines: ClosedRange<Int>

        public init(column: Int, row: Int, scanLines: ClosedRange<Int>) {
            self.column = column
            self.row = row
            self.scanLines = scanLines
        }
    }

    public let columns: Int
    public let rows: Int
    /// Scan lines per row, 1 to 32.
    public let cellHeight: Int
    /// `columns * rows` cells, row by row.
    public let cells: [Cell]
    /// nil if it is switched off or not on the screen. Blinking is left to whoever shows it.
    public let cursor: Cursor?

    public init(columns: Int, rows: Int, cellHeight: Int, cells: [Cell], cursor: Cursor?) {
        self.columns = columns
        self.rows = rows
        self.cellHeight = cellHeight
        self.cells = cells
        self.cursor = cursor
    }

    /// The rows as text, without trailing spaces.
    public var lines: [String] {
        (0..<rows).map { row in
            var line = String(cells[row * columns..<(row + 1) * columns].map(\.character))
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
