/// A screen of character cells: what a person sees, as a value that tests can compare.
public struct Grid: Sendable, Equatable {
    public struct Cell: Sendable, Equatable {
        public var character: Character
        public var style: Style

        public init(_ character: Character = " ", _ style: Style = .plain) {
            self.character = character
            self.style = style
        }
    }

    public struct Position: Sendable, Equatable {
        public var column: Int
        public var row: Int
    }

    public let columns: Int
    public let rows: Int
    /// Row by row, from the top left.
    public private(set) var cells: [Cell]
    /// Where the terminal's cursor is to be shown, if it is.
    public var cursor: Position?

    /// An empty screen. Sizes are limited to what a terminal can be.
    public init(columns: Int, rows: Int) {
        self.columns = min(max(columns, 1), 1000)
        self.rows = min(max(rows, 1), 1000)
        cells = Array(repeating: Cell(), count: self.columns * self.rows)
    }

    /// The rows as text, without trailing spaces.
    public var lines: [String] {
        (0..<rows).map { row in
            let text = cells[row * columns..<(row + 1) * columns].map(\.character)
            return String(text[..<(text.lastIndex { $0 != " " }.map { $0 + 1 } ?? 0)])
        }
    }

    public subscript(column: Int, row: Int) -> Cell? {
        contains(column, row) ? cells[row * columns + column] : nil
    }

    private func contains(_ column: Int, _ row: Int) -> Bool {
        column >= 0 && column < columns && row >= 0 && row < rows
    }

    /// Sets a cell, if there is one.
    mutating func set(_ cell: Cell, column: Int, row: Int) {
        if contains(column, row) { cells[row * columns + column] = cell }
    }
}

/// A part of a screen.
struct Area: Equatable {
    var column: Int
    var row: Int
    var columns: Int
    var rows: Int

    /// The area without its first row, which is its title's.
    var content: Area { Area(column: column, row: row + 1, columns: columns, rows: max(0, rows - 1)) }
}

/// Draws into an area of a grid, row by row; what does not fit is cut off, and ends in an ellipsis.
struct Canvas {
    private(set) var grid: Grid

    init(columns: Int, rows: Int) {
        grid = Grid(columns: columns, rows: rows)
    }

    /// A piece of a line in one style.
    struct Run {
        var text: String
        var style: Style

        init(_ text: String, _ style: Style = .plain) {
            self.text = text
            self.style = style
        }
    }

    /// Writes a line into an area. `background` fills the rest of the row, and is mixed into every run.
    mutating func write(_ runs: [Run], in area: Area, row: Int, background: Style = .plain) {
        guard row >= 0, row < area.rows else { return }
        var column = 0
        for run in runs {
            for character in run.text {
                guard column < area.columns else {
                    let last = Grid.Cell("…", run.style.mixed(background))
                    if character != " ", character != "─" {
                        grid.set(last, column: area.column + area.columns - 1, row: area.row + row)
                    }
                    return
                }
                let cell = Grid.Cell(Self.printable(character), run.style.mixed(background))
                grid.set(cell, column: area.column + column, row: area.row + row)
                column += 1
            }
        }
        while column < area.columns {
            grid.set(Grid.Cell(" ", background), column: area.column + column, row: area.row + row)
            column += 1
        }
    }

    mutating func write(_ text: String, _ style: Style = .plain, in area: Area, row: Int) {
        write([Run(text, style)], in: area, row: row)
    }

    mutating func set(_ cell: Grid.Cell, column: Int, row: Int) {
        grid.set(cell, column: column, row: row)
    }

    mutating func placeCursor(column: Int, row: Int) {
        grid.cursor = Grid.Position(column: column, row: row)
    }

    /// What takes one cell and moves nothing: symbols, guests and files may contain anything.
    private static func printable(_ character: Character) -> Character {
        let scalars = character.unicodeScalars
        guard let scalar = scalars.first, scalars.count == 1 else { return "?" }
        switch scalar.value {
        case 0x20...0x7E, 0xA1...0xAC, 0xAE...0x17F: return character
        // Greek, punctuation, arrows, mathematics, box drawing and blocks, as far as the PC's character set has them.
        case 0x391...0x3C9, 0x2018...0x2026, 0x203C, 0x207F, 0x20A7, 0x2190...0x21A8, 0x2200...0x22FF, 0x2302, 0x2310,
            0x2320, 0x2321, 0x2500...0x25FF, 0x263A...0x266B:
            return character
        default: return "?"
        }
    }
}
