import JSON
import Machine

/// Commands that show and change memory.
extension DebuggerCommand {
    private static let formats = """
        FORMAT is a count and a letter: b bytes (the default), w words, d doublewords, c characters, s text up to a \
        zero. \
        Without an address it goes on behind what was shown last.
        """

    static let memory = DebuggerCommand(
        "memory", "x", "m", usage: "memory[/FORMAT] [ADDRESS] [COUNT]",
        summary: "show memory as the processor sees it, through the page tables",
        details: formats + " Bytes that are not mapped are shown as ??.", group: .looking, repetition: .some("memory")
    ) { (commands, arguments) throws(CommandError) in
        try commands.showMemory(arguments, isPhysical: false)
    }

    static let physicalMemory = DebuggerCommand(
        "xp", "physical", usage: "xp[/FORMAT] [ADDRESS] [COUNT]", summary: "show physical memory", details: formats,
        group: .looking, repetition: .some("xp")
    ) { (commands, arguments) throws(CommandError) in
        try commands.showMemory(arguments, isPhysical: true)
    }

    static let write = DebuggerCommand(
        "write", usage: "write[/b|w|d] ADDRESS VALUE...", summary: "change memory",
        details: "The values are bytes unless the format says words or doublewords. ROM stays as it is.",
        group: .changing
    ) { (commands, arguments) throws(CommandError) in
        guard arguments.words.count >= 2 else { throw CommandError("write what? 'write ADDRESS VALUE...'") }
        let size: Int
        switch arguments.format {
        case "", "b": size = 1
        case "w": size = 2
        case "d": size = 4
        default: throw CommandError("'\(arguments.format)' is no format for write: b, w or d")
        }
        let address = try commands.address(arguments.words[0])
        var bytes: [UInt8] = []
        for word in arguments.words.dropFirst() {
            let value = try commands.address(word)
            if size < 4, value >> UInt32(size * 8) != 0 {
                throw CommandError("'\(word)' does not fit \(size == 1 ? "a byte" : "a word")")
            }
            for index in 0..<size { bytes.append(UInt8(truncatingIfNeeded: value >> UInt32(index * 8))) }
        }
        guard commands.debugger.writeMemory(bytes, at: address) else {
            throw CommandError("\(address.digits) is not mapped")
        }
        return Output("")
    }
}

extension DebuggerCommands {
    fileprivate func showMemory(_ arguments: Arguments, isPhysical: Bool) throws(CommandError) -> Output {
        try arguments.limit(2)
        let digits = arguments.format.prefix(while: \.isNumber)
        let letter = String(arguments.format.dropFirst(digits.count))
        let unit: Int
        switch letter {
        case "", "b", "x", "c", "char": unit = 1
        case "w", "h": unit = 2
        case "d", "l": unit = 4
        case "s": unit = 1
        default: throw CommandError("'\(arguments.format)' is no format: a count and b, w, d, c or s")
        }
        var address: UInt32
        if let word = arguments.words.first {
            address = try self.address(word)
        } else if case .memory(let next, let wasPhysical) = nextAddress, wasPhysical == isPhysical {
            address = next
        } else {
            address = debugger.registers.value(named: "esp") ?? 0
            if !isPhysical { address = address &+ (debugger.registers.segmentBase(named: "ss") ?? 0) }
        }
        var count = 64 / unit
        if let number = Int(digits) { count = number }
        if arguments.words.count > 1 { count = Int(clamping: try self.count(arguments.words[1])) }
        guard count <= 0x1_0000 else { throw CommandError("\(count) is too many at once: up to 65536") }

        func read(_ address: UInt32, _ count: Int) -> [UInt8?] {
            isPhysical
                ? debugger.readPhysicalMemory(at: address, count: count)
                : debugger.readMemory(at: address, count: count)
        }
        if letter == "s" {
            let text = String(
                decoding: read(address, 256).prefix { $0 != nil && $0 != 0 }.compactMap { $0 }, as: UTF8.self)
            return Output(
                "\(address.digits)  \"\(text)\"", values: ["address": JSONValue(address), "string": .string(text)])
        }
        let bytes = read(address, count * unit)
        let values: [String: JSONValue] = [
            "address": JSONValue(address), "bytes": .array(bytes.map { $0.map { JSONValue($0) } ?? .null }),
        ]
        nextAddress = .memory(address &+ UInt32(truncatingIfNeeded: bytes.count), isPhysical: isPhysical)
        if letter == "c" || letter == "char" {
            return Output(rows(of: 64, bytes, at: address) { $0.map(Self.character).joined() }, values: values)
        }
        return Output(
            rows(of: 16, bytes, at: address) { row in
                var cells: [String] = []
                for start in stride(from: row.startIndex, to: row.endIndex, by: unit) {
                    let cell = row[start..<min(start + unit, row.endIndex)]
                    cells.append(cell.reversed().map { $0.map(\.digits) ?? "??" }.joined())
                }
                let text = cells.joined(separator: " ")
                guard unit == 1 else { return text }
                return text.padded(to: 47) + "  " + row.map(Self.character).joined()
            }, values: values)
    }

    private func rows(
        of length: Int, _ bytes: [UInt8?], at address: UInt32, _ text: (ArraySlice<UInt8?>) -> String
    ) -> [String] {
        stride(from: 0, to: bytes.count, by: length).map { start in
            let place = address &+ UInt32(truncatingIfNeeded: start)
            return "\(place.digits)  \(text(bytes[start..<min(start + length, bytes.count)]))"
        }
    }

    private static func character(_ byte: UInt8?) -> String {
        guard let byte else { return "?" }
        return 0x20...0x7E ~= byte ? String(UnicodeScalar(byte)) : "."
    }
}
