import Foundation
import JSON
import ProcessTestSupport
import Testing
import ToolchainTestSupport

/// The toolchain's `lldb-dap` as VS Code would use it: with what `.vscode` says, and nothing else.
@Suite(
    .enabled(
        if: Toolchain.environmentOfLLDB != nil,
        "the toolchain's lldb-dap does not start here (is its libpython installed?)"),
    .enabled(if: BuiltEmulator.areImagesBuilt, "images/ is empty: run `make image` first"))
struct LLDBAdapterTests {
    private let repository = BuiltEmulator.repository

    /// A file of `.vscode`, with the folder's variable replaced. Only whole lines are comments there.
    private func configuration(_ name: String) throws -> JSONValue {
        let text = try String(contentsOf: repository.appendingPathComponent(".vscode/\(name)"), encoding: .utf8)
        let lines = text.components(separatedBy: "\n").filter { !$0.drop { $0 == " " }.hasPrefix("//") }
        return try JSONValue(
            parsing: lines.joined(separator: "\n").replacingOccurrences(of: "${workspaceFolder}", with: repository.path)
                .utf8)
    }

    private func port(_ value: JSONValue, _ port: String) -> JSONValue {
        switch value {
        case .string(let text): .string(text.replacingOccurrences(of: "1234", with: port))
        case .array(let elements): .array(elements.map { self.port($0, port) })
        default: value
        }
    }

    @Test func swiftInTheKernelForwardsAndBackwards() throws {
        let launch = try #require(
            try configuration("launch.json")["configurations"]?.array?.first { $0["type"] == "lldb-dap" })
        let task = try #require(
            try configuration("tasks.json")["tasks"]?.array?.first { $0["label"] == launch["preLaunchTask"] })
        #expect(launch["attachCommands"] == ["gdb-remote 1234"])
        #expect(task["args"]?.array?.first == "--gdb")

        // The task, at a free port, so that tests do not get into each other's way; it serves when it has said so.
        let emulator = Process()
        let errors = Pipe()
        emulator.executableURL = URL(fileURLWithPath: task["command"]?.string ?? "")
        emulator.currentDirectoryURL = repository
        emulator.arguments = port(task["args"] ?? [], "0").array?.compactMap(\.string)
        emulator.environment = ["PATH": "/usr/bin:/bin"]
        emulator.standardInput = FileHandle.nullDevice
        emulator.standardOutput = FileHandle.nullDevice
        emulator.standardError = errors
        try emulator.runHearingSignals()
        defer { emulator.terminate() }
        var said = ""
        while let byte = try errors.fileHandleForReading.read(upToCount: 1)?.first, byte != 0x0A {
            said.unicodeScalars.append(Unicode.Scalar(byte))
        }
        let place = try #require(said.components(separatedBy: "gdb: listening at 127.0.0.1:").last)

        let client = try AdapterClient(
            program: URL(fileURLWithPath: Toolchain.path(of: "lldb-dap")),
            environment: Toolchain.environmentOfLLDB ?? [:])
        _ = try client.response("initialize", ["adapterID": "lldb-dap", "linesStartAt1": true, "pathFormat": "path"])
        guard case .object(var arguments) = launch else {
            Issue.record("the configuration is no object")
            return
        }
        arguments["attachCommands"] = port(arguments["attachCommands"] ?? [], place)
        try client.send(launch["request"]?.string ?? "", .object(arguments))
        _ = try client.event("initialized")
        let file = "Kernel/Sources/KernelLogic/FrameBitmap.swift"
        let source = repository.appendingPathComponent(file).path
        let line = try BuiltEmulator.line(of: "mutating func release(_ frame: UInt32)", in: file) + 1
        let breakpoint = try client.request(
            "setBreakpoints",
            ["source": ["path": .string(source)], "breakpoints": [["line": JSONValue(line)]]])
        #expect(breakpoint["breakpoints"]?.array?.first?["verified"] == true, "\(breakpoint)")
        // Its events may come before its responses.
        try client.send("configurationDone")
        _ = try client.event("stopped")

        /// The Swift variables of the innermost frame, those of `self` included.
        func variables() throws -> [String: String] {
            let frame = try client.frame()
            #expect(frame["source"]?["path"]?.string == source)
            #expect(frame["name"]?.string?.hasPrefix("FrameBitmap.release(_:)") == true, "\(frame)")
            let scope = try client.request("scopes", ["frameId": frame["id"] ?? 0])["scopes"]?.array?.first
            var found: [String: String] = [:]
            func add(_ reference: JSONValue?) throws {
                let result = try client.request("variables", ["variablesReference": reference ?? 0])
                for variable in result["variables"]?.array ?? [] {
                    found[variable["name"]?.string ?? ""] = variable["value"]?.string
                    if variable["name"] == "self" { try add(variable["variablesReference"]) }
                }
            }
            try add(scope?["variablesReference"])
            return found
        }
        // Frame after frame becomes free.
        var seen: [[String: String]] = []
        for count in 0..<3 {
            try client.send("continue", ["threadId": 1])
            #expect(try client.event("stopped")["reason"] == "breakpoint")
            seen.append(try variables())
            #expect(seen.last?["freeCount"] == String(count), "\(seen)")
        }
        let frames = seen.compactMap { $0["frame"].flatMap { UInt32($0) } }
        #expect(frames.count == 3 && frames == (0..<3).map { frames[0] + $0 }, "\(seen)")
        for count in [1, 0] {
            try client.send(
                "evaluate",
                [
                    "expression": "process continue --reverse", "context": "repl",
                    "frameId": try client.frame()["id"] ?? 0,
                ])
            #expect(try client.event("stopped")["reason"] == "breakpoint")
            #expect(try variables() == seen[count])
        }
        try client.request("disconnect", ["terminateDebuggee": true])
    }
}
