import JSON

extension Execution {
    /// The execution as one JSON object, for programs: `command`, `place` if it comes from a file, `ok`, and `text` as
    /// a person would read it, or `error`. A move adds `stop`, a command with results `values`.
    public var json: JSONValue {
        JSONValue(members: [
            "command": .string(command), "place": place.map { .string($0) }, "ok": .boolean(!output.isError),
            output.isError ? "error" : "text": output.text.isEmpty && !output.isError ? nil : .string(output.text),
            "stop": output.stopValues,
            "values": output.values.isEmpty ? nil : .object(output.values),
        ])
    }
}

extension DebuggerCommands {
    /// A stop, for programs. Addresses are numbers, as everywhere in the results of commands.
    func json(_ stop: Stop) -> JSONValue {
        let source = debugger.sourceLocation(at: stop.location.linear)
        return JSONValue(members: [
            "reason": .string(stop.reason.name), "step": JSONValue(stop.steps),
            "number": stop.reason.number.map { JSONValue($0) },
            "code": stop.reason.exitCode.map { JSONValue($0) },
            "cs": JSONValue(stop.location.selector), "eip": JSONValue(stop.location.offset),
            "linear": JSONValue(stop.location.linear),
            "symbol": stop.location.symbol.map { .string($0.description) },
            "instruction": debugger.currentInstruction.map { .string($0.text) },
            "file": source.map { .string($0.path) }, "line": source.map { JSONValue($0.line) },
            "thread": debugger.runningThread.map { JSONValue($0.number) },
            "process": debugger.runningThread.map { .string($0.process) },
            "inPast": debugger.timeline.isInPast ? true : nil,
            "event": stop.event.map(json),
            "caught": stop.caught.isEmpty ? nil : .array(stop.caught.map { .string(CatchText.event($0)) }),
            "accesses": stop.accesses.isEmpty ? nil : .array(stop.accesses.map(json)),
        ])
    }

    private func json(_ event: Stop.Event) -> JSONValue {
        switch event {
        case .interrupt(let vector): ["interrupt": JSONValue(vector)]
        case .exception(let vector, let code, let address):
            JSONValue(members: [
                "exception": JSONValue(vector), "errorCode": code.map { JSONValue($0) },
                "address": address.map { JSONValue($0) },
            ])
        }
    }

    private func json(_ access: Watchpoint.Access) -> JSONValue {
        JSONValue(members: [
            "number": JSONValue(access.number), "isWrite": .boolean(access.isWrite),
            "address": JSONValue(access.address), "before": .bytes(access.before),
            "after": access.after.isEmpty ? nil : .bytes(access.after), "by": .string(originText(access.origin)),
        ])
    }
}

extension JSONValue {
    static func bytes(_ bytes: [UInt8]) -> JSONValue { .array(bytes.map { JSONValue($0) }) }
}

extension Stop.Reason {
    /// A word for programs.
    public var name: String {
        switch self {
        case .arrived: "arrived"
        case .breakpoint: "breakpoint"
        case .watchpoint: "watchpoint"
        case .beginningOfRecording: "beginning-of-recording"
        case .endOfRecording: "end-of-recording"
        case .interrupted: "interrupted"
        case .halted: "halted"
        case .exited: "exited"
        case .tripleFault: "triple-fault"
        }
    }

    /// That of the breakpoint or watchpoint.
    var number: Int? {
        switch self {
        case .breakpoint(let number), .watchpoint(let number): number
        default: nil
        }
    }

    fileprivate var exitCode: Int32? {
        if case .exited(let code) = self { code } else { nil }
    }
}
