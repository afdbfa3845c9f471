import Disassembler
import JSON
import Machine

/// Commands that show code and names.
extension DebuggerCommand {
    static let disassemble = DebuggerCommand(
        "disassemble", "dis", usage: "disassemble[/16 | /32 | /s] [ADDRESS] [COUNT]",
        summary: "show instructions, from the next one if no address is given",
        details: """
            The size of the code is that of the code segment; /16 and /32 choose another. /s (also /s16, /s32) shows \
            the source lines in between. Without an address it goes on behind what was shown last.
            """,
        group: .looking, repetition: .some("disassemble")
    ) { (commands, arguments) throws(CommandError) in
        try arguments.limit(2)
        let debugger = commands.debugger
        let location = debugger.location
        let base = location.linear &- location.offset
        let code32: Bool
        let showsSource = arguments.format.hasPrefix("s")
        switch arguments.format.drop(while: { $0 == "s" }) {
        case "": code32 = location.isCode32
        case "16": code32 = false
        case "32": code32 = true
        default: throw CommandError("'\(arguments.format)' is no format for disassemble: 16, 32 or s")
        }
        var offset = location.offset
        if let word = arguments.words.first {
            offset = try commands.address(word) &- base
        } else if case .code(let next) = commands.nextAddress {
            offset = next
        }
        var count = 10
        if arguments.words.count > 1 { count = Int(clamping: try commands.count(arguments.words[1])) }
        guard 1...4096 ~= count else {
            throw CommandError("\(count) instructions at once: from 1 to 4096 can be shown")
        }
        let lines = debugger.disassemble(linear: base &+ offset, offset: offset, count: count, code32: code32)
        guard let last = lines.last else { throw CommandError("\((base &+ offset).digits) is not mapped") }
        commands.nextAddress = .code(offset: last.offset &+ UInt32(last.bytes.count))
        let instructions = lines.map { line -> JSONValue in
            [
                "address": JSONValue(base &+ line.offset), "bytes": .bytes(line.bytes), "text": .string(line.text),
            ]
        }
        return Output(
            commands.listing(lines, base: base, showsSource: showsSource),
            values: ["instructions": .array(instructions)])
    }

    static let backtrace = DebuggerCommand(
        "backtrace", "bt", "where", usage: "backtrace [LIMIT | all]",
        summary: "show which functions have called each other",
        details: """
            Through functions, interrupts and stack switches: by the symbol file's call frame information where there \
            is some, by frame pointers, and by what the processor pushed at an interrupt. Frames marked with ? are \
            guesses. 'all' shows every thread of the kernel.
            """, group: .looking
    ) { (commands, arguments) throws(CommandError) in
        try arguments.limit(1)
        var limit = 32
        if arguments.words.first == "all" { return try commands.backtracesOfAll(limit: limit) }
        if let word = arguments.words.first { limit = Int(clamping: min(try commands.count(word), 4096)) }
        return commands.backtraceOutput(limit: limit)
    }

    static let symbols = DebuggerCommand(
        "symbols", "sym", usage: "symbols [PATTERN]", summary: "list the symbols whose name contains a pattern",
        details: "With an address instead of a pattern, the symbol that the address lies in.", group: .looking
    ) { (commands, arguments) throws(CommandError) in
        let symbols = commands.debugger.symbols
        guard symbols.count > 0 else {
            throw CommandError("no symbols are loaded; 'symbol-file' loads them from an ELF file")
        }
        guard !arguments.words.isEmpty else {
            return Output(
                symbols.modules.map { "\($0.name): \($0.symbols.count) symbols" })
        }
        let found = symbols.search(arguments.text)
        if found.isEmpty {
            if let address = try? commands.address(arguments.text), let text = commands.debugger.symbolText(at: address)
            {
                return Output("\(address.digits)  \(text)")
            }
            throw CommandError("no symbol contains '\(arguments.text)'")
        }
        var lines = found.prefix(100).map { symbol in
            let size = symbol.size > 0 ? "\(symbol.size) bytes" : ""
            return "\(symbol.address.digits)  \(size.padded(to: 12))  \(symbol.name)  (\(symbol.module))"
        }
        if found.count > 100 { lines.append("... and \(found.count - 100) more") }
        let values = found.prefix(100).map { symbol -> JSONValue in
            [
                "address": JSONValue(symbol.address), "size": JSONValue(symbol.size), "name": .string(symbol.name),
                "module": .string(symbol.module),
            ]
        }
        return Output(lines, values: ["symbols": .array(values), "count": JSONValue(found.count)])
    }
}

extension DebuggerCommands {
    /// The chain of calls, from where the machine is looked at.
    func backtraceOutput(limit: Int) -> Output {
        let frames = debugger.backtrace(limit: limit)
        let values = frames.map { frame in
            JSONValue(members: [
                "address": JSONValue(frame.linear), "symbol": frame.symbol.map { .string($0.description) },
            ])
        }
        return Output(
            frames.enumerated().map { index, frame in
                let place = placeText(frame)
                let source = frame.source.map { "  \($0)" } ?? ""
                return interruptLine(frame)
                    + "#\(String(index).padded(to: 3))\(frame.isGuess ? "?" : " ")\(place)\(source)  "
                    + "frame \(frame.framePointer.digits)"
            }, values: ["frames": .array(values)])
    }

    /// `00100010 <kernelMain+0x10>`, or `f000:e05b <...>`.
    fileprivate func placeText(_ frame: Debugger.Frame) -> String {
        let isRealMode = frame.linear == UInt32(frame.selector) << 4 &+ frame.offset && frame.offset <= 0xFFFF
        let address =
            isRealMode && (debugger.usesRealModeVectors || debugger.isVirtual8086)
            ? "\(frame.selector.digits):\(UInt16(truncatingIfNeeded: frame.offset).digits)" : frame.linear.digits
        return address + (frame.symbol.map { " <\($0)>" } ?? "")
    }

    /// What lies between a frame and the one inside it, as a line of its own.
    fileprivate func interruptLine(_ frame: Debugger.Frame) -> String {
        guard case .interrupt(let interrupt) = frame.origin else { return "" }
        var text = "     -- "
        if let vector = interrupt.vector {
            text += interrupt.isSoftware ? "int \(vector.hexadecimal)" : VectorText.description(vector)
            if !interrupt.isSoftware, debugger.usesRealModeVectors { text = "     -- interrupt \(vector.hexadecimal)" }
        } else {
            text += "an interrupt or exception"
        }
        if interrupt.switchesStack { text += ", from privilege level \(frame.selector & 3) and its stack" }
        return text + "\n"
    }

    /// A listing with labels where symbols begin, and a mark at the next instruction.
    func listing(_ lines: [Disassembler.Line], base: UInt32, showsSource: Bool) -> [String] {
        var text: [String] = []
        var shown: SourceLocation?
        let here = debugger.location.linear
        for line in lines {
            let linear = base &+ line.offset
            if let symbol = debugger.symbol(at: linear), symbol.offset == 0 { text.append("\(symbol.symbol.name):") }
            if showsSource, let location = debugger.sourceLocation(at: linear),
                shown.map({ !$0.isSameLine(location) }) ?? true
            {
                shown = location
                if let source = sourceLineText(at: linear) { text.append(source) }
            }
            let bytes = line.bytes.map(\.digits).joined(separator: " ")
            let note = line.isValid || line.text == Disassembler.bad ? "" : "  ; raises #UD"
            text.append(
                "\(linear == here ? "=>" : "  ") \(line.offset.digits)  \(bytes.padded(to: 23))  \(line.text)\(note)")
        }
        return text
    }
}
