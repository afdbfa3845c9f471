/// A number in the double extended-precision format, as an x87 register holds it (SDM vol. 1, 4.2.2 and 8.2).
struct Extended: Equatable {
    /// The integer bit in bit 63, then the fraction.
    var significand: UInt64
    /// The sign in bit 15, then the exponent with a bias of 16383.
    var signExponent: UInt16

    @inline(__always)
    init(significand: UInt64, signExponent: UInt16) {
        self.significand = significand
        self.signExponent = signExponent
    }

    private static let bias: Int32 = 16383
    private static let maxBiased: UInt16 = 0x7FFF
    private static let quietBit: UInt64 = 1 << 62

    /// The QNaN that stands for "no answer": the masked response to an invalid operation.
    static let indefinite = Extended(significand: 0xC000_0000_0000_0000, signExponent: 0xFFFF)

    @inline(__always)
    static func zero(isNegative: Bool) -> Extended {
        Extended(significand: 0, signExponent: isNegative ? 0x8000 : 0)
    }

    @inline(__always)
    static func infinity(isNegative: Bool) -> Extended {
        Extended(significand: 1 << 63, signExponent: isNegative ? 0xFFFF : 0x7FFF)
    }

    static let one = Extended(significand: 1 << 63, signExponent: 0x3FFF)

    // MARK: What it is

    @inline(__always)
    var isNegative: Bool { signExponent >> 15 != 0 }

    @inline(__always)
    var biasedExponent: UInt16 { signExponent & Self.maxBiased }

    @inline(__always)
    var isNormal: Bool {
        // Exponents 1...7FFEh, and the integer bit.
        biasedExponent &- 1 < Self.maxBiased &- 1 && significand >> 63 != 0
    }

    @inline(__always)
    var isZero: Bool { biasedExponent == 0 && significand == 0 }

    /// Normal or zero.
    @inline(__always)
    var isOrdinary: Bool { isNormal || isZero }

    /// A denormal or a pseudo-denormal, which has the integer bit.
    @inline(__always)
    var isDenormal: Bool { biasedExponent == 0 && significand != 0 }

    @inline(__always)
    var isInfinity: Bool { biasedExponent == Self.maxBiased && significand == 1 << 63 }

    @inline(__always)
    var isNaN: Bool { biasedExponent == Self.maxBiased && significand > 1 << 63 }

    @inline(__always)
    var isSignalingNaN: Bool { isNaN && significand & Self.quietBit == 0 }

    /// An encoding that no instruction since the 387 accepts: unnormal, pseudo-infinity, pseudo-NaN (SDM vol. 1,
    /// 8.2.2).
    @inline(__always)
    var isUnsupported: Bool { biasedExponent != 0 && significand >> 63 == 0 }

    @inline(__always)
    var isNaNOrUnsupported: Bool { isNaN || isUnsupported }

    // MARK: Signs

    @inline(__always)
    var negated: Extended { Extended(significand: significand, signExponent: signExponent ^ 0x8000) }

    @inline(__always)
    var magnitude: Extended { Extended(significand: significand, signExponent: signExponent & 0x7FFF) }

    @inline(__always)
    var quieted: Extended { Extended(significand: significand | Self.quietBit, signExponent: signExponent) }

    // MARK: Unpacking and packing

    /// The value of a normal number.
    @inline(__always)
    var unpackedNormal: Unpacked {
        Unpacked(isNegative: isNegative, exponent: Int32(biasedExponent) &- Self.bias, significand: significand)
    }

    /// The value of a finite number that is not zero.
    @inline(__always)
    var unpacked: Unpacked {
        Unpacked(
            isNegative: isNegative, exponent: Int32(max(biasedExponent, 1)) &- Self.bias, normalizing: significand)
    }

    /// A value rounded to the extended format that is normal (``FloatContext/roundNormal(_:)``).
    @inline(__always)
    init(normal rounded: Unpacked) {
        significand = rounded.significand
        signExponent =
            UInt16(truncatingIfNeeded: rounded.exponent &+ Self.bias) | (rounded.isNegative ? 1 : 0) &<< 15
    }

    /// A value rounded to the extended format (``FloatContext/round(_:)``).
    @inline(__always)
    init(_ rounded: Unpacked) {
        let biased = rounded.exponent &+ Self.bias &- (rounded.significand >> 63 == 0 ? 1 : 0)
        significand = rounded.significand
        signExponent = UInt16(truncatingIfNeeded: biased) & 0x7FFF | (rounded.isNegative ? 0x8000 : 0)
    }
}

// MARK: Exact conversions to the extended format

extension Extended {
    /// The number in the single-precision format with these bits. NaNs keep their kind.
    @inline(__always)
    init(single bits: UInt32) {
        let exponent = UInt16(truncatingIfNeeded: bits &>> 23) & 0xFF
        let sign = UInt16(truncatingIfNeeded: bits &>> 16) & 0x8000
        let fraction = UInt64(bits & 0x7F_FFFF) &<< 40
        if _fastPath(exponent &- 1 < 0xFE) {
            self.init(significand: fraction | 1 &<< 63, signExponent: sign | (exponent &+ 16383 &- 127))
        } else if exponent != 0 {
            self.init(significand: fraction | 1 &<< 63, signExponent: sign | 0x7FFF)
        } else if fraction == 0 {
            self.init(significand: 0, signExponent: sign)
        } else {
            let value = Unpacked(isNegative: sign != 0, exponent: -126, normalizing: fraction)
            self.init(value)
        }
    }

    /// The number in the double-precision format with these bits. NaNs keep their kind.
    @inline(__always)
    init(double bits: UInt64) {
        let exponent = UInt16(truncatingIfNeeded: bits &>> 52) & 0x7FF
        let sign = UInt16(truncatingIfNeeded: bits &>> 48) & 0x8000
        let fraction = (bits & 0xF_FFFF_FFFF_FFFF) &<< 11
        if _fastPath(exponent &- 1 < 0x7FE) {
            self.init(significand: fraction | 1 &<< 63, signExponent: sign | (exponent &+ 16383 &- 1023))
        } else if exponent != 0 {
            self.init(significand: fraction | 1 &<< 63, signExponent: sign | 0x7FFF)
        } else if fraction == 0 {
            self.init(significand: 0, signExponent: sign)
        } else {
            let value = Unpacked(isNegative: sign != 0, exponent: -1022, normalizing: fraction)
            self.init(value)
        }
    }

    @inline(__always)
    init(integer: Int64) {
        if integer == 0 {
            self.init(significand: 0, signExponent: 0)
        } else {
            self.init(Unpacked(isNegative: integer < 0, exponent: 63, normalizing: integer.magnitude))
        }
    }

    /// Eighteen packed decimal digits in `low` and the low byte of `high`, the sign in bit 15 of `high`. Digits above 9
    /// are taken at their value, as processors do (the manual leaves them undefined).
    init(packedDecimal low: UInt64, _ high: UInt16) {
        var magnitude = UInt64(high & 0xFF) >> 4 &* 10 &+ UInt64(high & 0xF)
        for index in 0..<16 {
            magnitude = magnitude &* 10 &+ low &>> UInt64(60 - 4 * index) & 0xF
        }
        let isNegative = high >> 15 != 0
        if magnitude == 0 {
            self = .zero(isNegative: isNegative)
        } else {
            self.init(Unpacked(isNegative: isNegative, exponent: 63, normalizing: magnitude))
        }
    }
}

/// Whether the single-precision number with these bits is denormal.
@inline(__always)
func isDenormal(single bits: UInt32) -> Bool {
    bits & 0x7F80_0000 == 0 && bits & 0x7F_FFFF != 0
}

/// Whether the double-precision number with these bits is denormal.
@inline(__always)
func isDenormal(double bits: UInt64) -> Bool {
    bits & 0x7FF0_0000_0000_0000 == 0 && bits & 0xF_FFFF_FFFF_FFFF != 0
}
