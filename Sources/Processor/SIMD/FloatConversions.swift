/// Conversions between integers and the two floating-point formats (SDM vol. 1, 11.4.1.6 and 4.9.1.1).
///
/// Where the host's conversion is the same, which here shows also whether it is exact, the host converts: it rounds to
/// nearest, and the way back tells what was lost.
extension FloatOperation {
    /// The doubleword that stands for what does not fit: the integer indefinite.
    static let indefiniteInteger: UInt32 = 0x8000_0000

    /// A doubleword integer. Denormals are no exception here.
    @inline(__always)
    mutating func integer<Lane: FloatLane>(_ bits: Lane.Bits, truncates: Bool, _: Lane.Type) -> UInt32 {
        let value = operand(bits, Lane.self)
        if truncates || mode == .nearest, let integer = Self.hostInteger(Lane.double(value), truncates: truncates) {
            if Double(integer) != Lane.double(value) { after |= MXCSR.precision }
            return UInt32(bitPattern: integer)
        }
        if Lane.isZero(value) { return 0 }
        if Lane.isNaN(value) || Lane.isInfinity(value) { return invalidInteger() }
        let unpacked = Lane.unpack(value)
        guard let rounded = unpacked.integer(truncates ? .zero : mode),
            let integer = rounded.signed(isNegative: unpacked.isNegative, bits: 32)
        else { return invalidInteger() }
        if !rounded.isExact { after |= MXCSR.precision }
        return UInt32(truncatingIfNeeded: integer)
    }

    /// Truncated, or rounded to nearest; nil for NaNs and where the result might not fit.
    @inline(__always)
    private static func hostInteger(_ number: Double, truncates: Bool) -> Int32? {
        guard number.magnitude < 0x7FFF_FFFF else { return nil }
        // At 2^52 the distance of doubles is 1, so that the sum is rounded to an integer, ties to even.
        let shift = 0x1.8p52
        return Int32(truncates ? number : number + shift - shift)
    }

    private mutating func invalidInteger() -> UInt32 {
        before |= MXCSR.invalidOperation
        return Self.indefiniteInteger
    }

    /// A floating-point number for a doubleword integer.
    @inline(__always)
    mutating func float<Lane: FloatLane>(_ integer: UInt32, _: Lane.Type) -> Lane.Bits {
        let signed = Int32(bitPattern: integer)
        if signed == 0 { return 0 }
        if mode == .nearest {
            let (bits, number) = Lane.host(Double(signed))
            if number != Double(signed) { after |= MXCSR.precision }
            return bits
        }
        let value = Unpacked(isNegative: signed < 0, exponent: 63, normalizing: UInt64(signed.magnitude))
        return round(value, Lane.self)
    }

    /// A double for a single: always exact.
    @inline(__always)
    mutating func double(_ single: UInt32) -> UInt64 {
        let value = operand(single, SingleLane.self)
        if SingleLane.isOrdinary(value) && !SingleLane.isInfinity(value) { return SingleLane.double(value).bitPattern }
        let sign = UInt64(value & SingleLane.signBit) << 32
        if SingleLane.isZero(value) { return sign }
        if SingleLane.isInfinity(value) { return sign | DoubleLane.infinity }
        if SingleLane.isNaN(value) {
            let quiet = propagate(value, value, SingleLane.self)
            return sign | DoubleLane.infinity | UInt64(quiet & 0x7F_FFFF) << 29
        }
        noteDenormal(value, SingleLane.self)
        return Unpacked(single: value).doubleBits
    }

    /// A single for a double. A NaN loses the low bits of its payload.
    @inline(__always)
    mutating func single(_ double: UInt64) -> UInt32 {
        let value = operand(double, DoubleLane.self)
        if mode == .nearest {
            let (bits, number) = SingleLane.host(DoubleLane.double(value))
            if SingleLane.isSafe(bits) {
                if number != DoubleLane.double(value) { after |= MXCSR.precision }
                return bits
            }
        }
        let sign = UInt32(truncatingIfNeeded: value >> 32) & SingleLane.signBit
        if DoubleLane.isZero(value) { return sign }
        if DoubleLane.isInfinity(value) { return sign | SingleLane.infinity }
        if DoubleLane.isNaN(value) {
            let quiet = propagate(value, value, DoubleLane.self)
            return sign | SingleLane.infinity | UInt32(truncatingIfNeeded: quiet >> 29) & 0x7F_FFFF
        }
        noteDenormal(value, DoubleLane.self)
        return round(Unpacked(double: value), SingleLane.self)
    }
}
