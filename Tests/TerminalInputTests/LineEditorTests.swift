import TerminalInput
import Testing

/// A terminal of one row that understands what the editor may use: printable characters, backspace and bell.
private struct Terminal: ByteSink {
    static let columns = 80
    var row = [UInt8](repeating: 0x20, count: columns)
    var column = 0
    var bells = 0
    var bytesWritten = 0

    mutating func write(_ byte: UInt8) {
        bytesWritten += 1
        switch byte {
        case 0x07: bells += 1
        case 0x08:
            #expect(column > 0, "backspace in the first column")
            column = max(column - 1, 0)
        case 0x20...0x7E:
            #expect(column < Self.columns - 1, "the line wraps")
            if column < Self.columns { row[column] = byte }
            column += 1
        default: Issue.record("byte \(byte) written")
        }
    }

    /// What stands in the row, without spaces at its end.
    var text: String {
        var end = row.count
        while end > 0, row[end - 1] == 0x20 { end -= 1 }
        return String(decoding: row[..<end], as: UTF8.self)
    }
}

/// An editor and its screen, with a prompt of two columns.
private struct Session {
    var editor: LineEditor
    var terminal = Terminal()
    var decoder = KeyDecoder()

    init(width: Int = 70) {
        editor = LineEditor(width: width)
        start()
    }

    mutating func start() {
        terminal = Terminal()
        terminal.write("> ")
        editor.begin()
    }

    /// Types what a terminal would send; returns what the last key did.
    @discardableResult
    mutating func type(_ text: String) -> LineEditor.Event {
        var event = LineEditor.Event.editing
        for byte in text.utf8 {
            if let key = decoder.decode(byte) { event = editor.handle(key, to: &terminal) }
        }
        return event
    }

    var line: String { editor.line.withBytes { String(decoding: $0, as: UTF8.self) } }
}

private let left = "\u{1B}[D"
private let right = "\u{1B}[C"
private let up = "\u{1B}[A"
private let down = "\u{1B}[B"

@Suite struct LineEditorTests {
    @Test func `shows what is typed`() {
        var session = Session()
        #expect(session.type("echo hello") == .editing)
        #expect(session.terminal.text == "> echo hello")
        #expect(session.terminal.column == 12)
        #expect(session.type("\r") == .finished)
        #expect(session.line == "echo hello")
    }

    @Test(arguments: [
        ("abc\u{7F}", "ab", 2), ("\u{7F}", "", 0), ("abc\(left)\(left)X", "aXbc", 2), ("abc\(left)\u{7F}", "ac", 1),
        ("abc\u{1}\u{1B}[3~", "bc", 0), ("abc\u{1}X\u{5}Y", "XabcY", 5), ("abc\(left)\u{15}", "c", 0),
        ("abc\(left)\u{B}", "ab", 2), ("one two  \u{17}", "one ", 4), ("one two\u{17}\u{17}\u{17}", "", 0),
        ("one two\u{1B}[1;5DX", "one Xtwo", 5), ("one two\u{1}\u{1B}f!", "one! two", 4),
        ("a\(right)\(right)b", "ab", 2), ("a\(left)\(left)b", "ba", 1), ("ab\(left)\u{4}", "a", 1), ("a\tb", "ab", 2),
    ])
    func `edits`(typed: String, line: String, cursor: Int) {
        var session = Session()
        session.type(typed)
        #expect(session.line == line)
        #expect(session.editor.cursor == cursor)
        // Spaces at the end are on the screen, but `text` does not show them.
        var shown = "> " + line
        while shown.hasSuffix(" ") { shown.removeLast() }
        #expect(session.terminal.text == shown || line.isEmpty && session.terminal.text == ">")
        #expect(session.terminal.column == 2 + cursor)
    }

    @Test func `enter leaves the cursor behind the line`() {
        var session = Session()
        session.type("abc\u{1}")
        #expect(session.type("\r") == .finished)
        #expect(session.terminal.column == 5)
    }

    @Test func `control-C voids the line, control-D ends input only in an empty one`() {
        var session = Session()
        #expect(session.type("abc\u{1}\u{3}") == .cancelled)
        #expect(session.terminal.column == 5)
        session.start()
        #expect(session.type("\u{4}") == .endOfInput)
        #expect(session.type("ab\u{4}") == .editing)
    }

    @Test func `history goes back and forth and keeps the draft`() {
        var session = Session()
        for command in ["first", "second command", "third"] {
            session.type(command + "\r")
            session.start()
        }
        session.type("draft" + up)
        #expect(session.terminal.text == "> third")
        session.type(up)
        #expect(session.terminal.text == "> second command")
        session.type(up + up + up)
        #expect(session.terminal.text == "> first")
        session.type(down + down)
        #expect(session.line == "third")
        session.type(down + down)
        #expect(session.line == "draft")
        #expect(session.terminal.text == "> draft")
        #expect(session.terminal.column == 7)
    }

    @Test func `history leaves out empty and repeated lines, and forgets the oldest`() {
        var session = Session()
        for number in 0..<20 {
            for _ in 0..<2 {
                session.type("command \(number)\r")
                session.start()
                session.type("\r")
                session.start()
            }
        }
        session.type(up)
        #expect(session.line == "command 19")
        session.type(up)
        #expect(session.line == "command 18")
        session.type(String(repeating: up, count: 40))
        #expect(session.line == "command 4")
    }

    @Test func `a long line scrolls inside its window`() {
        var session = Session(width: 20)
        let alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
        session.type(alphabet)
        #expect(session.line == alphabet)
        #expect(session.terminal.text.hasSuffix("6789"))
        #expect(session.terminal.column < 22)
        session.type("\u{1}")
        #expect(session.terminal.text == "> abcdefghijklmnopqrs")
        #expect(session.terminal.column == 2)
        session.type("\u{5}\u{15}")
        #expect(session.terminal.text == ">")
    }

    @Test func `a full line rings the bell`() {
        var session = Session()
        session.type(String(repeating: "x", count: 260))
        #expect(session.editor.line.count == 255)
        #expect(session.terminal.bells == 5)
    }

    @Test func `clearing the screen shows the line again`() {
        var session = Session()
        #expect(session.type("abc\(left)\u{C}") == .clearScreen)
        session.terminal = Terminal()
        session.terminal.write("> ")
        session.editor.redraw(to: &session.terminal)
        #expect(session.terminal.text == "> abc")
        #expect(session.terminal.column == 4)
    }

    @Test func `a character at the end costs one byte`() {
        var session = Session()
        session.type("hello")
        #expect(session.terminal.bytesWritten == 2 + 5)
    }

    @Test func `the screen always shows the line`() {
        let keys: [Key] = [
            .character(0x61), .character(0x62), .character(0x20), .character(0x63), .backspace, .delete, .left, .right,
            .wordLeft, .wordRight, .up, .down, .home, .end, .killToStart, .killToEnd, .killWord, .tab,
        ]
        var session = Session(width: 10)
        var state: UInt32 = 1
        for _ in 0..<20000 {
            state = state &* 1_664_525 &+ 1_013_904_223
            let choice = Int(state >> 16) % (keys.count + 12)
            let key = choice < keys.count ? keys[choice] : .character(0x61 + UInt8(state >> 24) % 26)
            _ = session.editor.handle(key, to: &session.terminal)
            if state >> 16 % 97 == 0 {
                _ = session.editor.handle(.enter, to: &session.terminal)
                session.start()
            }
            let line = session.line
            let column = session.terminal.column - 2
            let start = session.editor.cursor - column
            let window = Array(line.utf8).dropFirst(start).prefix(9)
            let shown = session.terminal.row[2..<11]
            #expect(start >= 0 && column < 10)
            #expect(Array(window) + [UInt8](repeating: 0x20, count: 9 - window.count) == Array(shown))
        }
    }
}
