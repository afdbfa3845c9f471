import Machine
import Terminal

/// What to send to a terminal so that it shows a text screen: a pure function of the screen before and after.
///
/// Only rows that changed are sent. A terminal smaller than the screen shows the part around the cursor.
struct TerminalPainter {
    /// Whether the terminal knows 24-bit colours (`COLORTERM`); otherwise the nearest of its 16 are used.
    let hasTrueColor: Bool
    private var shown: [ArraySlice<TextScreen.Cell>] = []
    private var size: (columns: Int, rows: Int) = (0, 0)
    private var shownStatus: String?

    init(hasTrueColor: Bool) {
        self.hasTrueColor = hasTrueColor
    }

    /// Forgets what is on the terminal, so that everything is sent again.
    mutating func invalidate() {
        shown = []
        shownStatus = nil
    }

    /// The bytes that bring the terminal from what it shows to `screen`, with `status` in its last line if there is
    /// one to spare. `screen` is nil when the guest shows graphics.
    mutating func paint(
        _ screen: TextScreen?, status: String, columns: Int, rows: Int
    ) -> String {
        var output = "\u{1B}[?25l"
        if size != (columns, rows) || (screen?.rows).map({ min($0, rows) }) != shown.count {
            invalidate()
            size = (columns, rows)
            output += "\u{1B}[0m\u{1B}[2J"
        }
        let visibleRows = min(screen?.rows ?? 0, rows)
        let firstRow = screen?.cursor.map { max(0, $0.row - visibleRows + 1) } ?? 0
        if let screen {
            if shown.isEmpty { shown = Array(repeating: [], count: visibleRows) }
            for row in 0..<visibleRows {
                let start = (firstRow + row) * screen.columns
                let cells = screen.cells[start..<start + min(screen.columns, columns)]
                if !cells.elementsEqual(shown[row]) {
                    output += "\u{1B}[\(row + 1);1H" + line(cells)
                    shown[row] = cells
                }
            }
        } else if shownStatus == nil {
            output += "\u{1B}[1;1H(the guest shows graphics: use --console sdl)"
        }
        if rows > visibleRows, status != shownStatus {
            output += "\u{1B}[\(rows);1H\u{1B}[0;7m" + String(status.prefix(columns)) + "\u{1B}[K\u{1B}[0m"
        }
        shownStatus = status
        if let cursor = screen?.cursor, cursor.column < columns {
            output += "\u{1B}[\(cursor.row - firstRow + 1);\(cursor.column + 1)H\u{1B}[?25h"
        }
        return output
    }

    private func line(_ cells: ArraySlice<TextScreen.Cell>) -> String {
        var output = ""
        var colors: (foreground: UInt32, background: UInt32)?
        for cell in cells {
            let new = (foreground: cell.foreground, background: cell.background)
            if colors.map({ $0 != new }) ?? true {
                colors = new
                output += "\u{1B}[\(color(cell.foreground, 30));\(color(cell.background, 40))m"
            }
            output.append(cell.character)
        }
        return output + "\u{1B}[0m\u{1B}[K"
    }

    private func color(_ rgb: UInt32, _ base: Int) -> String {
        TerminalColor.parameter(rgb, base, isExact: hasTrueColor)
    }
}
