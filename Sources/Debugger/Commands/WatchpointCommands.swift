import JSON
import Processor

/// Commands for watchpoints.
extension DebuggerCommand {
    private static let arguments = """
        LENGTH is in bytes, 4 if none is given. With /p the address is physical: every write counts, through whatever \
        mapping, by the page walk, a device or the debugger. Otherwise it is linear, in every address space. There may \
        be any number, of any length. Going forwards the machine stops behind the instruction, going backwards before \
        it. The condition is looked at behind the instruction; 'help condition' explains it.
        """

    static let watch = DebuggerCommand(
        "watch", usage: "watch[/p] ADDRESS [LENGTH] [if CONDITION]", summary: "stop when memory is written",
        details: arguments,
        group: .breakpoints
    ) { (commands, arguments) throws(CommandError) in
        try commands.watch(arguments, reads: false, writes: true)
    }

    static let readWatch = DebuggerCommand(
        "rwatch", usage: "rwatch[/p] ADDRESS [LENGTH] [if CONDITION]", summary: "stop when memory is read",
        details: arguments,
        group: .breakpoints
    ) { (commands, arguments) throws(CommandError) in
        try commands.watch(arguments, reads: true, writes: false)
    }

    static let accessWatch = DebuggerCommand(
        "awatch", usage: "awatch[/p] ADDRESS [LENGTH] [if CONDITION]", summary: "stop when memory is read or written",
        details: arguments, group: .breakpoints
    ) { (commands, arguments) throws(CommandError) in
        try commands.watch(arguments, reads: true, writes: true)
    }
}

extension DebuggerCommands {
    fileprivate func watch(_ arguments: Arguments, reads: Bool, writes: Bool) throws(CommandError) -> Output {
        let (words, condition) = try splitCondition(arguments)
        guard let word = words.first else { throw CommandError("watch what? 'watch ADDRESS [LENGTH]'") }
        try Arguments(words: words, format: "").limit(2)
        guard arguments.format.isEmpty || arguments.format == "p" else {
            throw CommandError("'\(arguments.format)' is no format for watchpoints: only p, for physical")
        }
        let count = words.count > 1 ? try byteCount(words[1]) : 4
        let watch = MemoryWatch(
            arguments.format == "p" ? .physical : .linear, try address(word), count: count, reads: reads,
            writes: writes)
        let watchpoint = debugger.setWatchpoint(watch, text: word)
        debugger.changeRule(watchpoint.number) { $0.condition = condition }
        return Output(
            "watchpoint \(watchpoint.number): " + watchText(watch),
            values: ["number": JSONValue(watchpoint.number), "address": JSONValue(watch.address)])
    }

    /// `reads and writes of 4 bytes at 00100010 <counter>`.
    func watchText(_ watch: MemoryWatch) -> String {
        let kind = watch.reads ? watch.writes ? "reads and writes of" : "reads of" : "writes to"
        let size = watch.count == 1 ? "1 byte" : "\(watch.count) bytes"
        let place =
            watch.space == .physical ? "physical \(watch.address.digits)" : placeText(watch.address)
        return "\(kind) \(size) at \(place)"
    }
}
