/// A number with 128 bits of significand, in which transcendental functions are computed.
///
/// The value is ±(significand / 2¹²⁷) · 2^exponent, and bit 127 is set. Operations cut off; their relative error is
/// below 2⁻¹²⁵. Beside it, plain `UInt128` stands for fixed-point numbers below 1, in units of 2⁻¹²⁸.
struct Wide {
    var isNegative: Bool
    var exponent: Int32
    var significand: UInt128

    @inline(__always)
    init(isNegative: Bool, exponent: Int32, significand: UInt128) {
        self.isNegative = isNegative
        self.exponent = exponent
        self.significand = significand
    }

    /// The value of (`significand` / 2¹²⁷) · 2^exponent, which is not zero.
    @inline(__always)
    init(isNegative: Bool, exponent: Int32, normalizing significand: UInt128) {
        let shift = significand.leadingZeroBitCount
        self.isNegative = isNegative
        self.exponent = exponent &- Int32(truncatingIfNeeded: shift)
        self.significand = significand &<< UInt128(truncatingIfNeeded: shift)
    }

    @inline(__always)
    init(_ value: Unpacked) {
        isNegative = value.isNegative
        exponent = value.exponent
        significand = UInt128(value.significand) &<< 64 | UInt128(value.fraction)
    }

    /// To be rounded. What was computed by a series is never exact, so the last bit is set.
    @inline(__always)
    var inexact: Unpacked {
        Unpacked(
            isNegative: isNegative, exponent: exponent, significand: UInt64(truncatingIfNeeded: significand &>> 64),
            fraction: UInt64(truncatingIfNeeded: significand) | 1)
    }

    /// Whether an error of 2⁻⁷³ of the value, which is that of ``QuickSeries``, could not change how it is rounded to
    /// 64 bits, whatever the mode: no number of 64 bits is so near, nor the middle between two.
    @inline(__always)
    var decidesRounding: Bool {
        let error: UInt64 = 1 << 55
        let fraction = UInt64(truncatingIfNeeded: significand)
        return (fraction &+ error) & (1 << 63 &- 1) > 2 &* error
    }

    /// The magnitude, which is below 1, in units of 2⁻¹²⁸.
    @inline(__always)
    var fixed: UInt128 {
        let distance = -1 &- exponent
        return distance < 128 ? significand &>> UInt128(truncatingIfNeeded: max(distance, 0)) : 0
    }

    /// The number times 1 - `amount`.
    @inline(__always)
    func reduced(by amount: UInt128) -> Wide {
        Wide(
            isNegative: isNegative, exponent: exponent,
            normalizing: significand &- highProduct(significand, amount))
    }

    /// The number times 1 + `amount`.
    @inline(__always)
    func increased(by amount: UInt128) -> Wide {
        let (sum, carry) = significand.addingReportingOverflow(highProduct(significand, amount))
        return Wide(
            isNegative: isNegative, exponent: carry ? exponent &+ 1 : exponent,
            significand: carry ? sum &>> 1 | 1 &<< 127 : sum)
    }

    @inline(__always)
    static func * (left: Wide, right: Wide) -> Wide {
        let isNegative = left.isNegative != right.isNegative
        return Wide(
            isNegative: isNegative, exponent: left.exponent &+ right.exponent &+ 1,
            normalizing: highProduct(left.significand, right.significand))
    }

    static func / (left: Wide, right: Wide) -> Wide {
        quotient(left, right) { rest in digit(rest, 0, right.significand).0 }
    }

    /// The quotient with 95 bits, by less work.
    @inline(__always)
    static func quickQuotient(_ left: Wide, _ right: Wide) -> Wide {
        quotient(left, right) { rest in
            let digits = UInt64(truncatingIfNeeded: rest &>> 64) / UInt64(truncatingIfNeeded: right.significand &>> 96)
            return min(digits, 1 &<< 32 &- 1) &<< 32
        }
    }

    /// Two digits of 64 bits (Knuth, The Art of Computer Programming, vol. 2, 4.3.1, algorithm D), of which
    /// `secondDigit` computes the second from the rest that the first one leaves.
    @inline(__always)
    private static func quotient(_ left: Wide, _ right: Wide, secondDigit: (UInt128) -> UInt64) -> Wide {
        // A dividend that is below the divisor makes sure that the first digit has all of its bits.
        let isLess = left.significand < right.significand
        let dividend = isLess ? left.significand : left.significand &>> 1
        let shiftedOut = isLess ? 0 : UInt64(truncatingIfNeeded: left.significand) &<< 63
        let (high, rest) = digit(dividend, shiftedOut, right.significand)
        return Wide(
            isNegative: left.isNegative != right.isNegative,
            exponent: left.exponent &- right.exponent &- (isLess ? 1 : 0),
            significand: UInt128(high) &<< 64 | UInt128(secondDigit(rest)))
    }

    /// A digit of a quotient, and the remainder: `high` · 2⁶⁴ + `low` divided by `divisor`, which is above `high` and
    /// has its bit 127 set.
    @inline(__always)
    private static func digit(_ high: UInt128, _ low: UInt64, _ divisor: UInt128) -> (UInt64, UInt128) {
        let first = UInt64(truncatingIfNeeded: divisor &>> 64)
        let second = UInt128(UInt64(truncatingIfNeeded: divisor))
        let top = UInt64(truncatingIfNeeded: high &>> 64)
        let next = UInt64(truncatingIfNeeded: high)
        // By the first digit of the divisor alone the quotient is at most 2 too large.
        var quotient: UInt64 = ~0
        var rest = UInt128(next) &+ UInt128(first)
        if _fastPath(top < first) {
            let estimate = divide(top, next, by: first)
            quotient = estimate.quotient
            rest = UInt128(estimate.remainder)
        }
        while rest &>> 64 == 0, UInt128(quotient) &* second > rest &<< 64 | UInt128(low) {
            quotient &-= 1
            rest &+= UInt128(first)
        }
        return (quotient, (rest &<< 64 | UInt128(low)) &- UInt128(quotient) &* second)
    }
}

/// The upper half of the product: for numbers in units of 2⁻¹²⁸, the product.
@inline(__always)
func highProduct(_ left: UInt128, _ right: UInt128) -> UInt128 {
    let (a, b) = (left &>> 64, UInt128(UInt64(truncatingIfNeeded: left)))
    let (c, d) = (right &>> 64, UInt128(UInt64(truncatingIfNeeded: right)))
    let (ad, bc) = (a &* d, b &* c)
    let middle =
        UInt128(UInt64(truncatingIfNeeded: ad)) &+ UInt128(UInt64(truncatingIfNeeded: bc)) &+ (b &* d) &>> 64
    return a &* c &+ ad &>> 64 &+ bc &>> 64 &+ middle &>> 64
}

/// As ``highProduct(_:_:)-(UInt128,_)``, by a number in units of 2⁻⁶⁴.
@inline(__always)
func highProduct(_ left: UInt128, _ right: UInt64) -> UInt128 {
    let low = UInt128(UInt64(truncatingIfNeeded: left)) &* UInt128(right)
    return (left &>> 64) &* UInt128(right) &+ low &>> 64
}
