import RandomTestSupport
import Terminal
import TerminalTestSupport
import Testing

@testable import TUI

struct GridPainterTests {
    private let ordinary = TerminalAbilities(environment: ["TERM": "xterm", "LANG": "en_US.UTF-8"])

    private func randomGrid(_ random: inout SplitMix64, like old: Grid?) -> Grid {
        var canvas = Canvas(columns: 30, rows: 6)
        let area = Area(column: 0, row: 0, columns: 30, rows: 6)
        for row in 0..<6 {
            let text =
                random.next() % 3 == 0
                ? old?.lines[row] ?? "" : String((0..<20).map { _ in "ab ─".randomElement(using: &random) ?? " " })
            canvas.write(text, random.next() % 2 == 0 ? .plain : .changed, in: area, row: row)
        }
        return canvas.grid
    }

    @Test func theTerminalShowsTheGrid() {
        var random = SplitMix64(seed: 5)
        var painter = GridPainter(ordinary)
        var screen = TerminalScreen(columns: 30, rows: 6)
        var grid: Grid?
        for _ in 0..<200 {
            let next = randomGrid(&random, like: grid)
            screen.show(painter.paint(next))
            #expect(screen.lines == next.lines)
            #expect(screen.unknown == [])
            grid = next
        }
    }

    @Test func onlyWhatDiffersIsSent() {
        var painter = GridPainter(ordinary)
        var canvas = Canvas(columns: 80, rows: 24)
        let area = Area(column: 0, row: 0, columns: 80, rows: 24)
        for row in 0..<24 { canvas.write("some text", in: area, row: row) }
        #expect(painter.paint(canvas.grid).count > 200)
        #expect(painter.paint(canvas.grid) == [])
        canvas.write("some tent", in: area, row: 3)
        #expect(
            String(decoding: painter.paint(canvas.grid), as: UTF8.self) == "\u{1B}[?25l\u{1B}[4;8H\u{1B}[0mn\u{1B}[0m")
        painter.invalidate()
        #expect(painter.paint(canvas.grid).count > 200)
    }

    @Test func coloursAreThoseOfTheTerminal() {
        var canvas = Canvas(columns: 20, rows: 1)
        let area = Area(column: 0, row: 0, columns: 20, rows: 1)
        canvas.write(
            [
                .init("red", .changed), .init("guest", Style(foreground: .rgb(0xFFFFFF), background: .rgb(0x0000AA))),
                .init("│●…"),
            ],
            in: area, row: 0)
        func sent(_ environment: [String: String]) -> TerminalScreen {
            var painter = GridPainter(TerminalAbilities(environment: environment))
            var screen = TerminalScreen(columns: 20, rows: 1)
            screen.show(painter.paint(canvas.grid))
            return screen
        }
        let sixteen = sent(["TERM": "xterm", "LANG": "C.UTF-8"])
        #expect(sixteen.styles == ["0", "1", "31", "97", "44"])
        #expect(sixteen.lines == ["redguest│●…"])
        #expect(sent(["TERM": "xterm", "COLORTERM": "truecolor"]).styles.contains("255"))
        // Without colours what is important is still bold; without UTF-8 there is ASCII.
        let plain = sent(["TERM": "xterm", "NO_COLOR": "1", "LANG": "C"])
        #expect(plain.styles == ["0", "1"])
        #expect(plain.lines == ["redguest|*~"])
        #expect(sent(["TERM": "xterm", "NO_COLOR": "", "LC_ALL": "C", "LANG": "C.UTF-8"]).lines == ["redguest|*~"])
        #expect(!TerminalAbilities(environment: ["TERM": "dumb"]).movesCursor)
        #expect(!TerminalAbilities(environment: [:]).movesCursor)
    }

    /// Names from files and text from guests may contain anything.
    @Test func nothingInATextMovesTheCursor() {
        var canvas = Canvas(columns: 20, rows: 1)
        let area = Area(column: 0, row: 0, columns: 20, rows: 1)
        canvas.write("a\u{1B}[2Jb\tc\u{202E}d漢e\u{301}f\u{9B}g", in: area, row: 0)
        #expect(canvas.grid.lines == ["a?[2Jb?c?d???f?g"] || canvas.grid.lines == ["a?[2Jb?c?d??f?g"])
        canvas.write("a text that is much too long", in: area, row: 0)
        #expect(canvas.grid.lines == ["a text that is much…"])
    }
}
