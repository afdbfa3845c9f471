/// The operations of IEEE 754 on finite numbers that are not zero. Results are to be rounded.
extension Unpacked {
    /// The sum. A significand of 0 means that it is exactly zero, whose sign is not decided.
    @inline(__always)
    static func + (left: Unpacked, right: Unpacked) -> Unpacked {
        // Which exponent is larger is a branch after all: where the host predicts it, it need not wait for the
        // operands.
        let swaps =
            left.exponent < right.exponent || left.exponent == right.exponent && left.significand < right.significand
        let (large, small) = swaps ? (right, left) : (left, right)
        let distance = UInt32(truncatingIfNeeded: large.exponent &- small.exponent)
        let shifted = shiftRight(small.significand, by: distance)
        return left.isNegative == right.isNegative
            ? large.addingMagnitude(shifted.high, shifted.low) : large.subtractingMagnitude(shifted.high, shifted.low)
    }

    @inline(__always)
    private func addingMagnitude(_ high: UInt64, _ low: UInt64) -> Unpacked {
        let (sum, overflow) = significand.addingReportingOverflow(high)
        let carry: UInt64 = overflow ? 1 : 0
        return Unpacked(
            isNegative: isNegative, exponent: exponent &+ Int32(truncatingIfNeeded: carry),
            significand: carry &<< 63 | sum &>> carry, fraction: (sum & carry) &<< 63 | low &>> carry | low & carry)
    }

    /// What is subtracted is not larger.
    @inline(__always)
    private func subtractingMagnitude(_ high: UInt64, _ low: UInt64) -> Unpacked {
        let (fraction, borrow) = (0 as UInt64).subtractingReportingOverflow(low)
        let difference = significand &- high &- (borrow ? 1 : 0)
        // If exponents differ by 1 many bits may vanish, but then none was lost; by 2 or more, it is one bit at most,
        // and there are 64 behind it.
        if _fastPath(difference != 0) {
            let shift = UInt64(truncatingIfNeeded: difference.leadingZeroBitCount)
            return Unpacked(
                isNegative: isNegative, exponent: exponent &- Int32(truncatingIfNeeded: shift),
                significand: difference &<< shift | (fraction &>> 1) &>> (63 &- shift), fraction: fraction &<< shift)
        }
        if fraction == 0 { return Unpacked(isNegative: isNegative, exponent: exponent, significand: 0) }
        return Unpacked(isNegative: isNegative, exponent: exponent &- 64, normalizing: fraction)
    }

    /// The product.
    @inline(__always)
    static func * (left: Unpacked, right: Unpacked) -> Unpacked {
        let product = left.significand.multipliedFullWidth(by: right.significand)
        let isNegative = left.isNegative != right.isNegative
        let exponent = left.exponent &+ right.exponent
        let shift = 1 &- product.high &>> 63
        return Unpacked(
            isNegative: isNegative, exponent: exponent &+ 1 &- Int32(truncatingIfNeeded: shift),
            significand: product.high &<< shift | product.low &>> 63 & shift, fraction: product.low &<< shift)
    }

    /// The quotient.
    @inline(__always)
    static func / (left: Unpacked, right: Unpacked) -> Unpacked {
        // The dividend is scaled so that the quotient has 64 bits.
        let isLess = left.significand < right.significand
        let high = isLess ? left.significand : left.significand &>> 1
        let low = isLess ? 0 : left.significand &<< 63
        let (quotient, remainder) = divide(high, low, by: right.significand)
        return Unpacked(
            isNegative: left.isNegative != right.isNegative,
            exponent: left.exponent &- right.exponent &- (isLess ? 1 : 0), significand: quotient,
            fraction: fraction(remainder, of: right.significand))
    }

    /// The square root of the magnitude.
    @inline(__always)
    var squareRoot: Unpacked {
        // An even exponent; the root of 127 or 128 bits has 64.
        let isOdd = exponent & 1 != 0
        let high = isOdd ? significand : significand &>> 1
        let low = isOdd ? 0 : significand &<< 63
        var root = approximateRoot(high)
        // One step of Newton's doubles the 50 bits and never ends below the root, but for rounding down.
        root = averageWithQuotient(high, low, root)
        let radicand = UInt128(high) &<< 64 | UInt128(low)
        while true {
            let square = root.multipliedFullWidth(by: root)
            let value = UInt128(square.high) &<< 64 | UInt128(square.low)
            if value > radicand {
                root &-= 1
                continue
            }
            let rest = radicand &- value
            if rest > UInt128(root) &* 2 && root != ~0 {
                root &+= 1
                continue
            }
            let half: UInt64 = rest > UInt128(root) ? 1 << 63 : 0
            return Unpacked(
                isNegative: false, exponent: exponent &>> 1, significand: root, fraction: rest == 0 ? 0 : half | 1)
        }
    }

    /// The root of `high` · 2⁶⁴ to about 50 bits, at least 2⁶³ and not more than the largest number.
    @inline(__always)
    private func approximateRoot(_ high: UInt64) -> UInt64 {
        // Exact on every host, though it would not matter: what follows corrects it. Below 2³², so the product is below
        // 2⁶⁴ or, by rounding, equal to it.
        let root = Double(high).squareRoot() * 0x1p32
        return root < 0x1.fffffffffffffp63 ? max(UInt64(root), 1 << 63) : ~0
    }

    @inline(__always)
    private func averageWithQuotient(_ high: UInt64, _ low: UInt64, _ root: UInt64) -> UInt64 {
        guard high < root else { return root }
        let quotient = divide(high, low, by: root).quotient
        let (sum, carry) = root.addingReportingOverflow(quotient)
        return sum &>> 1 | (carry ? 1 &<< 63 : 0)
    }

    /// `remainder` / `divisor` as the bits behind a quotient: what rounding has to know of it.
    @inline(__always)
    private static func fraction(_ remainder: UInt64, of divisor: UInt64) -> UInt64 {
        if remainder == 0 { return 0 }
        let rest = divisor &- remainder
        return remainder < rest ? 1 : remainder == rest ? 1 << 63 : 1 << 63 | 1
    }
}

/// Divides 128 bits by 64; `high` is less than `divisor`.
@inline(__always)
func divide(_ high: UInt64, _ low: UInt64, by divisor: UInt64) -> (quotient: UInt64, remainder: UInt64) {
    let dividend = UInt128(high) &<< 64 | UInt128(low)
    let quotient = UInt64(truncatingIfNeeded: dividend / UInt128(divisor))
    return (quotient, low &- quotient &* divisor)
}
