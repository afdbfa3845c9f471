import Processor

extension Disassembler {
    /// `rep `, `repe ` or `repne `, or nothing; before what does not repeat, the prefixes do nothing.
    static func repetition(_ instruction: Instruction, _ row: OpcodeRow) -> String {
        guard row.flags.contains(.string) else { return "" }
        if instruction.prefixes.contains(.repne) { return "repne " }
        guard instruction.prefixes.contains(.rep) else { return "" }
        // `repe` where the flags end the repetition: `cmps` and `scas`.
        return row.mnemonic == "cmps" || row.mnemonic == "scas" ? "repe " : "rep "
    }

    /// The row's mnemonic as the instruction's sizes decide it.
    static func mnemonic(_ instruction: Instruction, _ row: OpcodeRow) -> String {
        let name = row.mnemonic
        if let bar = name.firstIndex(of: "|") {
            // The counter of `jcxz` is chosen by the address size.
            let isLong = row.operands.first == .jb ? instruction.is32BitAddress : instruction.is32BitOperand
            return String(isLong ? name[name.index(after: bar)...] : name[..<bar])
        }
        if row.flags.contains(.string) { return name + stringSuffix(instruction, row) }
        if let predicate = predicate(instruction, row) { return "cmp" + predicate + name.suffix(2) }
        switch name {
        case "xlat": return "xlatb"
        // With 16 bits, `lgdt` and `lidt` load 24 bits of the base: worth seeing (SDM vol. 2, `LGDT`).
        case "lgdt", "lidt", "sgdt", "sidt": return name + (instruction.is32BitOperand ? "d" : "w")
        default: return name
        }
    }

    private static func stringSuffix(_ instruction: Instruction, _ row: OpcodeRow) -> String {
        let bytes: [OperandKind] = [.xb, .yb]
        if row.operands.contains(where: bytes.contains) { return "b" }
        let words: [OperandKind] = [.xw, .yw]
        if row.operands.contains(where: words.contains) { return "w" }
        return instruction.is32BitOperand ? "d" : "w"
    }

    /// What `cmpps` and its kin compare for, in place of the immediate; nil for the numbers that mean nothing in SSE.
    static func predicate(_ instruction: Instruction, _ row: OpcodeRow) -> String? {
        guard row.map == 1, row.opcode == 0xC2, instruction.immediate < 8 else { return nil }
        return ["eq", "lt", "le", "unord", "neq", "nlt", "nle", "ord"][Int(instruction.immediate)]
    }
}
