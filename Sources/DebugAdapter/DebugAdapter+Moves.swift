import Debugger
import JSON
import Machine

/// Requests that move the machine. They are answered first; the event `stopped` follows when the move is over.
extension DebugAdapter {
    static let moveAnswers: [String: Answer] = [
        "continue": { (adapter, _) throws(Failure) in
            // The first time it was said that the guest wants to end, so that one could look, and go back. Now it may.
            if let stop = adapter.lastStop, case .exited(let code) = stop.reason,
                stop.steps == adapter.debugger.machine.steps
            {
                adapter.afterwards = {
                    adapter.event("exited", ["exitCode": JSONValue(code)])
                    adapter.event("terminated")
                    return .ended(code: code)
                }
            } else {
                adapter.move { $0.continue() }
            }
            return ["allThreadsContinued": true]
        },
        "reverseContinue": { (adapter, _) throws(Failure) in adapter.moves { $0.reverseContinue() } },
        "next": { (adapter, arguments) throws(Failure) in
            adapter.moves(arguments, lines: { $0.nextLine() }, instructions: { $0.next() })
        },
        "stepIn": { (adapter, arguments) throws(Failure) in
            adapter.moves(arguments, lines: { $0.stepLine() }, instructions: { $0.step() })
        },
        "stepOut": { (adapter, _) throws(Failure) in adapter.moves { $0.finish() } },
        "stepBack": { (adapter, arguments) throws(Failure) in
            adapter.moves(arguments, lines: { $0.reverseNextLine() }, instructions: { $0.reverseStep() })
        },
        // What was moving has been stopped when this is read.
        "pause": { (_, _) throws(Failure) in [:] },
    ]

    private func moves(
        _ arguments: JSONValue, lines: @escaping (Debugger) -> Stop, instructions: @escaping (Debugger) -> Stop
    ) -> JSONValue {
        moves(arguments["granularity"]?.string == "instruction" ? instructions : lines)
    }

    /// Promises a move.
    private func moves(_ body: @escaping (Debugger) -> Stop) -> JSONValue {
        move(body)
        return [:]
    }

    private func move(_ body: @escaping (Debugger) -> Stop) {
        afterwards = { [unowned self] in move(body) }
    }

    /// Moves the machine now, and tells where it has ended up.
    func move(_ body: (Debugger) -> Stop) -> Outcome {
        var result: Stop?
        withoutActuallyEscaping(body) { body in
            whileMoving { result = goingPastTripleFaults(body(debugger)) }
        }
        guard let stop = result else { return .attached }
        report(stop)
        return .attached
    }

    /// What a PC does at a triple fault, if the client does not want to stop there.
    private func goingPastTripleFaults(_ stop: Stop) -> Stop {
        var stop = stop
        while case .tripleFault = stop.reason, !stopsAtTripleFaults, !stop.isBefore, !debugger.timeline.isInPast {
            print("triple fault at step \(stop.steps): the machine is reset")
            debugger.reset()
            stop = debugger.continue()
        }
        return stop
    }

    /// Tells the client about a stop.
    func report(_ stop: Stop) {
        lastStop = stop
        switch stop.reason {
        case .arrived: reportStop("step")
        case .breakpoint(let number):
            let text = stop.caught.map(\.description).joined(separator: "; ")
            let verb = stop.isBefore ? "next comes " : ""
            reportStop(
                stop.caught.isEmpty ? reason(of: number) : "exception", text.isEmpty ? nil : verb + text,
                breakpoint: number)
        case .watchpoint(let number): reportStop("data breakpoint", breakpoint: number)
        case .interrupted: reportStop("pause")
        case .beginningOfRecording: reportStop("step", "this is the beginning of the recording")
        case .endOfRecording: reportStop("step", "this is the end of the recording")
        case .halted: reportStop("pause", debugger.explain().text)
        case .exited(let code): reportStop("pause", "the guest asks to exit with code \(code); continuing lets it")
        case .tripleFault: reportStop("exception", debugger.explain().text)
        }
    }

    /// What the client calls a breakpoint of this number.
    private func reason(of number: Int) -> String {
        switch breakpoints.first(where: { $0.value.contains(number) })?.key {
        case .functions: "function breakpoint"
        case .instructions: "instruction breakpoint"
        default: "breakpoint"
        }
    }

    /// Sends the event `stopped`. A longer text also goes to the console.
    func reportStop(_ reason: String, _ text: String? = nil, breakpoint number: Int? = nil) {
        frames = [:]
        if let text { print(text, category: "important") }
        event(
            "stopped",
            JSONValue(members: [
                "reason": .string(reason), "threadId": .integer(runningThread), "allThreadsStopped": true,
                "text": text.map { .string(String($0.prefix { !$0.isNewline })) },
                "hitBreakpointIds": number.map { [JSONValue($0)] },
            ]))
    }
}
