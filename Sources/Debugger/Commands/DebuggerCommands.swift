import JSON
import Machine

/// The debugger's command language: a line in, text out. It does no input and no output of its own, so that a terminal,
/// a script, a gdb `monitor` command and a test use the same.
///
/// A command is a value that says how it is called, what it is for and what it does (``DebuggerCommand``); each lives
/// in a file of its own, or with its closest relatives. Names can be shortened as long as they are unambiguous, an
/// empty line repeats the last command where that makes sense (`step`, `next`, `memory`...), and what cannot be done is
/// one line that says why.
///
///     let commands = DebuggerCommands(machine: machine)
///     print(commands.execute("break kernelMain").text)
///     print(commands.execute("continue").text)
public final class DebuggerCommands {
    public let debugger: Debugger
    /// What the front end shows before it reads a line.
    public let prompt = "(vm) "

    /// What a command has to say.
    public struct Output: Sendable, Equatable {
        /// Lines without a newline at the end; empty if there is nothing to say.
        public var text: String
        /// Whether the user wants to leave the debugger.
        public var shouldQuit = false
        /// Whether the command failed; ``text`` then says why.
        public var isError = false
        /// Where the command has brought the machine, if it is one that moves it.
        public var stop: Stop?
        /// The results for programs, by their names.
        public var values: [String: JSONValue] = [:]
        /// ``stop`` for programs.
        var stopValues: JSONValue?

        public init(_ text: String, shouldQuit: Bool = false, values: [String: JSONValue] = [:]) {
            self.text = text
            self.shouldQuit = shouldQuit
            self.values = values
        }

        /// - Parameter ifEmpty: what to say if there are no lines.
        init(_ lines: [String], ifEmpty: String = "", values: [String: JSONValue] = [:]) {
            self.init(lines.isEmpty ? ifEmpty : lines.joined(separator: "\n"), values: values)
        }

        init(error: String) {
            text = error
            isError = true
        }
    }

    /// The line that an empty line repeats.
    private var repeatable: String?
    /// Where `memory`, `list` and `disassemble` without an address go on; forgotten when the machine moves.
    var nextAddress: NextAddress?
    /// The number of the kernel's thread that is looked from, if it is another than the one that runs; until the
    /// machine is moved.
    public internal(set) var selectedThread: UInt32?
    /// Sources that are not there, of which that has been said.
    var reportedSources: Set<String> = []

    enum NextAddress {
        case memory(UInt32, isPhysical: Bool)
        case code(offset: UInt32)
        case source(path: String, line: Int)
    }

    /// Hears of every command in a script that `source` executes, before the next; if it is nil, `source` says
    /// everything in the end.
    public var didExecute: ((Execution) -> Void)?
    /// Hears at once what breakpoints say instead of stopping; if it is nil, the command that moved the machine says it
    /// in the end.
    public var didLog: ((String) -> Void)?
    private var messages: [String] = []
    private var forgottenMessages = 0
    /// How many scripts have called each other.
    var scriptDepth = 0

    /// Commands for a machine that is recorded from here on.
    public convenience init(machine: Machine) {
        self.init(Debugger(machine))
    }

    public init(_ debugger: Debugger) {
        self.debugger = debugger
        debugger.didLog = { [weak self] in self?.note($0) }
    }

    /// What to show before the first prompt: where the machine is.
    public var greeting: String {
        stopText(Stop(reason: .arrived, steps: debugger.machine.steps, location: debugger.location))
    }

    /// Executes a line, and what is attached to the breakpoint that it ends at.
    public func execute(_ line: String) -> Output {
        var output = executeAlone(line)
        let repetition = repeatable
        defer { repeatable = repetition }
        for _ in 0..<Self.attachedLimit {
            guard let number = output.stop?.reason.number, let attached = debugger.rule(number)?.commands,
                !attached.isEmpty, !output.isError
            else { return output }
            var moved = false
            for command in attached where !moved {
                let next = executeAlone(command)
                if !next.text.isEmpty { output.text += (output.text.isEmpty ? "" : "\n") + next.text }
                output.shouldQuit = output.shouldQuit || next.shouldQuit
                output.isError = next.isError
                if output.isError || output.shouldQuit { return output }
                guard let stop = next.stop else { continue }
                (output.stop, output.stopValues, moved) = (stop, next.stopValues, true)
            }
            if !moved { return output }
        }
        output.text += "\nstopped: the commands of breakpoints have gone on \(Self.attachedLimit) times"
        return output
    }

    /// How often commands that are attached to breakpoints may let the machine go on, before somebody looks.
    private static let attachedLimit = 10_000

    private func executeAlone(_ line: String) -> Output {
        var text = line.drop(while: \.isWhitespace)[...]
        if text.isEmpty {
            guard let repeatable else { return Output("") }
            text = repeatable[...]
        }
        // `x/16b` is the command `x` with a format.
        let name = text.prefix { !$0.isWhitespace && $0 != "/" }
        let rest = text[name.endIndex...]
        var format = ""
        if rest.first == "/" { format = String(rest.dropFirst().prefix { !$0.isWhitespace }) }
        let words = rest.dropFirst(format.isEmpty ? 0 : format.count + 1)
        do throws(CommandError) {
            let command = try DebuggerCommand.named(String(name))
            let arguments = Arguments(
                words: words.split(whereSeparator: \.isWhitespace).map(String.init), format: format)
            let before = debugger.machine.steps
            var output = try run(command, arguments)
            if debugger.machine.steps != before { selectedThread = nil }
            takeMessages(into: &output)
            repeatable = command.repetition.map { $0 ?? String(text) }
            if let future = debugger.timeline.takeForgottenFuture() {
                let notice =
                    "a new branch begins at step \(future.lowerBound): "
                    + "what had happened up to step \(future.upperBound) is forgotten"
                output.text = output.text.isEmpty ? notice : notice + "\n" + output.text
            }
            return output
        } catch {
            repeatable = nil
            return Output(error: error.description)
        }
    }

    // MARK: What breakpoints say

    private func note(_ message: String) {
        if let didLog { return didLog(message) }
        if messages.count < Self.messageLimit { messages.append(message) } else { forgottenMessages += 1 }
    }

    private static let messageLimit = 10_000

    private func takeMessages(into output: inout Output) {
        guard !messages.isEmpty else { return }
        output.values["messages"] = .array(messages.map { .string($0) })
        if forgottenMessages > 0 { messages.append("(and \(forgottenMessages) messages more)") }
        output.text = (messages + (output.text.isEmpty ? [] : [output.text])).joined(separator: "\n")
        messages = []
        forgottenMessages = 0
    }

    private func run(_ command: DebuggerCommand, _ arguments: Arguments) throws(CommandError) -> Output {
        guard command.looksFromThread, selectedThread != nil else { return try command.run(self, arguments) }
        return try lookingStrictly { () -> Result<Output, CommandError> in
            do throws(CommandError) {
                return .success(try command.run(self, arguments))
            } catch {
                return .failure(error)
            }
        }.get()
    }

    // MARK: For the commands

    /// The address that a word means.
    func address(_ text: String) throws(CommandError) -> UInt32 {
        do throws(AddressExpression.InvalidExpression) {
            return try debugger.address(text)
        } catch {
            throw CommandError(error.description)
        }
    }

    /// A number that a word means: an expression like an address, but of 64 bits if it is a plain number.
    func count(_ text: String) throws(CommandError) -> UInt64 {
        if let number = UInt64(text) { return number }
        if text.hasPrefix("0x"), let number = UInt64(text.dropFirst(2), radix: 16) { return number }
        return UInt64(try address(text))
    }

    /// A number of bytes.
    func byteCount(_ text: String) throws(CommandError) -> UInt32 {
        guard let count = UInt32(exactly: try count(text)), count > 0 else {
            throw CommandError("'\(text)' is no number of bytes")
        }
        return count
    }

    /// Says where the machine is after a move.
    func report(_ stop: Stop) -> Output {
        nextAddress = nil
        var output = Output(stopText(stop))
        output.stop = stop
        output.stopValues = json(stop)
        return output
    }
}

/// Why a command could not be done. ``description`` is a line for the user.
struct CommandError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// What stands behind a command's name.
struct Arguments {
    let words: [String]
    /// What stood behind a slash: `16b` in `memory/16b`.
    let format: String

    /// All words again, for names that contain spaces.
    var text: String { words.joined(separator: " ") }

    /// Refuses more than `count` words.
    func limit(_ count: Int) throws(CommandError) {
        if words.count > count {
            throw CommandError("'\(words[count])' is one word too many; 'help' says what the command expects")
        }
    }
}
