import JSON
import Processor

/// Commands for breakpoints.
extension DebuggerCommand {
    static let `break` = DebuggerCommand(
        "break", "b", usage: "break[/p][/t] [ADDRESS] [if CONDITION]",
        summary: "set a breakpoint, here if no address is given",
        details: """
            ADDRESS is a symbol (kernelMain, FrameAllocator.allocate), a source line (Queue.swift:20), a linear \
            address (0x100000), a segment and offset (f000:e05b, cs:10; both hexadecimal), a register ($eax), or any \
            expression (kernelMain+0x10). With /p it is physical: the code stops however it is mapped. With /t the \
            breakpoint is gone after the first stop.
            At a symbol or a line it holds where memory has the code of the symbol file, otherwise in every address \
            space.
            CONDITION is an expression, true unless it is 0: 'if eax == 0 && [esp+4] > 0x1000', 'if byte[ds:si] == \
            0x41'.
            """,
        group: .breakpoints
    ) { (commands, arguments) throws(CommandError) in
        try commands.setBreakpoint(arguments, isTemporary: arguments.format.contains("t"))
    }

    static let temporaryBreak = DebuggerCommand(
        "tbreak", "tb", usage: "tbreak[/p] [ADDRESS] [if CONDITION]", summary: "set a breakpoint for one stop",
        group: .breakpoints
    ) { (commands, arguments) throws(CommandError) in
        try commands.setBreakpoint(arguments, isTemporary: true)
    }

    static let condition = DebuggerCommand(
        "condition", usage: "condition NUMBER [CONDITION]",
        summary: "let a breakpoint, catchpoint or watchpoint stop only if this is true; without, always",
        details: """
            Numbers have 32 bits, comparisons are unsigned; the operators are those of C. Memory is [ADDRESS] or \
            dword[...], word[...], byte[...]. $arrivals counts how often it came by. Of a catchpoint's event there are \
            $vector, $errorcode, $address; $port, $size, $value; $msr; $old, $new. Where our kernel runs, thread and \
            process are the numbers of the current ones: 'thread == 3', 'process == "shell"'. What cannot be evaluated \
            counts as true.
            """,
        group: .breakpoints
    ) { (commands, arguments) throws(CommandError) in
        let number = try commands.breakpointNumber(arguments.words.first)
        let text = arguments.words.dropFirst().joined(separator: " ")
        let condition = text.isEmpty ? nil : try commands.condition(text)
        commands.debugger.changeRule(number) { $0.condition = condition }
        return Output("")
    }

    static let ignore = DebuggerCommand(
        "ignore", usage: "ignore NUMBER COUNT", summary: "let a breakpoint go on that many times before it stops",
        group: .breakpoints
    ) { (commands, arguments) throws(CommandError) in
        try arguments.limit(2)
        let number = try commands.breakpointNumber(arguments.words.first)
        guard arguments.words.count == 2 else { throw CommandError("how often? 'ignore NUMBER COUNT'") }
        let count = Int(clamping: try commands.count(arguments.words[1]))
        commands.debugger.changeRule(number) { $0.ignoreCount = count }
        return Output("")
    }

    static let message = DebuggerCommand(
        "message", usage: "message NUMBER [TEXT]", summary: "let a breakpoint say something instead of stopping",
        details: """
            Expressions in braces become their values: 'message 1 sector {[esp+4]}, time {$arrivals}'; two braces stand \
            for one. Without TEXT the breakpoint stops again. Going backwards nothing is said.
            """,
        group: .breakpoints
    ) { (commands, arguments) throws(CommandError) in
        let number = try commands.breakpointNumber(arguments.words.first)
        let text = arguments.words.dropFirst().joined(separator: " ")
        do throws(AddressExpression.InvalidExpression) {
            let message = text.isEmpty ? nil : try commands.debugger.logMessage(text)
            commands.debugger.changeRule(number) { $0.message = message }
        } catch {
            throw CommandError(error.description)
        }
        return Output("")
    }

    static let commands = DebuggerCommand(
        "commands", usage: "commands NUMBER [COMMAND; COMMAND...]",
        summary: "execute commands whenever a breakpoint stops; without any, none",
        details: "If one of them moves the machine, as 'continue' does, those behind it are left out.",
        group: .breakpoints
    ) { (commands, arguments) throws(CommandError) in
        let number = try commands.breakpointNumber(arguments.words.first)
        let lines = arguments.words.dropFirst().joined(separator: " ").split(separator: ";").map { line in
            String(line.drop(while: \.isWhitespace))
        }.filter { !$0.isEmpty }
        for line in lines { _ = try DebuggerCommand.named(String(line.prefix { !$0.isWhitespace && $0 != "/" })) }
        commands.debugger.changeRule(number) { $0.commands = lines }
        return Output("")
    }

    static let delete = DebuggerCommand(
        "delete", "d", usage: "delete NUMBER... | all", summary: "remove breakpoints, catchpoints and watchpoints",
        group: .breakpoints
    ) { (commands, arguments) throws(CommandError) in
        if arguments.words == ["all"] {
            commands.debugger.deleteAllBreakpoints()
            return Output("")
        }
        try commands.forEachBreakpoint(arguments) { commands.debugger.deleteBreakpoint($0) }
        return Output("")
    }

    static let enable = DebuggerCommand(
        "enable", usage: "enable NUMBER...", summary: "switch breakpoints, catchpoints and watchpoints on again",
        group: .breakpoints
    ) { (commands, arguments) throws(CommandError) in
        try commands.forEachBreakpoint(arguments) { commands.debugger.enableBreakpoint($0, true) }
        return Output("")
    }

    static let disable = DebuggerCommand(
        "disable", usage: "disable NUMBER...",
        summary: "switch breakpoints, catchpoints and watchpoints off without removing them", group: .breakpoints
    ) { (commands, arguments) throws(CommandError) in
        try commands.forEachBreakpoint(arguments) { commands.debugger.enableBreakpoint($0, false) }
        return Output("")
    }
}

extension DebuggerCommands {
    fileprivate func setBreakpoint(_ arguments: Arguments, isTemporary: Bool) throws(CommandError) -> Output {
        guard arguments.format.allSatisfy({ "pt/".contains($0) }) else {
            throw CommandError("'\(arguments.format)' is no format for breakpoints: p for physical, t for temporary")
        }
        let (words, condition) = try splitCondition(arguments)
        let place = words.joined(separator: " ")
        let breakpoint: Breakpoint
        if arguments.format.contains("p") {
            guard !place.isEmpty else { throw CommandError("at which physical address? 'break/p ADDRESS'") }
            breakpoint = debugger.setBreakpoint(atPhysical: try address(place))
        } else if place.isEmpty {
            breakpoint = debugger.setBreakpoint(at: debugger.location.linear)
        } else {
            do throws(AddressExpression.InvalidExpression) {
                breakpoint = try debugger.setBreakpoint(place)
            } catch {
                throw CommandError(error.description)
            }
        }
        debugger.changeRule(breakpoint.number) {
            $0.condition = condition
            $0.isTemporary = isTemporary
        }
        return Output(
            "breakpoint \(breakpoint.number) at " + placeText(breakpoint) + (condition.map { " if \($0)" } ?? "")
                + (isTemporary ? ", for one stop" : ""),
            values: [
                "number": JSONValue(breakpoint.number), "address": JSONValue(breakpoint.address),
                "addresses": .array(breakpoint.addresses.map { JSONValue($0) }),
            ])
    }

    /// What stands before `if`, and the condition behind it.
    func splitCondition(
        _ arguments: Arguments
    ) throws(CommandError) -> (words: [String], condition: StopRule.Condition?) {
        guard let index = arguments.words.firstIndex(of: "if") else { return (arguments.words, nil) }
        let text = arguments.words[(index + 1)...].joined(separator: " ")
        guard !text.isEmpty else { throw CommandError("a condition is missing behind 'if'") }
        return (Array(arguments.words[..<index]), try condition(text))
    }

    func condition(_ text: String) throws(CommandError) -> StopRule.Condition {
        do throws(AddressExpression.InvalidExpression) {
            return try debugger.condition(text)
        } catch {
            throw CommandError(error.description)
        }
    }

    /// The number of a breakpoint, catchpoint or watchpoint that there is.
    fileprivate func breakpointNumber(_ word: String?) throws(CommandError) -> Int {
        guard let word else { throw CommandError("which breakpoint? 'info break' lists their numbers") }
        guard let number = Int(word) else { throw CommandError("'\(word)' is no number of a breakpoint") }
        guard debugger.rule(number) != nil else { throw CommandError("there is no breakpoint \(number)") }
        return number
    }

    /// Does something with each breakpoint that the words number.
    fileprivate func forEachBreakpoint(_ arguments: Arguments, _ body: (Int) -> Bool) throws(CommandError) {
        if arguments.words.isEmpty { _ = try breakpointNumber(nil) }
        for word in arguments.words { _ = body(try breakpointNumber(word)) }
    }

    /// `00100010 <kernelMain+0x10>`.
    func placeText(_ linear: UInt32) -> String {
        linear.digits + (debugger.symbolText(at: linear).map { " <\($0)>" } ?? "")
    }

    /// The place of a breakpoint, or what it was set at and its places.
    func placeText(_ breakpoint: Breakpoint) -> String {
        if breakpoint.places.first?.isPhysical == true { return "physical \(breakpoint.address.digits)" }
        if breakpoint.places.count > 1 {
            let shown = breakpoint.addresses.prefix(4).map(\.digits).joined(separator: ", ")
            return "\(breakpoint.text), \(breakpoint.places.count) places: \(shown)"
                + (breakpoint.places.count > 4 ? ", ..." : "")
        }
        guard let name = breakpoint.places.first?.module, let module = debugger.symbols.modules(named: name).first
        else {
            let line = debugger.sourceLocation(at: breakpoint.address).map { " (\($0))" } ?? ""
            return placeText(breakpoint.address) + line
        }
        // Memory may hold another program's code there now, or nothing.
        let symbol = module.match(breakpoint.address).map { " <\($0)>" } ?? " (\(breakpoint.text))"
        let line = module.lines.match(breakpoint.address).map { " (\($0.location))" } ?? ""
        let program = module.isSecond ? " of \(SymbolTable.shortName(ofModule: name))" : ""
        return breakpoint.address.digits + symbol + program + line
    }

    /// One line per breakpoint, catchpoint and watchpoint, by number; more where there is more to say.
    func breakpointLines() -> [String] {
        func line(_ number: Int, _ text: String, _ rule: StopRule) -> (Int, String) {
            var text = "\(String(number).paddedLeft(to: 3))  \(text)"
            if let condition = rule.condition { text += " if \(condition)" }
            text += rule.hits == 1 ? "  1 hit" : "  \(rule.hits) hits"
            if rule.condition != nil { text += " of \(rule.arrivals)" }
            if let count = rule.countCondition { text += ", if \(count)" }
            if rule.ignoreCount > 0 { text += ", the next \(rule.ignoreCount) are ignored" }
            if rule.isTemporary { text += ", for one stop" }
            if !rule.isEnabled { text += ", disabled" }
            if let message = rule.message { text += "\n       says: \(message)" }
            for command in rule.commands { text += "\n       \(command)" }
            return (number, text)
        }
        let lines =
            debugger.breakpoints.map { line($0.number, placeText($0), $0.rule) }
            + debugger.catchpoints.map { line($0.number, CatchText.pattern($0.pattern), $0.rule) }
            + debugger.watchpoints.map {
                line($0.number, debugger.isSwitch($0) ? $0.text : watchText($0.watch), $0.rule)
            }
        guard !lines.isEmpty else { return ["no breakpoints"] }
        return lines.sorted { $0.0 < $1.0 }.map(\.1)
    }
}
