/// The transcendental functions of the FPU.
///
/// **Constraint.** Their last bits differ between Intel's and AMD's processors, and between generations of either, so
/// no host's instructions can do the work; nor can a host's library. The manual promises an error below 1 ulp to
/// nearest (SDM vol. 1, 8.3.10).
///
/// **Choice.** Integers only: a table narrows the argument to a small rest, a Taylor series with 128 bits takes the
/// rest (``Wide``, `TranscendentalTables`), and one rounding ends it. The error before the rounding is below 2⁻¹¹⁰ of
/// the result, that is 2⁻⁴⁶ ulp: results are within 0.50000001 ulp in every rounding mode, and correctly rounded but in
/// one of some 10¹³ cases. Where a result is small, it is computed relative to the argument and not by subtraction.
///
/// That is the definition, with ``FullSeries``. First, ``QuickSeries`` does the same with fewer terms and bits, and its
/// result is taken if no number that is off by 2⁻⁷³ of it would be rounded differently (Ziv's strategy). So both give
/// the same result wherever the full one is correctly rounded, and about one of 128 cases is computed twice.
///
/// Trigonometric arguments are reduced, exactly, by the π that the manual says processors have: 66 bits (SDM vol. 1,
/// 8.3.8). So `fsin` of the number nearest to π is -2⁻⁶⁴, as Intel has it, though the true sine is -0.925·2⁻⁶⁴: the
/// period is too short by 8·10⁻²¹. The bound above is against functions with that period.
///
/// **Example.** `fsin` of 1 is nearer to π/2 than to 0, so it is cos r with r = π/2 - 1 = 0.5708. In units of 1/64 that
/// is i = 36 and s = 0.0083: cos r = cos(i/64)·cos s - sin(i/64)·sin s, with eight terms each for sin s and cos s.
enum Transcendentals<Series: SeriesEvaluation> {
    // MARK: Trigonometric functions

    /// What sine and cosine of an angle have in common.
    struct Angle {
        private let reduced: ReducedAngle
        private let isNegative: Bool
        /// The rest is `index`/64 and `s`, in units of 2⁻¹²⁸.
        private let index: Int
        private let s: UInt128
        /// 1 - sin s / s and 1 - cos s.
        private let sinePart: Series.Part
        private let cosinePart: Series.Part

        /// `value` is finite, not zero, and has a magnitude below 2⁶³.
        @inline(__always)
        init(_ value: Unpacked) {
            isNegative = value.isNegative
            reduced = ReducedAngle(value)
            index = Int(truncatingIfNeeded: reduced.rest &>> 122)
            s = reduced.rest & (1 &<< 122 &- 1)
            (sinePart, cosinePart) = Series.sineAndCosine(s)
        }

        var sine: Wide { function(cosine: false) }

        var cosine: Wide { function(cosine: true) }

        /// The sine, or with `cosine` the cosine, which is the sine of an angle that is a quadrant larger.
        @inline(__always)
        func function(cosine: Bool) -> Wide {
            let quadrant = reduced.quadrant &+ (cosine ? 1 : 0)
            let isCosineOfRest = quadrant & 1 != 0
            var result: Wide
            if index == 0 && !isCosineOfRest {
                let rest = reduced.normalizedRest
                let part = Series.product(rest.significand, sinePart)
                result = Wide(isNegative: false, exponent: rest.exponent, normalizing: rest.significand &- part)
            } else {
                let (sine, cosine) = (TranscendentalTables.sine[index], TranscendentalTables.cosine[index])
                let (first, second) = isCosineOfRest ? (cosine, sine) : (sine, cosine)
                let sum = first &- Series.product(first, cosinePart)
                let sineOfS = Series.product(second, s &- Series.product(s, sinePart))
                result = Wide(
                    isNegative: false, exponent: -1, normalizing: isCosineOfRest ? sum &- sineOfS : sum &+ sineOfS)
            }
            result.isNegative = reduced.subtracts && !isCosineOfRest
            if (quadrant & 2 != 0) != (isNegative && !cosine) { result.isNegative.toggle() }
            return result
        }
    }

    // MARK: Exponential

    /// 2^value - 1 for a magnitude below 1 that is not zero.
    @inline(__always)
    static func exponential(_ value: Unpacked) -> Wide {
        let wide = Wide(value)
        let logarithm = TranscendentalTables.naturalLogarithmOf2
        var fixed = wide.fixed
        if fixed < 1 &<< 122 {
            let factor = Wide(isNegative: false, exponent: -1, significand: logarithm)
            let terms = Series.exponential(Series.product(fixed, logarithm), alternates: value.isNegative)
            let product = wide * factor
            return value.isNegative ? product.reduced(by: terms) : product.increased(by: terms)
        }
        // A negative argument is a multiple of 1/64 below it and a positive rest, too.
        if value.isNegative { fixed = 0 &- fixed }
        let rest = fixed & (1 &<< 122 &- 1)
        var index = Int(truncatingIfNeeded: fixed &>> 122)
        let u = Series.product(rest, logarithm)
        let growth = u &+ Series.product(u, Series.exponential(u, alternates: false))
        if value.isNegative {
            index = 64 - index
            let lack = TranscendentalTables.inversePower[index]
            return Wide(
                isNegative: true, exponent: -1, normalizing: lack &- (growth &- Series.product(lack, growth)))
        }
        let power = TranscendentalTables.power[index]
        return Wide(
            isNegative: false, exponent: -1, normalizing: power &+ growth &+ Series.product(power, growth))
    }

    // MARK: Logarithm

    /// log₂ of (`significand` / 2¹²⁷) · 2^exponent, where bit 127 is set; nil if it is `exponent` exactly.
    @inline(__always)
    static func logarithm(_ significand: UInt128, exponent: Int32) -> Wide? {
        // A number between 2/3 and 4/3 and a power of two, so that a logarithm near zero does not come from a
        // difference.
        let isAbove = significand >= 0xAAAA_AAAA_AAAA_AAAA_AAAA_AAAA_AAAA_AAAA
        let mantissa = isAbove ? significand &>> 1 : significand
        let power = isAbove ? exponent &+ 1 : exponent
        let interval = Int(truncatingIfNeeded: mantissa &>> 120) - TranscendentalTables.firstInterval
        let reciprocal = TranscendentalTables.reciprocal[interval]
        let product = mantissa &>> 9 &* UInt128(reciprocal)
        let one: UInt128 = 1 &<< 127
        let isBelow = product < one
        let distance = isBelow ? one &- product : product &- one
        if reciprocal == 512 {
            if distance == 0 && mantissa == one { return nil }
            if power == 0 {
                // Nothing was cut off by the product in what decides: see `logarithm(onePlus:)` for smaller ones.
                let exact = isBelow ? one &- mantissa : mantissa &- one
                return logarithm(onePlus: Wide(isNegative: isBelow, exponent: 0, normalizing: exact))
            }
        }
        let z = distance &<< 1
        let rest = Series.product(z, Series.logarithm(z, alternates: !isBelow))
        let natural = isBelow ? z &+ rest : z &- rest
        // From here in units of 2⁻¹²⁷.
        let binary = Int128(truncatingIfNeeded: Series.product(natural, TranscendentalTables.binaryLogarithmOfE))
        let table = Int128(truncatingIfNeeded: TranscendentalTables.logarithm[interval] &>> 1)
        let fraction = (reciprocal > 512 ? 0 &- table : table) &+ (isBelow ? 0 &- binary : binary)
        if power == 0 {
            return Wide(
                isNegative: fraction < 0, exponent: 0,
                normalizing: max(UInt128(truncatingIfNeeded: fraction < 0 ? 0 &- fraction : fraction), 1))
        }
        var whole = UInt64(power.magnitude)
        var part = power < 0 ? 0 &- fraction : fraction
        if part < 0 {
            whole &-= 1
            part = Int128(truncatingIfNeeded: one) &+ part
        }
        let low = UInt128(truncatingIfNeeded: part)
        if whole == 0 { return Wide(isNegative: power < 0, exponent: 0, normalizing: max(low, 1)) }
        let bits = 64 - whole.leadingZeroBitCount
        return Wide(
            isNegative: power < 0, exponent: Int32(truncatingIfNeeded: bits &- 1),
            significand: UInt128(whole) &<< UInt128(128 &- bits) | (low &<< 1) &>> UInt128(bits))
    }

    /// log₂(1 + z) for a magnitude up to 2⁻⁷ that is not zero.
    @inline(__always)
    static func logarithm(onePlus z: Wide) -> Wide {
        let terms = Series.logarithm(z.fixed, alternates: !z.isNegative)
        let natural = z.isNegative ? z.increased(by: terms) : z.reduced(by: terms)
        return natural * Wide(isNegative: false, exponent: 0, significand: TranscendentalTables.binaryLogarithmOfE)
    }

    // MARK: Arc tangent

    /// The angle of the point (x, y), neither of which is zero.
    @inline(__always)
    static func arcTangent(_ y: Unpacked, _ x: Unpacked) -> Wide {
        let isSteep = (y.exponent, y.significand) > (x.exponent, x.significand)
        let (numerator, denominator) = isSteep ? (x, y) : (y, x)
        let angle = arcTangent(ofQuotient: numerator, denominator)
        var result = angle
        if isSteep || x.isNegative {
            // In units of 2⁻¹²⁶.
            let small = angle.fixed &>> 2 &+ (angle.exponent == 0 ? 1 &<< 126 : 0)
            let pi = TranscendentalTables.pi
            let sum = isSteep ? (x.isNegative ? pi &>> 1 &+ small : pi &>> 1 &- small) : pi &- small
            result = Wide(isNegative: false, exponent: 1, normalizing: sum)
        }
        result.isNegative = y.isNegative
        return result
    }

    /// The arc tangent of a quotient of magnitudes that is not above 1.
    @inline(__always)
    private static func arcTangent(ofQuotient numerator: Unpacked, _ denominator: Unpacked) -> Wide {
        var (top, bottom) = (Wide(numerator), Wide(denominator))
        top.isNegative = false
        bottom.isNegative = false
        let distance = denominator.exponent &- numerator.exponent
        if distance < 7 {
            // With t the quotient and c = index/64 below it, by less than 1/64: atan t = atan c + atan((t - c) / (1 +
            // t·c)).
            let a = UInt128(numerator.significand) &<< UInt128(truncatingIfNeeded: 7 &- distance)
            let b = UInt128(denominator.significand) &<< 7
            // By 32 bits of the denominator, c may be 1/64 too small.
            var index = UInt128(
                numerator.significand &>> UInt64(truncatingIfNeeded: 26 &+ distance)
                    / (denominator.significand &>> 32 &+ 1))
            var rest = a &<< 6 &- index &* b
            if rest >= b {
                rest &-= b
                index &+= 1
            }
            if index != 0 {
                let base = TranscendentalTables.arcTangent[Int(truncatingIfNeeded: min(index, 64))]
                guard rest != 0 else { return Wide(isNegative: false, exponent: -1, normalizing: base) }
                top = Wide(isNegative: false, exponent: 0, normalizing: rest)
                bottom = Wide(isNegative: false, exponent: 0, normalizing: b &<< 6 &+ index &* a)
                let z = Series.quotient(top, bottom).fixed
                let part = Series.product(z, Series.arcTangent(z))
                return Wide(isNegative: false, exponent: -1, normalizing: base &+ z &- part)
            }
        }
        if distance > 72 {
            // The quotient, and a little less: no bits decide but those of a quotient that ends.
            let quotient = numerator / denominator
            var result = Wide(quotient)
            result.isNegative = false
            guard quotient.fraction == 0 || quotient.fraction == 1 << 63 else { return result }
            return Wide(isNegative: false, exponent: result.exponent, normalizing: result.significand &- 1)
        }
        let quotient = Series.quotient(top, bottom)
        let part = Series.product(quotient.significand, Series.arcTangent(quotient.fixed))
        return Wide(isNegative: false, exponent: quotient.exponent, normalizing: quotient.significand &- part)
    }
}

/// An angle as a multiple of π/2 and a rest between 0 and π/4 that is added or subtracted.
private struct ReducedAngle {
    var quadrant: UInt64
    var subtracts: Bool
    /// In units of 2⁻¹²⁸.
    var rest: UInt128
    private let angle: Unpacked

    /// π/2 in units of 2⁻⁶⁵: the 66 bits C90FDAA22168C234C that the manual quotes, times 2⁻⁶⁷.
    private static let halfPi: UInt128 = 0x3_243F_6A88_85A3_08D3

    /// 2/π in units of 2⁻⁶⁴, cut off.
    private static let twoByPi: UInt64 = 0xA2F9_836E_4E44_1529

    /// `angle` is finite, not zero, and has a magnitude below 2⁶³.
    @inline(__always)
    init(_ angle: Unpacked) {
        self.angle = angle
        guard Self.isReduced(angle) else {
            (quadrant, subtracts, rest) = (0, false, Wide(angle).fixed)
            return
        }
        var units = UInt128(angle.significand) &<< UInt128(truncatingIfNeeded: angle.exponent &+ 2)
        // By 2/π with 64 bits the quotient is at most 2 too small.
        let product = angle.significand.multipliedFullWidth(by: Self.twoByPi).high
        quadrant = product >> (63 &- angle.exponent)
        units &-= UInt128(quadrant) &* Self.halfPi
        while units >= Self.halfPi {
            units &-= Self.halfPi
            quadrant &+= 1
        }
        // π/2 is odd in these units and longer than any significand, so the rest is never zero.
        subtracts = units &<< 1 > Self.halfPi
        if subtracts {
            units = Self.halfPi &- units
            quadrant &+= 1
        }
        rest = units &<< 63
    }

    @inline(__always)
    private static func isReduced(_ angle: Unpacked) -> Bool {
        angle.exponent >= -2
    }

    /// The rest with 128 bits of its own, however small it is.
    @inline(__always)
    var normalizedRest: Wide {
        if Self.isReduced(angle) { return Wide(isNegative: false, exponent: -1, normalizing: rest) }
        return Wide(isNegative: false, exponent: angle.exponent, significand: UInt128(angle.significand) &<< 64)
    }
}
