/// Short cuts for ordinary numbers: the host computes.
///
/// The definition is software (`FloatArithmetic`). IEEE 754 makes the host's sum, difference, product, quotient and
/// square root the same bits if they are rounded to nearest, which is how Swift computes on every host. What the host
/// cannot tell cheaply is the flags. So the short cut is taken only where they are known:
///
/// * Operands are zero or normal and no exception of the operands is possible: no invalid operation, no division by
///   zero, no denormal operand; and MXCSR's "denormals are zeros" changes nothing.
/// * The result is above the smallest normal number and finite, or exactly zero: no overflow, no underflow, no
///   flushing.
/// * Precision is masked and its flag is set already, so that it does not matter whether the result is exact.
///
/// Every other case returns nil and is computed by the definition.
enum FloatFastPath {
    /// MXCSR says: to nearest, precision masked, its flag set.
    @inline(__always)
    private static func roundsFreely(_ mxcsr: UInt32) -> Bool {
        let needed = MXCSR.precision | MXCSR.precisionMask
        return mxcsr & (needed | 3 << MXCSR.roundingShift) == needed
    }

    // MARK: Singles

    /// All lanes of a value are zero or normal.
    @inline(__always)
    private static func ordinary(_ value: XMM) -> XMM {
        let magnitude = value.doublewords &<< 1
        return laneMask(magnitude &- 0x0100_0000 .< SIMD4(repeating: 0xFE00_0000))
            | laneMask(magnitude .== SIMD4(repeating: 0))
    }

    /// The exponent is above that of the smallest normal number, and the number is finite.
    @inline(__always)
    private static func safe(_ value: XMM) -> XMM {
        let magnitude = value.doublewords &<< 1
        return laneMask(magnitude &- 0x0200_0000 .< SIMD4(repeating: 0xFD00_0000))
    }

    @inline(__always)
    private static func zero(_ value: XMM) -> XMM {
        laneMask(value.doublewords &<< 1 .== SIMD4(repeating: 0))
    }

    @inline(__always)
    private static func isAllOnes(_ mask: XMM) -> Bool { mask.low & mask.high == ~0 }

    /// `addps` and so on, square roots included, whose operand is `right`.
    @inline(__always)
    static func packedSingles(_ operation: Operation, _ left: XMM, _ right: XMM, _ mxcsr: UInt32) -> XMM? {
        let result: XMM
        switch operation {
        case .minps:
            guard isAllOnes(ordinary(left) & ordinary(right)) else { return nil }
            return left.selected(by: laneMask(left.singles .< right.singles), or: right)
        case .maxps:
            guard isAllOnes(ordinary(left) & ordinary(right)) else { return nil }
            return left.selected(by: laneMask(left.singles .> right.singles), or: right)
        default:
            guard roundsFreely(mxcsr) else { return nil }
        }
        var allowed = ordinary(left) & ordinary(right)
        switch operation {
        case .addps:
            result = XMM(left.singles + right.singles)
            allowed = allowed & (safe(result) | zero(result))
        case .subps:
            result = XMM(left.singles - right.singles)
            allowed = allowed & (safe(result) | zero(result))
        case .mulps:
            result = XMM(left.singles * right.singles)
            allowed = allowed & (safe(result) | zero(left) | zero(right))
        case .divps:
            // A divisor of zero makes the result infinite or a NaN, and the result of a dividend of zero is zero.
            result = XMM(left.singles / right.singles)
            allowed = allowed & (safe(result) | zero(left) & ~zero(right))
        default:
            // Negative numbers give NaNs. The root of a normal number is far from the limits.
            result = XMM(right.singles.squareRoot())
            allowed = ordinary(right) & (safe(result) | zero(right))
        }
        return isAllOnes(allowed) ? result : nil
    }

    /// The mask of a comparison.
    @inline(__always)
    static func compareSingles(_ predicate: UInt32, _ left: XMM, _ right: XMM) -> XMM? {
        guard isAllOnes(ordinary(left) & ordinary(right)) else { return nil }
        let mask: XMM
        switch predicate & 3 {
        case 0: mask = laneMask(left.singles .== right.singles)
        case 1: mask = laneMask(left.singles .< right.singles)
        case 2: mask = laneMask(left.singles .<= right.singles)
        default: mask = XMM()
        }
        return predicate & 4 != 0 ? ~mask : mask
    }

    /// A lane is zero or normal.
    @inline(__always)
    static func isOrdinary(_ bits: UInt32) -> Bool {
        let magnitude = bits &<< 1
        return magnitude &- 0x0100_0000 < 0xFE00_0000 || magnitude == 0
    }

    /// See ``safe(_:)``.
    @inline(__always)
    static func isSafe(_ bits: UInt32) -> Bool { bits &<< 1 &- 0x0200_0000 < 0xFD00_0000 }

    /// `addss` and so on.
    @inline(__always)
    static func single(_ operation: Operation, _ left: UInt32, _ right: UInt32, _ mxcsr: UInt32) -> UInt32? {
        let first = Float(bitPattern: left)
        let second = Float(bitPattern: right)
        let result: UInt32
        switch operation {
        case .addss: result = (first + second).bitPattern
        case .subss: result = (first - second).bitPattern
        case .mulss: result = (first * second).bitPattern
        case .divss: result = (first / second).bitPattern
        case .minss: return isOrdinary(left) && isOrdinary(right) ? (first < second ? left : right) : nil
        case .maxss: return isOrdinary(left) && isOrdinary(right) ? (first > second ? left : right) : nil
        default:
            guard roundsFreely(mxcsr), isOrdinary(right), right >> 31 == 0 else { return nil }
            return second.squareRoot().bitPattern
        }
        guard roundsFreely(mxcsr), isOrdinary(left), isOrdinary(right) else { return nil }
        if _fastPath(isSafe(result)) { return result }
        return result &<< 1 == 0 && (operation == .addss || operation == .subss) ? result : nil
    }

    // MARK: Doubles

    @inline(__always)
    private static func isOrdinary(_ bits: UInt64) -> Bool {
        let magnitude = bits &<< 1
        return magnitude &- 0x0020_0000_0000_0000 < 0xFFC0_0000_0000_0000 || magnitude == 0
    }

    @inline(__always)
    private static func isSafe(_ bits: UInt64) -> Bool {
        bits &<< 1 &- 0x0040_0000_0000_0000 < 0xFFA0_0000_0000_0000
    }

    /// `addsd` and so on, and a lane of `addpd` and so on.
    @inline(__always)
    static func double(_ operation: Operation, _ left: UInt64, _ right: UInt64, _ mxcsr: UInt32) -> UInt64? {
        let first = Double(bitPattern: left)
        let second = Double(bitPattern: right)
        let result: UInt64
        var isSum = false
        switch operation {
        case .addsd, .addpd:
            result = (first + second).bitPattern
            isSum = true
        case .subsd, .subpd:
            result = (first - second).bitPattern
            isSum = true
        case .mulsd, .mulpd: result = (first * second).bitPattern
        case .divsd, .divpd: result = (first / second).bitPattern
        case .minsd, .minpd: return isOrdinary(left) && isOrdinary(right) ? (first < second ? left : right) : nil
        case .maxsd, .maxpd: return isOrdinary(left) && isOrdinary(right) ? (first > second ? left : right) : nil
        default:
            guard roundsFreely(mxcsr), isOrdinary(right), right >> 63 == 0 else { return nil }
            return second.squareRoot().bitPattern
        }
        guard roundsFreely(mxcsr), isOrdinary(left), isOrdinary(right) else { return nil }
        if _fastPath(isSafe(result)) { return result }
        return isSum && result &<< 1 == 0 ? result : nil
    }
}
