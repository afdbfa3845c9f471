import JSON
import Machine
import Processor

/// Commands that show the processor's tables in memory.
extension DebuggerCommand {
    static let gdt = DebuggerCommand(
        "gdt", usage: "gdt [SELECTOR]", summary: "show the global descriptor table, or one entry by its selector",
        group: .tables
    ) { (commands, arguments) throws(CommandError) in
        try commands.showDescriptors(.gdt, arguments)
    }

    static let ldt = DebuggerCommand(
        "ldt", usage: "ldt [SELECTOR]", summary: "show the local descriptor table", group: .tables
    ) { (commands, arguments) throws(CommandError) in
        try commands.showDescriptors(.ldt, arguments)
    }

    static let idt = DebuggerCommand(
        "idt", usage: "idt [VECTOR]", summary: "show where interrupts and exceptions go",
        details: "In real mode these are the interrupt vectors.", group: .tables
    ) { (commands, arguments) throws(CommandError) in
        try arguments.limit(1)
        var only: Int?
        if let word = arguments.words.first {
            only = Int(try commands.address(word))
            guard let only, only < 256 else { throw CommandError("'\(word)' is no vector: 0 to 255") }
        }
        let debugger = commands.debugger
        var lines: [String] = []
        var entries: [JSONValue] = []
        for vector in only.map({ $0...$0 }) ?? 0...255 {
            let name = VectorText.name(UInt8(vector), isRealMode: debugger.usesRealModeVectors).map { " \($0)" } ?? ""
            let head = UInt8(vector).digits + name.padded(to: 5) + "  "
            if debugger.usesRealModeVectors {
                guard let (selector, offset) = debugger.realModeVector(UInt8(vector)) else { break }
                guard only != nil || selector != 0 || offset != 0 else { continue }
                let symbol = debugger.symbolText(at: UInt32(selector) << 4 &+ UInt32(offset)).map { " <\($0)>" } ?? ""
                lines.append("\(head)\(selector.digits):\(offset.digits)\(symbol)")
                entries.append([
                    "number": JSONValue(vector), "selector": JSONValue(selector), "offset": JSONValue(offset),
                ])
            } else if let descriptor = debugger.descriptor(vector, of: .idt) {
                guard only != nil || descriptor.low != 0 || descriptor.high != 0 else { continue }
                lines.append(head + debugger.text(of: descriptor))
                entries.append(
                    DebuggerCommands.json(descriptor, UInt16(vector), target: debugger.target(of: descriptor), debugger)
                )
            }
        }
        guard !lines.isEmpty else {
            let registers = debugger.registers
            throw CommandError(
                "no such entry: the IDT at \(registers.idtBase.digits) has limit \(registers.idtLimit.digits)")
        }
        return Output(lines, values: ["entries": .array(entries)])
    }

    static let tss = DebuggerCommand(
        "tss", usage: "tss", summary: "show the task-state segment", group: .tables
    ) { (commands, arguments) throws(CommandError) in
        try arguments.limit(0)
        let fields = (commands.debugger.taskState ?? []).compactMap { field in
            field.value.map { (field.name, JSONValue($0)) }
        }
        var values = Dictionary(fields) { first, _ in first }
        if let ports = commands.debugger.openPorts {
            values["openPorts"] = .array(
                ports.map { ["first": JSONValue($0.lowerBound), "last": JSONValue($0.upperBound)] })
        }
        return Output(commands.debugger.taskStateText(), values: values)
    }

    static let page = DebuggerCommand(
        "page", "walk", usage: "page ADDRESS", summary: "show how a linear address is translated",
        details:
            "Reads the page tables as the processor does, without setting a bit; what the TLB still holds may differ.",
        group: .tables
    ) { (commands, arguments) throws(CommandError) in
        guard !arguments.words.isEmpty else { throw CommandError("which page? 'page ADDRESS'") }
        return Output(commands.debugger.pageWalkText(try commands.address(arguments.text)))
    }
}

extension DebuggerCommands {
    fileprivate func showDescriptors(
        _ table: Debugger.DescriptorTable, _ arguments: Arguments
    ) throws(CommandError) -> Output {
        try arguments.limit(1)
        guard let (base, count) = debugger.extent(of: table) else {
            throw CommandError("there is no LDT: LDTR is null")
        }
        var lines: [String] = []
        var entries: [JSONValue] = []
        let only = try arguments.words.first.map { word throws(CommandError) in Int(try address(word) >> 3) }
        for index in only.map({ $0...$0 }) ?? 0...max(0, count - 1) {
            let selector = UInt16(truncatingIfNeeded: index * 8 + (table == .ldt ? 4 : 0))
            guard let descriptor = debugger.descriptor(index, of: table) else { continue }
            guard only != nil || descriptor.low != 0 || descriptor.high != 0 else { continue }
            lines.append("\(selector.digits)  " + debugger.text(of: descriptor))
            entries.append(Self.json(descriptor, selector, target: debugger.target(of: descriptor), debugger))
        }
        guard !lines.isEmpty else {
            throw CommandError("no such entry: the table at \(base.digits) has \(count) entries")
        }
        return Output(lines, values: ["entries": .array(entries)])
    }

    /// `number`: the selector, or the vector in the IDT.
    fileprivate static func json(
        _ descriptor: Descriptor, _ number: UInt16, target: Debugger.GateTarget?, _ debugger: Debugger
    ) -> JSONValue {
        var members: [String: JSONValue?] = [
            "number": JSONValue(number), "low": JSONValue(descriptor.low), "high": JSONValue(descriptor.high),
            "isPresent": .boolean(descriptor.isPresent), "privilege": JSONValue(descriptor.privilege),
            "type": JSONValue(descriptor.type), "isSystem": .boolean(descriptor.isSystem),
        ]
        if DescriptorText.isGate(descriptor) {
            members["selector"] = JSONValue(descriptor.gateSelector)
        } else {
            members["base"] = JSONValue(descriptor.base)
            members["limit"] = JSONValue(descriptor.limit)
        }
        if let target {
            members["target"] = JSONValue(target.linear)
            members["symbol"] = debugger.symbolText(at: target.linear).map { .string($0) }
        }
        return JSONValue(members: members)
    }
}
