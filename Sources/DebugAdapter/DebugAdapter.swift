import Debugger
import JSON
import Machine

/// A debug adapter: answers the requests of a development environment by asking the machine's ``Debugger``.
///
/// **Constraint.** The Debug Adapter Protocol was made for programs with threads and local variables; what is debugged
/// here is a processor, in whatever mode, with code that has no source as well, and with a past. An environment shows
/// what the protocol has a place for, and everything else must be reachable too.
///
/// **Choice.** One processor is one thread, unless it runs a kernel whose threads we know. Frames have source lines
/// where the symbol files know them, and always the address, so that the environment's disassembly follows. Registers
/// are the variables, in groups. Stepping back and continuing in reverse are ordinary requests. All the rest is the
/// debug console, which takes every command of the built-in debugger. The adapter does no input and no output of its
/// own: a message in, messages out (``MessageDecoder``); the server carries them.
///
/// **Example.**
///
///     let adapter = DebugAdapter(DebuggerCommands(machine: machine)) { message in ... }
///     adapter.receive(["seq": 1, "type": "request", "command": "initialize"])
public final class DebugAdapter {
    /// What a message has led to.
    public enum Outcome: Equatable, Sendable {
        /// The client goes on asking.
        case attached
        /// The client has left, and the machine is to go on without it.
        case detached
        /// The machine is to end, with this exit code.
        case ended(code: Int32)
    }

    let commands: DebuggerCommands
    var debugger: Debugger { commands.debugger }
    /// Takes a message for the client.
    private let sendMessage: (JSONValue) -> Void
    /// Calls what moves the machine, for those who must know.
    let whileMoving: (() -> Void) -> Void
    private var sequence: Int64 = 1
    /// What follows the response to the request that is being answered: a move, an event.
    var afterwards: (() -> Outcome)?

    /// The client counts lines and columns from 1 on.
    var linesStartAt1 = true
    private var stopsOnEntry = true
    /// Why the machine stands still; nil if the client has not moved it.
    var lastStop: Stop?
    /// What the client has set: the debugger's numbers, for each source, and for functions, instructions and data.
    var breakpoints: [BreakpointGroup: [Int]] = [:]
    /// Who has called whom, since the last stop, in each thread that somebody asked for; 0 is the one that runs.
    var frames: [Int64: [Debugger.Frame]] = [:]

    /// Which breakpoints a request sets anew.
    enum BreakpointGroup: Hashable {
        case source(String)
        case functions, instructions, data, exceptions
    }
    /// Whether a triple fault ends a move; otherwise the machine is reset.
    var stopsAtTripleFaults = true

    /// - Parameters:
    ///   - whileMoving: is to call what it is given, which moves the machine.
    ///   - send: takes messages for the client.
    public init(
        _ commands: DebuggerCommands, whileMoving: @escaping (() -> Void) -> Void = { $0() },
        send: @escaping (JSONValue) -> Void
    ) {
        self.commands = commands
        self.whileMoving = whileMoving
        sendMessage = send
        commands.didLog = { [weak self] in self?.print($0) }
    }

    /// Removes what the client has set: it is gone.
    public func removeBreakpoints() {
        for number in breakpoints.values.joined() { debugger.deleteBreakpoint(number) }
        breakpoints = [:]
    }

    // MARK: Messages

    /// Why a request cannot be answered. ``description`` is a line for the user.
    struct Failure: Error, CustomStringConvertible {
        let description: String

        init(_ description: String) { self.description = description }
    }

    /// Answers a request.
    public func receive(_ message: JSONValue) -> Outcome {
        // We ask for nothing, so there are no responses to us.
        guard message["type"]?.string == "request", let command = message["command"]?.string else { return .attached }
        afterwards = nil
        var response: [String: JSONValue] = [
            "type": "response", "request_seq": message["seq"] ?? 0, "command": .string(command),
        ]
        do throws(Failure) {
            guard let answer = Self.answers[command] else {
                throw Failure("the request '\(command)' is not supported")
            }
            let body = try answer(self, message["arguments"] ?? .object([:]))
            response["success"] = true
            if case .object(let members) = body, members.isEmpty {} else { response["body"] = body }
        } catch {
            response["success"] = false
            response["message"] = .string(error.description)
            response["body"] = ["error": ["id": 1, "format": .string(error.description), "showUser": true]]
            afterwards = nil
        }
        send(response)
        defer { afterwards = nil }
        return afterwards?() ?? .attached
    }

    func event(_ name: String, _ body: JSONValue = [:]) {
        send(["type": "event", "event": .string(name), "body": body])
    }

    /// Something for the debug console.
    func print(_ text: String, category: String = "console") {
        event("output", ["category": .string(category), "output": .string(text + "\n")])
    }

    private func send(_ members: [String: JSONValue]) {
        sendMessage(.object(members.merging(["seq": .integer(sequence)]) { $1 }))
        sequence += 1
    }

    typealias Answer = @Sendable (DebugAdapter, JSONValue) throws(Failure) -> JSONValue

    /// How each request is answered, by its name.
    private static let answers: [String: Answer] = lifeAnswers.merging(moveAnswers) { $1 }
        .merging(breakpointAnswers) { $1 }.merging(stateAnswers) { $1 }.merging(memoryAnswers) { $1 }
        .merging(exceptionAnswers) { $1 }.merging(jumpAnswers) { $1 }

    // MARK: Beginning and end

    private static let lifeAnswers: [String: Answer] = [
        "initialize": { (adapter, arguments) throws(Failure) in
            adapter.linesStartAt1 = arguments["linesStartAt1"]?.boolean ?? true
            adapter.afterwards = {
                adapter.event("initialized")
                return .attached
            }
            return capabilities
        },
        "launch": { (adapter, arguments) throws(Failure) in adapter.begin(arguments) },
        "attach": { (adapter, arguments) throws(Failure) in adapter.begin(arguments) },
        "configurationDone": { (adapter, _) throws(Failure) in
            adapter.afterwards = {
                guard adapter.stopsOnEntry else { return adapter.move { $0.continue() } }
                adapter.reportStop("entry")
                return .attached
            }
            return [:]
        },
        "disconnect": { (adapter, arguments) throws(Failure) in
            let ends = arguments["terminateDebuggee"]?.boolean ?? true
            adapter.afterwards = { ends ? .ended(code: 0) : .detached }
            return [:]
        },
        "terminate": { (adapter, _) throws(Failure) in
            adapter.afterwards = {
                adapter.event("terminated")
                return .ended(code: 0)
            }
            return [:]
        },
    ]

    /// The machine is there already; what it is, `vm`'s command line has said.
    private func begin(_ arguments: JSONValue) -> JSONValue {
        stopsOnEntry = arguments["stopOnEntry"]?.boolean ?? true
        return [:]
    }

    private static let capabilities: JSONValue = [
        "supportsConfigurationDoneRequest": true, "supportsFunctionBreakpoints": true,
        "supportsInstructionBreakpoints": true, "supportsDataBreakpoints": true, "supportsStepBack": true,
        "supportsSteppingGranularity": true, "supportsSetVariable": true, "supportsEvaluateForHovers": true,
        "supportsDisassembleRequest": true, "supportsReadMemoryRequest": true, "supportsWriteMemoryRequest": true,
        "supportsCompletionsRequest": true, "supportsTerminateRequest": true, "supportTerminateDebuggee": true,
        "supportsExceptionInfoRequest": true, "supportsLoadedSourcesRequest": true,
        "completionTriggerCharacters": [" "], "supportsConditionalBreakpoints": true,
        "supportsHitConditionalBreakpoints": true, "supportsLogPoints": true, "supportsExceptionFilterOptions": true,
        "exceptionBreakpointFilters": .array(ExceptionFilter.all.map(\.json)), "supportsRestartRequest": true,
        "supportsGotoTargetsRequest": true, "supportsSetExpression": true, "supportsBreakpointLocationsRequest": true,
        "supportsDataBreakpointBytes": true,
    ]
}
