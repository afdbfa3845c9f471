/// An operation on two lanes, or on one (``squareRoot``), whose operand is the second.
enum LaneOperation {
    case add, subtract, multiply, divide, minimum, maximum, squareRoot
}

/// Floating-point arithmetic on lanes in all its cases: the definition. `FloatFastPath` takes short cuts for ordinary
/// numbers.
extension FloatOperation {
    @inline(__always)
    mutating func perform<Lane: FloatLane>(
        _ operation: LaneOperation, _ first: Lane.Bits, _ second: Lane.Bits, _: Lane.Type
    ) -> Lane.Bits {
        let left = operand(first, Lane.self)
        let right = operand(second, Lane.self)
        switch operation {
        case .add: return add(left, right, Lane.self)
        // The sign of a NaN does not change.
        case .subtract: return add(left, Lane.isNaN(right) ? right : right ^ Lane.signBit, Lane.self)
        case .multiply: return multiply(left, right, Lane.self)
        case .divide: return divide(left, right, Lane.self)
        case .minimum, .maximum: return extreme(left, right, isMinimum: operation == .minimum, Lane.self)
        case .squareRoot: return squareRoot(right, Lane.self)
        }
    }

    private mutating func add<Lane: FloatLane>(_ left: Lane.Bits, _ right: Lane.Bits, _: Lane.Type) -> Lane.Bits {
        if Lane.isNaN(left) || Lane.isNaN(right) { return propagate(left, right, Lane.self) }
        if Lane.isInfinity(left), Lane.isInfinity(right), left != right { return invalid(Lane.self) }
        noteDenormal(left, Lane.self)
        noteDenormal(right, Lane.self)
        if Lane.isInfinity(left) { return left }
        if Lane.isInfinity(right) { return right }
        if Lane.isZero(left), Lane.isZero(right) {
            return left == right ? left : Lane.zero(isNegative: mode == .down)
        }
        // The other operand is the result, but may have to be flushed.
        if Lane.isZero(left) { return round(Lane.unpack(right), Lane.self) }
        if Lane.isZero(right) { return round(Lane.unpack(left), Lane.self) }
        let sum = Lane.unpack(left) + Lane.unpack(right)
        return sum.isZero ? Lane.zero(isNegative: mode == .down) : round(sum, Lane.self)
    }

    private mutating func multiply<Lane: FloatLane>(_ left: Lane.Bits, _ right: Lane.Bits, _: Lane.Type) -> Lane.Bits {
        if Lane.isNaN(left) || Lane.isNaN(right) { return propagate(left, right, Lane.self) }
        let isNegative = Lane.isNegative(left ^ right)
        let isInfinite = Lane.isInfinity(left) || Lane.isInfinity(right)
        let isZero = Lane.isZero(left) || Lane.isZero(right)
        if isInfinite, isZero { return invalid(Lane.self) }
        noteDenormal(left, Lane.self)
        noteDenormal(right, Lane.self)
        if isInfinite { return Lane.infinity(isNegative: isNegative) }
        if isZero { return Lane.zero(isNegative: isNegative) }
        return round(Lane.unpack(left) * Lane.unpack(right), Lane.self)
    }

    private mutating func divide<Lane: FloatLane>(_ left: Lane.Bits, _ right: Lane.Bits, _: Lane.Type) -> Lane.Bits {
        if Lane.isNaN(left) || Lane.isNaN(right) { return propagate(left, right, Lane.self) }
        let isNegative = Lane.isNegative(left ^ right)
        if Lane.isInfinity(left), Lane.isInfinity(right) { return invalid(Lane.self) }
        if Lane.isZero(right) {
            if Lane.isZero(left) { return invalid(Lane.self) }
            if !Lane.isInfinity(left) { before |= MXCSR.zeroDivide }
            return Lane.infinity(isNegative: isNegative)
        }
        noteDenormal(left, Lane.self)
        noteDenormal(right, Lane.self)
        if Lane.isInfinity(left) { return Lane.infinity(isNegative: isNegative) }
        if Lane.isInfinity(right) || Lane.isZero(left) { return Lane.zero(isNegative: isNegative) }
        return round(Lane.unpack(left) / Lane.unpack(right), Lane.self)
    }

    private mutating func squareRoot<Lane: FloatLane>(_ value: Lane.Bits, _: Lane.Type) -> Lane.Bits {
        if Lane.isNaN(value) { return propagate(value, value, Lane.self) }
        if Lane.isZero(value) { return value }
        if Lane.isNegative(value) { return invalid(Lane.self) }
        noteDenormal(value, Lane.self)
        if Lane.isInfinity(value) { return value }
        return round(Lane.unpack(value).squareRoot, Lane.self)
    }

    /// `min` and `max`: the second operand if the two are equal or unordered (SDM vol. 2, MINPS).
    private mutating func extreme<Lane: FloatLane>(
        _ left: Lane.Bits, _ right: Lane.Bits, isMinimum: Bool, _: Lane.Type
    ) -> Lane.Bits {
        if Lane.isNaN(left) || Lane.isNaN(right) {
            before |= MXCSR.invalidOperation
            return right
        }
        noteDenormal(left, Lane.self)
        noteDenormal(right, Lane.self)
        return (isMinimum ? Lane.isLess(left, right) : Lane.isLess(right, left)) ? left : right
    }
}
