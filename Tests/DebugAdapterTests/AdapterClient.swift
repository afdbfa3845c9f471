import DebugAdapter
import EmulatorTestSupport
import Foundation
import JSON
import ProcessTestSupport

/// A development environment, as far as a debug adapter can tell: `vm --dap` or another adapter, running, and what it
/// has said.
final class AdapterClient {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var decoder = MessageDecoder()
    private var arrived: [JSONValue] = []
    private var sequence: Int64 = 0
    /// What went to the debug console.
    private(set) var console = ""

    /// Boots the kernel's image.
    convenience init(_ arguments: [String] = []) throws {
        try self.init(
            program: BuiltEmulator.executable,
            [
                "--dap", "--console", "none", "--snapshot", "--fast", "--symbols",
                BuiltEmulator.programs.appendingPathComponent("shell.elf").path, "kernel.img",
            ] + arguments)
    }

    /// Starts an adapter that speaks at its standard input and output.
    init(program: URL, _ arguments: [String] = [], environment: [String: String] = [:]) throws {
        process.executableURL = program
        process.currentDirectoryURL = BuiltEmulator.repository
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.runHearingSignals()
    }

    deinit { process.terminate() }

    /// The next message; a minute is waited for it.
    private func next() throws -> JSONValue {
        while arrived.isEmpty {
            var descriptor = pollfd(fd: output.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&descriptor, 1, 60_000) > 0 else { throw Failure(description: "the adapter is silent") }
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { throw Failure(description: "the adapter has ended") }
            for case .message(let message) in decoder.decode(data) { arrived.append(message) }
        }
        return arrived.removeFirst()
    }

    /// The message that `isWanted`; what comes before is done with.
    private func wait(for isWanted: (JSONValue) -> Bool) throws -> JSONValue {
        while true {
            let message = try next()
            if message["event"] == "output" { console += message["body"]?["output"]?.string ?? "" }
            if isWanted(message) { return message }
        }
    }

    func send(_ command: String, _ arguments: JSONValue = [:]) throws {
        sequence += 1
        let request: JSONValue = [
            "seq": .integer(sequence), "type": "request", "command": .string(command), "arguments": arguments,
        ]
        try input.fileHandleForWriting.write(contentsOf: Data(MessageDecoder.encode(request)))
    }

    /// The response to a request.
    func response(_ command: String, _ arguments: JSONValue = [:]) throws -> JSONValue {
        try send(command, arguments)
        let sequence = sequence
        return try wait { $0["request_seq"] == .integer(sequence) }
    }

    /// The body of the response to a request that succeeds.
    @discardableResult
    func request(_ command: String, _ arguments: JSONValue = [:]) throws -> JSONValue {
        let response = try response(command, arguments)
        guard response["success"] == true else {
            throw Failure(description: "\(command): \(response["message"]?.string ?? "")")
        }
        return response["body"] ?? [:]
    }

    func event(_ name: String) throws -> JSONValue {
        let body = try wait { $0["event"] == .string(name) }["body"] ?? [:]
        if name == "stopped", let stopped = body["threadId"] { thread = stopped }
        return body
    }

    /// The thread that has stopped last.
    private(set) var thread: JSONValue = 1

    /// Makes a move; returns why it ended.
    @discardableResult
    func move(_ command: String, instruction: Bool = false) throws -> String {
        try request(
            command, ["threadId": thread, "granularity": .string(instruction ? "instruction" : "statement")])
        return try event("stopped")["reason"]?.string ?? ""
    }

    /// As every client begins.
    func begin() throws {
        try request("initialize", ["adapterID": "martlet", "linesStartAt1": true])
        _ = try event("initialized")
        try request("launch")
    }

    /// The innermost frame.
    func frame() throws -> JSONValue {
        try request("stackTrace", ["threadId": thread])["stackFrames"]?.array?.first ?? [:]
    }

    func evaluate(_ expression: String, context: String = "repl") throws -> String {
        try request("evaluate", ["expression": .string(expression), "context": .string(context)])["result"]?.string
            ?? ""
    }

    /// The value of a register.
    func register(_ name: String, scope: Int64 = 1) throws -> String {
        let variables = try request("variables", ["variablesReference": .integer(scope)])["variables"]?.array ?? []
        return variables.first { $0["name"] == .string(name) }?["value"]?.string ?? ""
    }

    /// The exit code; nil if there is none within half a minute.
    func exitCode() -> Int32? {
        for _ in 0..<300 {
            if !process.isRunning { return process.terminationStatus }
            Thread.sleep(forTimeInterval: 0.1)
        }
        return nil
    }
}
