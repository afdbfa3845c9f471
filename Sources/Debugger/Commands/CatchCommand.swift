import JSON
import Processor

extension DebuggerCommand {
    static let `catch` = DebuggerCommand(
        "catch", usage: "catch[/t] EVENT [if CONDITION]", summary: "stop at an event of the processor or the kernel",
        details: """
            EVENT is one of
              exception [VECTOR]       delivered; VECTOR as a number or a name: 14, #PF
              error                    an exception that is usually a mistake: all but #PF, #NM, #DB, #BP, #OF
              interrupt [VECTOR]       of a device, or by int n
              in, out, io [PORT[-PORT]]  ports read, written, either
              rdmsr, wrmsr, msr [NUMBER]
              rdtsc                    the time-stamp counter is read
              cr0, cr3, cr4            loaded
              mode                     protected mode, paging or virtual-8086 mode begins or ends
              task                     a task switch by the processor
              switch [THREAD]          our kernel lets another thread run, or THREAD
            The stop is behind the step: for an interrupt, before the handler's first instruction; going backwards, \
            before it. The condition may use $vector, $errorcode, $address; $port, $size, $value; $msr; $old, $new: \
            'catch exception #PF if $errorcode & 4', 'catch out 0x3f8 if $value == 0x41'. With /t it is gone after the \
            first stop.
            """,
        group: .breakpoints
    ) { (commands, arguments) throws(CommandError) in
        guard arguments.format.isEmpty || arguments.format == "t" else {
            throw CommandError("'\(arguments.format)' is no format for catchpoints: only t, for temporary")
        }
        let (words, condition) = try commands.splitCondition(arguments)
        if words.first?.lowercased() == "switch" {
            return try commands.catchSwitch(
                Array(words.dropFirst()), condition, isTemporary: arguments.format == "t")
        }
        let pattern = try commands.pattern(words)
        let number = commands.debugger.setCatchpoint(pattern).number
        commands.debugger.changeRule(number) {
            $0.condition = condition
            $0.isTemporary = arguments.format == "t"
        }
        return Output(
            "catchpoint \(number): \(CatchText.pattern(pattern))" + (condition.map { " if \($0)" } ?? ""),
            values: ["number": JSONValue(number)])
    }
}

extension DebuggerCommands {
    /// A switch is a write to a variable of the kernel's, so that a watchpoint does the work.
    fileprivate func catchSwitch(
        _ words: [String], _ condition: StopRule.Condition?, isTemporary: Bool
    ) throws(CommandError) -> Output {
        guard words.count <= 1 else { throw CommandError("'\(words[1])' is too much: 'catch switch [THREAD]'") }
        var thread: UInt32?
        if let word = words.first { thread = try address(word) }
        guard thread == nil || condition == nil else {
            throw CommandError("a thread or a condition: 'catch switch if thread == 3 && ...' takes both")
        }
        let watchpoint: Watchpoint
        do throws(KernelView.Silence) {
            watchpoint = try debugger.setSwitchCatchpoint(thread: thread)
        } catch {
            throw CommandError(error.description)
        }
        debugger.changeRule(watchpoint.number) {
            if let condition { $0.condition = condition }
            $0.isTemporary = isTemporary
        }
        return Output(
            "watchpoint \(watchpoint.number): \(watchpoint.text)" + (condition.map { " if \($0)" } ?? ""),
            values: ["number": JSONValue(watchpoint.number)])
    }

    fileprivate func pattern(_ words: [String]) throws(CommandError) -> Catchpoint.Pattern {
        guard let kind = words.first?.lowercased() else {
            throw CommandError("catch what? 'help catch' lists the events")
        }
        let rest = words.dropFirst().joined(separator: " ")
        switch kind {
        case "exception": return .exception(try vector(rest))
        case "error":
            guard rest.isEmpty else {
                throw CommandError("'\(rest)' is too much: 'catch error' takes only a condition")
            }
            return .error
        case "interrupt", "irq", "int": return .interrupt(try vector(rest))
        case "in": return .port(try ports(rest), reads: true, writes: false)
        case "out": return .port(try ports(rest), reads: false, writes: true)
        case "io": return .port(try ports(rest), reads: true, writes: true)
        case "rdmsr": return .modelSpecific(try number(rest), reads: true, writes: false)
        case "wrmsr": return .modelSpecific(try number(rest), reads: false, writes: true)
        case "msr": return .modelSpecific(try number(rest), reads: true, writes: true)
        case "cr0", "cr3", "cr4", "mode", "task", "rdtsc":
            guard rest.isEmpty else {
                throw CommandError("'\(rest)' is too much: 'catch \(kind)' takes only a condition")
            }
            if kind == "mode" { return .mode }
            if kind == "rdtsc" { return .timeStamp }
            return kind == "task" ? .taskSwitch : .controlRegister(kind == "cr0" ? 0 : kind == "cr3" ? 3 : 4)
        default: throw CommandError("'\(kind)' is no event; 'help catch' lists them")
        }
    }

    private func number(_ text: String) throws(CommandError) -> UInt32? {
        text.isEmpty ? nil : try address(text)
    }

    private func vector(_ text: String) throws(CommandError) -> UInt8? {
        if text.isEmpty { return nil }
        if let vector = VectorText.vector(named: text) { return vector }
        guard let vector = UInt8(exactly: try address(text)) else {
            throw CommandError("'\(text)' is no vector: 0 to 255, or a name like #PF")
        }
        return vector
    }

    private func ports(_ text: String) throws(CommandError) -> ClosedRange<UInt16>? {
        if text.isEmpty { return nil }
        let ends = text.split(separator: "-", maxSplits: 1)
        var ports: [UInt16] = []
        for end in ends {
            guard let port = UInt16(exactly: try address(String(end))) else {
                throw CommandError("'\(end)' is no port: 0 to 0xffff")
            }
            ports.append(port)
        }
        guard let first = ports.first, let last = ports.last, first <= last else {
            throw CommandError("'\(text)' is no range of ports")
        }
        return first...last
    }
}

extension ProcessorEvent {
    /// The event in words.
    public var description: String { CatchText.event(self) }
}

extension Catchpoint.Pattern {
    /// The events in words.
    public var description: String { CatchText.pattern(self) }
}

/// Catchpoints and what they catch, in words.
enum CatchText {
    static func pattern(_ pattern: Catchpoint.Pattern) -> String {
        switch pattern {
        case .exception(let vector): vector.map { "exception " + VectorText.description($0) } ?? "every exception"
        case .error: "exceptions that are usually mistakes"
        case .interrupt(let vector): vector.map { "interrupt " + $0.hexadecimal } ?? "every interrupt"
        case .port(let range, let reads, let writes):
            (reads ? writes ? "accesses to " : "reads of " : "writes to ")
                + (range.map {
                    $0.count == 1
                        ? "port \($0.lowerBound.hexadecimal)"
                        : "ports \($0.lowerBound.hexadecimal) to \($0.upperBound.hexadecimal)"
                } ?? "every port")
        case .modelSpecific(let register, let reads, let writes):
            (reads ? writes ? "accesses to " : "reads of " : "writes to ")
                + (register.map { "model-specific register \($0.hexadecimal)" } ?? "every model-specific register")
        case .controlRegister(let number): "loads of cr\(number)"
        case .mode: "changes of mode"
        case .taskSwitch: "task switches"
        case .timeStamp: "reads of the time-stamp counter"
        }
    }

    static func event(_ event: ProcessorEvent) -> String {
        switch event {
        case .exception(let vector, let code, let address):
            VectorText.exception(vector, code: code, address: address)
        case .interrupt(let vector): "interrupt \(vector.hexadecimal) of a device"
        case .softwareInterrupt(let vector): "software interrupt \(vector.hexadecimal)"
        case .portRead(let port, let size, let value):
            "in from port \(port.hexadecimal), \(bytes(size)): \(value.hexadecimal)"
        case .portWrite(let port, let size, let value):
            "out to port \(port.hexadecimal), \(bytes(size)): \(value.hexadecimal)"
        case .timeStampRead(let value): "rdtsc: \(value)"
        case .modelSpecificRead(let register, let value): "rdmsr \(register.hexadecimal): \(value.hexadecimal)"
        case .modelSpecificWrite(let register, let value): "wrmsr \(register.hexadecimal): \(value.hexadecimal)"
        case .controlRegister(let number, let old, let new):
            "cr\(number): \(old.digits) -> \(new.digits)" + modes(number, old, new)
        case .virtual8086(let isEntered): isEntered ? "virtual-8086 mode begins" : "virtual-8086 mode ends"
        case .taskSwitch(let old, let new): "task switch from \(old.digits) to \(new.digits)"
        }
    }

    private static func bytes(_ count: Int) -> String { count == 1 ? "1 byte" : "\(count) bytes" }

    private static func modes(_ number: Int, _ old: UInt32, _ new: UInt32) -> String {
        guard number == 0 else { return "" }
        var words: [String] = []
        for (bit, name) in [(ControlRegister.protection, "protected mode"), (ControlRegister.paging, "paging")]
        where (old ^ new) & bit != 0 {
            words.append(name + (new & bit != 0 ? " begins" : " ends"))
        }
        return words.isEmpty ? "" : " (" + words.joined(separator: ", ") + ")"
    }
}
