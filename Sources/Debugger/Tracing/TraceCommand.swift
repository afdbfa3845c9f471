extension DebuggerCommand {
    static let trace = DebuggerCommand(
        "trace", usage: "trace [start FILE KINDS [FILTER...] | stop]",
        summary: "write what happens to a file: instructions, memory, ports, interrupts, system",
        details: """
            KINDS is 'all', or some of instructions, memory, ports, interrupts and system (control \
            and model-specific registers, tasks) with commas between. A FILTER shows \
            less: 'user' or 'kernel' code only; code=PLACE, memory=PLACE, ports=PLACE, vectors=PLACE, where PLACE is a \
            number, a range FIRST-LAST or a symbol, or several with commas between. Traced is what moves forwards \
            execute, in the past as well.
            """,
        group: .other
    ) { (commands, arguments) throws(CommandError) in
        switch arguments.words.first {
        case nil:
            guard let tracer = commands.debugger.tracer else { return Output("no trace is being written") }
            return Output("\(tracer.file.lines) lines so far in '\(tracer.file.path)'")
        case "start": return try commands.startTrace(Array(arguments.words.dropFirst()))
        case "stop":
            try arguments.limit(1)
            guard let tracer = commands.debugger.tracer else { throw CommandError("no trace is being written") }
            commands.debugger.tracer = nil
            if let failure = tracer.file.failure { throw CommandError(failure) }
            return Output("\(tracer.file.lines) lines in '\(tracer.file.path)'")
        case let word?: throw CommandError("'\(word)'? 'trace start FILE KINDS' or 'trace stop'")
        }
    }
}

extension DebuggerCommands {
    fileprivate func startTrace(_ words: [String]) throws(CommandError) -> Output {
        guard words.count >= 2 else { throw CommandError("which file, and what? 'trace start FILE KINDS'") }
        guard debugger.tracer == nil else { throw CommandError("a trace is being written; 'trace stop' ends it") }
        do {
            var filter = try TraceFilter(kinds: words[1])
            for word in words.dropFirst(2) { try filter.add(word, debugger) }
            debugger.tracer = Tracer(debugger, filter, try TraceFile(words[0]))
        } catch {
            throw CommandError("\(error)")
        }
        return Output("")
    }
}

extension Debugger {
    /// The trace that is being written, if one is.
    public var tracer: Tracer? {
        get { instruments.lazy.compactMap { $0 as? Tracer }.first }
        set {
            instruments.removeAll { $0 is Tracer }
            if let newValue { instruments.append(newValue) }
        }
    }
}
