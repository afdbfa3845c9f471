import Console
import Debugger
import Foundation
import Machine

/// The debugger's prompt on standard input and output. Runs on the machine's thread.
final class DebuggerPrompt {
    private let commands: DebuggerCommands
    private let runner: MachineRunner
    private let isLeaving: () -> Bool
    private var input = LineReader()

    /// `isLeaving`: whether the person has closed the console meanwhile.
    init(_ commands: DebuggerCommands, _ runner: MachineRunner, isLeaving: @escaping () -> Bool) {
        self.commands = commands
        self.runner = runner
        self.isLeaving = isLeaving
    }

    /// Reads and executes commands until `quit`, the end of the input, or the end of the console. Returns the program's
    /// exit code.
    func run() -> Int32 {
        say(commands.greeting)
        while true {
            try? FileHandle.standardOutput.write(contentsOf: Data(commands.prompt.utf8))
            guard let line = input.next(unless: isLeaving) else {
                say("")
                return 0
            }
            let output = commands.execute(line)
            runner.showScreen()
            if !output.text.isEmpty { say(output.text) }
            if output.shouldQuit { return 0 }
        }
    }

    /// A triple fault in words.
    func explain(_ report: TripleFaultReport) -> String {
        commands.debugger.explain(report)
    }

    private func say(_ text: String) {
        // A closed pipe is no reason to crash; the end of the input will come.
        try? FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
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
