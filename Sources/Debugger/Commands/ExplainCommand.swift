import JSON
import Machine

extension DebuggerCommand {
    static let explain = DebuggerCommand(
        "explain", "why", usage: "explain [COUNT]",
        summary: "say why the machine is here: shutdown, halt, loop, or the last exception",
        details: """
            The facts, then the chain of causes as far as it can be found out, then the last COUNT steps (16). The past is \
            executed again for it; the machine stays where it is.
            """,
        group: .other
    ) { (commands, arguments) throws(CommandError) in
        try arguments.limit(1)
        var count = 16
        if let word = arguments.words.first { count = Int(clamping: min(try commands.count(word), 1000)) }
        let explanation = commands.debugger.explain(instructions: count)
        return Output(explanation.text, values: explanation.values)
    }
}

extension Explanation {
    /// For programs.
    var values: [String: JSONValue] {
        var values: [String: JSONValue] = [
            "occasion": .string(occasion.rawValue), "headline": .string(headline),
            "findings": .array(findings.map { ["cause": .string($0.cause.rawValue), "text": .string($0.text)] }),
        ]
        if let past {
            values["instructions"] = .array(
                past.instructions.map { executed in
                    JSONValue(members: [
                        "step": JSONValue(executed.place.step), "address": JSONValue(executed.place.linear),
                        "text": executed.text.map { .string($0) },
                        "event": executed.event == .instruction ? nil : .string(executed.event.name),
                    ])
                })
        }
        return values
    }
}

extension RecentPast.Executed.Event {
    fileprivate var name: String {
        switch self {
        case .instruction: "instruction"
        case .exception: "exception"
        case .interrupt: "interrupt"
        case .sleep: "sleep"
        }
    }
}
