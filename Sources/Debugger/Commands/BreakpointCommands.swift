import JSON

/// Commands for breakpoints.
extension DebuggerCommand {
    static let `break` = DebuggerCommand(
        "break", "b", usage: "break [ADDRESS]", summary: "set a breakpoint, here if no address is given",
        details: """
            ADDRESS is a symbol (kernelMain, FrameAllocator.allocate), a source line (Queue.swift:20), a linear address \
            (0x100000), a segment and offset (f000:e05b, cs:10; both hexadecimal), a register ($eax), or a sum of these \
            (kernelMain+0x10).
            At a symbol or a line it holds where memory has the code of the symbol file, otherwise in every address space.
            """,
        group: .breakpoints
    ) { (commands, arguments) throws(CommandError) in
        let debugger = commands.debugger
        let breakpoint: Breakpoint
        if arguments.words.isEmpty {
            breakpoint = debugger.setBreakpoint(at: debugger.location.linear)
        } else {
            do throws(AddressExpression.InvalidExpression) {
                breakpoint = try debugger.setBreakpoint(arguments.text)
            } catch {
                throw CommandError(error.description)
            }
        }
        return Output(
            "breakpoint \(breakpoint.number) at " + commands.placeText(breakpoint),
            values: [
                "number": JSONValue(breakpoint.number), "address": JSONValue(breakpoint.address),
                "addresses": .array(breakpoint.addresses.map { JSONValue($0) }),
            ])
    }

    static let delete = DebuggerCommand(
        "delete", "d", usage: "delete NUMBER... | all", summary: "remove breakpoints and watchpoints",
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
        "enable", usage: "enable NUMBER...", summary: "switch breakpoints and watchpoints on again", group: .breakpoints
    ) { (commands, arguments) throws(CommandError) in
        try commands.forEachBreakpoint(arguments) { commands.debugger.enableBreakpoint($0, true) }
        return Output("")
    }

    static let disable = DebuggerCommand(
        "disable", usage: "disable NUMBER...", summary: "switch breakpoints and watchpoints off without removing them",
        group: .breakpoints
    ) { (commands, arguments) throws(CommandError) in
        try commands.forEachBreakpoint(arguments) { commands.debugger.enableBreakpoint($0, false) }
        return Output("")
    }
}

extension DebuggerCommands {
    /// Does something with each breakpoint that the words number.
    fileprivate func forEachBreakpoint(_ arguments: Arguments, _ body: (Int) -> Bool) throws(CommandError) {
        guard !arguments.words.isEmpty else {
            throw CommandError("which breakpoint? 'info break' lists their numbers")
        }
        for word in arguments.words {
            guard let number = Int(word) else { throw CommandError("'\(word)' is no number of a breakpoint") }
            guard body(number) else { throw CommandError("there is no breakpoint \(number)") }
        }
    }

    /// `00100010 <kernelMain+0x10>`.
    func placeText(_ linear: UInt32) -> String {
        linear.digits + (debugger.symbolText(at: linear).map { " <\($0)>" } ?? "")
    }

    /// The place of a breakpoint, or what it was set at and its places.
    func placeText(_ breakpoint: Breakpoint) -> String {
        if breakpoint.places.count > 1 {
            let shown = breakpoint.addresses.prefix(4).map(\.digits).joined(separator: ", ")
            return "\(breakpoint.text), \(breakpoint.places.count) places: \(shown)"
                + (breakpoint.places.count > 4 ? ", ..." : "")
        }
        // The code may not be in memory yet: what symbol it will be is known all the same.
        if breakpoint.places.first?.module != nil, debugger.symbolText(at: breakpoint.address) == nil {
            return breakpoint.address.digits + " (\(breakpoint.text))"
        }
        let line = debugger.sourceLocation(at: breakpoint.address).map { " (\($0))" } ?? ""
        return placeText(breakpoint.address) + line
    }

    /// One line per breakpoint and watchpoint, by number.
    func breakpointLines() -> [String] {
        func line(_ number: Int, _ text: String, _ hits: Int, _ isEnabled: Bool) -> (Int, String) {
            let count = hits == 1 ? "1 hit" : "\(hits) hits"
            return (number, "\(String(number).paddedLeft(to: 3))  \(text)  \(count)\(isEnabled ? "" : ", disabled")")
        }
        let lines =
            debugger.breakpoints.map { line($0.number, placeText($0), $0.hits, $0.isEnabled) }
            + debugger.watchpoints.map { line($0.number, watchText($0.watch), $0.hits, $0.isEnabled) }
        guard !lines.isEmpty else { return ["no breakpoints"] }
        return lines.sorted { $0.0 < $1.0 }.map(\.1)
    }
}
