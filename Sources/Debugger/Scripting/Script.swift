/// Commands in a file: one a line; empty lines and those that begin with `#` say nothing.
public struct Script: Sendable {
    /// What messages call it: the file's path.
    public let name: String
    let lines: [Line]

    struct Line: Sendable {
        /// From 1 on.
        let number: Int
        let command: String
    }

    public init(_ text: String, name: String) {
        self.name = name
        lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated().compactMap {
            let command = $1.trimmingWhitespace
            return command.isEmpty || command.hasPrefix("#") ? nil : Line(number: $0 + 1, command: command)
        }
    }
}

/// A command that was executed, and what came of it.
public struct Execution: Sendable {
    public let command: String
    /// `FILE:LINE`; nil for a command that comes from no file.
    public let place: String?
    public let output: DebuggerCommands.Output

    /// The output; an error with its place before it.
    public var text: String {
        output.isError && !output.text.isEmpty ? (place.map { $0 + ": " } ?? "") + output.text : output.text
    }

    init(_ command: String, place: String? = nil, _ output: DebuggerCommands.Output) {
        self.command = command
        self.place = place
        self.output = output
    }
}

/// How a script ended.
public enum ScriptEnding: Sendable, Equatable {
    case complete
    /// The command of that line failed, and the rest was not executed.
    case failed(line: Int)
    /// A command was `quit`.
    case quit
}

extension DebuggerCommands {
    /// Executes the commands of a script, up to the first that fails. A move that somebody interrupts has failed.
    ///
    /// - Parameter report: called after each command, before the next.
    public func run(_ script: Script, report: (Execution) -> Void) -> ScriptEnding {
        guard scriptDepth < Self.deepestScript else {
            report(Execution("source \(script.name)", Output(error: "scripts call each other too deeply")))
            return .failed(line: 0)
        }
        scriptDepth += 1
        defer { scriptDepth -= 1 }
        for line in script.lines {
            let output = execute(line.command)
            report(Execution(line.command, place: "\(script.name):\(line.number)", output))
            let ending = output.ending(line: line.number)
            guard ending == .complete else { return ending }
        }
        return .complete
    }

    private static let deepestScript = 16

    /// Executes a line that a person or a program has given.
    public func run(_ line: String) -> Execution {
        Execution(line, execute(line))
    }
}

extension DebuggerCommands.Output {
    /// What the result of a command means for those who would execute another one.
    ///
    /// - Parameter line: the number of the command's line; 0 if it has none.
    public func ending(line: Int = 0) -> ScriptEnding {
        if shouldQuit { return .quit }
        return isError || stop?.reason == .interrupted ? .failed(line: line) : .complete
    }
}

extension StringProtocol {
    fileprivate var trimmingWhitespace: String {
        var rest = drop(while: \.isWhitespace)
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
