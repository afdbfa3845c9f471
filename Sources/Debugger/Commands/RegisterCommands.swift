import JSON
import Machine

/// Commands that show and change registers.
extension DebuggerCommand {
    static let registers = DebuggerCommand(
        "registers", "r", "regs", usage: "registers [all | NAME...]",
        summary: "show the general registers, all registers, or some",
        details:
            "'registers all' adds segments with bases and limits, the tables, control registers and the mode in words.",
        group: .looking
    ) { (commands, arguments) throws(CommandError) in
        let registers = commands.debugger.registers
        func values(_ names: [String]) -> [String: JSONValue] {
            JSONValue.values(of: names, registers)
        }
        let general = RegisterFile.generalNames + ["eip", "eflags"]
        if arguments.words.isEmpty { return Output(RegisterText.general(registers), values: values(general)) }
        if arguments.words == ["all"] {
            return Output(
                RegisterText.all(registers),
                values: values(general + RegisterFile.segmentNames + RegisterFile.controlNames))
        }
        var names: [String] = []
        var lines: [String] = []
        for word in arguments.words {
            let name = word.hasPrefix("$") ? String(word.dropFirst()) : word
            guard let value = registers.value(named: name.lowercased()) else {
                throw CommandError("there is no register '\(word)'")
            }
            let symbol = commands.debugger.symbolText(at: value).map { "  <\($0)>" } ?? ""
            lines.append("\(name.lowercased()) \(value.digits)  \(value)\(symbol)")
            names.append(name.lowercased())
        }
        return Output(lines, values: values(names))
    }

    static let set = DebuggerCommand(
        "set", usage: "set REGISTER VALUE", summary: "change a general register, eip or eflags", group: .changing
    ) { (commands, arguments) throws(CommandError) in
        let words = arguments.words.filter { $0 != "=" }
        guard words.count == 2 else { throw CommandError("set what? 'set REGISTER VALUE'") }
        let name = (words[0].hasPrefix("$") ? String(words[0].dropFirst()) : words[0]).lowercased()
        let value = try commands.address(words[1])
        guard commands.debugger.setRegister(name, to: value) else {
            throw CommandError(
                "'\(words[0])' is no register that can be set: general registers and their parts, eip, eflags")
        }
        return Output("")
    }
}

extension JSONValue {
    fileprivate static func values(of names: [String], _ registers: RegisterFile) -> [String: JSONValue] {
        [:].merging(names.compactMap { name in registers.value(named: name).map { (name, JSONValue($0)) } }) { $1 }
    }
}
