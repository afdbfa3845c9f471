import Foundation

extension DebuggerCommand {
    static let source = DebuggerCommand(
        "source", usage: "source FILE", summary: "execute the commands in a file",
        details: """
            One command a line; empty lines and those that begin with # say nothing. The first command that fails, or \
            that somebody interrupts, ends it. Relative paths begin where vm was started.
            """,
        group: .other
    ) { (commands, arguments) throws(CommandError) in
        guard !arguments.words.isEmpty else { throw CommandError("which file? 'source FILE'") }
        let path = arguments.text
        guard let data = FileManager.default.contents(atPath: path) else { throw CommandError("cannot read '\(path)'") }
        var texts: [String] = []
        let ending = commands.run(Script(String(decoding: data, as: UTF8.self), name: path)) { execution in
            if let report = commands.didExecute {
                report(execution)
            } else if !execution.text.isEmpty {
                texts.append(execution.text)
            }
        }
        switch ending {
        case .complete: return Output(texts)
        case .quit: return Output(texts.joined(separator: "\n"), shouldQuit: true)
        case .failed(let line):
            return Output(error: (texts + ["'\(path)' has ended at line \(line)"]).joined(separator: "\n"))
        }
    }
}
