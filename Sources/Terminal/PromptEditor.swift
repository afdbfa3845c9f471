import TerminalInput

/// A prompt with a line that is edited behind it: bytes from the keyboard in, bytes for the terminal out.
///
/// **Constraint.** A line editor is mostly a matter of what is on the screen after which key, and that must be testable
/// without a terminal; and the guest's own shell edits lines already.
///
/// **Choice.** Keys and the editing of one line are the kernel's `TerminalInput`, as pure as they are there. What a
/// person at a workstation expects besides is added here: a history that outlives the program, and completion.
///
/// **Example.**
///
///     var editor = PromptEditor(prompt: "(vm) ", width: 80, history: history)
///     editor.begin()
///     for byte in bytes where case .entered(let line) = editor.receive(byte, completions: complete) { ... }
///     terminal.write(editor.takeDrawing())
public struct PromptEditor {
    /// What a byte has led to.
    public enum Event: Equatable, Sendable {
        case editing
        /// Several words could stand there; they have been shown, and the line goes on.
        case choices([String])
        /// Enter: this line. The cursor is in the next row.
        case entered(String)
        /// Control-C: the line is void. The cursor is in the next row.
        case cancelled
        /// Control-D in an empty line.
        case endOfInput
    }

    public private(set) var history: CommandHistory

    private let prompt: String
    /// Columns of the terminal.
    private let width: Int
    private var editor: LineEditor
    private var decoder = KeyDecoder()
    private var drawing = Drawing()
    /// How far back in the history the line on the screen comes from; 0: it is new.
    private var age = 0
    /// The new line, while an older one is shown.
    private var draft = ""

    private struct Drawing: ByteSink {
        var bytes: [UInt8] = []

        mutating func write(_ byte: UInt8) { bytes.append(byte) }
        mutating func write(_ text: String) { bytes += text.utf8 }
    }

    /// - Parameter width: columns of the terminal.
    public init(prompt: String, width: Int, history: CommandHistory = CommandHistory()) {
        self.prompt = prompt
        self.width = width
        self.history = history
        editor = LineEditor(width: width - prompt.count)
    }

    /// What the terminal has to be sent.
    public mutating func takeDrawing() -> [UInt8] {
        defer { drawing.bytes = [] }
        return drawing.bytes
    }

    /// Shows the prompt and begins a line, with `text` in it.
    public mutating func begin(with text: String = "") {
        age = 0
        draft = ""
        drawing.write(prompt)
        editor.begin()
        if !text.isEmpty { editor.replace(with: text.utf8, to: &drawing) }
    }

    /// Where the next character goes, in characters from the line's start.
    public var cursor: Int { editor.cursor }

    /// The line as it is.
    public var line: String { editor.line.withBytes { String(decoding: $0, as: UTF8.self) } }

    /// - Parameter completions: the words that the last word of a beginning of a line can become.
    public mutating func receive(_ byte: UInt8, completions: (String) -> [String]) -> Event {
        guard let key = decoder.decode(byte) else { return .editing }
        switch key {
        case .up: recall(age + 1)
        case .down: recall(age - 1)
        case .tab: return complete(completions)
        default: return handle(key)
        }
        return .editing
    }

    private mutating func handle(_ key: Key) -> Event {
        switch editor.handle(key, to: &drawing) {
        case .editing: return .editing
        case .finished:
            drawing.write("\r\n")
            history.add(line)
            return .entered(line)
        case .cancelled:
            drawing.write("^C\r\n")
            return .cancelled
        case .endOfInput:
            drawing.write("\r\n")
            return .endOfInput
        case .clearScreen:
            drawing.write("\u{1B}[H\u{1B}[2J")
            showAgain()
            return .editing
        }
    }

    private mutating func showAgain() {
        drawing.write(prompt)
        editor.redraw(to: &drawing)
    }

    private mutating func recall(_ wanted: Int) {
        guard wanted >= 0, wanted <= history.lines.count else { return drawing.write(0x07) }
        if age == 0 { draft = line }
        age = wanted
        editor.replace(with: (history.line(age: age) ?? draft).utf8, to: &drawing)
    }

    private mutating func complete(_ completions: (String) -> [String]) -> Event {
        let beginning = String(decoding: line.utf8.prefix(editor.cursor), as: UTF8.self)
        let word = beginning.split(separator: " ", omittingEmptySubsequences: false).last.map(String.init) ?? ""
        switch Completion(of: word, candidates: completions(beginning)) {
        case .none: drawing.write(0x07)
        case .insertion(let text): editor.insert(text.utf8, to: &drawing)
        case .choices(let choices):
            for row in [""] + Completion.columns(choices, width: width - 1) { drawing.write(row + "\r\n") }
            showAgain()
            return .choices(choices)
        }
        return .editing
    }
}
