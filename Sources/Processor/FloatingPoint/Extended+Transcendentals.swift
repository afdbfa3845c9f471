/// The transcendental instructions: special operands as the manual's tables have them, and the functions between.
extension FloatContext {
    // MARK: Trigonometric functions

    /// What `fsin`, `fcos`, `fsincos` and `fptan` begin with.
    enum Angle {
        /// To be computed.
        case number(Unpacked)
        /// Zero: the functions are exact.
        case zero
        /// NaN or infinity: the result.
        case answer(Extended)
        /// 2⁶³ or more: C2 is set and nothing else happens.
        case outOfRange
    }

    mutating func angle(_ value: Extended) -> Angle {
        if let answer = answerToNaN(value) { return .answer(answer) }
        if value.isInfinity { return .answer(invalid()) }
        if value.isZero { return .zero }
        if value.biasedExponent >= 16383 + 63 { return .outOfRange }
        guard acceptDenormals(value.isDenormal) else { return .answer(.indefinite) }
        return .number(value.unpacked)
    }

    /// Rounds what a function has computed.
    mutating func rounded(_ value: Wide) -> Extended {
        Extended(round(value.inexact))
    }

    /// Rounds what a quick evaluation has computed, if that decides how, or else what the full one computes.
    @inline(__always)
    mutating func rounded(quick: Wide, full: () -> Wide) -> Extended {
        // Numbers below the normal ones are rounded elsewhere.
        if _fastPath(quick.decidesRounding && quick.exponent >= format.minExponent) { return rounded(quick) }
        return rounded(full())
    }

    // MARK: Exponential

    /// `f2xm1`: 2^x - 1. Beyond ±1 the manual leaves the result open; it is the operand.
    mutating func exponential(_ value: Extended) -> Extended {
        if let answer = answerToNaN(value) { return answer }
        if value.isZero { return value }
        if value.isInfinity {
            return value.isNegative ? Extended.one.negated : value
        }
        guard acceptDenormals(value.isDenormal) else { return .indefinite }
        if value.biasedExponent >= 16383 {
            if value.biasedExponent == 16383 && value.significand == 1 << 63 {
                return value.isNegative ? Extended(significand: 1 << 63, signExponent: 0xBFFE) : value
            }
            return value
        }
        let argument = value.unpacked
        return rounded(quick: Transcendentals<QuickSeries>.exponential(argument)) {
            Transcendentals<FullSeries>.exponential(argument)
        }
    }

    // MARK: Logarithms

    /// `fyl2x`: y · log₂ x.
    mutating func logarithm(_ x: Extended, times y: Extended) -> Extended {
        if let answer = answerToNaN(x, y) { return answer }
        if x.isNegative && !x.isZero { return invalid() }
        if x.isZero { return logarithmOfZero(x, times: y) }
        if x.isInfinity && y.isZero { return invalid() }
        if x == .one && y.isInfinity { return invalid() }
        guard acceptDenormals(x.isDenormal || y.isDenormal) else { return .indefinite }
        // The sign of the logarithm.
        let isBelow = x.biasedExponent < 16383
        let isNegative = y.isNegative != isBelow
        if x.isInfinity || y.isInfinity { return .infinity(isNegative: isNegative) }
        if y.isZero { return .zero(isNegative: isNegative) }
        let value = x.unpacked
        return logarithm(UInt128(value.significand) &<< 64, exponent: value.exponent, times: y)
    }

    /// y · log₂ of (`significand` / 2¹²⁷) · 2^exponent.
    private mutating func logarithm(_ significand: UInt128, exponent: Int32, times y: Extended) -> Extended {
        let factor = y.unpacked
        guard let quick = Transcendentals<QuickSeries>.logarithm(significand, exponent: exponent) else {
            // A power of two: the product is that of two numbers.
            guard exponent != 0 else { return .zero(isNegative: y.isNegative) }
            return Extended(round(Extended(integer: Int64(exponent)).unpacked * factor))
        }
        return rounded(quick: quick * Wide(factor)) {
            (Transcendentals<FullSeries>.logarithm(significand, exponent: exponent) ?? quick) * Wide(factor)
        }
    }

    /// y · log₂ 0.
    private mutating func logarithmOfZero(_ x: Extended, times y: Extended) -> Extended {
        if y.isZero { return invalid() }
        if !y.isInfinity { exceptions.formUnion(.zeroDivide) }
        return .infinity(isNegative: !y.isNegative)
    }

    /// `fyl2xp1`: y · log₂(x + 1). The manual leaves results open where x is not within 1 - √½ of zero; here they are
    /// what the formula says.
    mutating func logarithm(onePlus x: Extended, times y: Extended) -> Extended {
        if let answer = answerToNaN(x, y) { return answer }
        let minusOne = Extended.one.negated
        if x == minusOne { return logarithmOfZero(x, times: y) }
        if x.isNegative && (x.isInfinity || x.biasedExponent >= 16383) { return invalid() }
        if x.isInfinity && y.isZero || x.isZero && y.isInfinity { return invalid() }
        guard acceptDenormals(x.isDenormal || y.isDenormal) else { return .indefinite }
        let isNegative = y.isNegative != x.isNegative
        if x.isInfinity || y.isInfinity { return .infinity(isNegative: isNegative) }
        if x.isZero || y.isZero { return .zero(isNegative: isNegative) }
        let value = x.unpacked
        if value.exponent < -7 {
            let argument = Wide(value)
            let factor = Wide(y.unpacked)
            return rounded(quick: Transcendentals<QuickSeries>.logarithm(onePlus: argument) * factor) {
                Transcendentals<FullSeries>.logarithm(onePlus: argument) * factor
            }
        }
        let sum = Extended.one.unpacked + value
        return logarithm(Wide(sum).significand, exponent: sum.exponent, times: y)
    }

    // MARK: Arc tangent

    /// `fpatan`: the angle of the point (x, y), from -π to π (SDM vol. 2, FPATAN).
    mutating func arcTangent(_ y: Extended, _ x: Extended) -> Extended {
        if let answer = answerToNaN(y, x) { return answer }
        guard acceptDenormals(y.isDenormal || x.isDenormal) else { return .indefinite }
        let pi = Wide(isNegative: y.isNegative, exponent: 1, significand: TranscendentalTables.pi)
        var half = pi
        half.exponent = 0
        if y.isInfinity && x.isInfinity {
            guard x.isNegative else {
                half.exponent = -1
                return rounded(half)
            }
            // 3/4 of π.
            let quarters = pi.significand &>> 1 &+ pi.significand &>> 2
            return rounded(Wide(isNegative: y.isNegative, exponent: 1, normalizing: quarters))
        }
        if y.isZero || x.isInfinity {
            return x.isNegative ? rounded(pi) : .zero(isNegative: y.isNegative)
        }
        if x.isZero || y.isInfinity { return rounded(half) }
        let (top, bottom) = (y.unpacked, x.unpacked)
        return rounded(quick: Transcendentals<QuickSeries>.arcTangent(top, bottom)) {
            Transcendentals<FullSeries>.arcTangent(top, bottom)
        }
    }
}
