/// One decoded instruction: plain old data of fixed size, so that the interpreter walks through arrays of them.
///
/// Register numbers are as encoded. ``Decoder`` fills every field; the interpreter's code cache rewrites some of its
/// own copies for speed (``Instruction/prepareForExecution()``).
public struct Instruction: Sendable {
    public struct Prefixes: OptionSet, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        public static let lock = Prefixes(rawValue: 1 << 0)
        /// F2h was the last of F2h and F3h.
        public static let repne = Prefixes(rawValue: 1 << 1)
        /// F3h was the last of F2h and F3h.
        public static let rep = Prefixes(rawValue: 1 << 2)
        /// 66h is there.
        public static let operandSize = Prefixes(rawValue: 1 << 3)
        /// 67h is there.
        public static let addressSize = Prefixes(rawValue: 1 << 4)
        /// 26h, 2Eh, 36h, 3Eh, 64h or 65h is there; the last one decides.
        public static let segment = Prefixes(rawValue: 1 << 5)
        /// The operand size is 32 bits: code size and 66h together.
        public static let operand32 = Prefixes(rawValue: 1 << 6)
        /// The address size is 32 bits: code size and 67h together.
        public static let address32 = Prefixes(rawValue: 1 << 7)

        /// ``operand32`` and ``address32``: 32-bit code without prefixes.
        static let code32: UInt8 = 1 << 6 | 1 << 7
    }

    /// The number that means "no register" for ``base`` and ``index``: slot 8 of ``ProcessorState/general`` is zero.
    public static let noRegister: UInt8 = 8

    public var operation: Operation = .invalid
    /// Index into ``OpcodeTable/rows``.
    public var row: UInt16 = 0
    /// Bytes, prefixes included: 1...15.
    public var length: UInt8 = 0
    public var prefixes: Prefixes = []
    /// The last byte of the opcode.
    public var opcode: UInt8 = 0
    /// The ModRM byte as encoded; 0 where there is none.
    public var modRM: UInt8 = 0
    /// ModRM.reg, or the segment register that the opcode names.
    public var reg: UInt8 = 0
    /// ModRM.rm in the register form, or the register in the opcode's low three bits.
    public var rm: UInt8 = 0
    /// The base register of the memory operand (0...7), or ``noRegister``.
    public var base: UInt8 = noRegister
    /// The index register of the memory operand (0...7), or ``noRegister``.
    public var index: UInt8 = noRegister
    /// The shift count of the index register: 0...3.
    public var scale: UInt8 = 0
    /// The segment register of the memory operand (``SegmentIndex``): default or override.
    public var segment: UInt8 = SegmentIndex.ds.rawValue
    /// Bytes from the start of the block, which may jump to what lies before it; the code cache's.
    var blockOffset: Int16 = 0
    /// How the interpreter executes it; the code cache's.
    var handler = Handler.rare
    /// The memory operand or the top of the stack is in a segment that is all of the address space, with 32-bit
    /// offsets: the offset is the linear address; the code cache's.
    var isFlat = false
    /// Where a jump within the page leads to (``BlockLink``); the code cache's.
    var link: UInt32 = BlockLink.none
    /// Displacement of the memory operand, sign-extended; the offset of a far pointer.
    public var displacement: UInt32 = 0
    /// Immediate operand: zero-extended, sign-extended for `sIb` and relative targets; `enter`: frame size and, from
    /// bit 16 on, nesting level; the selector of a far pointer; 1 for the shifts by one.
    public var immediate: UInt32 = 0

    public init() {}

    /// The ModRM byte (if any) names a memory operand. (`mov` with an absolute offset has no ModRM byte.)
    public var hasMemoryOperand: Bool {
        let flags = Decoder.entry(row).flags
        return modRM < 0xC0 && flags.contains(.modRM) && !flags.contains(.ignoresMod)
    }

    @inline(__always)
    public var is32BitOperand: Bool { prefixes.contains(.operand32) }

    @inline(__always)
    public var is32BitAddress: Bool { prefixes.contains(.address32) }
}
