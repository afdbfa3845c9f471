import Machine

/// The guest's text screen, in its own colours.
extension DebuggerScreen {
    func drawGuest(_ area: Area, _ canvas: inout Canvas) {
        let content = area.content
        for row in 0..<content.rows { canvas.write([], in: content, row: row) }
        guard let screen = debugger.machine.textScreen() else {
            drawTitle("guest's screen", "no text", of: .guest, area, &canvas)
            canvas.write(" The guest shows graphics, or has not switched its screen on.", in: content, row: 0)
            canvas.write(" Graphics are for a window: --console sdl.", .faint, in: content, row: 1)
            return
        }
        drawTitle("guest's screen", "\(screen.columns) by \(screen.rows)", of: .guest, area, &canvas)
        // Where not all of it fits, the part around the cursor.
        let cursor = screen.cursor
        let firstRow = max(0, min((cursor?.row ?? 0) - content.rows + 1, screen.rows - content.rows))
        let firstColumn = max(0, min((cursor?.column ?? 0) - content.columns + 1, screen.columns - content.columns))
        let left = max(0, (content.columns - screen.columns) / 2)
        for row in 0..<min(content.rows, screen.rows - firstRow) {
            for column in 0..<min(content.columns, screen.columns - firstColumn) {
                let cell = screen.cells[(firstRow + row) * screen.columns + firstColumn + column]
                var style = Style(foreground: .rgb(cell.foreground), background: .rgb(cell.background))
                if let cursor, cursor.row == firstRow + row, cursor.column == firstColumn + column {
                    style.isReverse = true
                }
                canvas.set(
                    Grid.Cell(cell.character, style), column: content.column + left + column, row: content.row + row)
            }
        }
    }
}
