import Debugger
import JSON
import Machine

/// What the machine looks like at a stop: its thread, frames, registers, sources.
extension DebugAdapter {
    static let stateAnswers: [String: Answer] = [
        "threads": { (adapter, _) throws(Failure) in ["threads": adapter.threads] },
        "stackTrace": { (adapter, arguments) throws(Failure) in try adapter.stackTrace(arguments) },
        "scopes": { (_, arguments) throws(Failure) in
            let thread = thread(ofFrame: arguments["frameId"]?.integer ?? 1)
            let scopes = RegisterGroup.allCases.enumerated().map { index, group -> JSONValue in
                [
                    "name": .string(group.rawValue), "presentationHint": "registers",
                    "variablesReference": .integer(groupReference(index, thread: thread)),
                    "expensive": .boolean(index > 0),
                ]
            }
            return ["scopes": .array(scopes)]
        },
        "variables": { (adapter, arguments) throws(Failure) in
            let (thread, group) = try registerGroup(arguments)
            // Of threads that do not run, nobody knows where these are.
            if thread != 0, group == .x87 || group == .sse { return ["variables": []] }
            return try adapter.looking(from: thread) { ["variables": .array(adapter.variables(of: group))] }
        },
        "setVariable": { (adapter, arguments) throws(Failure) in
            let thread = group(ofReference: arguments["variablesReference"]?.integer ?? 1).thread
            return try adapter.looking(from: thread) { () -> Result<JSONValue, Failure> in
                do throws(Failure) {
                    return .success(
                        try adapter.setRegister(arguments["name"]?.string ?? "", arguments["value"]?.string ?? ""))
                } catch {
                    return .failure(error)
                }
            }.get()
        },
        "evaluate": { (adapter, arguments) throws(Failure) in try adapter.evaluate(arguments) },
        "completions": { (adapter, arguments) throws(Failure) in
            let text = arguments["text"]?.string ?? ""
            let column = Int(clamping: max(1, arguments["column"]?.integer ?? 1)) - 1
            let line = String(text.prefix(column))
            let word = line.split(separator: " ", omittingEmptySubsequences: false).last ?? ""
            let targets = adapter.commands.completions(of: line).prefix(200).map { candidate -> JSONValue in
                [
                    "label": .string(candidate), "start": JSONValue(column - word.count),
                    "length": JSONValue(word.count),
                ]
            }
            return ["targets": .array(targets)]
        },
        "loadedSources": { (adapter, _) throws(Failure) in
            ["sources": .array(adapter.debugger.symbols.sourceFiles.map { adapter.source(of: $0) })]
        },
        "source": { (adapter, arguments) throws(Failure) in
            let path = arguments["source"]?["path"]?.string ?? ""
            // Only what was compiled: the client could read any other file by itself.
            guard let file = adapter.compiledPath(of: path),
                let lines = adapter.debugger.sources.lines(of: file, from: 1, count: .max)
            else { throw Failure("the source '\(path)' is not on this host; --source-path says where to look") }
            return ["content": .string(lines.joined(separator: "\n"))]
        },
    ]

    /// Which registers of which thread a request is about.
    private static func registerGroup(
        _ arguments: JSONValue
    ) throws(Failure) -> (thread: Int64, group: RegisterGroup) {
        let reference = arguments["variablesReference"]?.integer ?? 0
        let (thread, index) = group(ofReference: reference)
        guard reference > 0, RegisterGroup.allCases.indices.contains(Int(index)) else {
            throw Failure("there are no such variables")
        }
        return (thread, RegisterGroup.allCases[Int(index)])
    }

    /// The scopes of a frame.
    enum RegisterGroup: String, CaseIterable {
        case general = "General registers"
        case segments = "Segment registers"
        case control = "Control registers"
        case x87 = "x87 registers"
        case sse = "SSE registers"

        var names: [String] {
            switch self {
            case .general: RegisterFile.generalNames + ["eip", "eflags"]
            case .segments: RegisterFile.segmentNames
            case .control: RegisterFile.controlNames
            case .x87, .sse: []
            }
        }
    }

    private func variables(of group: RegisterGroup) -> [JSONValue] {
        switch group {
        case .x87: debugger.x87Fields.map(Self.variable)
        case .sse: debugger.sseFields.map(Self.variable)
        default: group.names.map { variable($0) }
        }
    }

    private static func variable(_ field: Debugger.Field) -> JSONValue {
        ["name": .string(field.name), "value": .string(field.text), "variablesReference": 0]
    }

    func setRegister(_ name: String, _ value: String) throws(Failure) -> JSONValue {
        let output = commands.execute("set \(name) \(value)")
        if output.isError { throw Failure(output.text) }
        return ["value": variable(name)["value"] ?? ""]
    }

    private func variable(_ name: String) -> JSONValue {
        let registers = debugger.registers
        let value = registers.value(named: name) ?? 0
        var text = RegisterGroup.segments.names.contains(name) ? hexadecimal(value, 4) : hexadecimal(value, 8)
        if name == "eflags" { text += "  " + RegisterText.flags(value) }
        let isAddress = RegisterGroup.general.names.contains(name) && name != "eflags"
        if isAddress, let symbol = debugger.symbolText(at: value) { text += "  <\(symbol)>" }
        return JSONValue(members: [
            "name": .string(name), "value": .string(text), "variablesReference": 0,
            "evaluateName": .string("$" + name), "memoryReference": isAddress ? .string(reference(value)) : nil,
        ])
    }

    // MARK: Frames

    private func stackTrace(_ arguments: JSONValue) throws(Failure) -> JSONValue {
        let thread = otherThread(arguments)
        if frames[thread] == nil { frames[thread] = try looking(from: thread) { debugger.backtrace(limit: 256) } }
        let frames = frames[thread] ?? []
        let start = max(0, Int(clamping: arguments["startFrame"]?.integer ?? 0))
        let levels = Int(clamping: arguments["levels"]?.integer ?? 0)
        let wanted = frames.enumerated().dropFirst(start).prefix(levels > 0 ? levels : frames.count)
        let stack = wanted.map { index, frame -> JSONValue in
            let name = frame.symbol?.description ?? hexadecimal(frame.linear, 8)
            return JSONValue(members: [
                "id": .integer(Self.frameIdentifier(index, thread: thread)), "name": .string(name),
                "instructionPointerReference": .string(reference(frame.linear)),
                "line": JSONValue(frame.source.map { shown($0.line) } ?? 0),
                "column": JSONValue(frame.source == nil ? 0 : linesStartAt1 ? 1 : 0),
                "source": frame.source.map { source(of: $0.path) },
                "presentationHint": frame.source == nil ? "subtle" : "normal",
            ])
        }
        return ["stackFrames": .array(stack), "totalFrames": JSONValue(frames.count)]
    }

    /// A source as the client may find it: where it is on this host, or else where it was compiled.
    func source(of path: String) -> JSONValue {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        return ["name": .string(name), "path": .string(debugger.sources.path(of: path) ?? path)]
    }

    /// A line as the client counts.
    func shown(_ line: Int) -> Int { linesStartAt1 ? line : line - 1 }

    func reference(_ address: UInt32) -> String { hexadecimal(address, 8) }

    func hexadecimal(_ value: UInt32, _ digits: Int) -> String {
        let text = String(value, radix: 16)
        return "0x" + String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    // MARK: The console

    /// In the console every command of the debugger; elsewhere the value of an expression.
    private func evaluate(_ arguments: JSONValue) throws(Failure) -> JSONValue {
        let expression = arguments["expression"]?.string ?? ""
        guard arguments["context"]?.string == "repl" else {
            let name = expression.hasPrefix("$") ? String(expression.dropFirst()) : expression
            if debugger.registers.value(named: name) != nil {
                return ["result": variable(name)["value"] ?? "", "variablesReference": 0]
            }
            guard let address = try? debugger.address(expression) else {
                throw Failure("'\(expression)' has no value here")
            }
            let symbol = debugger.symbolText(at: address).map { "  <\($0)>" } ?? ""
            return [
                "result": .string(hexadecimal(address, 8) + symbol), "variablesReference": 0,
                "memoryReference": .string(reference(address)),
            ]
        }
        let steps = debugger.machine.steps
        var output: DebuggerCommands.Output?
        whileMoving { output = commands.execute(expression) }
        guard let output else { return [:] }
        if output.isError { throw Failure(output.text) }
        if output.shouldQuit {
            afterwards = { [unowned self] in
                event("terminated")
                return .ended(code: 0)
            }
        } else if let stop = output.stop {
            afterwards = { [unowned self] in
                report(stop)
                return .attached
            }
        } else if debugger.machine.steps != steps || output.text.contains("new branch") {
            afterwards = { [unowned self] in
                reportStop("goto")
                return .attached
            }
        }
        return ["result": .string(output.text), "variablesReference": 0]
    }
}
