/// What a comparison finds.
enum Ordering {
    case less, equal, greater, unordered
}

/// `cmpps` and its relatives, `comiss` and its relatives.
extension FloatOperation {
    /// Compares. A QNaN is an invalid operation only if `isSignaling`.
    @inline(__always)
    mutating func compare<Lane: FloatLane>(
        _ first: Lane.Bits, _ second: Lane.Bits, isSignaling: Bool, _: Lane.Type
    ) -> Ordering {
        let left = operand(first, Lane.self)
        let right = operand(second, Lane.self)
        if Lane.isNaN(left) || Lane.isNaN(right) {
            if isSignaling || Lane.isSignalingNaN(left) || Lane.isSignalingNaN(right) {
                before |= MXCSR.invalidOperation
            }
            return .unordered
        }
        noteDenormal(left, Lane.self)
        noteDenormal(right, Lane.self)
        if Lane.isEqual(left, right) { return .equal }
        return Lane.isLess(left, right) ? .less : .greater
    }

    /// Whether the predicate in the immediate of `cmpps` holds (SDM vol. 2, CMPPS): equal, less, less or equal,
    /// unordered, and from 4 on the opposite of these. Those about "less" signal QNaNs. Bits 3-7 are ignored.
    @inline(__always)
    mutating func holds<Lane: FloatLane>(
        _ predicate: UInt32, _ first: Lane.Bits, _ second: Lane.Bits, _: Lane.Type
    ) -> Bool {
        let kind = predicate & 3
        let ordering = compare(first, second, isSignaling: kind == 1 || kind == 2, Lane.self)
        let isTrue =
            switch kind {
            case 0: ordering == .equal
            case 1: ordering == .less
            case 2: ordering == .less || ordering == .equal
            default: ordering == .unordered
            }
        return isTrue != (predicate & 4 != 0)
    }
}
