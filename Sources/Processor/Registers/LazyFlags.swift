/// The six arithmetic flags, kept as values from which a flag is computed when something asks.
///
/// **Constraint.** Nearly every instruction sets the flags, hardly any result is looked at; yet a flag must be right
/// after every instruction.
///
/// **Choice.** Instead of the kind of the last operation and its operands, the three words from which every flag
/// follows without a `switch`: ZF is ``zero`` `== 0`; SF is bit 31 of ``sign``, PF the parity of its low byte; CF is
/// bit 31 of ``carries``, OF bit 31 xor bit 30, AF bit 3. ``carries`` holds the carry (or borrow) out of each bit
/// position, moved up so that the operand's highest bit is bit 31, while the carry out of bit 3 stays in bit 3.
/// ``zero`` and ``sign`` are the same word after arithmetic, but `popf` and `sahf` can set ZF and SF at once.
///
/// **Example.** `add al, 1` with AL = 7Fh: the result 80h is kept as FFFFFF80h in both words, the carries out of bits 0
/// to 6 as 7Fh << 24 | 8. So ZF = 0, SF = 1, PF = 0, CF = 0, OF = 0 xor 1 = 1, AF = 1.
public struct LazyFlags: Equatable, Sendable {
    /// ZF is set if this is 0.
    public var zero: UInt32 = 1
    /// SF is bit 31; PF is set if the low byte has an even number of ones.
    public var sign: UInt32 = 1
    /// Carries out of bit positions: CF in bit 31; OF is bit 31 xor bit 30; AF in bit 3.
    public var carries: UInt32 = 0

    /// All six flags clear.
    public init() {}

    @inline(__always)
    init(result: UInt32, carries: UInt32) {
        zero = result
        sign = result
        self.carries = carries
    }

    /// From the bits of EFLAGS; others are ignored.
    @inline(__always)
    public init(bits: UInt32) {
        self.bits = bits
    }

    @inline(__always)
    public var carry: Bool {
        get { carries >> 31 != 0 }
        set {
            // OF keeps its value: bit 30 changes along.
            let change = (newValue ? 0x8000_0000 : 0) ^ (carries & 0x8000_0000)
            carries ^= change | change >> 1
        }
    }

    @inline(__always)
    public var isZero: Bool { zero == 0 }

    @inline(__always)
    public var isNegative: Bool { Int32(bitPattern: sign) < 0 }

    @inline(__always)
    public var overflow: Bool { Int32(bitPattern: carries ^ carries &<< 1) < 0 }

    /// The condition `be`.
    @inline(__always)
    var isBelowOrEqual: Bool { carry || isZero }

    /// The condition `l`.
    @inline(__always)
    var isLess: Bool { isNegative != overflow }

    /// The condition `le`.
    @inline(__always)
    var isLessOrEqual: Bool { isZero || isLess }

    @inline(__always)
    public var isParityEven: Bool { (sign & 0xFF).nonzeroBitCount & 1 == 0 }

    @inline(__always)
    public var adjust: Bool { carries & 8 != 0 }

    /// The six flags at their places in EFLAGS.
    public var bits: UInt32 {
        @inline(__always)
        get {
            carries >> 31
                | (isParityEven ? 1 << 2 : 0)
                | (carries & 8) << 1
                | (zero == 0 ? 1 << 6 : 0)
                | (sign >> 31) << 7
                | ((carries ^ carries &<< 1) >> 31) << 11
        }
        @inline(__always)
        set {
            zero = ~newValue & 1 << 6
            sign = (newValue >> 7) << 31 | (~newValue >> 2 & 1)
            let carry = newValue << 31
            let overflow = (newValue >> 11) << 31
            carries = carry | (carry ^ overflow) >> 1 | newValue >> 1 & 8
        }
    }
}

extension ProcessorState {
    /// EFLAGS, complete.
    @inline(__always)
    public var eflags: UInt32 {
        get { systemFlags | arithmeticFlags.bits }
        set {
            arithmeticFlags.bits = newValue
            systemFlags = newValue & ~0x8D5 | 2
        }
    }
}
