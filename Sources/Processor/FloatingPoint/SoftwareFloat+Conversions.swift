/// Between unpacked values and the formats in memory.
extension Unpacked {
    /// The bits of a value rounded to ``FloatFormat/single``.
    @inline(__always)
    var singleBits: UInt32 {
        let biased = exponent &+ 127 &- (significand >> 63 == 0 ? 1 : 0)
        return (isNegative ? 1 &<< 31 : 0) | UInt32(truncatingIfNeeded: biased) &<< 23
            | UInt32(truncatingIfNeeded: significand &>> 40) & 0x7F_FFFF
    }

    /// The bits of a value rounded to ``FloatFormat/double``.
    @inline(__always)
    var doubleBits: UInt64 {
        let biased = exponent &+ 1023 &- (significand >> 63 == 0 ? 1 : 0)
        return (isNegative ? 1 &<< 63 : 0) | UInt64(truncatingIfNeeded: biased) &<< 52
            | (significand &>> 11) & 0xF_FFFF_FFFF_FFFF
    }

    /// The value of a single-precision number that is finite and not zero.
    @inline(__always)
    init(single bits: UInt32) {
        let biased = Int32(truncatingIfNeeded: bits &>> 23) & 0xFF
        let fraction = UInt64(bits & 0x7F_FFFF) &<< 40
        let isNegative = bits >> 31 != 0
        if biased != 0 {
            self.init(isNegative: isNegative, exponent: biased &- 127, significand: fraction | 1 &<< 63)
        } else {
            self.init(isNegative: isNegative, exponent: -126, normalizing: fraction)
        }
    }

    /// The value of a double-precision number that is finite and not zero.
    @inline(__always)
    init(double bits: UInt64) {
        let biased = Int32(truncatingIfNeeded: bits &>> 52) & 0x7FF
        let fraction = (bits & 0xF_FFFF_FFFF_FFFF) &<< 11
        let isNegative = bits >> 63 != 0
        if biased != 0 {
            self.init(isNegative: isNegative, exponent: biased &- 1023, significand: fraction | 1 &<< 63)
        } else {
            self.init(isNegative: isNegative, exponent: -1022, normalizing: fraction)
        }
    }

    /// The value rounded to an integer: its magnitude, or nil if that does not fit.
    @inline(__always)
    func integer(_ mode: RoundingMode) -> RoundedInteger? {
        guard exponent < 64 else { return nil }
        let distance = UInt32(truncatingIfNeeded: 63 &- exponent)
        let (whole, rest) = shiftRight(significand, fraction, by: distance)
        let increment = mode.increment(isNegative: isNegative, isOdd: whole & 1, rest: rest)
        let (magnitude, carry) = whole.addingReportingOverflow(increment)
        return carry ? nil : RoundedInteger(magnitude: magnitude, isExact: rest == 0, roundedUp: increment != 0)
    }
}

/// What ``Unpacked/integer(_:)`` finds.
struct RoundedInteger {
    var magnitude: UInt64
    var isExact: Bool
    var roundedUp: Bool

    /// The integer with the sign, or nil if it does not fit into `bits` (at most 64) in two's complement.
    @inline(__always)
    func signed(isNegative: Bool, bits: UInt64) -> Int64? {
        let limit: UInt64 = 1 &<< (bits &- 1)
        if isNegative {
            return magnitude <= limit ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil
        }
        return magnitude < limit ? Int64(truncatingIfNeeded: magnitude) : nil
    }
}
