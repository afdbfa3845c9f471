import JSON
import Machine
import Processor

/// Commands that go back, and ask about the past.
extension DebuggerCommand {
    static let reverseStep = DebuggerCommand(
        "reverse-step", "rs", "reverse-stepi", "rsi", usage: "reverse-step [COUNT]",
        summary: "take back a step, or several",
        details: """
            The machine is then as it was, disks included. A breakpoint or watchpoint on the way ends it early. Time that \
            the processor slept through in hlt is one step.
            """,
        group: .goingBack, repetition: .some(nil)
    ) { (commands, arguments) throws(CommandError) in
        try arguments.limit(1)
        var count: UInt64 = 1
        if let word = arguments.words.first { count = try commands.count(word) }
        return commands.report(commands.debugger.reverseStep(count))
    }

    static let reverseNext = DebuggerCommand(
        "reverse-next", "rn", "reverse-nexti", "rni", usage: "reverse-next [COUNT]",
        summary: "like reverse-step, but over calls, interrupts and repetitions",
        group: .goingBack, repetition: .some(nil)
    ) { (commands, arguments) throws(CommandError) in
        try commands.repeatMove(arguments) { $0.reverseNext() }
    }

    static let reverseFinish = DebuggerCommand(
        "reverse-finish", "rf", usage: "reverse-finish", summary: "go back to the call of this function",
        details: "In a handler: to what was interrupted. Needs no frame pointer.", group: .goingBack,
        repetition: .some(nil)
    ) { (commands, arguments) throws(CommandError) in
        try arguments.limit(0)
        return commands.report(commands.debugger.reverseFinish())
    }

    static let reverseContinue = DebuggerCommand(
        "reverse-continue", "rc", usage: "reverse-continue",
        summary: "go back to the last breakpoint or watchpoint before here",
        details: "Without any, to the beginning of the recording. Ctrl+C gives up, and stays here.", group: .goingBack,
        repetition: .some(nil)
    ) { (commands, arguments) throws(CommandError) in
        try arguments.limit(0)
        return commands.report(commands.debugger.reverseContinue())
    }

    static let goto = DebuggerCommand(
        "goto", "g", usage: "goto STEP", summary: "go to a step, forwards or backwards",
        details: "Past all breakpoints. Beyond what is recorded the machine runs on.", group: .goingBack
    ) { (commands, arguments) throws(CommandError) in
        try arguments.limit(1)
        guard let word = arguments.words.first else { throw CommandError("where? 'goto STEP'") }
        return commands.report(commands.debugger.go(to: try commands.count(word)))
    }

    static let lastWrite = DebuggerCommand(
        "last-write", "lw",
        usage: "last-write WHAT [LENGTH] [--go]",
        summary: "say who last wrote memory, a register or a page-table entry",
        details: """
            WHAT is an address, a register, or 'pte ADDRESS'. An address is linear (with /p physical), LENGTH 1 byte if \
            none is given; writes through any mapping, by the page walk, a device or the debugger count. Registers are \
            those of 'set', the segment registers, cr0, cr2, cr3, cr4, gdtr and idtr; what counts is a change of the \
            value. For 'pte' accessed and dirty bits do not count.
            The machine stays where it is, unless --go says otherwise.
            """,
        group: .goingBack
    ) { (commands, arguments) throws(CommandError) in
        try commands.lastWrite(arguments)
    }

    static let timeline = DebuggerCommand(
        "timeline", "history", usage: "timeline", summary: "show what is recorded", group: .goingBack
    ) { (commands, arguments) throws(CommandError) in
        try arguments.limit(0)
        let timeline = commands.debugger.timeline
        var lines = [
            "recorded   step \(timeline.beginning) to \(timeline.end), here is step \(commands.debugger.machine.steps)",
            "input      \(commands.debugger.machine.inputLog.events.count) events",
            "snapshots  \(timeline.count), \(timeline.bytes >> 10) KiB of at most \(timeline.memoryLimit >> 10)",
        ]
        if timeline.repeatedWork > 0 { lines.append("repeated   \(timeline.repeatedWork) steps so far") }
        return Output(
            lines,
            values: [
                "beginning": JSONValue(timeline.beginning), "end": JSONValue(timeline.end),
                "step": JSONValue(commands.debugger.machine.steps), "snapshots": JSONValue(timeline.count),
                "bytes": JSONValue(timeline.bytes), "limit": JSONValue(timeline.memoryLimit),
                "input": JSONValue(commands.debugger.machine.inputLog.events.count),
                "repeated": JSONValue(timeline.repeatedWork),
            ])
    }

    static let branch = DebuggerCommand(
        "branch", usage: "branch", summary: "forget the recorded future: what comes now is new",
        details: "Changing memory or a register in the past does it, too.", group: .goingBack
    ) { (commands, arguments) throws(CommandError) in
        try arguments.limit(0)
        guard commands.debugger.timeline.branch() != nil else {
            throw CommandError("there is no recorded future: this is the present")
        }
        return Output("")
    }
}

extension DebuggerCommands {
    fileprivate func lastWrite(_ arguments: Arguments) throws(CommandError) -> Output {
        let goes = arguments.words.contains("--go")
        let words = arguments.words.filter { $0 != "--go" }
        guard let first = words.first else {
            throw CommandError("to what? 'last-write ADDRESS', REGISTER or pte ADDRESS")
        }
        if first.lowercased() == "pte" {
            guard words.count == 2 else { throw CommandError("of which page? 'last-write pte ADDRESS'") }
            let address = try address(words[1])
            guard let entry = debugger.pageEntryAddress(of: address) else {
                throw CommandError("there are no page tables: paging is off")
            }
            let result = debugger.lastWrite(
                toPhysical: entry.physical, count: UInt32(entry.count), ignoringPageWalks: true, goes: goes)
            return report(result, "the entry for \(address.digits), physical \(entry.physical.digits)", goes: goes)
        }
        guard words.count <= 2 else { throw CommandError("'\(words[2])' is one word too many") }
        let register = (first.hasPrefix("$") ? String(first.dropFirst()) : first).lowercased()
        if words.count == 1, let result = debugger.lastWrite(toRegister: register, goes: goes) {
            return report(result, register, goes: goes)
        }
        let address = try address(first)
        let count = words.count > 1 ? try byteCount(words[1]) : 1
        if arguments.format == "p" {
            let result = debugger.lastWrite(toPhysical: address, count: count, goes: goes)
            return report(result, "physical \(address.digits)", goes: goes)
        }
        guard let result = debugger.lastWrite(to: address, count: count, goes: goes) else {
            throw CommandError("\(address.digits) is not mapped")
        }
        return report(result, placeText(address), goes: goes)
    }

    private func report(_ result: Debugger.LastWriteResult, _ what: String, goes: Bool) -> Output {
        switch result {
        case .nothing:
            let beginning = debugger.timeline.beginning
            return Output("\(what) has not been written since the beginning of the recording, step \(beginning)")
        case .interrupted:
            return Output("stopped")
        case .found(let write):
            let change = Self.valueText(write.before) + " -> " + Self.valueText(write.after)
            var lines = ["\(what): \(change) by step \(write.step)"]
            if write.origin == .outside {
                lines.append("  from outside: the debugger, a device, or a reset")
            } else {
                let symbol = write.location.symbol.map { " <\($0)>" } ?? ""
                let walk = write.origin.isPageWalk ? "the page walk for " : ""
                let instruction = write.instruction ?? "(no memory there)"
                lines.append("  \(walk)\(locationText(write.location))\(symbol)  \(instruction)")
            }
            let values: [String: JSONValue] = [
                "step": JSONValue(write.step), "linear": JSONValue(write.location.linear),
                "before": .bytes(write.before), "after": .bytes(write.after),
            ]
            guard goes else { return Output(lines, values: values) }
            var output = report(debugger.stop(.arrived))
            output.text = (lines + [output.text]).joined(separator: "\n")
            output.values = values
            return output
        }
    }
}
