import Debugger
import DebuggerTestSupport
import Machine
import Testing

@testable import TUI

/// A person at the full-screen debugger of a small machine.
final class ScreenSession {
    let screen: DebuggerScreen
    var columns: Int
    var rows: Int

    init(_ commands: DebuggerCommands? = nil, columns: Int = 80, rows: Int = 24) throws {
        screen = DebuggerScreen(try commands ?? TestMachine.commands())
        self.columns = columns
        self.rows = rows
        _ = grid
    }

    var grid: Grid { screen.grid(columns: columns, rows: rows) }
    /// What is seen, a string per row.
    var lines: [String] { grid.lines }
    var text: String { lines.joined(separator: "\n") }

    /// Presses keys, one after another, as a terminal sends them; in the end there is a pause.
    func type(_ keys: String...) {
        for key in keys {
            for byte in key.utf8 { screen.receive(byte) }
            screen.pause()
            _ = grid
        }
    }

    /// Types a command, and goes back to the keys.
    func command(_ line: String) {
        type(":", line, "\r", "\u{1B}")
    }

    /// The first row that contains a text.
    func row(_ text: String) -> String? { lines.first { $0.contains(text) } }

    /// The style of the first place where a text is seen.
    func style(of text: String) -> Style? {
        for (row, line) in lines.enumerated() {
            guard let range = line.range(of: text) else { continue }
            return grid[line.distance(from: line.startIndex, to: range.lowerBound), row]?.style
        }
        return nil
    }
}
