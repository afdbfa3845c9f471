/// Conversions from the extended format to those of memory. Denormal operands raise no exception here (SDM vol. 2, FST,
/// FIST, FBSTP).
extension FloatContext {
    /// The bits in the single-precision format, for a context of ``FloatFormat/single``.
    @inline(__always)
    mutating func single(_ value: Extended) -> UInt32 {
        if _fastPath(value.isNormal) { return roundForMemory(value.unpackedNormal).singleBits }
        if let answer = answerToNaN(value) { return UInt32(truncatingIfNeeded: special(answer, exponentBits: 8) >> 32) }
        if value.isZero || value.isInfinity {
            return UInt32(truncatingIfNeeded: special(value, exponentBits: 8) >> 32)
        }
        return roundForMemory(value.unpacked).singleBits
    }

    /// The bits in the double-precision format, for a context of ``FloatFormat/double``.
    @inline(__always)
    mutating func double(_ value: Extended) -> UInt64 {
        if _fastPath(value.isNormal) { return roundForMemory(value.unpackedNormal).doubleBits }
        if let answer = answerToNaN(value) { return special(answer, exponentBits: 11) }
        if value.isZero || value.isInfinity { return special(value, exponentBits: 11) }
        return roundForMemory(value.unpacked).doubleBits
    }

    /// Rounds. If overflow or underflow is not masked, nothing is stored, so nothing is inexact (SDM vol. 1, 8.5.4).
    @inline(__always)
    private mutating func roundForMemory(_ value: Unpacked) -> Unpacked {
        let result = round(value)
        if _slowPath(!exceptions.isDisjoint(with: unmasked.intersection([.overflow, .underflow]))) {
            exceptions.remove(.precision)
            roundedUp = false
        }
        return result
    }

    /// Zero, infinity or a NaN with a shorter exponent, at the top of 64 bits. The end of the fraction is cut off.
    private func special(_ value: Extended, exponentBits: UInt64) -> UInt64 {
        let sign = UInt64(value.signExponent >> 15) << 63
        let exponent = value.biasedExponent == 0 ? 0 : (~0 &<< (64 &- exponentBits)) >> 1 as UInt64
        return sign | exponent | (value.significand &<< 1) &>> (exponentBits &+ 1)
    }

    /// The integer of `bits` (16, 32 or 64); the integer indefinite, which is the smallest one, if it does not fit.
    @inline(__always)
    mutating func integer(_ value: Extended, bits: UInt64, _ mode: RoundingMode) -> Int64 {
        let indefinite = Int64(truncatingIfNeeded: ~0 as UInt64 &<< (bits &- 1))
        if value.isZero { return 0 }
        guard !value.isNaNOrUnsupported, !value.isInfinity, let rounded = value.unpacked.integer(mode),
            let integer = rounded.signed(isNegative: value.isNegative, bits: bits)
        else {
            exceptions.formUnion(.invalid)
            return indefinite
        }
        if !rounded.isExact { exceptions.formUnion(.precision) }
        roundedUp = rounded.roundedUp
        return integer
    }

    /// Eighteen packed decimal digits and the sign; the packed decimal indefinite if they do not suffice.
    mutating func packedDecimal(_ value: Extended) -> (low: UInt64, high: UInt16) {
        let sign: UInt16 = value.isNegative ? 0x8000 : 0
        if value.isZero { return (0, sign) }
        guard !value.isNaNOrUnsupported, !value.isInfinity, let rounded = value.unpacked.integer(mode),
            rounded.magnitude < 1_000_000_000_000_000_000
        else {
            exceptions.formUnion(.invalid)
            return (0xC000_0000_0000_0000, 0xFFFF)
        }
        if !rounded.isExact { exceptions.formUnion(.precision) }
        roundedUp = rounded.roundedUp
        var rest = rounded.magnitude
        var low: UInt64 = 0
        for index in 0..<16 {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            low |= digit &<< UInt64(4 * index)
            rest = quotient
        }
        return (low, sign | UInt16(truncatingIfNeeded: rest % 10 | (rest / 10) &<< 4))
    }
}
