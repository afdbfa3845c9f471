/// Floating-point arithmetic in integers: what the x87 FPU and SSE share.
///
/// **Constraint.** Results, exception flags and the direction of rounding must be those of the manual, bit for bit, in
/// every rounding mode and precision and on every host; no host type does that (none has 64 bits of significand
/// everywhere, and none tells its flags cheaply). And it must be fast: a processor that is emulated adds as often as a
/// real one.
///
/// **Choice.** Between two steps: *operations* on ``Unpacked`` values, finite and not zero, whose result is the exact
/// one in the sense that rounding cannot tell it from the exact one (64 bits, 64 more, the last of them sticky); then
/// one *rounding* to a ``FloatFormat`` by a ``FloatContext``, which also finds overflow, underflow and inexactness.
/// Zeros, infinities, NaNs and denormal operands are for the two instruction sets, whose rules differ. Everything is
/// plain data in registers, and is inlined where it is used: for a context that is a constant
/// (``FloatContext/usual(_:)``) the compiler makes a short cut of the very pieces that are the definition, so that
/// nothing has to be written or proved twice. What depends on the operands' bits alone (which one is larger, where the
/// result's first bit is, whether it is rounded up) is computed without branches, which the host could not predict.
///
/// **Example.** 1 + 2⁻⁷⁰ is significand 8000000000000000h, fraction 0200000000000000h. To nearest the fraction is below
/// one half: the result is 1, and inexact. Upward, the significand becomes 8000000000000001h and C1 says "up".
struct Unpacked {
    var isNegative: Bool
    /// The value is ±(significand.fraction / 2⁶³) · 2^exponent.
    var exponent: Int32
    /// Bit 63 is set, except in the result of an operation that is exactly zero, and in a rounded denormal.
    var significand: UInt64
    /// The 64 bits that follow; the last one stands for all that are lost.
    var fraction: UInt64

    @inline(__always)
    init(isNegative: Bool, exponent: Int32, significand: UInt64, fraction: UInt64 = 0) {
        self.isNegative = isNegative
        self.exponent = exponent
        self.significand = significand
        self.fraction = fraction
    }

    /// The value of `significand` · 2^(exponent - 63), which need not be normalized but is not zero.
    @inline(__always)
    init(isNegative: Bool, exponent: Int32, normalizing significand: UInt64) {
        let shift = significand.leadingZeroBitCount
        self.isNegative = isNegative
        self.exponent = exponent &- Int32(truncatingIfNeeded: shift)
        self.significand = significand &<< UInt64(truncatingIfNeeded: shift)
        fraction = 0
    }

    @inline(__always)
    var isZero: Bool { significand == 0 }
}

/// How to round: the RC field of the x87 control word and of MXCSR.
struct RoundingMode: Equatable {
    let rawValue: UInt8

    static let nearest = RoundingMode(rawValue: 0)
    static let down = RoundingMode(rawValue: 1)
    static let up = RoundingMode(rawValue: 2)
    static let zero = RoundingMode(rawValue: 3)

    /// 1 if a significand with `rest` behind it (0.5 is 1 << 63) becomes the next larger one, else 0. `isOdd` is the
    /// significand's last bit.
    @inline(__always)
    func increment(isNegative: Bool, isOdd: UInt64, rest: UInt64) -> UInt64 {
        let limit: UInt64 =
            if self == .nearest {
                1 << 63 &- 1 &+ isOdd
            } else {
                self == (isNegative ? .down : .up) ? ~0 : 0
            }
        return rest.addingReportingOverflow(limit).overflow ? 1 : 0
    }

    /// Whether overflow gives infinity, and not the largest finite number.
    @inline(__always)
    func overflowsToInfinity(isNegative: Bool) -> Bool {
        self == .nearest || self == (isNegative ? .down : .up)
    }
}

/// The six exceptions, in the order that the x87 status word and MXCSR share.
struct FloatExceptions: OptionSet {
    let rawValue: UInt16

    static let invalid = FloatExceptions(rawValue: 1 << 0)
    static let denormal = FloatExceptions(rawValue: 1 << 1)
    static let zeroDivide = FloatExceptions(rawValue: 1 << 2)
    static let overflow = FloatExceptions(rawValue: 1 << 3)
    static let underflow = FloatExceptions(rawValue: 1 << 4)
    static let precision = FloatExceptions(rawValue: 1 << 5)
    /// Those that an instruction finds before it computes anything: unmasked, they leave the destination alone.
    static let before: FloatExceptions = [.invalid, .denormal, .zeroDivide]
}

/// What a result has to fit into.
struct FloatFormat {
    /// Bits of the significand: 24, 53 or 64.
    var precision: UInt32
    /// The exponent of the smallest normal number.
    var minExponent: Int32
    /// The exponent of the largest finite number.
    var maxExponent: Int32
    /// What is added to the exponent of a result that underflowed while the exception is not masked, and subtracted
    /// after overflow (SDM vol. 1, 4.9.1.4).
    var biasAdjustment: Int32

    static let single = FloatFormat(precision: 24, minExponent: -126, maxExponent: 127, biasAdjustment: 192)
    static let double = FloatFormat(precision: 53, minExponent: -1022, maxExponent: 1023, biasAdjustment: 1536)
    static let extended = FloatFormat(precision: 64, minExponent: -16382, maxExponent: 16383, biasAdjustment: 24576)
}

/// Rounds, and collects what happened.
struct FloatContext {
    let mode: RoundingMode
    let format: FloatFormat
    /// The exceptions that are not masked.
    let unmasked: FloatExceptions
    /// (An empty literal would be an array, which something has to release.)
    var exceptions = FloatExceptions(rawValue: 0)
    /// The magnitude of the result is larger than that of the exact one: C1 of the x87.
    var roundedUp = false
    /// The result lay below the normal numbers, exact or not.
    var isTiny = false

    @inline(__always)
    init(mode: RoundingMode, format: FloatFormat, unmasked: FloatExceptions) {
        self.mode = mode
        self.format = format
        self.unmasked = unmasked
    }

    /// To nearest, everything masked: what nearly all programs leave as it was.
    @inline(__always)
    static func usual(_ format: FloatFormat = .extended) -> FloatContext {
        FloatContext(mode: .nearest, format: format, unmasked: [])
    }

    /// Rounds a number that is not zero.
    ///
    /// In the result, an exponent of `maxExponent + 1` means infinity; a significand without bit 63 is denormal or
    /// zero, with an exponent of `minExponent`. After overflow or underflow that is not masked the exponent is
    /// adjusted.
    @inline(__always)
    mutating func round(_ value: Unpacked) -> Unpacked {
        guard _fastPath(value.exponent >= format.minExponent) else { return aside { $0.roundTiny(value) } }
        let result = roundSignificand(value)
        guard _fastPath(result.exponent <= format.maxExponent) else { return aside { $0.overflow(result) } }
        return result
    }

    /// Rounds a number if it is, before and after, one of the normal ones; nil, and nothing that counts, if not.
    @inline(__always)
    mutating func roundNormal(_ value: Unpacked) -> Unpacked? {
        let result = roundSignificand(value)
        return _fastPath(value.exponent >= format.minExponent && result.exponent <= format.maxExponent) ? result : nil
    }

    /// Calls a function that is not inlined with a copy, so that the original can stay in registers, or be a constant.
    @inline(__always)
    mutating func aside<Result>(_ body: (inout FloatContext) -> Result) -> Result {
        var copy = self
        let result = body(&copy)
        self = copy
        return result
    }

    /// Rounds to the format's precision as if exponents had no bounds.
    @inline(__always)
    private mutating func roundSignificand(_ value: Unpacked) -> Unpacked {
        var result = value
        let dropped = UInt64(truncatingIfNeeded: 64 &- format.precision)
        let rest: UInt64
        if dropped == 0 {
            rest = value.fraction
        } else {
            rest = value.significand &<< (64 &- dropped) | (value.fraction != 0 ? 1 : 0)
            result.significand &= ~0 &<< dropped
        }
        result.fraction = 0
        let isOdd = result.significand &>> dropped & 1
        let increment = mode.increment(isNegative: value.isNegative, isOdd: isOdd, rest: rest)
        exceptions.formUnion(rest != 0 ? .precision : [])
        roundedUp = increment != 0
        // The carry leaves a significand of zero. A denormal's goes into bit 63 instead.
        let (sum, carry) = result.significand.addingReportingOverflow(increment &<< dropped)
        result.significand = sum | (carry ? 1 : 0) &<< 63
        result.exponent &+= carry ? 1 : 0
        return result
    }

    @inline(never)
    private mutating func overflow(_ rounded: Unpacked) -> Unpacked {
        var result = rounded
        exceptions.formUnion(.overflow)
        if unmasked.contains(.overflow) {
            result.exponent &-= format.biasAdjustment
            if result.exponent <= format.maxExponent { return result }
            // Too large even so: only `fscale` can do that, and its result is infinity (SDM vol. 1, 8.5.4).
            exceptions.formUnion(.precision)
            roundedUp = true
            return Unpacked(isNegative: rounded.isNegative, exponent: format.maxExponent &+ 1, significand: 1 << 63)
        }
        exceptions.formUnion(.precision)
        return overflowed(isNegative: rounded.isNegative)
    }

    /// Infinity or the largest finite number, as the rounding mode says.
    private mutating func overflowed(isNegative: Bool) -> Unpacked {
        if mode.overflowsToInfinity(isNegative: isNegative) {
            roundedUp = true
            return Unpacked(isNegative: isNegative, exponent: format.maxExponent &+ 1, significand: 1 << 63)
        }
        roundedUp = false
        return Unpacked(
            isNegative: isNegative, exponent: format.maxExponent,
            significand: ~0 &<< UInt64(truncatingIfNeeded: 64 &- format.precision))
    }

    /// Rounds a number below the normal ones. Tininess is detected after rounding (SDM vol. 1, 4.9.1.5).
    @inline(never)
    private mutating func roundTiny(_ value: Unpacked) -> Unpacked {
        var unbounded = self
        var result = unbounded.roundSignificand(value)
        isTiny = result.exponent < format.minExponent
        if isTiny && unmasked.contains(.underflow) {
            result.exponent &+= format.biasAdjustment
            if result.exponent >= format.minExponent {
                self = unbounded
            } else {
                // Too small even so: only `fscale` can do that, and its result is zero (SDM vol. 1, 8.5.5).
                exceptions.formUnion(.precision)
                result = Unpacked(isNegative: value.isNegative, exponent: format.minExponent, significand: 0)
            }
            isTiny = true
            exceptions.formUnion(.underflow)
            return result
        }
        let distance = UInt32(truncatingIfNeeded: format.minExponent &- value.exponent)
        var denormal = value
        (denormal.significand, denormal.fraction) = shiftRight(value.significand, value.fraction, by: distance)
        denormal.exponent = format.minExponent
        let wasExact = !exceptions.contains(.precision)
        exceptions.remove(.precision)
        denormal = roundSignificand(denormal)
        if isTiny && exceptions.contains(.precision) { exceptions.formUnion(.underflow) }
        if !wasExact { exceptions.formUnion(.precision) }
        return denormal
    }
}

/// Shifts 128 bits to the right; bits that are lost leave a 1 in the last place.
@inline(__always)
func shiftRight(_ high: UInt64, _ low: UInt64 = 0, by distance: UInt32) -> (high: UInt64, low: UInt64) {
    let count = UInt64(distance)
    if _fastPath(distance < 64) {
        // In two steps, since a shift by 64 would be none.
        let rest = 63 &- count
        let lost = (low &<< rest) &<< 1
        return (high &>> count, (high &<< rest) &<< 1 | low &>> count | (lost != 0 ? 1 : 0))
    }
    if distance == 64 { return (0, high | (low != 0 ? 1 : 0)) }
    if distance < 128 {
        let lost = high &<< (128 &- count) | low
        return (0, high &>> (count &- 64) | (lost != 0 ? 1 : 0))
    }
    return (0, high | low != 0 ? 1 : 0)
}
