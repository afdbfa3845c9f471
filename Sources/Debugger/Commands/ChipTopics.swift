import JSON
import Machine

/// Topics of `info` about the chips around the processor.
extension DebuggerCommand {
    static let chips = DebuggerCommand(
        "chips", usage: "pic, pit, rtc, com1, com2, kbc, keyboard, vga, ide0, ide1, system",
        summary: "the registers of a chip in words",
        details: "No port is read: the chip does not notice. 'info chips' lists them with their ports.", group: .looking
    ) { (commands, arguments) throws(CommandError) in
        try arguments.limit(0)
        let chips = commands.debugger.machine.chips
        return Output(chips.map(line), values: ["chips": .array(chips.map(json))])
    }

    /// What people also call them.
    private static let aliases = [
        "8259": "pic", "8254": "pit", "timer": "pit", "clock": "rtc", "cmos": "rtc", "8042": "kbc", "serial": "com",
        "uart": "com", "16550": "com", "disk": "ide", "ata": "ide", "drives": "ide", "ports": "system",
        "post": "system",
        "exit": "system",
    ]

    /// The chips whose names begin with a word; empty if there are none.
    static func chips(_ machine: Machine, named name: String) -> [ChipReport] {
        let name = aliases[name] ?? name
        let all = machine.chips
        if let chip = all.first(where: { $0.name == name }) { return [chip] }
        return all.filter { $0.name.hasPrefix(name) }
    }

    static func output(_ chips: [ChipReport]) -> Output {
        var lines: [String] = []
        for chip in chips {
            lines.append(line(chip))
            for field in chip.fields {
                lines.append("  \(field.name.padded(to: 15))  " + fieldText(field))
            }
        }
        return Output(lines, values: ["chips": .array(chips.map(json))])
    }

    /// Name, ports and title.
    static func line(_ chip: ChipReport) -> String {
        let ports = chip.ports.map { range in
            let first = String(range.lowerBound, radix: 16)
            return range.count == 1 ? first : first + "-" + String(range.upperBound, radix: 16)
        }
        let memory = chip.memory.map { "memory \($0.lowerBound.digits)-\($0.upperBound.digits)" }
        let places = (ports.isEmpty ? [] : ["ports " + ports.joined(separator: " ")]) + memory
        return "\(chip.name.padded(to: 9))  \(chip.title)"
            + (places.isEmpty ? "" : "; " + places.joined(separator: ", "))
    }

    private static func fieldText(_ field: ChipReport.Field) -> String {
        let value: String
        switch field.value {
        case .number(let number, 8): value = UInt8(truncatingIfNeeded: number).digits
        case .number(let number, 16): value = UInt16(truncatingIfNeeded: number).digits
        case .number(let number, _): value = String(number)
        case .flag(let flag): value = flag ? "yes" : "no"
        case .text(let text): value = text
        case .bytes(let bytes): value = bytes.isEmpty ? "(none)" : bytes.map(\.digits).joined(separator: " ")
        }
        return field.text.isEmpty ? value : "\(value.padded(to: 4))  \(field.text)"
    }

    private static func json(_ chip: ChipReport) -> JSONValue {
        let fields = chip.fields.map { field -> (String, JSONValue) in
            let value: JSONValue =
                switch field.value {
                case .number(let number, _): JSONValue(number)
                case .flag(let flag): .boolean(flag)
                case .text(let text): .string(text)
                case .bytes(let bytes): .bytes(bytes)
                }
            return (field.name, value)
        }
        func ranges(_ ranges: [(Int, Int)]) -> JSONValue {
            .array(ranges.map { ["first": JSONValue($0.0), "last": JSONValue($0.1)] })
        }
        return [
            "name": .string(chip.name), "title": .string(chip.title),
            "ports": ranges(chip.ports.map { (Int($0.lowerBound), Int($0.upperBound)) }),
            "memory": ranges(chip.memory.map { (Int($0.lowerBound), Int($0.upperBound)) }),
            "registers": .object(Dictionary(fields) { first, _ in first }),
        ]
    }
}
