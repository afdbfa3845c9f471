/// Bits of MXCSR, the control and status register of SSE (SDM vol. 1, 10.2.3).
public enum MXCSR {
    // Sticky flags. The masks are the same bits, ``maskShift`` further up.
    public static let invalidOperation: UInt32 = 1 << 0
    public static let denormalOperand: UInt32 = 1 << 1
    public static let zeroDivide: UInt32 = 1 << 2
    public static let overflow: UInt32 = 1 << 3
    public static let underflow: UInt32 = 1 << 4
    public static let precision: UInt32 = 1 << 5
    /// Denormal operands count as zeros.
    public static let denormalsAreZeros: UInt32 = 1 << 6
    public static let precisionMask: UInt32 = 1 << 12
    /// Results that underflow, if that is masked, become zeros.
    public static let flushToZero: UInt32 = 1 << 15

    static let exceptions: UInt32 = 0x3F
    static let maskShift: UInt32 = 7
    static let roundingShift: UInt32 = 13

    /// After a reset: everything masked, to nearest.
    public static let initial: UInt32 = 0x1F80
    /// The bits of a processor with ``denormalsAreZeros``: Pentium 4 and later.
    static let all: UInt32 = 0xFFFF
    /// The bits of a Pentium III.
    static let withoutDenormalsAreZeros: UInt32 = 0xFFBF
}

extension Core {
    /// The bits of MXCSR that this model has, as `fxsave` reports them. Setting others raises #GP(0).
    var mxcsrMask: UInt32 {
        context.pointee.generation >= .pentium4 ? MXCSR.all : MXCSR.withoutDenormalsAreZeros
    }

    @inline(__always)
    var mxcsr: UInt32 {
        get { state.pointee.mxcsr }
        nonmutating set { state.pointee.mxcsr = newValue }
    }
}
