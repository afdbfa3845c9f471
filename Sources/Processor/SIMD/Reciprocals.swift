/// `rcpps` and `rsqrtps`: approximations whose relative error the manual bounds by 1.5 · 2⁻¹² and nothing else defines
/// (SDM vol. 2, RCPPS and RSQRTPS). AMD's and Intel's differ; these are ours, the same on every host.
///
/// The significand is cut to its first bits, and the reciprocal (root) of the middle of what it can have been is
/// computed in double precision, by operations that IEEE 754 defines exactly, and cut to 16 bits. The first step is off
/// by at most half a step in 2¹¹, which is 2⁻¹² relative to 1 and half that for the root; the second by 2⁻¹⁵: less than
/// 1.2 · 2⁻¹² in all. No exceptions, and MXCSR does not matter: denormal operands count as zeros, results that would be
/// denormal are zeros.
enum Reciprocal {
    /// An approximation of 1 / `bits`.
    @inline(__always)
    static func reciprocal(_ bits: UInt32) -> UInt32 {
        let sign = bits & SingleLane.signBit
        let exponent = Int32(truncatingIfNeeded: bits >> 23 & 0xFF)
        if SingleLane.isNaN(bits) { return bits | SingleLane.quietBit }
        if exponent == 0 { return sign | SingleLane.infinity }
        if exponent == 0xFF { return sign }
        // In (0.5, 1): the exponent is one less than that of the inverse power of two.
        let inverse = 1 / middle(bits)
        let result = 253 &- exponent
        return result > 0 ? sign | UInt32(truncatingIfNeeded: result) << 23 | fraction(inverse * 2) : sign
    }

    /// An approximation of 1 / √`bits`.
    @inline(__always)
    static func reciprocalRoot(_ bits: UInt32) -> UInt32 {
        let sign = bits & SingleLane.signBit
        let exponent = Int32(truncatingIfNeeded: bits >> 23 & 0xFF)
        if SingleLane.isNaN(bits) { return bits | SingleLane.quietBit }
        if exponent == 0 { return sign | SingleLane.infinity }
        if sign != 0 { return SingleLane.indefinite }
        if exponent == 0xFF { return 0 }
        // The significand of an odd exponent (that of 2 is, with its bias, even) is taken twice: the root is in (0.5,
        // 1).
        let isOdd = exponent & 1 == 0
        let inverse = 1 / (middle(bits) * (isOdd ? 2 : 1)).squareRoot()
        let half = (exponent &- 127 &- (isOdd ? 1 : 0)) / 2
        return UInt32(truncatingIfNeeded: 126 &- half) << 23 | fraction(inverse * 2)
    }

    /// The middle of the numbers that share the significand's first 11 bits behind the point.
    @inline(__always)
    private static func middle(_ bits: UInt32) -> Double {
        Double(bitPattern: UInt64(bits & 0x7F_F000 | 0x800) << 29 | 0x3FF0_0000_0000_0000)
    }

    /// The fraction of a number in 1..<2, cut to 15 bits, where a single has it.
    @inline(__always)
    private static func fraction(_ value: Double) -> UInt32 {
        UInt32(truncatingIfNeeded: value.bitPattern >> 29) & 0x7F_FF00
    }
}
