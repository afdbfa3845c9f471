import Processor

extension Disassembler {
    /// The text of one operand; nil if it goes without saying.
    func operand(
        _ kind: OperandKind, of instruction: Instruction, _ row: OpcodeRow, at offset: UInt32, segmentBase: UInt32
    ) -> String? {
        let is32Bit = instruction.is32BitOperand
        switch kind {
        case .none: return nil

        // ModRM.rm: a register or memory.
        case .eb: return registerOrMemory(instruction, .byte)
        case .ew: return registerOrMemory(instruction, .word)
        case .ed: return registerOrMemory(instruction, .doubleword)
        case .ev: return registerOrMemory(instruction, .operand(is32Bit))
        case .rvMw: return registerOrMemory(instruction, instruction.hasMemoryOperand ? .word : .operand(is32Bit))
        case .m, .mp, .ms: return Self.memory(instruction, nil)
        case .ma: return Self.memory(instruction, .operand(is32Bit))
        case .mb: return Self.memory(instruction, .byte)
        case .mw: return Self.memory(instruction, .word)
        case .md: return Self.memory(instruction, .doubleword)
        case .mq: return Self.memory(instruction, .quadword)
        case .mt: return Self.memory(instruction, .tenBytes)
        case .mx: return Self.memory(instruction, .doubleQuadword)
        case .rdMw: return registerOrMemory(instruction, instruction.hasMemoryOperand ? .word : .doubleword)
        case .rd: return Self.registerName(instruction.rm, .doubleword)

        // ModRM.reg.
        case .gb: return Self.registerName(instruction.reg, .byte)
        case .gw: return Self.registerName(instruction.reg, .word)
        case .gd: return Self.registerName(instruction.reg, .doubleword)
        case .gv: return Self.registerName(instruction.reg, .operand(is32Bit))
        case .sw: return Self.segmentName(instruction.reg)
        case .cd: return "cr\(instruction.reg)"
        case .dd: return "dr\(instruction.reg)"
        case .td: return "tr\(instruction.reg)"

        // The opcode's low three bits.
        case .zb: return Self.registerName(instruction.rm, .byte)
        case .zv: return Self.registerName(instruction.rm, .operand(is32Bit))

        // Registers of FPU, MMX and SSE.
        case .st: return "st"
        case .sti: return "st(\(instruction.rm))"
        case .pq: return "mm\(instruction.reg)"
        case .nq: return "mm\(instruction.rm)"
        case .qd: return vector(instruction, "mm", .doubleword)
        case .qq: return vector(instruction, "mm", .quadword)
        case .vx: return "xmm\(instruction.reg)"
        case .ux: return "xmm\(instruction.rm)"
        case .wd: return vector(instruction, "xmm", .doubleword)
        case .wq: return vector(instruction, "xmm", .quadword)
        case .wx: return vector(instruction, "xmm", .doubleQuadword)

        // Immediates.
        case .ib: return immediateByte(instruction, row)
        case .sib: return Self.signedHexadecimal(Int32(bitPattern: instruction.immediate))
        case .iw: return Self.hexadecimal(instruction.immediate & 0xFFFF)
        case .iz, .iv: return Self.hexadecimal(instruction.immediate)
        case .one: return "1"
        case .jb, .jz: return target(instruction, at: offset, segmentBase: segmentBase)
        case .ap: return farPointer(instruction)
        case .ob: return Self.absolute(instruction, .byte)
        case .ov: return Self.absolute(instruction, .operand(is32Bit))

        // Strings.
        case .xb: return source(instruction, .byte)
        case .xw: return source(instruction, .word)
        case .xv: return source(instruction, .operand(is32Bit))
        case .yb: return destination(instruction, .byte)
        case .yw: return destination(instruction, .word)
        case .yv: return destination(instruction, .operand(is32Bit))

        // Registers that the opcode implies.
        case .al: return "al"
        case .cl: return "cl"
        case .dx: return "dx"
        case .ax: return "ax"
        case .eax: return is32Bit ? "eax" : "ax"
        case .es: return "es"
        case .cs: return "cs"
        case .ss: return "ss"
        case .ds: return "ds"
        case .fs: return "fs"
        case .gs: return "gs"
        }
    }

    /// The size of an operand.
    enum Size: Int {
        case byte = 1
        case word = 2
        case doubleword = 4
        case quadword = 8
        case tenBytes = 10
        case doubleQuadword = 16

        static func operand(_ is32Bit: Bool) -> Size { is32Bit ? .doubleword : .word }

        /// What stands before a memory operand of this size.
        var pointer: String {
            switch self {
            case .byte: "byte ptr "
            case .word: "word ptr "
            case .doubleword: "dword ptr "
            case .quadword: "qword ptr "
            case .tenBytes: "tbyte ptr "
            case .doubleQuadword: "xmmword ptr "
            }
        }
    }

    // MARK: Registers

    private static let byteNames = ["al", "cl", "dl", "bl", "ah", "ch", "dh", "bh"]
    private static let wordNames = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"]
    private static let segmentNames = ["es", "cs", "ss", "ds", "fs", "gs", "segr6", "segr7"]

    static func registerName(_ number: UInt8, _ size: Size) -> String {
        let number = Int(number & 7)
        return switch size {
        case .byte: byteNames[number]
        case .word: wordNames[number]
        default: "e" + wordNames[number]
        }
    }

    static func segmentName(_ number: UInt8) -> String { segmentNames[Int(number & 7)] }

    // MARK: Memory

    private func registerOrMemory(_ instruction: Instruction, _ size: Size) -> String {
        instruction.hasMemoryOperand ? Self.memory(instruction, size) : Self.registerName(instruction.rm, size)
    }

    /// An MMX or XMM register, or memory.
    private func vector(_ instruction: Instruction, _ kind: String, _ size: Size) -> String {
        instruction.hasMemoryOperand ? Self.memory(instruction, size) : kind + String(instruction.rm)
    }

    /// `es:` if the instruction has a segment prefix.
    private static func override(_ instruction: Instruction) -> String {
        instruction.prefixes.contains(.segment) ? segmentName(instruction.segment) + ":" : ""
    }

    /// `dword ptr es:[ebx + 4*ecx + 0x10]`.
    static func memory(_ instruction: Instruction, _ size: Size?) -> String {
        let addressSize: Size = .operand(instruction.is32BitAddress)
        var terms = ""
        if instruction.base != Instruction.noRegister { terms = registerName(instruction.base, addressSize) }
        if instruction.index != Instruction.noRegister {
            let name = registerName(instruction.index, addressSize)
            // EBP as the index means the data segment, as the base the stack segment: the factor tells.
            let isUnscaled = instruction.scale == 0 && !(terms.isEmpty && instruction.index == 5)
            let scaled = isUnscaled ? name : "\(1 << (instruction.scale & 3))*\(name)"
            terms = terms.isEmpty ? scaled : "\(terms) + \(scaled)"
        }
        if terms.isEmpty { return absolute(instruction, size) }
        let displacement = Int32(bitPattern: instruction.displacement)
        if displacement > 0 {
            terms += " + " + hexadecimal(instruction.displacement)
        } else if displacement < 0 {
            terms += " - " + hexadecimal(displacement.magnitude)
        }
        return "\(size?.pointer ?? "")\(override(instruction))[\(terms)]"
    }

    /// `dword ptr es:[0x1000]`.
    static func absolute(_ instruction: Instruction, _ size: Size?) -> String {
        let mask: UInt32 = instruction.is32BitAddress ? 0xFFFF_FFFF : 0xFFFF
        return "\(size?.pointer ?? "")\(override(instruction))[\(hexadecimal(instruction.displacement & mask))]"
    }

    /// `byte ptr fs:[esi]`; the segment can be chosen.
    private func source(_ instruction: Instruction, _ size: Size) -> String {
        "\(size.pointer)\(Self.override(instruction))[\(instruction.is32BitAddress ? "esi" : "si")]"
    }

    /// `byte ptr es:[edi]`; the segment cannot be chosen.
    private func destination(_ instruction: Instruction, _ size: Size) -> String {
        "\(size.pointer)es:[\(instruction.is32BitAddress ? "edi" : "di")]"
    }

    // MARK: Immediates

    /// A byte, or the byte of `enter`, which comes behind a word; `aam` and `aad` imply ten.
    private func immediateByte(_ instruction: Instruction, _ row: OpcodeRow) -> String? {
        if row.operands.first == .iw { return Self.hexadecimal(instruction.immediate >> 16 & 0xFF) }
        if instruction.immediate == 10, row.mnemonic == "aam" || row.mnemonic == "aad" { return nil }
        if Self.predicate(instruction, row) != nil { return nil }
        return Self.hexadecimal(instruction.immediate & 0xFF)
    }

    /// `0x1000 <name>`: where a relative branch goes. With 16-bit operands EIP is truncated (SDM vol. 2, `JMP`).
    private func target(_ instruction: Instruction, at offset: UInt32, segmentBase: UInt32) -> String {
        let target = Self.branchTarget(of: instruction, at: offset)
        guard let name = symbolName?(segmentBase &+ target) else { return Self.hexadecimal(target) }
        return "\(Self.hexadecimal(target)) <\(name)>"
    }

    /// The offset in the code segment to which a relative branch goes.
    ///
    /// - Parameters:
    ///   - instruction: one with a relative operand (`Jb` or `Jz`).
    ///   - offset: where it is in the code segment.
    public static func branchTarget(of instruction: Instruction, at offset: UInt32) -> UInt32 {
        let target = offset &+ UInt32(instruction.length) &+ instruction.immediate
        return instruction.is32BitOperand ? target : target & 0xFFFF
    }

    /// `0x8:0x1000`.
    private func farPointer(_ instruction: Instruction) -> String {
        let mask: UInt32 = instruction.is32BitOperand ? 0xFFFF_FFFF : 0xFFFF
        return Self.hexadecimal(instruction.immediate & 0xFFFF) + ":"
            + Self.hexadecimal(instruction.displacement & mask)
    }

    static func hexadecimal(_ value: UInt32) -> String { "0x" + String(value, radix: 16) }

    static func signedHexadecimal(_ value: Int32) -> String {
        (value < 0 ? "-" : "") + hexadecimal(value.magnitude)
    }
}
