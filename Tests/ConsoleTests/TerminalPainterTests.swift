import Machine
import Testing

@testable import Console

/// What the terminal is sent shows the guest's screen, and only what changed is sent.
struct TerminalPainterTests {
    private func screen(_ lines: [String], columns: Int = 10, cursor: (column: Int, row: Int)? = nil) -> TextScreen {
        let cells = lines.flatMap { line in
            (Array(line.utf8) + Array(repeating: 0x20, count: columns - line.utf8.count)).map {
                TextScreen.Cell(code: $0, foreground: 0xAAAAAA, background: 0)
            }
        }
        return TextScreen(
            columns: columns, rows: lines.count, cellHeight: 16, cells: cells,
            cursor: cursor.map { TextScreen.Cursor(column: $0.column, row: $0.row, scanLines: 13...14) })
    }

    @Test func everythingIsSentFirst() {
        var painter = TerminalPainter(hasTrueColor: false)
        let output = painter.paint(screen(["one", "two"], cursor: (3, 1)), status: "fine", columns: 40, rows: 5)
        #expect(output.contains("\u{1B}[1;1H\u{1B}[37;40mone"))
        #expect(output.contains("\u{1B}[2;1H\u{1B}[37;40mtwo"))
        #expect(output.contains("\u{1B}[5;1H\u{1B}[0;7mfine"))
        #expect(output.hasSuffix("\u{1B}[2;4H\u{1B}[?25h"))
    }

    @Test func onlyChangedRowsAreSentLater() {
        var painter = TerminalPainter(hasTrueColor: false)
        _ = painter.paint(screen(["one", "two"]), status: "", columns: 40, rows: 5)
        let output = painter.paint(screen(["one", "TWO"]), status: "", columns: 40, rows: 5)
        #expect(!output.contains("one"))
        #expect(output.contains("TWO"))
    }

    @Test func smallTerminalShowsThePartAroundTheCursor() {
        var painter = TerminalPainter(hasTrueColor: false)
        let output = painter.paint(
            screen(["one", "two", "three", "four"], cursor: (0, 3)), status: "", columns: 10, rows: 2)
        #expect(!output.contains("one"))
        #expect(!output.contains("two"))
        #expect(output.contains("\u{1B}[1;1H\u{1B}[37;40mthree"))
        #expect(output.contains("\u{1B}[2;1H\u{1B}[37;40mfour"))
    }

    @Test func trueColorIsExact() {
        var painter = TerminalPainter(hasTrueColor: true)
        let output = painter.paint(screen(["x"]), status: "", columns: 10, rows: 1)
        #expect(output.contains("\u{1B}[38;2;170;170;170;48;2;0;0;0m"))
    }
}
