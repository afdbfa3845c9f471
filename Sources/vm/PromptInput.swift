import Foundation
import Terminal

/// What somebody types at the prompt: edited, with history and completion, where that is a terminal, otherwise line by
/// line.
final class PromptInput {
    private let prompt: String
    private let isLeaving: () -> Bool
    private let completions: (String) -> [String]
    private let terminal: Terminal?
    private var history: HistoryFile?
    private var lines = LineReader()
    /// What was typed behind the last line already.
    private var typedAhead: ArraySlice<UInt8> = []

    /// - Parameters:
    ///   - prompt: empty if programs listen, which need none.
    ///   - isLeaving: whether nobody wants another line.
    ///   - completions: what the last word of a line's beginning can become.
    init(prompt: String, isLeaving: @escaping () -> Bool, completions: @escaping (String) -> [String]) {
        self.prompt = prompt
        self.isLeaving = isLeaving
        self.completions = completions
        terminal = prompt.isEmpty ? nil : Terminal()
    }

    /// The next line; nil at the end of the input.
    func next() -> String? {
        if let terminal { return edit(terminal) }
        try? FileHandle.standardOutput.write(contentsOf: Data(prompt.utf8))
        let line = lines.next(unless: isLeaving)
        if line == nil, !prompt.isEmpty { try? FileHandle.standardOutput.write(contentsOf: Data([0x0A])) }
        return line
    }

    /// The terminal is in raw mode only meanwhile: while a command runs, Ctrl+C is to stop the machine.
    private func edit(_ terminal: Terminal) -> String? {
        if history == nil { history = HistoryFile() }
        terminal.enterRawMode()
        defer { terminal.leaveRawMode() }
        var width = terminal.size.columns
        var editor = PromptEditor(prompt: prompt, width: width, history: history?.history ?? CommandHistory())
        editor.begin()
        while !isLeaving() {
            terminal.write(editor.takeDrawing())
            if typedAhead.isEmpty {
                guard let bytes = terminal.read() else { break }
                typedAhead = bytes[...]
            }
            if Suspension.takeContinuation() || terminal.size.columns != width {
                width = terminal.size.columns
                let line = editor.line
                editor = PromptEditor(prompt: prompt, width: width, history: editor.history)
                terminal.write(Array("\r\u{1B}[K".utf8))
                editor.begin(with: line)
            }
            while let byte = typedAhead.popFirst() {
                switch editor.receive(byte, completions: completions) {
                case .editing, .choices: continue
                case .cancelled: editor.begin()
                case .endOfInput:
                    terminal.write(editor.takeDrawing())
                    return nil
                case .entered(let line):
                    terminal.write(editor.takeDrawing())
                    history?.add(line)
                    return line
                }
            }
        }
        terminal.write(Array("\r\n".utf8))
        return nil
    }
}

/// Lines of standard input, waited for in such a way that the wait can end for another reason.
private struct LineReader {
    private var pending: [UInt8] = []
    private var atEnd = false

    /// The next line without its end; nil at the end of the input, or when `shouldEnd` becomes true.
    mutating func next(unless shouldEnd: () -> Bool) -> String? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            if let end = pending.firstIndex(of: 0x0A) {
                defer { pending.removeSubrange(...end) }
                return String(decoding: pending[..<end], as: UTF8.self)
            }
            if atEnd {
                defer { pending = [] }
                return pending.isEmpty ? nil : String(decoding: pending, as: UTF8.self)
            }
            if shouldEnd() { return nil }
            var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            guard poll(&descriptor, 1, 100) > 0 else { continue }
            let count = read(STDIN_FILENO, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count > 0 { pending += buffer[..<count] } else { atEnd = true }
        }
    }
}
