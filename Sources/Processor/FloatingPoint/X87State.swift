/// The registers of the x87 FPU (SDM vol. 1, 8.1).
///
/// **Constraint.** The eight data registers are a stack for x87 instructions and a file of eight numbered registers for
/// MMX; `fxsave` wants them one way, `fsave` the other; and nearly every instruction moves the top.
///
/// **Choice.** The registers are kept by their physical number, significands apart from signs and exponents, so that an
/// MMX register is one aligned quadword. The top of stack is a field of its own, out of the status word. Of a tag only
/// "empty or not" is state: the other three values are computed from the register when somebody stores the tag word, as
/// processors do since the 486.
///
/// **Example.** After `fninit` and `fld1` TOP is 7: physical register 7 holds significand 8000000000000000h and
/// exponent 3FFFh, ``emptyRegisters`` is 7Fh, `fstenv` stores the tag word 3FFFh, and MM7 would read as
/// 8000000000000000h.
public struct X87State: Sendable {
    /// The significands of the physical registers R0...R7, the integer bit in bit 63. Also MM0...MM7.
    public var significands = InlineArray<8, UInt64>(repeating: 0)
    /// Sign (bit 15) and biased exponent of the physical registers.
    public var signExponents = InlineArray<8, UInt16>(repeating: 0)
    /// The control word. Bit 6 is always set.
    public var control: UInt16 = 0x0040
    // The status word in three parts that are not neighbours, so that each is read as it was written: hosts hand a
    // value from a store to a load behind it at once only if the load is not the wider one.

    /// Bits 0-7 of the status word: exceptions, SF and ES.
    private var exceptionFlags: UInt8 = 0
    /// TOP: the physical register that is ST(0), 0...7.
    public var top: UInt8 = 0
    /// Bits 8-15 of the status word, but for TOP: condition codes and B.
    private var conditionFlags: UInt8 = 0
    /// Bit n: physical register n is empty.
    public var emptyRegisters: UInt8 = 0
    /// The low eleven bits of the opcode of the last instruction that was not a control instruction.
    public var lastOpcode: UInt16 = 0
    /// The code segment of that instruction.
    public var instructionSelector: UInt16 = 0
    /// The offset of that instruction, prefixes included.
    public var instructionOffset: UInt32 = 0
    /// The segment of its memory operand, or of that of an earlier one.
    public var dataSelector: UInt16 = 0
    /// The FERR# output is asserted: an unmasked exception met an instruction while CR0.NE was clear.
    public var errorOutput = false
    /// The IGNNE# input: the instructions after such an exception are executed nevertheless.
    public var ignoresErrors = false
    /// The offset of the memory operand.
    public var dataOffset: UInt32 = 0

    public init() {}
}

/// Bits of the status word (SDM vol. 1, 8.1.3).
public enum X87Status {
    public static let invalidOperation: UInt16 = 1 << 0
    public static let denormalOperand: UInt16 = 1 << 1
    public static let zeroDivide: UInt16 = 1 << 2
    public static let overflow: UInt16 = 1 << 3
    public static let underflow: UInt16 = 1 << 4
    public static let precision: UInt16 = 1 << 5
    public static let stackFault: UInt16 = 1 << 6
    /// ES: one of the exceptions above is not masked.
    public static let errorSummary: UInt16 = 1 << 7
    public static let c0: UInt16 = 1 << 8
    public static let c1: UInt16 = 1 << 9
    public static let c2: UInt16 = 1 << 10
    public static let c3: UInt16 = 1 << 14
    /// B: on everything since the 387 the same as ES.
    public static let busy: UInt16 = 1 << 15

    static let exceptions: UInt16 = 0x3F
    static let conditions: UInt16 = c0 | c1 | c2 | c3
    static let top: UInt16 = 7 << 11
}

/// Bits of the control word (SDM vol. 1, 8.1.5).
public enum X87Control {
    /// The exceptions that are masked: the bits of ``X87Status``.
    public static let masks: UInt16 = 0x3F
    /// What `fninit` loads: everything masked, 64 bits, to nearest.
    public static let initial: UInt16 = 0x037F
    /// PC: how precise arithmetic is.
    static let precision: UInt16 = 3 << 8
    /// RC: how results are rounded.
    static let rounding: UInt16 = 3 << 10
    /// Always set.
    static let fixed: UInt16 = 0x0040
    /// Masks, PC, RC and the infinity control bit, which means nothing any more but is kept.
    static let writable: UInt16 = 0x1F3F
}

extension X87State {
    /// What a tag says about a register (SDM vol. 1, 8.1.7).
    private enum Tag {
        static let valid: UInt16 = 0
        static let zero: UInt16 = 1
        static let special: UInt16 = 2
        static let empty: UInt16 = 3
    }

    /// The physical number of ST(`index`).
    @inline(__always)
    func physical(_ index: UInt8) -> Int {
        Int((top &+ index) & 7)
    }

    /// The status word but for TOP (bits 11-13), which ``top`` holds.
    @inline(__always)
    public var status: UInt16 {
        get { UInt16(conditionFlags) &<< 8 | UInt16(exceptionFlags) }
        set {
            exceptionFlags = UInt8(truncatingIfNeeded: newValue)
            conditionFlags = UInt8(truncatingIfNeeded: newValue &>> 8)
        }
    }

    /// The status word as `fstsw` stores it.
    @inline(__always)
    public var statusWord: UInt16 {
        get { status | UInt16(top) &<< 11 }
        set {
            status = newValue & ~X87Status.top
            top = UInt8(truncatingIfNeeded: newValue &>> 11) & 7
        }
    }

    /// The tag word as `fstenv` stores it: computed from the registers. Loading one says only which are empty.
    public var tagWord: UInt16 {
        get {
            var word: UInt16 = 0
            for index in 0..<8 {
                word |= tag(index) &<< UInt16(index * 2)
            }
            return word
        }
        set {
            emptyRegisters = 0
            for index in 0..<8 where newValue &>> UInt16(index * 2) & 3 == Tag.empty {
                emptyRegisters |= 1 &<< UInt8(index)
            }
        }
    }

    private func tag(_ index: Int) -> UInt16 {
        if emptyRegisters &>> UInt8(index) & 1 != 0 { return Tag.empty }
        let exponent = signExponents[index] & 0x7FFF
        if exponent == 0x7FFF { return Tag.special }
        if exponent == 0 { return significands[index] == 0 ? Tag.zero : Tag.special }
        // Unnormals are special, too.
        return significands[index] >> 63 != 0 ? Tag.valid : Tag.special
    }

    /// What `fninit` does: the registers keep their contents but are marked empty. ES is to be recomputed.
    mutating func initialize() {
        control = X87Control.initial
        status = 0
        top = 0
        emptyRegisters = 0xFF
        lastOpcode = 0
        instructionSelector = 0
        instructionOffset = 0
        dataSelector = 0
        dataOffset = 0
    }

    /// Recomputes ES and B from exceptions and masks. To be called after the control word or the exceptions changed.
    @inline(__always)
    mutating func updateErrorSummary() {
        let pending = status & ~control & X87Status.exceptions
        let summary = X87Status.errorSummary | X87Status.busy
        status = pending != 0 ? status | summary : status & ~summary
    }

    // MARK: MMX (SDM vol. 1, 9.6)

    /// What every MMX instruction but `emms` does first: TOP becomes 0 and all registers valid.
    @inline(__always)
    mutating func enterMMX() {
        top = 0
        emptyRegisters = 0
    }

    /// MM`index`.
    @inline(__always)
    func mmx(_ index: UInt8) -> UInt64 {
        significands[Int(index & 7)]
    }

    /// Writes MM`index`; sign and exponent become ones.
    @inline(__always)
    mutating func setMMX(_ index: UInt8, _ value: UInt64) {
        significands[Int(index & 7)] = value
        signExponents[Int(index & 7)] = 0xFFFF
    }

    /// `emms` (SDM vol. 3A, table 12-2).
    @inline(__always)
    mutating func leaveMMX() {
        top = 0
        emptyRegisters = 0xFF
    }
}
