/// Instructions that take a number apart or change its exponent. None of them obeys precision control (SDM vol. 1,
/// 8.1.5.2).
extension FloatContext {
    /// What ``remainder(_:_:isIEEE:)`` finds.
    struct Remainder {
        var value: Extended
        /// False if there is no quotient to speak of.
        var isNumber = true
        /// The low bits of the quotient.
        var quotient: UInt64 = 0
        /// The exponents were too far apart: the instruction has to be repeated.
        var isPartial = false
    }

    /// `fprem`, or with `isIEEE` `fprem1`, whose quotient is rounded to the nearest integer, and which gives the
    /// remainder that IEEE 754 asks for.
    ///
    /// Of exponents that differ by 64 or more, one step takes off 32 to 63, such that the next difference is a multiple
    /// of 32: the manual leaves the number open.
    mutating func remainder(_ left: Extended, _ right: Extended, isIEEE: Bool) -> Remainder {
        if let answer = answerToNaN(left, right) { return Remainder(value: answer, isNumber: false) }
        if left.isInfinity || right.isZero { return Remainder(value: invalid(), isNumber: false) }
        guard acceptDenormals(left.isDenormal || right.isDenormal) else {
            return Remainder(value: .indefinite, isNumber: false)
        }
        if left.isZero { return Remainder(value: left) }
        // A denormal dividend that is the result may still underflow.
        if right.isInfinity { return Remainder(value: Extended(round(left.unpacked))) }
        let (dividend, divisor) = (left.unpacked, right.unpacked)
        let difference = dividend.exponent &- divisor.exponent
        if difference < (isIEEE ? -1 : 0) { return Remainder(value: Extended(round(dividend))) }
        if difference >= 64 {
            let step = difference & 31 | 32
            let rest = UInt128(dividend.significand) &<< UInt128(step) % UInt128(divisor.significand)
            let exponent = divisor.exponent &+ difference &- step
            return Remainder(
                value: rounded(UInt64(truncatingIfNeeded: rest), exponent, left.isNegative), isPartial: true)
        }
        var isNegative = left.isNegative
        var quotient: UInt64 = 0
        var rest: UInt64
        var exponent = divisor.exponent
        var modulus = UInt128(divisor.significand)
        if difference < 0 {
            // The quotient is below one, and perhaps above one half: in units of half the last place of the divisor.
            rest = dividend.significand
            exponent &-= 1
            modulus &<<= 1
        } else {
            let scaled = UInt128(dividend.significand) &<< UInt128(difference)
            let whole = scaled / modulus
            quotient = UInt64(truncatingIfNeeded: whole)
            rest = UInt64(truncatingIfNeeded: scaled &- whole &* modulus)
        }
        if isIEEE {
            let twice = UInt128(rest) &<< 1
            if twice > modulus || twice == modulus && quotient & 1 != 0 {
                rest = UInt64(truncatingIfNeeded: modulus &- UInt128(rest))
                isNegative.toggle()
                quotient &+= 1
            }
        }
        guard rest != 0 else { return Remainder(value: .zero(isNegative: left.isNegative), quotient: quotient) }
        return Remainder(value: rounded(rest, exponent, isNegative), quotient: quotient)
    }

    private mutating func rounded(_ significand: UInt64, _ exponent: Int32, _ isNegative: Bool) -> Extended {
        guard significand != 0 else { return .zero(isNegative: isNegative) }
        return Extended(round(Unpacked(isNegative: isNegative, exponent: exponent, normalizing: significand)))
    }

    /// `fscale`: adds the integer part of `scale` to the exponent of `value`.
    mutating func scale(_ value: Extended, by scale: Extended) -> Extended {
        if let answer = answerToNaN(value, scale) { return answer }
        if scale.isInfinity {
            if scale.isNegative ? value.isInfinity : value.isZero { return invalid() }
            guard acceptDenormals(value.isDenormal) else { return .indefinite }
            return scale.isNegative ? .zero(isNegative: value.isNegative) : .infinity(isNegative: value.isNegative)
        }
        guard acceptDenormals(value.isDenormal || scale.isDenormal) else { return .indefinite }
        if value.isInfinity || value.isZero { return value }
        var result = value.unpacked
        if !scale.isZero {
            let amount = scale.unpacked
            // Beyond 2¹⁶ every number leaves the range, whatever its exponent.
            let steps = amount.exponent > 16 ? 1 << 17 : amount.integer(.zero)?.magnitude ?? 0
            let change = Int32(truncatingIfNeeded: steps)
            result.exponent &+= scale.isNegative ? 0 &- change : change
        }
        return Extended(round(result))
    }

    /// `fxtract`: the exponent, and the number with an exponent of 0.
    mutating func extract(_ value: Extended) -> (exponent: Extended, significand: Extended) {
        if let answer = answerToNaN(value) { return (answer, answer) }
        if value.isInfinity { return (.infinity(isNegative: false), value) }
        if value.isZero {
            exceptions.formUnion(.zeroDivide)
            return (.infinity(isNegative: true), value)
        }
        guard acceptDenormals(value.isDenormal) else { return (.indefinite, .indefinite) }
        var significand = value.unpacked
        let exponent = Extended(integer: Int64(significand.exponent))
        significand.exponent = 0
        return (exponent, Extended(significand))
    }

    /// `frndint`.
    mutating func roundToInteger(_ value: Extended) -> Extended {
        if let answer = answerToNaN(value) { return answer }
        guard acceptDenormals(value.isDenormal) else { return .indefinite }
        // From 2⁶³ on there is no fraction.
        guard !value.isZero, !value.isInfinity, value.biasedExponent < 16383 + 63,
            let rounded = value.unpacked.integer(mode)
        else { return value }
        if !rounded.isExact { exceptions.formUnion(.precision) }
        roundedUp = rounded.roundedUp
        guard rounded.magnitude != 0 else { return .zero(isNegative: value.isNegative) }
        return Extended(Unpacked(isNegative: value.isNegative, exponent: 63, normalizing: rounded.magnitude))
    }
}
