import Terminal
import Testing

/// A terminal that shows what it is sent: rows of text, wide enough for everything.
private struct Screen {
    var rows: [[Character]] = [[]]
    var column = 0
    var bells = 0

    mutating func show(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            switch byte {
            case 0x07: bells += 1
            case 0x08: column -= 1
            case 0x0A: rows.append([])
            case 0x0D: column = 0
            case 0x1B:
                // Only "clear the screen" is used.
                #expect(rest.starts(with: "[H\u{1B}[2J".utf8))
                rest = rest.dropFirst(6)
                rows = [[]]
                column = 0
            default:
                var row = rows.removeLast()
                while row.count <= column { row.append(" ") }
                row[column] = Character(UnicodeScalar(byte))
                rows.append(row)
                column += 1
            }
        }
    }

    var text: [String] {
        rows.map { row in String(String(row).reversed().drop { $0 == " " }.reversed()) }
    }
}

private struct Session {
    var editor: PromptEditor
    var screen = Screen()
    var words: [String] = []
    var asked: [String] = []

    init(history: [String] = [], words: [String] = []) {
        editor = PromptEditor(
            prompt: "(vm) ", width: 80, history: CommandHistory(text: history.joined(separator: "\n")))
        self.words = words
        editor.begin()
        screen.show(editor.takeDrawing())
    }

    /// Types what a terminal would send; returns what the last byte did.
    @discardableResult
    mutating func type(_ text: String) -> PromptEditor.Event {
        var event = PromptEditor.Event.editing
        for byte in text.utf8 {
            var asked: [String] = []
            event = editor.receive(byte) { [words] beginning in
                asked.append(beginning)
                let word = beginning.split(separator: " ", omittingEmptySubsequences: false).last ?? ""
                return words.filter { $0.hasPrefix(word) }
            }
            self.asked += asked
        }
        screen.show(editor.takeDrawing())
        return event
    }
}

private let up = "\u{1B}[A"
private let down = "\u{1B}[B"
private let left = "\u{1B}[D"

struct PromptEditorTests {
    @Test func aLineIsEditedAndEntered() {
        var session = Session()
        session.type("setp 3")
        session.type(left + left + left + left + "\u{7F}")
        #expect(session.screen.text == ["(vm) stp 3"])
        session.type("\u{1B}[C" + "e")
        #expect(session.type("\r") == .entered("step 3"))
        #expect(session.screen.text == ["(vm) step 3", ""])
        #expect(session.editor.history.lines == ["step 3"])
    }

    @Test func historyGoesBackAndForth() {
        var session = Session(history: ["break main", "continue"])
        session.type("dra" + up)
        #expect(session.screen.text == ["(vm) continue"])
        session.type(up)
        #expect(session.screen.text == ["(vm) break main"])
        session.type(up)
        #expect(session.screen.bells == 1)
        session.type(down + down)
        #expect(session.screen.text == ["(vm) dra"])
        #expect(session.type(up + "\r") == .entered("continue"))
        // It was the last one already.
        #expect(session.editor.history.lines == ["break main", "continue"])
    }

    @Test func theOnlyWordIsCompleted() {
        var session = Session(words: ["reverse-step", "step"])
        session.type("rev\t3")
        #expect(session.screen.text == ["(vm) reverse-step 3"])
    }

    @Test func whatSeveralWordsShareIsCompletedAndThenTheyAreListed() {
        var session = Session(words: ["reverse-next", "reverse-step", "registers"])
        session.type("rev\t")
        #expect(session.screen.text == ["(vm) reverse-"])
        session.type("\t")
        #expect(session.screen.text == ["(vm) reverse-", "reverse-next  reverse-step", "(vm) reverse-"])
        session.type("s\t")
        #expect(session.screen.text.last == "(vm) reverse-step")
        #expect(session.type("\r") == .entered("reverse-step "))
    }

    @Test func onlyWhatIsBeforeTheCursorIsCompleted() {
        var session = Session(words: ["Kernel_main"])
        session.type("break Ker + 4" + left + left + left + left + "\t")
        #expect(session.asked == ["break Ker"])
        #expect(session.type("\r") == .entered("break Kernel_main  + 4"))
    }

    @Test func foldersAreGoneInto() {
        var session = Session(words: ["images/"])
        session.type("source im\tk")
        #expect(session.screen.text == ["(vm) source images/k"])
    }

    @Test func nothingFitsRingsTheBell() {
        var session = Session(words: ["step"])
        session.type("x\t")
        #expect(session.screen.bells == 1)
        #expect(session.screen.text == ["(vm) x"])
    }

    @Test func controlKeysEndAndClear() {
        var session = Session()
        #expect(session.type("abc\u{03}") == .cancelled)
        #expect(session.screen.text == ["(vm) abc^C", ""])
        session.editor.begin()
        session.type("ab\u{0C}")
        #expect(session.screen.text == ["(vm) ab"])
        #expect(session.type("\u{15}\u{04}") == .endOfInput)
    }

    /// Whatever arrives, nothing is lost but the bytes that mean nothing.
    @Test func anythingMayBeTyped() {
        var session = Session(history: ["x"], words: ["step"])
        var state: UInt32 = 1
        for _ in 0..<20_000 {
            state = state &* 1_664_525 &+ 1_013_904_223
            _ = session.editor.receive(UInt8(truncatingIfNeeded: state >> 24)) { _ in ["step", "stop"] }
        }
        _ = session.editor.receive(0x1B) { _ in [] }
        _ = session.editor.receive(0x63) { _ in [] }
        _ = session.editor.receive(0x03) { _ in [] }
        _ = session.editor.takeDrawing()
        session.editor.begin()
        #expect(session.type("q\r") == .entered("q"))
    }
}

struct CommandHistoryTests {
    @Test func itKeepsWhatIsWorthKeeping() {
        var history = CommandHistory(text: "a\n\n  \nb\nb\n")
        #expect(history.lines == ["a", "b"])
        history.add("b")
        history.add("a")
        #expect(history.text == "a\nb\na\n")
        for number in 0..<2000 { history.add("\(number)") }
        #expect(history.lines.count == CommandHistory.limit)
        #expect(history.line(age: 1) == "1999")
        #expect(history.line(age: 0) == nil)
        #expect(history.line(age: 1001) == nil)
    }
}
