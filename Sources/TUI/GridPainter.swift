import Terminal

/// What to send to a terminal so that it shows a grid: only what differs from what it shows already.
public struct GridPainter {
    private let abilities: TerminalAbilities
    private var shown: Grid?

    public init(_ abilities: TerminalAbilities) {
        self.abilities = abilities
    }

    /// Forgets what the terminal shows: somebody else has written to it.
    public mutating func invalidate() {
        shown = nil
    }

    /// The bytes after which the terminal shows `grid`.
    public mutating func paint(_ grid: Grid) -> [UInt8] {
        var before = shown
        shown = grid
        if let old = before {
            if old == grid { return [] }
            if old.columns != grid.columns || old.rows != grid.rows { before = nil }
        }
        // Hidden meanwhile, the cursor does not flicker through the picture.
        var output = "\u{1B}[?25l"
        if before == nil { output += "\u{1B}[0m\u{1B}[2J" }
        var style: Style?
        for row in 0..<grid.rows {
            var column = 0
            while column < grid.columns {
                let index = row * grid.columns + column
                // An empty cell is what clearing has left.
                guard grid.cells[index] != before?.cells[index] ?? Grid.Cell() else {
                    column += 1
                    continue
                }
                output += "\u{1B}[\(row + 1);\(column + 1)H"
                // To the end of the difference; a few equal cells are cheaper than another jump.
                var end = column
                var equal = 0
                while column < grid.columns, equal < 6 {
                    let isEqual = grid.cells[row * grid.columns + column] == cell(before, column, row)
                    equal = isEqual ? equal + 1 : 0
                    column += 1
                    if !isEqual { end = column }
                }
                for cell in grid.cells[index..<row * grid.columns + end] {
                    if cell.style != style {
                        output += sequence(cell.style)
                        style = cell.style
                    }
                    output.append(abilities.isUnicode ? cell.character : Self.plain(cell.character))
                }
            }
        }
        if style != nil { output += "\u{1B}[0m" }
        if let cursor = grid.cursor { output += "\u{1B}[\(cursor.row + 1);\(cursor.column + 1)H\u{1B}[?25h" }
        return Array(output.utf8)
    }

    private func cell(_ grid: Grid?, _ column: Int, _ row: Int) -> Grid.Cell {
        grid.map { $0.cells[row * $0.columns + column] } ?? Grid.Cell()
    }

    /// The nearest there is in ASCII.
    private static func plain(_ character: Character) -> Character {
        if character.isASCII { return character }
        return switch character {
        case "─", "═": "-"
        case "│", "║": "|"
        case "┬", "┼", "┤", "├", "┌", "┐", "└", "┘": "+"
        case "▶", "►": ">"
        case "●", "◆": "*"
        case "○", "◇": "o"
        case "…": "~"
        case "█", "▓", "▒", "░", "■": "#"
        default: "?"
        }
    }

    /// ECMA-48's SGR.
    private func sequence(_ style: Style) -> String {
        var parameters = ["0"]
        if style.isBold { parameters.append("1") }
        if style.isFaint { parameters.append("2") }
        if style.isUnderlined { parameters.append("4") }
        if style.isReverse { parameters.append("7") }
        if abilities.colors != .none {
            if let color = style.foreground { parameters.append(parameter(color, 30)) }
            if let color = style.background { parameters.append(parameter(color, 40)) }
        }
        return "\u{1B}[" + parameters.joined(separator: ";") + "m"
    }

    private func parameter(_ color: Style.Color, _ base: Int) -> String {
        switch color {
        case .red: "\(base + 1)"
        case .magenta: "\(base + 5)"
        case .rgb(let rgb): TerminalColor.parameter(rgb, base, isExact: abilities.colors == .full)
        }
    }
}
