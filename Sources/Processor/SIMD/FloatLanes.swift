/// The formats of a floating-point lane: bits, not numbers, since which NaN it is matters.
protocol FloatLane {
    associatedtype Bits: FixedWidthInteger & UnsignedInteger & Sendable
    static var format: FloatFormat { get }
    static var signBit: Bits { get }
    /// Exponent all ones, fraction zero.
    static var infinity: Bits { get }
    /// The top bit of the fraction, which makes a NaN quiet.
    static var quietBit: Bits { get }
    /// The lane's bits are those of a finite number that is not zero.
    static func unpack(_ bits: Bits) -> Unpacked
    static func pack(_ value: Unpacked) -> Bits
    /// The number, exactly.
    static func double(_ bits: Bits) -> Double
    /// The nearest number of this format, and the same as a double.
    static func host(_ number: Double) -> (bits: Bits, number: Double)

    // All lanes of a register, of which the scalar instructions use the first.

    /// How many there are.
    static var count: Int { get }
    /// All ones in the first lane.
    static var first: XMM { get }
    static func lane(_ index: Int, of value: XMM) -> Bits
    static func setLane(_ index: Int, of value: inout XMM, _ bits: Bits)
    /// What the host computes.
    static func host(_ operation: LaneOperation, _ left: XMM, _ right: XMM) -> XMM
    /// The lanes for which the host finds `left` equal to `right`, below it, or either.
    static func host(_ predicate: LanePredicate, _ left: XMM, _ right: XMM) -> XMM
    /// No lane's operands raise an exception, and neither does its result but that for precision.
    static func isPlain(
        _ operation: LaneOperation, _ left: XMM, _ right: XMM, _ result: XMM, isScalar: Bool
    ) -> Bool
    /// No lane of either is a NaN or a denormal.
    static func areOrdinary(_ left: XMM, _ right: XMM, isScalar: Bool) -> Bool
}

enum LanePredicate {
    case equal, less, lessOrEqual
}

enum SingleLane: FloatLane {
    @inline(__always)
    static var format: FloatFormat { .single }
    @inline(__always)
    static var signBit: UInt32 { 1 << 31 }
    @inline(__always)
    static var infinity: UInt32 { 0x7F80_0000 }
    @inline(__always)
    static var quietBit: UInt32 { 1 << 22 }
    @inline(__always)
    static func unpack(_ bits: UInt32) -> Unpacked { Unpacked(single: bits) }
    @inline(__always)
    static func pack(_ value: Unpacked) -> UInt32 { value.singleBits }
    @inline(__always)
    static func double(_ bits: UInt32) -> Double { Double(Float(bitPattern: bits)) }
    @inline(__always)
    static func host(_ number: Double) -> (bits: UInt32, number: Double) {
        let single = Float(number)
        return (single.bitPattern, Double(single))
    }
}

enum DoubleLane: FloatLane {
    @inline(__always)
    static var format: FloatFormat { .double }
    @inline(__always)
    static var signBit: UInt64 { 1 << 63 }
    @inline(__always)
    static var infinity: UInt64 { 0x7FF0_0000_0000_0000 }
    @inline(__always)
    static var quietBit: UInt64 { 1 << 51 }
    @inline(__always)
    static func unpack(_ bits: UInt64) -> Unpacked { Unpacked(double: bits) }
    @inline(__always)
    static func pack(_ value: Unpacked) -> UInt64 { value.doubleBits }
    @inline(__always)
    static func double(_ bits: UInt64) -> Double { Double(bitPattern: bits) }
    @inline(__always)
    static func host(_ number: Double) -> (bits: UInt64, number: Double) { (number.bitPattern, number) }
}

extension FloatLane {
    /// The QNaN that stands for "no answer" (SDM vol. 1, 4.8.3.7).
    @inline(__always)
    static var indefinite: Bits { signBit | infinity | quietBit }
    @inline(__always)
    static func isNaN(_ bits: Bits) -> Bool { bits & ~signBit > infinity }
    @inline(__always)
    static func isSignalingNaN(_ bits: Bits) -> Bool { isNaN(bits) && bits & quietBit == 0 }
    @inline(__always)
    static func isInfinity(_ bits: Bits) -> Bool { bits & ~signBit == infinity }
    @inline(__always)
    static func isZero(_ bits: Bits) -> Bool { bits & ~signBit == 0 }
    @inline(__always)
    static func isDenormal(_ bits: Bits) -> Bool { bits & infinity == 0 && bits & ~signBit != 0 }
    @inline(__always)
    static func isNegative(_ bits: Bits) -> Bool { bits & signBit != 0 }
    @inline(__always)
    static func zero(isNegative: Bool) -> Bits { isNegative ? signBit : 0 }
    @inline(__always)
    static func infinity(isNegative: Bool) -> Bits { isNegative ? signBit | infinity : infinity }

    /// Whether `left` is below `right`; neither is a NaN.
    @inline(__always)
    static func isLess(_ left: Bits, _ right: Bits) -> Bool {
        if isNegative(left) != isNegative(right) { return isNegative(left) && (left | right) & ~signBit != 0 }
        return isNegative(left) ? left > right : left < right
    }

    /// Whether the two are equal; neither is a NaN.
    @inline(__always)
    static func isEqual(_ left: Bits, _ right: Bits) -> Bool {
        left == right || (left | right) & ~signBit == 0
    }
}

/// One SSE floating-point instruction under way: how MXCSR wants it done, and what happened in its lanes.
///
/// Exceptions come in two stages (SDM vol. 1, 11.5.3 and E.4.2): if the operands of any lane raise one that is not
/// masked, no lane is computed, and only the flags of this stage are set. That is why there are two sets of them.
struct FloatOperation {
    let control: UInt32
    /// Exceptions that the operands raised: invalid operation, denormal operand, division by zero.
    var before: UInt32 = 0
    /// Exceptions that results raised: overflow, underflow, precision.
    var after: UInt32 = 0

    @inline(__always)
    init(_ control: UInt32) { self.control = control }

    @inline(__always)
    var mode: RoundingMode {
        RoundingMode(rawValue: UInt8(truncatingIfNeeded: control >> MXCSR.roundingShift) & 3)
    }

    @inline(__always)
    var unmasked: UInt32 { ~(control >> MXCSR.maskShift) & MXCSR.exceptions }

    /// The operand, or the zero that counts for it if it is a denormal and denormals are zeros.
    @inline(__always)
    func operand<Lane: FloatLane>(_ bits: Lane.Bits, _: Lane.Type) -> Lane.Bits {
        if control & MXCSR.denormalsAreZeros != 0, Lane.isDenormal(bits) { return bits & Lane.signBit }
        return bits
    }

    /// Rounds a result that is not zero.
    @inline(__always)
    mutating func round<Lane: FloatLane>(_ value: Unpacked, _: Lane.Type) -> Lane.Bits {
        var context = FloatContext(
            mode: mode, format: Lane.format,
            unmasked: FloatExceptions(rawValue: UInt16(truncatingIfNeeded: unmasked)))
        let result = context.round(value)
        // A conversion from double can leave even the range that results have after an exception that is not masked
        // (SDM vol. 1, 4.9.1.4). It is inexact if the significand alone is.
        let isBeyond =
            value.exponent &+ Lane.format.biasAdjustment < Lane.format.minExponent && unmasked & MXCSR.underflow != 0
            || value.exponent &- Lane.format.biasAdjustment > Lane.format.maxExponent && unmasked & MXCSR.overflow != 0
        if _slowPath(isBeyond), value.significand &<< UInt64(Lane.format.precision) | value.fraction == 0 {
            context.exceptions.remove(.precision)
        }
        after |= UInt32(context.exceptions.rawValue)
        if context.isTiny, control & MXCSR.flushToZero != 0, unmasked & MXCSR.underflow == 0 {
            after |= MXCSR.underflow | MXCSR.precision
            return Lane.zero(isNegative: value.isNegative)
        }
        return Lane.pack(result)
    }

    /// The answer to an invalid operation.
    @inline(__always)
    mutating func invalid<Lane: FloatLane>(_: Lane.Type) -> Lane.Bits {
        before |= MXCSR.invalidOperation
        return Lane.indefinite
    }

    /// The NaN that comes of two operands of which one is a NaN: the first one, made quiet (SDM vol. 1, table 4-7).
    @inline(__always)
    mutating func propagate<Lane: FloatLane>(_ left: Lane.Bits, _ right: Lane.Bits, _: Lane.Type) -> Lane.Bits {
        if Lane.isSignalingNaN(left) || Lane.isSignalingNaN(right) { before |= MXCSR.invalidOperation }
        return (Lane.isNaN(left) ? left : right) | Lane.quietBit
    }

    @inline(__always)
    mutating func noteDenormal<Lane: FloatLane>(_ bits: Lane.Bits, _: Lane.Type) {
        if Lane.isDenormal(bits) { before |= MXCSR.denormalOperand }
    }
}

extension Core {
    /// Enters what happened in the lanes into MXCSR, and throws if any of it is not masked. To be called before the
    /// destination changes.
    @inline(__always)
    func finish(_ operation: FloatOperation) throws(Fault) {
        let unmasked = operation.unmasked
        if operation.before & unmasked != 0 {
            mxcsr |= operation.before
            throw simdException
        }
        mxcsr |= operation.before | operation.after
        if operation.after & unmasked != 0 { throw simdException }
    }

    /// #XM, or #UD if the operating system has not said that it handles that (SDM vol. 1, 11.5.4).
    private var simdException: Fault {
        state.pointee.cr4 & ControlRegister.osXMMExceptions != 0 ? Fault(Vector.simdFloatingPoint) : .invalidOpcode
    }
}
