/// x87 arithmetic: the rules for zeros, infinities, NaNs, denormals and unsupported encodings around the operations of
/// ``Unpacked``.
///
/// Exceptions come in the order of SDM vol. 1, 8.5 and 4.9.2: unsupported encodings and signaling NaNs, quiet NaNs,
/// other invalid operations and division by zero, denormal operands, and then what rounding finds. If one of the first
/// three kinds (``FloatExceptions/before``) is not masked, the result means nothing.
extension FloatContext {
    /// `isDenormal` says that an operand in memory was denormal in its own format.
    @inline(__always)
    mutating func add(_ left: Extended, _ right: Extended, isDenormal: Bool = false) -> Extended {
        guard _fastPath(left.isNormal && right.isNormal && !isDenormal) else {
            return aside { $0.addSpecial(left, right, subtracts: false, isDenormal: isDenormal) }
        }
        return sum(left.unpackedNormal, right.unpackedNormal)
    }

    @inline(__always)
    mutating func subtract(_ left: Extended, _ right: Extended, isDenormal: Bool = false) -> Extended {
        guard _fastPath(left.isNormal && right.isNormal && !isDenormal) else {
            return aside { $0.addSpecial(left, right, subtracts: true, isDenormal: isDenormal) }
        }
        return sum(left.unpackedNormal, right.negated.unpackedNormal)
    }

    @inline(__always)
    private mutating func sum(_ left: Unpacked, _ right: Unpacked) -> Extended {
        let sum = left + right
        return sum.isZero ? .zero(isNegative: mode == .down) : Extended(round(sum))
    }

    @inline(never)
    private mutating func addSpecial(
        _ left: Extended, _ right: Extended, subtracts: Bool, isDenormal: Bool
    ) -> Extended {
        if let answer = answerToNaN(left, right) { return answer }
        let right = subtracts ? right.negated : right
        if left.isInfinity && right.isInfinity && left.isNegative != right.isNegative { return invalid() }
        guard acceptDenormals(isDenormal || left.isDenormal || right.isDenormal) else { return .indefinite }
        if left.isInfinity { return left }
        if right.isInfinity { return right }
        if left.isZero && right.isZero {
            return left.isNegative == right.isNegative ? left : .zero(isNegative: mode == .down)
        }
        if left.isZero { return Extended(round(right.unpacked)) }
        if right.isZero { return Extended(round(left.unpacked)) }
        return sum(left.unpacked, right.unpacked)
    }

    @inline(__always)
    mutating func multiply(_ left: Extended, _ right: Extended, isDenormal: Bool = false) -> Extended {
        guard _fastPath(left.isNormal && right.isNormal && !isDenormal) else {
            return aside { $0.multiplySpecial(left, right, isDenormal: isDenormal) }
        }
        return Extended(round(left.unpackedNormal * right.unpackedNormal))
    }

    @inline(never)
    private mutating func multiplySpecial(_ left: Extended, _ right: Extended, isDenormal: Bool) -> Extended {
        if let answer = answerToNaN(left, right) { return answer }
        let isNegative = left.isNegative != right.isNegative
        if left.isInfinity && right.isZero || left.isZero && right.isInfinity { return invalid() }
        guard acceptDenormals(isDenormal || left.isDenormal || right.isDenormal) else { return .indefinite }
        if left.isInfinity || right.isInfinity { return .infinity(isNegative: isNegative) }
        if left.isZero || right.isZero { return .zero(isNegative: isNegative) }
        return Extended(round(left.unpacked * right.unpacked))
    }

    @inline(__always)
    mutating func divide(_ left: Extended, _ right: Extended, isDenormal: Bool = false) -> Extended {
        guard _fastPath(left.isNormal && right.isNormal && !isDenormal) else {
            return aside { $0.divideSpecial(left, right, isDenormal: isDenormal) }
        }
        return Extended(round(left.unpackedNormal / right.unpackedNormal))
    }

    @inline(never)
    private mutating func divideSpecial(_ left: Extended, _ right: Extended, isDenormal: Bool) -> Extended {
        if let answer = answerToNaN(left, right) { return answer }
        let isNegative = left.isNegative != right.isNegative
        if left.isInfinity && right.isInfinity || left.isZero && right.isZero { return invalid() }
        if right.isZero && !left.isInfinity {
            exceptions.formUnion(.zeroDivide)
            return .infinity(isNegative: isNegative)
        }
        guard acceptDenormals(isDenormal || left.isDenormal || right.isDenormal) else { return .indefinite }
        if left.isInfinity { return .infinity(isNegative: isNegative) }
        if left.isZero || right.isInfinity { return .zero(isNegative: isNegative) }
        return Extended(round(left.unpacked / right.unpacked))
    }

    @inline(__always)
    mutating func squareRoot(_ value: Extended) -> Extended {
        if let answer = answerToNaN(value) { return answer }
        if value.isZero { return value }
        if value.isNegative { return invalid() }
        guard acceptDenormals(value.isDenormal) else { return .indefinite }
        if value.isInfinity { return value }
        return Extended(round(value.unpacked.squareRoot))
    }

    // MARK: Operands that are no numbers

    @inline(__always)
    mutating func invalid() -> Extended {
        exceptions.formUnion(.invalid)
        return .indefinite
    }

    /// False if there is a denormal operand and that exception is not masked.
    @inline(__always)
    mutating func acceptDenormals(_ isDenormal: Bool) -> Bool {
        guard isDenormal else { return true }
        exceptions.formUnion(.denormal)
        return !unmasked.contains(.denormal)
    }

    /// The result if `value` is a NaN or unsupported; nil if it is neither.
    @inline(__always)
    mutating func answerToNaN(_ value: Extended) -> Extended? {
        if value.isUnsupported { return invalid() }
        guard value.isNaN else { return nil }
        if value.isSignalingNaN { exceptions.formUnion(.invalid) }
        return value.quieted
    }

    /// The result if one of the operands is a NaN or unsupported; nil if none is (SDM vol. 1, table 4-7).
    @inline(__always)
    mutating func answerToNaN(_ left: Extended, _ right: Extended) -> Extended? {
        guard left.isNaNOrUnsupported || right.isNaNOrUnsupported else { return nil }
        if left.isUnsupported || right.isUnsupported { return invalid() }
        let (leftSignals, rightSignals) = (left.isSignalingNaN, right.isSignalingNaN)
        if leftSignals || rightSignals { exceptions.formUnion(.invalid) }
        guard left.isNaN else { return right.quieted }
        guard right.isNaN else { return left.quieted }
        if leftSignals != rightSignals { return leftSignals ? right : left }
        if left.significand != right.significand {
            return left.significand > right.significand ? left.quieted : right.quieted
        }
        return left.isNegative ? right.quieted : left.quieted
    }
}

// MARK: Comparison

/// How one number relates to another.
enum FloatComparison {
    case greater, less, equal, unordered
}

extension FloatContext {
    /// Compares; with `signalsQuietNaNs`, any NaN is invalid (`fcom`), otherwise signaling ones only (`fucom`).
    @inline(__always)
    mutating func compare(
        _ left: Extended, _ right: Extended, signalsQuietNaNs: Bool, isDenormal: Bool = false
    ) -> FloatComparison {
        if _slowPath(isDenormal || !left.isOrdinary || !right.isOrdinary) {
            if left.isNaNOrUnsupported || right.isNaNOrUnsupported {
                if signalsQuietNaNs || left.isUnsupported || right.isUnsupported || left.isSignalingNaN
                    || right.isSignalingNaN
                {
                    exceptions.formUnion(.invalid)
                }
                return .unordered
            }
            if isDenormal || left.isDenormal || right.isDenormal { exceptions.formUnion(.denormal) }
        }
        let (first, second) = (left.order, right.order)
        return first == second ? .equal : first < second ? .less : .greater
    }
}

extension Extended {
    /// Whether a normal number is below another one, which is not equal to it.
    @inline(__always)
    func isBelow(normal other: Extended) -> Bool {
        if isNegative != other.isNegative { return isNegative }
        let isSmaller =
            biasedExponent == other.biasedExponent
            ? significand < other.significand : biasedExponent < other.biasedExponent
        return isSmaller != isNegative
    }

    /// A number that orders as the value does, which is no NaN: exponent and significand together, with the sign. A
    /// pseudo-denormal equals the normal number with exponent 1.
    @inline(__always)
    fileprivate var order: Int128 {
        let exponent = max(UInt64(biasedExponent), significand >> 63)
        let magnitude = Int128(truncatingIfNeeded: UInt128(exponent) &<< 64 | UInt128(significand))
        return isNegative ? 0 &- magnitude : magnitude
    }
}
