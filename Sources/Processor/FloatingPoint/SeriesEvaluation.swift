/// The series of the transcendental functions, of which there are two evaluations.
///
/// **Constraint.** A result of 64 bits is correctly rounded only if many more are computed, and multiplying numbers of
/// 128 bits takes four multiplications of the host, one after the other in a Taylor series.
///
/// **Choice.** ``FullSeries`` is the definition. ``QuickSeries`` comes first: what it computes is wrong by less than
/// 2⁻⁷⁴ of a function's result, which nearly always decides how that is rounded (see ``Transcendentals``).
///
/// **Bounds** of a quick evaluation. All arguments are below 2⁻⁶, without exception: a square would overflow.
///
/// * A square has 64 bits in units of 2⁻⁷⁶, and is too small by less than 3 units; the factor by which it is multiplied
///   is at most 1/2 and has an error of 2 units of 2⁻⁶⁴. So what is taken off a cosine is wrong by less than 5 units,
///   off a sine or an arc tangent by less than 4: 2⁻⁷³·⁷ of the result at worst, and 2⁻⁷⁴ in 100,000 cases each.
/// * For exponential and logarithm, the first term is exact, and what follows is such a square and a factor.
/// * The first terms left out are below s¹⁰/10! < 2⁻⁸¹, z¹⁴/15 < 2⁻⁸⁷, u¹⁰/11! < 2⁻⁸⁵ and z¹²/13 < 2⁻⁸⁶ (z is below
///   2⁻⁶·⁹ for logarithms).
/// * Products leave out the product of the lower halves, three units of 2⁻¹²⁸ at most; quotients have 95 bits.
protocol SeriesEvaluation {
    /// What is taken off a number near 1: ``product(_:_:)-(_,Part)`` knows its unit.
    associatedtype Part

    /// For a number of units of 2⁻¹²⁸ below 2⁻⁶: 1 - sin s / s and 1 - cos s.
    static func sineAndCosine(_ s: UInt128) -> (sine: Part, cosine: Part)

    /// 1 - atan z / z.
    static func arcTangent(_ z: UInt128) -> Part

    /// u/2! + u²/3! + ..., or if the series alternates, u/2! - u²/3! + ...
    static func exponential(_ u: UInt128, alternates: Bool) -> UInt128

    /// z/2 + z²/3 + ..., or if the series alternates, z/2 - z²/3 + ...
    static func logarithm(_ z: UInt128, alternates: Bool) -> UInt128

    static func product(_ number: UInt128, _ part: Part) -> UInt128

    /// Of numbers in units of 2⁻¹²⁸.
    static func product(_ left: UInt128, _ right: UInt128) -> UInt128

    static func quotient(_ left: Wide, _ right: Wide) -> Wide
}

/// All terms that matter to 128 bits.
enum FullSeries: SeriesEvaluation {
    /// Wrapped, to be told from other numbers.
    struct Part {
        var value: UInt128
    }

    static func sineAndCosine(_ s: UInt128) -> (sine: Part, cosine: Part) {
        let square = highProduct(s, s)
        // At least a few units, so that what is below the argument stays below it, and the tangent above it.
        let sine = max(sum(square, TranscendentalTables.sineSeries, alternates: true), 8)
        let cosine = max(sum(square, TranscendentalTables.cosineSeries, alternates: true), 32)
        return (Part(value: sine), Part(value: cosine))
    }

    static func arcTangent(_ z: UInt128) -> Part {
        Part(value: max(sum(highProduct(z, z), TranscendentalTables.arcTangentSeries, alternates: true), 8))
    }

    static func exponential(_ u: UInt128, alternates: Bool) -> UInt128 {
        sum(u, TranscendentalTables.exponentialSeries, alternates: alternates)
    }

    static func logarithm(_ z: UInt128, alternates: Bool) -> UInt128 {
        sum(z, TranscendentalTables.logarithmSeries, alternates: alternates)
    }

    static func product(_ number: UInt128, _ part: Part) -> UInt128 {
        highProduct(number, part.value)
    }

    static func product(_ left: UInt128, _ right: UInt128) -> UInt128 {
        highProduct(left, right)
    }

    static func quotient(_ left: Wide, _ right: Wide) -> Wide {
        left / right
    }

    /// z·(c₀ ± z·(c₁ ± z·(c₂ ± ...))).
    private static func sum<let count: Int>(
        _ z: UInt128, _ coefficients: InlineArray<count, UInt128>, alternates: Bool
    ) -> UInt128 {
        var sum = coefficients[count - 1]
        var index = count - 2
        while index >= 0 {
            let product = highProduct(z, sum)
            sum = alternates ? coefficients[index] &- product : coefficients[index] &+ product
            index -= 1
        }
        return highProduct(z, sum)
    }
}

/// As many terms as give a relative error below 2⁻⁷⁴, with 64 bits where those suffice.
enum QuickSeries: SeriesEvaluation {
    /// In units of 2⁻⁷⁶.
    struct Part {
        var value: UInt64
    }

    @inline(__always)
    static func sineAndCosine(_ s: UInt128) -> (sine: Part, cosine: Part) {
        let square = square(s)
        let sine = sum(square &>> 12, TranscendentalTables.sineSeries, 0, pairs: 2, alternates: true)
        let cosine = sum(square &>> 12, TranscendentalTables.cosineSeries, 0, pairs: 2, alternates: true)
        return (Part(value: high(square, sine)), Part(value: high(square, cosine)))
    }

    @inline(__always)
    static func arcTangent(_ z: UInt128) -> Part {
        let square = square(z)
        let factor = sum(square &>> 12, TranscendentalTables.arcTangentSeries, 0, pairs: 3, alternates: true)
        return Part(value: high(square, factor))
    }

    @inline(__always)
    static func exponential(_ u: UInt128, alternates: Bool) -> UInt128 {
        behindHalf(u, TranscendentalTables.exponentialSeries, pairs: 4, alternates: alternates)
    }

    @inline(__always)
    static func logarithm(_ z: UInt128, alternates: Bool) -> UInt128 {
        behindHalf(z, TranscendentalTables.logarithmSeries, pairs: 5, alternates: alternates)
    }

    @inline(__always)
    static func product(_ number: UInt128, _ part: Part) -> UInt128 {
        let low = UInt128(UInt64(truncatingIfNeeded: number)) &* UInt128(part.value)
        return ((number &>> 64) &* UInt128(part.value) &+ low &>> 64) &>> 12
    }

    @inline(__always)
    static func product(_ left: UInt128, _ right: UInt128) -> UInt128 {
        let (a, b) = (UInt64(truncatingIfNeeded: left &>> 64), UInt64(truncatingIfNeeded: left))
        let (c, d) = (UInt64(truncatingIfNeeded: right &>> 64), UInt64(truncatingIfNeeded: right))
        return UInt128(a) &* UInt128(c) &+ UInt128(high(a, d)) &+ UInt128(high(b, c))
    }

    @inline(__always)
    static func quotient(_ left: Wide, _ right: Wide) -> Wide {
        Wide.quickQuotient(left, right)
    }

    /// The square of a number of units of 2⁻¹²⁸ that is below 2⁻⁶, in units of 2⁻⁷⁶.
    @inline(__always)
    private static func square(_ number: UInt128) -> UInt64 {
        let short = UInt64(truncatingIfNeeded: number &>> 58)
        return high(short, short)
    }

    /// z/2 and a series whose first term is c₁·z² behind it, in units of 2⁻¹²⁸.
    @inline(__always)
    private static func behindHalf<let count: Int>(
        _ z: UInt128, _ coefficients: InlineArray<count, UInt128>, pairs: Int, alternates: Bool
    ) -> UInt128 {
        let factor = sum(UInt64(truncatingIfNeeded: z &>> 64), coefficients, 1, pairs: pairs, alternates: alternates)
        let rest = UInt128(high(square(z), factor)) &<< 52
        return alternates ? z &>> 1 &- rest : z &>> 1 &+ rest
    }

    /// cᵢ ± z·cᵢ₊₁ + z²·(cᵢ₊₂ ± z·cᵢ₊₃ + ...) in units of 2⁻⁶⁴: the pairs wait for nothing, so that a step takes a
    /// multiplication for two terms.
    @inline(__always)
    private static func sum<let count: Int>(
        _ z: UInt64, _ coefficients: InlineArray<count, UInt128>, _ first: Int, pairs: Int, alternates: Bool
    ) -> UInt64 {
        let square = high(z, z)
        var sum: UInt64 = 0
        var index = first + 2 * pairs
        while index > first {
            index -= 2
            let product = high(z, UInt64(truncatingIfNeeded: coefficients[index + 1] &>> 64))
            let term = UInt64(truncatingIfNeeded: coefficients[index] &>> 64)
            sum = (alternates ? term &- product : term &+ product) &+ high(square, sum)
        }
        return sum
    }

    @inline(__always)
    private static func high(_ left: UInt64, _ right: UInt64) -> UInt64 {
        left.multipliedFullWidth(by: right).high
    }
}
