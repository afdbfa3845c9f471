import JSON
import Machine
import Processor

/// Commands about the machine around the processor, and about the debugger.
extension DebuggerCommand {
    static let screen = DebuggerCommand(
        "screen", usage: "screen", summary: "show the guest's text screen", group: .looking
    ) { (commands, arguments) throws(CommandError) in
        try arguments.limit(0)
        guard let screen = commands.debugger.machine.textScreen() else {
            throw CommandError("the display is in a graphics mode")
        }
        var lines = screen.lines
        while lines.last?.isEmpty == true { lines.removeLast() }
        let border = "+" + String(repeating: "-", count: screen.columns) + "+"
        return Output(
            [border] + lines.map { "|" + $0.padded(to: screen.columns) + "|" } + [border],
            values: [
                "lines": .array(lines.map { .string($0) }), "columns": JSONValue(screen.columns),
                "rows": JSONValue(screen.rows),
            ])
    }

    static let devices = DebuggerCommand(
        "devices", usage: "devices", summary: "show the machine in brief: memory, time, drives, chips with their ports",
        group: .looking
    ) { (commands, arguments) throws(CommandError) in
        try arguments.limit(0)
        let machine = commands.debugger.machine
        let state = machine.processor.state
        let configuration = machine.configuration
        func word(_ condition: Bool, _ yes: String, _ no: String) -> String { condition ? yes : no }
        var lines = [
            "memory     \(machine.memory.ramSize >> 10) KiB, A20 "
                + word(machine.processor.isA20Enabled, "open", "closed"),
            "time       step \(machine.steps), \(machine.nanoseconds / 1000) us since power-on",
            "processor  \(machine.processor.model.name)"
                + word(state.pointee.halted, ", halted", "")
                + word(state.pointee.interruptRequested, ", an interrupt is requested", "")
                + word(state.pointee.nmiRequested, ", an NMI is pending", ""),
        ]
        for (index, drive) in configuration.drives.enumerated() {
            guard let drive else { continue }
            lines.append(
                "drive \(index)    \(drive.model), \(drive.image.sectorCount) sectors, "
                    + word(
                        drive.image.isReadOnly, "read-only",
                        drive.policy == .discard ? "changes are discarded" : "writable"))
        }
        let chips = machine.chips
        lines += chips.map(line)
        return Output(lines)
    }

    static let help = DebuggerCommand(
        "help", "h", "?", usage: "help [COMMAND]", summary: "list the commands, or explain one", group: .other
    ) { (commands, arguments) throws(CommandError) in
        if let name = arguments.words.first {
            let command = try DebuggerCommand.named(name)
            var lines = [command.usage, command.summary]
            if !command.details.isEmpty { lines.append(command.details) }
            if command.names.count > 1 { lines.append("also: " + command.names.dropFirst().joined(separator: ", ")) }
            return Output(lines)
        }
        var lines: [String] = []
        for group in DebuggerCommand.Group.allCases {
            lines.append(group.rawValue)
            for command in DebuggerCommand.all where command.group == group {
                lines.append("  \(command.usage.padded(to: 36))  \(command.summary)")
            }
        }
        lines.append("Names can be shortened. An empty line repeats the last step, next, memory...")
        return Output(lines)
    }

    static let quit = DebuggerCommand(
        "quit", "q", "exit", usage: "quit", summary: "leave the debugger and the machine", group: .other
    ) { (_, _) throws(CommandError) in
        Output("", shouldQuit: true)
    }
}
