/// A number with 128 bits of significand, in which transcendental functions are computed.
///
/// The value is ±(significand / 2¹²⁷) · 2^exponent, and bit 127 is set. Operations cut off; their relative error is below
/// 2⁻¹²⁵. Beside it, plain `UInt128` stands for fixed-point numbers below 1, in units of 2⁻¹²⁸.
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
        let isLess = left.significand < right.significand
        var rest = isLess ? left.significand : left.significand &- right.significand
        var quotient: UInt128 = isLess ? 0 : 1
        // One bit after the other: it is seldom needed, and never for more than one result.
        for _ in 0..<(isLess ? 128 : 127) {
            let carry = rest >> 127 != 0
            rest = rest &<< 1
            quotient = quotient &<< 1
            if carry || rest >= right.significand {
                rest = rest &- right.significand
                quotient |= 1
            }
        }
        return Wide(
            isNegative: left.isNegative != right.isNegative,
            exponent: left.exponent &- right.exponent &- (isLess ? 1 : 0), significand: quotient)
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

/// z·(c₀ ± z·(c₁ ± z·(c₂ ± ...))), all in units of 2⁻¹²⁸; z is small.
@inline(__always)
func series<let count: Int>(_ z: UInt128, _ coefficients: InlineArray<count, UInt128>, alternates: Bool) -> UInt128 {
    var sum = coefficients[count - 1]
    var index = count - 2
    while index >= 0 {
        let product = highProduct(z, sum)
        sum = alternates ? coefficients[index] &- product : coefficients[index] &+ product
        index -= 1
    }
    return highProduct(z, sum)
}
