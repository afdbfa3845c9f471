import Machine

/// Commands that run the machine.
extension DebuggerCommand {
    static let step = DebuggerCommand(
        "step", "s", "si", "stepi", usage: "step [COUNT]", summary: "take a step, or several",
        details: """
            A step is an instruction, one iteration of a repeated string instruction, or the delivery of an \
            interrupt. A \
            breakpoint on the way ends it early.
            """,
        group: .running, repetition: .some(nil)
    ) { (commands, arguments) throws(CommandError) in
        try arguments.limit(1)
        var count: UInt64 = 1
        if let word = arguments.words.first { count = try commands.count(word) }
        return commands.report(commands.debugger.step(count))
    }

    static let next = DebuggerCommand(
        "next", "n", "ni", "nexti", usage: "next [COUNT]",
        summary: "like step, but over calls, interrupts and repetitions",
        group: .running, repetition: .some(nil)
    ) { (commands, arguments) throws(CommandError) in
        try commands.repeatMove(arguments) { $0.next() }
    }

    static let finish = DebuggerCommand(
        "finish", "fin", usage: "finish", summary: "run until this function has returned to its caller",
        group: .running,
        repetition: .some(nil)
    ) { (commands, arguments) throws(CommandError) in
        try arguments.limit(0)
        return commands.report(commands.debugger.finish())
    }

    static let `continue` = DebuggerCommand(
        "continue", "c", usage: "continue [STEPS]", summary: "run until a breakpoint, or for a number of steps",
        details: "Ctrl+C stops the machine.", group: .running, repetition: .some(nil)
    ) { (commands, arguments) throws(CommandError) in
        try arguments.limit(1)
        guard let word = arguments.words.first else { return commands.report(commands.debugger.continue()) }
        let (end, overflow) = commands.debugger.machine.steps.addingReportingOverflow(try commands.count(word))
        return commands.report(commands.debugger.continue(until: overflow ? .max : end))
    }

    static let until = DebuggerCommand(
        "until", "u", usage: "until ADDRESS", summary: "run until the instruction at an address is the next",
        group: .running
    ) { (commands, arguments) throws(CommandError) in
        guard !arguments.words.isEmpty else { throw CommandError("until where? 'until ADDRESS'") }
        return commands.report(commands.debugger.run(toAddress: try commands.address(arguments.text)))
    }

    static let reset = DebuggerCommand(
        "reset", usage: "reset", summary: "press the reset button",
        details: "RAM, disks and the clock keep their contents, as on a real machine; breakpoints stay.",
        group: .running
    ) { (commands, arguments) throws(CommandError) in
        try arguments.limit(0)
        commands.debugger.reset()
        return Output(commands.greeting, values: ["location": commands.json(commands.debugger.stop(.arrived))])
    }

    static let location = DebuggerCommand(
        "location", usage: "location", summary: "say again where the machine is", group: .looking
    ) { (commands, arguments) throws(CommandError) in
        try arguments.limit(0)
        return Output(commands.greeting, values: ["location": commands.json(commands.debugger.stop(.arrived))])
    }

    typealias Output = DebuggerCommands.Output
}
