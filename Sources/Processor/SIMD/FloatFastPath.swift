/// Short cuts for ordinary numbers: the host computes.
///
/// The definition is software (`FloatArithmetic`). IEEE 754 makes the host's sum, difference, product, quotient and
/// square root the same bits if they are rounded to nearest, which is how Swift computes on every host. What the host
/// cannot tell cheaply is the flags. So the short cut is taken only where they are known:
///
/// * Operands are neither NaNs nor denormals and no exception of the operands is possible: no invalid operation, no
///   division by zero, no denormal operand; and MXCSR's "denormals are zeros" changes nothing.
/// * The result is above the smallest normal number and finite, or exactly zero: no overflow, no underflow, no
///   flushing.
/// * Precision is masked and its flag is set already, so that it does not matter whether the result is exact.
///
/// Every other case returns nil and is computed by the definition. Packed instructions and scalar ones, whose operands
/// have zeros above the first lane, are the same here, but for which lanes count.
enum FloatFastPath {
    /// MXCSR says: to nearest, precision masked, its flag set.
    @inline(__always)
    private static func roundsFreely(_ mxcsr: UInt32) -> Bool {
        let needed = MXCSR.precision | MXCSR.precisionMask
        return mxcsr & (needed | 3 << MXCSR.roundingShift) == needed
    }

    /// The result of an operation; of a square root, the operand is `right`.
    @inline(__always)
    static func arithmetic<Lane: FloatLane>(
        _ operation: LaneOperation, _ left: XMM, _ right: XMM, _ mxcsr: UInt32, _: Lane.Type, isScalar: Bool
    ) -> XMM? {
        if operation != .minimum && operation != .maximum {
            guard roundsFreely(mxcsr) else { return nil }
        }
        let result = Lane.host(operation, left, right)
        return Lane.isPlain(operation, left, right, result, isScalar: isScalar) ? result : nil
    }

    /// The mask of a comparison with the predicate in the immediate of `cmpps` (``FloatOperation/holds(_:_:_:_:)``).
    @inline(__always)
    static func compare<Lane: FloatLane>(
        _ predicate: UInt32, _ left: XMM, _ right: XMM, _: Lane.Type, isScalar: Bool
    ) -> XMM? {
        guard Lane.areOrdinary(left, right, isScalar: isScalar) else { return nil }
        let mask: XMM
        switch predicate & 3 {
        case 0: mask = Lane.host(.equal, left, right)
        case 1: mask = Lane.host(.less, left, right)
        case 2: mask = Lane.host(.lessOrEqual, left, right)
        default: mask = XMM()
        }
        return predicate & 4 != 0 ? ~mask : mask
    }

    /// How two numbers are ordered.
    @inline(__always)
    static func order<Lane: FloatLane>(_ left: Lane.Bits, _ right: Lane.Bits, _: Lane.Type) -> Ordering? {
        guard Lane.isOrdinary(left), Lane.isOrdinary(right) else { return nil }
        let (first, second) = (Lane.double(left), Lane.double(right))
        return first == second ? .equal : first < second ? .less : .greater
    }
}

extension FloatLane {
    /// Neither a NaN nor a denormal.
    @inline(__always)
    static func isOrdinary(_ bits: Bits) -> Bool {
        bits & infinity != 0 ? bits & ~signBit <= infinity : bits & ~signBit == 0
    }

    /// Above the smallest normal number, and finite.
    @inline(__always)
    static func isSafe(_ bits: Bits) -> Bool {
        let lowest = (infinity & (0 &- infinity)) &<< 1
        return bits & ~signBit &- lowest < infinity &- lowest
    }

    /// A lane's operands raise no exception, and neither does its result but that for precision.
    @inline(__always)
    private static func isPlain(_ operation: LaneOperation, _ left: Bits, _ right: Bits, _ result: Bits) -> Bool {
        guard isOrdinary(right), operation == .squareRoot || isOrdinary(left) else { return false }
        if isSafe(result) { return true }
        // Zeros that are exact. What is invalid is a NaN.
        switch operation {
        case .add, .subtract: return isZero(result)
        case .multiply: return isZero(result) && (isZero(left) || isZero(right))
        case .divide: return isZero(result) && isZero(left)
        case .minimum, .maximum: return true
        case .squareRoot: return isZero(right)
        }
    }

    @inline(__always)
    static func isPlain(
        _ operation: LaneOperation, _ left: XMM, _ right: XMM, _ result: XMM, isScalar: Bool
    ) -> Bool {
        for index in 0..<(isScalar ? 1 : count) {
            let (first, second) = (lane(index, of: left), lane(index, of: right))
            guard isPlain(operation, first, second, lane(index, of: result)) else { return false }
        }
        return true
    }

    @inline(__always)
    static func areOrdinary(_ left: XMM, _ right: XMM, isScalar: Bool) -> Bool {
        for index in 0..<(isScalar ? 1 : count) {
            guard isOrdinary(lane(index, of: left)), isOrdinary(lane(index, of: right)) else { return false }
        }
        return true
    }
}

extension SingleLane {
    @inline(__always)
    static var count: Int { 4 }
    @inline(__always)
    static var first: XMM { XMM(0xFFFF_FFFF, 0) }
    @inline(__always)
    static func lane(_ index: Int, of value: XMM) -> UInt32 { value.doublewords[index] }

    @inline(__always)
    static func setLane(_ index: Int, of value: inout XMM, _ bits: UInt32) {
        var lanes = value.doublewords
        lanes[index] = bits
        value = XMM(lanes)
    }

    @inline(__always)
    static func host(_ operation: LaneOperation, _ left: XMM, _ right: XMM) -> XMM {
        switch operation {
        case .add: XMM(left.singles + right.singles)
        case .subtract: XMM(left.singles - right.singles)
        case .multiply: XMM(left.singles * right.singles)
        case .divide: XMM(left.singles / right.singles)
        case .minimum: left.selected(by: host(.less, left, right), or: right)
        case .maximum: left.selected(by: host(.less, right, left), or: right)
        case .squareRoot: XMM(right.singles.squareRoot())
        }
    }

    /// By integers, since Swift compares vectors of floating-point numbers lane by lane.
    @inline(__always)
    static func host(_ predicate: LanePredicate, _ left: XMM, _ right: XMM) -> XMM {
        let (first, second) = (order(left), order(right))
        return switch predicate {
        case .equal: laneMask(first .== second)
        case .less: laneMask(first .< second)
        case .lessOrEqual: ~laneMask(second .< first)
        }
    }

    /// Integers that are ordered as the numbers are, none of which is a NaN; both zeros are 0.
    @inline(__always)
    private static func order(_ value: XMM) -> SIMD4<Int32> {
        let sign = value.signedDoublewords &>> 31
        return ((value.signedDoublewords & 0x7FFF_FFFF) ^ sign) &- sign
    }

    // The checks of four lanes at once. Each is one comparison without the sign, shifted out.

    @inline(__always)
    private static func ordinary(_ value: XMM) -> XMM {
        let magnitude = value.doublewords &<< 1
        return laneMask(magnitude &- 0x0100_0000 .< SIMD4(repeating: 0xFE00_0001)) | zero(value)
    }

    @inline(__always)
    private static func safe(_ value: XMM) -> XMM {
        laneMask(value.doublewords &<< 1 &- 0x0200_0000 .< SIMD4(repeating: 0xFD00_0000))
    }

    @inline(__always)
    private static func zero(_ value: XMM) -> XMM {
        laneMask(value.doublewords &<< 1 .== SIMD4(repeating: 0))
    }

    @inline(__always)
    static func isPlain(
        _ operation: LaneOperation, _ left: XMM, _ right: XMM, _ result: XMM, isScalar: Bool
    ) -> Bool {
        // The zeros above a scalar are plain, too, but for their quotient.
        let allowed: XMM =
            switch operation {
            case .add, .subtract: ordinary(left) & ordinary(right) & (safe(result) | zero(result))
            case .multiply:
                ordinary(left) & ordinary(right) & (safe(result) | zero(result) & (zero(left) | zero(right)))
            case .divide: ordinary(left) & ordinary(right) & (safe(result) | zero(result) & zero(left))
            case .minimum, .maximum: ordinary(left) & ordinary(right)
            case .squareRoot: ordinary(right) & (safe(result) | zero(right))
            }
        return isAllOnes(isScalar ? allowed | ~first : allowed)
    }

    @inline(__always)
    static func areOrdinary(_ left: XMM, _ right: XMM, isScalar: Bool) -> Bool {
        let both = ordinary(left) & ordinary(right)
        return isAllOnes(isScalar ? both | ~first : both)
    }

    @inline(__always)
    private static func isAllOnes(_ mask: XMM) -> Bool { mask.low & mask.high == ~0 }
}

extension DoubleLane {
    @inline(__always)
    static var count: Int { 2 }
    @inline(__always)
    static var first: XMM { XMM(~0, 0) }
    @inline(__always)
    static func lane(_ index: Int, of value: XMM) -> UInt64 { value.quadwords[index] }
    @inline(__always)
    static func setLane(_ index: Int, of value: inout XMM, _ bits: UInt64) { value.quadwords[index] = bits }

    @inline(__always)
    static func host(_ operation: LaneOperation, _ left: XMM, _ right: XMM) -> XMM {
        switch operation {
        case .add: XMM(left.doubles + right.doubles)
        case .subtract: XMM(left.doubles - right.doubles)
        case .multiply: XMM(left.doubles * right.doubles)
        case .divide: XMM(left.doubles / right.doubles)
        case .minimum: left.selected(by: host(.less, left, right), or: right)
        case .maximum: left.selected(by: host(.less, right, left), or: right)
        case .squareRoot: XMM(right.doubles.squareRoot())
        }
    }

    @inline(__always)
    static func host(_ predicate: LanePredicate, _ left: XMM, _ right: XMM) -> XMM {
        switch predicate {
        case .equal: laneMask(left.doubles .== right.doubles)
        case .less: laneMask(left.doubles .< right.doubles)
        case .lessOrEqual: laneMask(left.doubles .<= right.doubles)
        }
    }
}
