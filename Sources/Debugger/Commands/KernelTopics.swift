import JSON

/// What `info` knows of the kernel in the machine: processes, threads, capabilities, and who waits for whom
/// (``KernelView``).
extension DebuggerCommand {
    static let kernelTopics: [DebuggerCommand] = [
        processes, threads, capabilities, endpoints, notifications, memoryObjects, calls, ready, timers,
    ]

    private static let processes = topic(
        "processes", "ps", usage: "processes", summary: "the kernel's processes, their memory and accounts"
    ) { (commands, view, arguments) throws(CommandError) in
        try arguments.limit(0)
        let capabilities = Dictionary(grouping: view.capabilities, by: \.process)
        var table = TextTable([
            "process", "name", "threads", "capabilities", "frames", "limit", "mapped", "CR3", "made by",
        ])
        for process in view.processes {
            table.add([
                "\(process.number)", view.name(ofProcess: process.number) + (process.isAlive ? "" : " (ending)"),
                "\(process.threadCount)", "\(capabilities[process.number]?.count ?? 0)",
                process.account.map { "\($0.frames)" } ?? "?",
                process.account.map { $0.limit == 0 ? "none" : "\($0.limit)" } ?? "?",
                "\(process.mappings.count)", process.directory.digits,
                process.creator.map { "\($0)" } ?? "",
            ])
        }
        return Output(
            table.lines,
            values: [
                "processes": .array(
                    view.processes.map { view.json($0, capabilityCount: capabilities[$0.number]?.count ?? 0) })
            ])
    }

    private static let threads = topic(
        "threads", usage: "threads [PROCESS]", summary: "the kernel's threads, and what each waits for",
        details: "=> marks the thread that runs. A priority that others have lent stands behind an arrow."
    ) { (commands, view, arguments) throws(CommandError) in
        var threads = view.threads
        if !arguments.words.isEmpty {
            let process = try commands.process(arguments, view).number
            threads = threads.filter { $0.process == process }
        }
        let running = view.runningThread
        var table = TextTable(["", "thread", "process", "priority", "time", "stack", "at", "what it does"])
        for thread in threads {
            let priority =
                thread.priority == thread.effectivePriority
                ? "\(thread.priority)" : "\(thread.priority) -> \(thread.effectivePriority)"
            let place = commands.place(of: thread)
            table.add([
                thread.address == running?.address ? "=>" : thread.number == commands.selectedThread ? "*" : "",
                "\(thread.number)", view.name(ofProcess: thread.process), priority,
                thread.time.map { "\($0)" } ?? "?",
                (view.stackUse(of: thread).map { "\($0)" } ?? "?") + "/\(view.stackSize(of: thread))",
                place.map { commands.debugger.symbols.count > 0 ? $0.text : $0.linear.digits } ?? "?",
                view.waitText(thread),
            ])
        }
        return Output(table.lines, values: ["threads": .array(threads.map { view.json($0, commands.place(of: $0)) })])
    }

    private static let capabilities = topic(
        "capabilities", "caps", usage: "capabilities [PROCESS]", summary: "what the processes hold, of one or of all",
        details: """
            PROCESS is a number or a name. Rights are send, receive, manage, read (R), copy and write; behind 'from' \
            stands the capability that it was derived from.
            """
    ) { (commands, view, arguments) throws(CommandError) in
        let only = arguments.words.isEmpty ? nil : try commands.process(arguments, view).number
        let capabilities = view.capabilities.filter { only == nil || $0.process == only }
        let places = Dictionary(view.capabilities.map { ($0.address, $0) }) { first, _ in first }
        var table = TextTable(["process", "slot", "kind", "rights", "badge", "object", "from"])
        for capability in capabilities {
            let parent = capability.parent.flatMap { places[$0] }
            table.add([
                view.name(ofProcess: capability.process), "\(capability.slot)", capability.kind, capability.rightsText,
                capability.badge == 0 ? "" : capability.badge.hexadecimal, view.objectText(capability),
                parent.map { "\(view.name(ofProcess: $0.process)) slot \($0.slot)" } ?? "",
            ])
        }
        return Output(table.lines, values: ["capabilities": .array(capabilities.map { view.json($0, places) })])
    }

    private static let endpoints = topic(
        "endpoints", usage: "endpoints", summary: "where messages pass, and who waits there"
    ) { (commands, view, arguments) throws(CommandError) in
        try arguments.limit(0)
        let endpoints = view.endpoints
        var lines: [String] = []
        for endpoint in endpoints {
            lines.append("\(view.endpointName(endpoint.address)), \(endpoint.references) references")
            if let server = endpoint.server { lines.append("  received last: \(view.threadName(at: server))") }
            for (what, threads) in [("receives", endpoint.receivers), ("waits to send", endpoint.senders)] {
                lines += threads.map { "  \(what): \(view.threadName(at: $0))" }
            }
            if endpoint.notices > 0 { lines.append("  \(endpoint.notices) notices of the kernel wait") }
        }
        return Output(
            lines, ifEmpty: "there are no endpoints",
            values: ["endpoints": .array(endpoints.map { view.json($0) })])
    }

    private static let notifications = topic(
        "notifications", "irqs", usage: "notifications", summary: "notifications, and where interrupts go"
    ) { (commands, view, arguments) throws(CommandError) in
        try arguments.limit(0)
        let notifications = view.notifications
        let interrupts = view.interrupts
        var lines = notifications.map { notification -> String in
            var text = "notification \(notification.address.digits), \(notification.references) references, "
            text += notification.bits == 0 ? "nothing set" : "set: \(notification.bits.hexadecimal)"
            if let endpoint = notification.endpoint { text += ", bound to " + view.endpointName(endpoint) }
            return text + notification.waiters.map { "\n  waits: " + view.threadName(at: $0) }.joined()
        }
        lines += interrupts.map { line in
            let target =
                line.endpoint.map { view.endpointName($0) } ?? line.notification.map { "notification \($0.digits)" }
            return "IRQ \(line.line) to \(target ?? "nobody"), badge \(line.badge.hexadecimal)"
                + (line.isPending ? ", an interrupt waits to be received" : "")
        }
        return Output(
            lines, ifEmpty: "there are no notifications, and nobody has taken an interrupt line",
            values: [
                "notifications": .array(notifications.map { view.json($0) }),
                "interrupts": .array(
                    interrupts.map { line in
                        JSONValue(members: [
                            "line": JSONValue(line.line), "endpoint": line.endpoint.map { JSONValue($0) },
                            "notification": line.notification.map { JSONValue($0) }, "badge": JSONValue(line.badge),
                            "isPending": .boolean(line.isPending),
                        ])
                    }),
            ])
    }

    private static let memoryObjects = topic(
        "objects", usage: "objects", summary: "memory objects, and where they are mapped"
    ) { (commands, view, arguments) throws(CommandError) in
        try arguments.limit(0)
        let objects = view.memoryObjects
        var lines: [String] = []
        for object in objects {
            let holders = view.holders(of: object.address, kind: "memory").map { view.name(ofProcess: $0) }
            lines.append(
                "memory object \(object.address.digits), \(object.pages) pages, \(object.present.map { "\($0)" } ?? "?") there; held by "
                    + (holders.isEmpty ? "nobody" : holders.joined(separator: ", ")))
            for (process, mapping) in object.mappings {
                let end = mapping.address &+ mapping.pages << 12 &- 1
                lines.append(
                    "  mapped in \(view.name(ofProcess: process)) at \(mapping.address.digits)-\(end.digits)"
                        + (mapping.firstPage == 0 ? "" : ", from page \(mapping.firstPage) on"))
            }
        }
        return Output(
            lines, ifEmpty: "there are no memory objects",
            values: [
                "objects": .array(
                    objects.map { object in
                        [
                            "address": JSONValue(object.address), "pages": JSONValue(object.pages),
                            "present": object.present.map { JSONValue($0) } ?? .null,
                            "mappings": .array(
                                object.mappings.map { process, mapping in
                                    [
                                        "process": JSONValue(process), "address": JSONValue(mapping.address),
                                        "pages": JSONValue(mapping.pages), "firstPage": JSONValue(mapping.firstPage),
                                    ]
                                }),
                        ]
                    })
            ])
    }

    private static let calls = topic(
        "calls", usage: "calls", summary: "who waits for whom, and deadlocks",
        details: """
            Each chain begins with a thread that nobody waits for. A deadlock are threads that wait in a circle without \
            a timeout.
            """
    ) { (commands, view, arguments) throws(CommandError) in
        try arguments.limit(0)
        let waiting = view.threads.filter { view.suppliers(of: $0) != nil }
        let awaited = Set(waiting.flatMap { view.suppliers(of: $0) ?? [] }.map(\.address))
        var lines: [String] = []
        for start in waiting where !awaited.contains(start.address) { lines.append(view.chainText(from: start)) }
        let deadlocks = view.deadlocks
        for circle in deadlocks {
            lines.append("deadlock: " + (circle + circle.prefix(1)).map { view.name(of: $0) }.joined(separator: " -> "))
            lines += circle.map { "  \(view.name(of: $0)) \(view.waitText($0))" }
        }
        let inCircles = Set(deadlocks.joined().map(\.address))
        let stuck = view.stuckThreads.filter { !inCircles.contains($0.address) }
        lines += stuck.map { "stuck: \(view.name(of: $0)) \(view.waitText($0))" }
        return Output(
            lines, ifEmpty: "no thread waits for another",
            values: [
                "calls": .array(
                    waiting.map { thread in
                        [
                            "thread": JSONValue(thread.number),
                            "waitsFor": .array((view.suppliers(of: thread) ?? []).map { JSONValue($0.number) }),
                        ]
                    }),
                "deadlocks": .array(deadlocks.map { .array($0.map { JSONValue($0.number) }) }),
                "stuck": .array(view.stuckThreads.map { JSONValue($0.number) }),
            ])
    }

    private static let ready = topic(
        "ready", usage: "ready", summary: "the queues of the threads that could run"
    ) { (commands, view, arguments) throws(CommandError) in
        try arguments.limit(0)
        let queues = view.readyQueues
        var lines = ["running: " + (view.currentThread.map { view.name(of: $0) } ?? "?")]
        lines += queues.map { queue in
            "priority \(queue.priority): " + queue.threads.map { view.threadName(at: $0) }.joined(separator: ", ")
        }
        if queues.isEmpty { lines.append("nobody else is ready") }
        return Output(
            lines,
            values: [
                "running": view.currentThread.map { JSONValue($0.number) } ?? .null,
                "queues": .array(
                    queues.map { queue in
                        [
                            "priority": JSONValue(queue.priority),
                            "threads": .array(
                                queue.threads.compactMap { view.thread(at: $0) }.map { JSONValue($0.number) }),
                        ]
                    }),
            ])
    }

    private static let timers = topic(
        "timers", usage: "timers", summary: "whose sleep or patience ends when"
    ) { (commands, view, arguments) throws(CommandError) in
        try arguments.limit(0)
        let now = view.ticks ?? 0
        let timers = view.timers
        var lines = ["the kernel's clock: \(now) ms"]
        lines += timers.map { thread in
            let left = Int32(bitPattern: (thread.deadline ?? 0) &- now)
            return "\(thread.deadline ?? 0) ms, in \(left) ms: \(view.name(of: thread)) \(view.waitText(thread))"
        }
        if timers.isEmpty { lines.append("nobody waits for it") }
        return Output(
            lines,
            values: [
                "now": JSONValue(now),
                "timers": .array(
                    timers.map { ["thread": JSONValue($0.number), "time": JSONValue($0.deadline ?? 0)] }),
            ])
    }

    /// A topic that looks at the kernel, and says in the end what was wrong with it.
    private static func topic(
        _ names: String..., usage: String, summary: String, details: String = "",
        _ body:
            @escaping @Sendable (DebuggerCommands, KernelView, Arguments) throws(CommandError) ->
            DebuggerCommands.Output
    ) -> DebuggerCommand {
        DebuggerCommand(names, usage: usage, summary: summary, details: details, group: .looking) {
            (commands, arguments) throws(CommandError) in
            let view = try commands.kernelView()
            var output = try body(commands, view, arguments)
            if !view.problems.isEmpty {
                output.text += view.problems.map { "\nnote: \($0)" }.joined()
                output.values["problems"] = .array(view.problems.map { .string($0) })
            }
            return output
        }
    }
}

extension DebuggerCommands {
    /// The kernel, or why there is none.
    func kernelView() throws(CommandError) -> KernelView {
        do throws(KernelView.Silence) {
            return try debugger.kernelView()
        } catch {
            throw CommandError(error.description)
        }
    }

    /// The process that somebody means by a number or a name.
    fileprivate func process(_ arguments: Arguments, _ view: KernelView) throws(CommandError) -> KernelProcess {
        let text = arguments.text
        if let number = UInt32(text) {
            guard let process = view.processes.first(where: { $0.number == number }) else {
                throw CommandError("there is no process \(number); 'info processes' lists them")
            }
            return process
        }
        let found = view.processes.filter { view.name(ofProcess: $0.number) == text }
        guard let process = found.first else {
            throw CommandError("there is no process '\(text)'; 'info processes' lists them")
        }
        guard found.count == 1 else {
            let numbers = found.map { "\($0.number)" }.joined(separator: ", ")
            throw CommandError("several processes are called '\(text)': \(numbers)")
        }
        return process
    }

    /// Where a thread goes on.
    func place(of thread: KernelThread) -> (linear: UInt32, text: String)? {
        try? debugger.looking(from: thread) {
            let location = debugger.location
            let symbol = location.symbol.map { "\($0)" } ?? location.linear.digits
            return (location.linear, symbol)
        }
    }
}

extension KernelView {
    /// `thread 9 (shell) -> thread 5 (console) -> thread 3 (screen), which receives`.
    fileprivate func chainText(from start: KernelThread) -> String {
        var text = name(of: start)
        var thread = start
        var seen: Set<UInt32> = [start.address]
        while let others = suppliers(of: thread) {
            guard let next = others.first else { return text + " -> nobody" }
            text += " -> " + (others.count == 1 ? name(of: next) : "one of " + others.map(name).joined(separator: ", "))
            guard others.count == 1, seen.insert(next.address).inserted else { return text }
            thread = next
        }
        return text + ": " + waitText(thread)
    }
}
