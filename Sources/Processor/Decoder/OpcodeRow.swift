/// The processor that first had an instruction; older models raise #UD for it.
public enum ProcessorGeneration: UInt8, Comparable, CaseIterable, Sendable {
    case i386, i486, pentium, pentiumPro, pentium2, pentium3, pentium4

    public static func < (left: ProcessorGeneration, right: ProcessorGeneration) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// A prefix that is part of an opcode: 66h, F2h and F3h choose among the instructions of many opcodes after 0Fh
/// (SDM vol. 2, table A-3).
public enum MandatoryPrefix: UInt8, CaseIterable, Sendable {
    /// None of the three.
    case absent
    /// 66h.
    case operandSize
    /// F3h, whether 66h is there or not.
    case rep
    /// F2h, whether 66h is there or not.
    case repne

    /// The prefix byte.
    public var byte: UInt8? {
        switch self {
        case .absent: nil
        case .operandSize: 0x66
        case .rep: 0xF3
        case .repne: 0xF2
        }
    }
}

/// How an instruction names an operand, in the notation of SDM vol. 2, appendix A.2.
///
/// The first letter is the method (`E`: ModRM register or memory; `G`: the register in ModRM.reg; `M`: memory only;
/// `R`: register only; `I`: immediate; `J`: relative target; `O`: absolute offset; `A`: far pointer; `S`, `C`, `D`,
/// `T`: segment, control, debug, test register; `X`: DS:[rSI]; `Y`: ES:[rDI]; `Z`: register in the opcode's low three
/// bits; `P`, `Q`, `N`: MMX register in ModRM.reg, MMX register or memory, MMX register in ModRM.rm; `V`, `W`, `U`: the
/// same for XMM registers), the second is the type (`b` byte, `w` word, `d` doubleword, `q` quadword, `t` 80 bits, `x`
/// 128 bits, `v` word or doubleword by operand size, `z` the same for immediates, `p` far pointer, `a` pair of bounds,
/// `s` descriptor-table register).
public enum OperandKind: String, CaseIterable, Sendable {
    case none = ""
    case eb = "Eb"
    case ew = "Ew"
    case ed = "Ed"
    case ev = "Ev"
    /// A register of the operand size, or a word in memory (`sldt`, `str`, `smsw`, `mov` from a segment register).
    case rvMw = "Rv/Mw"
    case gb = "Gb"
    case gw = "Gw"
    case gv = "Gv"
    case gd = "Gd"
    /// A doubleword register, or a word in memory (`pinsrw`).
    case rdMw = "Rd/Mw"
    /// Memory of no particular size (`lea`, ESC).
    case m = "M"
    case ma = "Ma"
    case mb = "Mb"
    case mw = "Mw"
    case md = "Md"
    case mt = "Mt"
    case mx = "Mx"
    case mp = "Mp"
    case mq = "Mq"
    case ms = "Ms"
    case rd = "Rd"
    case cd = "Cd"
    case dd = "Dd"
    case td = "Td"
    case sw = "Sw"
    case ib = "Ib"
    /// A byte that is sign-extended to the operand size.
    case sib = "sIb"
    case iw = "Iw"
    case iz = "Iz"
    case iv = "Iv"
    case one = "1"
    case jb = "Jb"
    case jz = "Jz"
    case ob = "Ob"
    case ov = "Ov"
    case ap = "Ap"
    case xb = "Xb"
    case xw = "Xw"
    case xv = "Xv"
    case yb = "Yb"
    case yw = "Yw"
    case yv = "Yv"
    case zb = "Zb"
    case zv = "Zv"
    case al = "AL"
    case cl = "CL"
    case dx = "DX"
    case ax = "AX"
    /// AX or EAX, by operand size.
    case eax = "eAX"
    case es = "ES"
    case cs = "CS"
    case ss = "SS"
    case ds = "DS"
    case fs = "FS"
    case gs = "GS"
    /// The top of the x87 register stack.
    case st = "ST"
    /// The x87 register that ModRM.rm names, counted from the top.
    case sti = "STi"
    case pq = "Pq"
    case qd = "Qd"
    case qq = "Qq"
    case nq = "Nq"
    case vx = "Vx"
    case wd = "Wd"
    case wq = "Wq"
    case wx = "Wx"
    case ux = "Ux"

    /// The operand needs a ModRM byte.
    var usesModRM: Bool {
        switch self {
        case .eb, .ew, .ed, .ev, .rvMw, .rdMw, .gb, .gw, .gd, .gv, .m, .ma, .mb, .mw, .md, .mq, .mt, .mx, .mp, .ms,
            .rd, .cd, .dd, .td, .sw, .sti, .pq, .qd, .qq, .nq, .vx, .wd, .wq, .wx, .ux:
            true
        default: false
        }
    }

    /// The operand can only be in memory: the register form of the ModRM byte is not an instruction.
    var isMemoryOnly: Bool {
        switch self {
        case .ma, .mb, .mw, .md, .mq, .mt, .mx, .mp, .ms: true
        default: false
        }
    }

    /// The operand can only be a register: the memory form of the ModRM byte is not an instruction.
    var isRegisterOnly: Bool {
        switch self {
        case .nq, .ux: true
        default: false
        }
    }

    var immediate: ImmediateForm? {
        switch self {
        case .ib: .byte
        case .sib, .jb: .signedByte
        case .iw: .word
        case .iz, .iv, .jz: .operandSize
        case .ob, .ov: .offset
        case .ap: .farPointer
        default: nil
        }
    }
}

/// What follows opcode, ModRM, SIB and displacement.
enum ImmediateForm: UInt8 {
    case none, byte, signedByte, word, operandSize, offset, farPointer, wordAndByte, one
}

/// One line of the opcode table: an instruction in one of its encodings.
public struct OpcodeRow: Sendable {
    public struct Flags: OptionSet, Sendable {
        public let rawValue: UInt16
        public init(rawValue: UInt16) { self.rawValue = rawValue }

        /// Accepts `lock` with a memory destination (SDM vol. 2, `LOCK`).
        public static let lockable = Flags(rawValue: 1 << 0)
        /// A ModRM byte follows the opcode.
        public static let modRM = Flags(rawValue: 1 << 1)
        /// #GP(0) unless CPL is 0; informative, the instruction itself checks.
        public static let privileged = Flags(rawValue: 1 << 2)
        /// The operations of the row are those for 16 bits, and the ones for 32 bits follow them in ``Operation``.
        public static let sized = Flags(rawValue: 1 << 3)
        /// `Gx,Ex`: before execution, the register form becomes that of `Ex,Gx` by an exchange of `reg` and `rm`.
        public static let swapsRegisters = Flags(rawValue: 1 << 4)
        /// ModRM.mod is ignored, the operand is always a register (`mov` from and to CRn, DRn, TRn).
        public static let ignoresMod = Flags(rawValue: 1 << 5)
        /// `rep`, `repe` or `repne` repeats the instruction.
        public static let string = Flags(rawValue: 1 << 6)
        /// Ends a basic block: the next instruction need not be the one that follows in memory, or the way instructions
        /// are fetched, counted or interrupted may have changed.
        public static let endsBlock = Flags(rawValue: 1 << 7)
        /// The register that ModRM.reg names is a byte register.
        public static let byteReg = Flags(rawValue: 1 << 8)
        /// The register that ModRM.rm or the opcode names is a byte register.
        public static let byteRM = Flags(rawValue: 1 << 9)
        /// An alias that assemblers do not produce, or an instruction that Intel does not document.
        public static let undocumented = Flags(rawValue: 1 << 10)
        /// An ESC opcode: without an FPU it is none of the processor's business.
        public static let x87 = Flags(rawValue: 1 << 11)
    }

    /// 0: one-byte opcodes. 1: opcodes after 0Fh.
    public let map: UInt8
    public let opcode: UInt8
    /// ModRM.reg where it extends the opcode, otherwise `nil`.
    public let opcodeExtension: UInt8?
    /// The ModRM byte where all of it extends the opcode (`fsin`, `endbr32`), otherwise `nil`.
    public let fixedModRM: UInt8?
    /// The prefix that is part of the opcode; `nil` where prefixes do not choose among instructions.
    public let prefix: MandatoryPrefix?
    /// As the SDM spells it, in lower case; with `|` where the operand size decides (`cbw|cwde`).
    public let mnemonic: String
    public let operands: [OperandKind]
    /// What the register form (or the only form) does; with ``Flags/sized``, for 16-bit operands.
    public let register: Operation
    /// What the memory form does.
    public let memory: Operation
    public let flags: Flags
    public let minimum: ProcessorGeneration
    let immediate: ImmediateForm

    init(
        map: UInt8, opcode: UInt8, opcodeExtension: UInt8?, fixedModRM: UInt8? = nil, prefix: MandatoryPrefix? = nil,
        mnemonic: String, operands: [OperandKind], register: Operation, memory: Operation, flags: Flags,
        minimum: ProcessorGeneration
    ) {
        self.map = map
        self.opcode = opcode
        self.opcodeExtension = opcodeExtension
        self.fixedModRM = fixedModRM
        self.prefix = prefix
        self.mnemonic = mnemonic
        self.operands = operands
        self.minimum = minimum
        self.memory = operands.contains { $0.isRegisterOnly } ? .invalid : memory
        self.register = operands.contains { $0.isMemoryOnly } ? .invalid : register
        var flags = flags
        if opcodeExtension != nil || fixedModRM != nil || operands.contains(where: \.usesModRM) { flags.insert(.modRM) }
        if operands.contains(.gb) { flags.insert(.byteReg) }
        if operands.contains(.eb) || operands.contains(.zb) { flags.insert(.byteRM) }
        self.flags = flags
        let forms = operands.compactMap(\.immediate)
        if forms.count == 2 {
            immediate = .wordAndByte
        } else if operands.contains(.one) {
            immediate = .one
        } else {
            immediate = forms.first ?? .none
        }
    }
}
