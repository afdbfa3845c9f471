import JSON
import Machine

extension DebuggerCommand {
    static let info = DebuggerCommand(
        "info", "i", usage: "info [TOPIC]", summary: "show one of many things; alone it lists them",
        details:
            "Besides its own topics and the names of chips it takes the commands that show something: 'info idt', 'info "
            + "registers'.",
        group: .other
    ) { (commands, arguments) throws(CommandError) in
        guard let topic = arguments.words.first?.lowercased() else { return Output(topicLines) }
        let rest = Arguments(words: Array(arguments.words.dropFirst()), format: arguments.format)
        if "breakpoints".hasPrefix(topic) {
            return Output(commands.breakpointLines(), values: ["breakpoints": commands.breakpointValues])
        }
        let exact = (infoTopics + all.filter(\.shows)).first { $0.names.contains(topic) }
        if let exact { return try exact.run(commands, rest) }
        let chips = chips(commands.debugger.machine, named: topic)
        if !chips.isEmpty {
            try rest.limit(0)
            return output(chips)
        }
        let candidates = (infoTopics + all.filter(\.shows)).filter { $0.names.contains { $0.hasPrefix(topic) } }
        guard let command = candidates.first else {
            throw CommandError("there is no information about '\(topic)'; 'info' lists the topics")
        }
        guard candidates.count == 1 else {
            throw CommandError("'\(topic)' is ambiguous: " + candidates.map { $0.names[0] }.joined(separator: ", "))
        }
        return try command.run(commands, rest)
    }

    /// It shows something, and can be asked for by `info`.
    private var shows: Bool { group == .looking || group == .tables }

    private static var topicLines: [String] {
        let commands = all.filter(\.shows)
        func lines(_ list: [DebuggerCommand]) -> [String] { list.map { "  \($0.usage.padded(to: 36))  \($0.summary)" } }
        return ["info TOPIC shows:", "  \("breakpoints".padded(to: 36))  breakpoints and watchpoints"]
            + lines(infoTopics)
            + ["and what these commands show by themselves:"] + lines(commands)
    }
}
