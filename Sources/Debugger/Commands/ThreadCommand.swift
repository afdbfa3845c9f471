import JSON

extension DebuggerCommand {
    static let thread = DebuggerCommand(
        "thread", usage: "thread [NUMBER | none]", summary: "look from another thread of the kernel",
        details: """
            Registers, memory, backtraces and sources are then those of the thread, from where the kernel has saved them \
            and through the page directory of its process, until the machine is moved, or 'thread none'. 'set' and \
            'write' change what is looked at. Alone it says which thread runs and which one is looked from.
            """,
        group: .other
    ) { (commands, arguments) throws(CommandError) in
        try arguments.limit(1)
        let view = try commands.kernelView()
        if let word = arguments.words.first {
            if word == "none" {
                commands.selectedThread = nil
            } else {
                guard let number = UInt32(word), let thread = view.thread(number) else {
                    throw CommandError("there is no thread '\(word)'; 'info threads' lists them")
                }
                commands.selectedThread = thread.address == view.runningThread?.address ? nil : number
                commands.nextAddress = nil
            }
        }
        let running = view.runningThread
        var lines = ["running: " + (running.map { view.name(of: $0) } ?? "?")]
        if let number = commands.selectedThread, let thread = view.thread(number) {
            lines.append("selected: \(view.name(of: thread)), \(view.waitText(thread))")
            if let place = commands.place(of: thread) { lines.append("  at \(place.linear.digits)  \(place.text)") }
        }
        return Output(
            lines,
            values: [
                "running": running.map { JSONValue($0.number) } ?? .null,
                "selected": commands.selectedThread.map { JSONValue($0) } ?? .null,
            ])
    }

    static let nextSwitch = DebuggerCommand(
        "next-switch", "ns", usage: "next-switch [THREAD]",
        summary: "go on to where another thread, or THREAD, is let run",
        details: "The stop is in the kernel, behind the instruction that makes the thread the current one.",
        group: .running, repetition: .some(nil)
    ) { (commands, arguments) throws(CommandError) in
        try commands.moveToSwitch(arguments) { (debugger, thread) throws(KernelView.Silence) in
            try debugger.nextSwitch(to: thread)
        }
    }

    static let reverseSwitch = DebuggerCommand(
        "reverse-switch", "rsw", usage: "reverse-switch [THREAD]",
        summary: "go back to where another thread, or THREAD, was let run", group: .goingBack, repetition: .some(nil)
    ) { (commands, arguments) throws(CommandError) in
        try commands.moveToSwitch(arguments) { (debugger, thread) throws(KernelView.Silence) in
            try debugger.reverseSwitch(to: thread)
        }
    }

    /// Whether the command looks at, or changes, what the selected thread sees, or means its program by a name. What
    /// moves the machine never does.
    var looksFromThread: Bool {
        switch group {
        case .looking, .tables, .changing, .breakpoints: true
        default: names[0] == "info"
        }
    }
}

extension DebuggerCommands {
    fileprivate func moveToSwitch(
        _ arguments: Arguments, _ move: (Debugger, UInt32?) throws(KernelView.Silence) -> Stop
    ) throws(CommandError) -> Output {
        try arguments.limit(1)
        let thread = try arguments.words.first.map { word throws(CommandError) in try address(word) }
        do throws(KernelView.Silence) {
            return report(try move(debugger, thread))
        } catch {
            throw CommandError(error.description)
        }
    }

    /// Calls `body` with the eyes of the selected thread.
    func lookingStrictly<Result>(_ body: () -> Result) throws(CommandError) -> Result {
        guard let number = selectedThread else { return body() }
        let view = try kernelView()
        guard let thread = view.thread(number) else {
            selectedThread = nil
            throw CommandError("thread \(number) is gone")
        }
        do throws(KernelView.Silence) {
            return try debugger.looking(from: thread, body)
        } catch {
            throw CommandError(error.description)
        }
    }

    /// Calls `body` with the eyes of the selected thread, or with the processor's own if it is gone.
    package func lookingFromSelection<Result>(_ body: () -> Result) -> Result {
        (try? lookingStrictly(body)) ?? body()
    }

    /// The backtraces of all threads, each under the thread's name.
    func backtracesOfAll(limit: Int) throws(CommandError) -> Output {
        let view = try kernelView()
        let running = view.runningThread
        var lines: [String] = []
        var values: [JSONValue] = []
        for thread in view.threads {
            lines.append("\(view.name(of: thread)), \(view.waitText(thread)):")
            let target = thread.address == running?.address ? nil : thread
            if let output = try? debugger.looking(from: target, { backtraceOutput(limit: limit) }) {
                lines += output.text.split(separator: "\n").map { "  " + $0 }
                values.append(["thread": JSONValue(thread.number), "frames": output.values["frames"] ?? .null])
            } else {
                lines.append("  its registers cannot be found")
            }
        }
        return Output(lines, values: ["threads": .array(values)])
    }
}
