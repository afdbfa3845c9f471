/// A command of the debugger's language.
struct DebuggerCommand: Sendable {
    /// Its name, then shorter and other names.
    let names: [String]
    /// The name with its arguments: `break ADDRESS`.
    let usage: String
    /// One line.
    let summary: String
    /// More, for `help NAME`; may be empty.
    let details: String
    /// Which section of `help` it belongs to.
    let group: Group
    /// What an empty line does after it: nothing (nil), the same again (a nil line), or another line.
    let repetition: String??
    let run: @Sendable (DebuggerCommands, Arguments) throws(CommandError) -> DebuggerCommands.Output

    enum Group: String, CaseIterable, Sendable {
        case running = "Running"
        case goingBack = "Going back"
        case breakpoints = "Breakpoints"
        case looking = "Looking"
        case tables = "The processor's tables"
        case changing = "Changing"
        case other = "Other"
    }

    init(
        _ names: String..., usage: String, summary: String, details: String = "", group: Group,
        repetition: String?? = nil,
        run: @escaping @Sendable (DebuggerCommands, Arguments) throws(CommandError) -> DebuggerCommands.Output
    ) {
        self.init(
            names, usage: usage, summary: summary, details: details, group: group, repetition: repetition, run: run)
    }

    init(
        _ names: [String], usage: String, summary: String, details: String = "", group: Group,
        repetition: String?? = nil,
        run: @escaping @Sendable (DebuggerCommands, Arguments) throws(CommandError) -> DebuggerCommands.Output
    ) {
        self.names = names
        self.usage = usage
        self.summary = summary
        self.details = details
        self.group = group
        self.repetition = repetition
        self.run = run
    }

    /// All commands, in the order of `help`.
    static let all: [DebuggerCommand] = [
        step, next, stepLine, nextLine, finish, `continue`, until, nextSwitch, reset,
        reverseStep, reverseNext, reverseStepLine, reverseNextLine, reverseFinish, reverseContinue, reverseSwitch, goto,
        lastWrite,
        timeline, branch, record, schedule,
        `break`, temporaryBreak, `catch`, watch, readWatch, accessWatch, condition, ignore, message, commands, delete,
        enable, disable,
        registers, memory, physicalMemory, disassemble, list, backtrace, symbols, symbolFile, sourcePath, screen,
        devices, location,
        gdt, idt, ldt, tss, page,
        write, set,
        thread, trace, explain, info, assert, source, help, quit,
    ]

    /// The command of a name or of an unambiguous beginning of one.
    static func named(_ name: String) throws(CommandError) -> DebuggerCommand {
        let name = name.lowercased()
        if let command = all.first(where: { $0.names.contains(name) }) { return command }
        let candidates = all.filter { $0.names.contains { $0.hasPrefix(name) } }
        switch candidates.count {
        case 1: return candidates[0]
        case 0: throw CommandError("there is no command '\(name)'; 'help' lists them")
        default:
            let names = candidates.compactMap { $0.names.first { $0.hasPrefix(name) } }
            // `ste` is `step` rather than `step-line`.
            if let shortest = names.min(by: { $0.count < $1.count }), names.allSatisfy({ $0.hasPrefix(shortest) }),
                let command = candidates.first(where: { $0.names.contains(shortest) })
            {
                return command
            }
            throw CommandError("'\(name)' is ambiguous: " + names.joined(separator: ", "))
        }
    }
}
