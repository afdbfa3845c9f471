/// Lanes that change places: packs, unpacks, shuffles, masks of signs (SDM vol. 1, 9.4.4, 9.4.5, 10.4.4 and 11.4.1.5).
extension XMM {
    // MARK: Packs
    //
    // Of eight words or four doublewords to eight bytes. An MMX instruction packs both its operands in one go, an XMM
    // instruction one after the other.

    /// The low half of `packsswb`.
    @inline(__always)
    var packedSignedWords: UInt64 {
        let low = SIMD8<Int16>(repeating: -0x80)
        let high = SIMD8<Int16>(repeating: 0x7F)
        return unsafeBitCast(
            SIMD8<Int8>(truncatingIfNeeded: signedWords.clamped(lowerBound: low, upperBound: high)), to: UInt64.self)
    }

    /// The low half of `packuswb`.
    @inline(__always)
    var packedUnsignedWords: UInt64 {
        let low = SIMD8<Int16>(repeating: 0)
        let high = SIMD8<Int16>(repeating: 0xFF)
        return unsafeBitCast(
            SIMD8<Int8>(truncatingIfNeeded: signedWords.clamped(lowerBound: low, upperBound: high)), to: UInt64.self)
    }

    /// The low half of `packssdw`.
    @inline(__always)
    var packedSignedDoublewords: UInt64 {
        let low = SIMD4<Int32>(repeating: -0x8000)
        let high = SIMD4<Int32>(repeating: 0x7FFF)
        return unsafeBitCast(
            SIMD4<Int16>(truncatingIfNeeded: signedDoublewords.clamped(lowerBound: low, upperBound: high)),
            to: UInt64.self)
    }

    // MARK: Unpacks

    /// `punpcklbw`. On MMX registers, the low quadword is the result of `punpcklbw` and the high one of `punpckhbw`;
    /// the same holds for the other widths.
    @inline(__always)
    func unpackingLowBytes(_ other: XMM) -> XMM {
        var result = SIMD16<UInt8>()
        result.evenHalf = bytes.lowHalf
        result.oddHalf = other.bytes.lowHalf
        return XMM(result)
    }

    /// `punpckhbw`.
    @inline(__always)
    func unpackingHighBytes(_ other: XMM) -> XMM {
        var result = SIMD16<UInt8>()
        result.evenHalf = bytes.highHalf
        result.oddHalf = other.bytes.highHalf
        return XMM(result)
    }

    /// `punpcklwd`.
    @inline(__always)
    func unpackingLowWords(_ other: XMM) -> XMM {
        var result = SIMD8<UInt16>()
        result.evenHalf = words.lowHalf
        result.oddHalf = other.words.lowHalf
        return XMM(result)
    }

    /// `punpckhwd`.
    @inline(__always)
    func unpackingHighWords(_ other: XMM) -> XMM {
        var result = SIMD8<UInt16>()
        result.evenHalf = words.highHalf
        result.oddHalf = other.words.highHalf
        return XMM(result)
    }

    /// `punpckldq`, `unpcklps`.
    @inline(__always)
    func unpackingLowDoublewords(_ other: XMM) -> XMM {
        XMM(SIMD4(doublewords[0], other.doublewords[0], doublewords[1], other.doublewords[1]))
    }

    /// `punpckhdq`, `unpckhps`.
    @inline(__always)
    func unpackingHighDoublewords(_ other: XMM) -> XMM {
        XMM(SIMD4(doublewords[2], other.doublewords[2], doublewords[3], other.doublewords[3]))
    }

    /// `punpcklqdq`, `unpcklpd`, `movlhps`.
    @inline(__always)
    func unpackingLowQuadwords(_ other: XMM) -> XMM { XMM(low, other.low) }
    /// `punpckhqdq`, `unpckhpd`.
    @inline(__always)
    func unpackingHighQuadwords(_ other: XMM) -> XMM { XMM(high, other.high) }

    // MARK: Shuffles
    //
    // Two bits of `order` choose the source of each lane, the lowest bits that of the lowest lane.

    /// `pshufd`.
    @inline(__always)
    func shufflingDoublewords(_ order: UInt32) -> XMM { shufflingSingles(self, order) }

    /// `shufps`: the two low lanes from `self`, the two high ones from `other`.
    @inline(__always)
    func shufflingSingles(_ other: XMM, _ order: UInt32) -> XMM {
        XMM(
            UInt64(doubleword(order)) | UInt64(doubleword(order >> 2)) << 32,
            UInt64(other.doubleword(order >> 4)) | UInt64(other.doubleword(order >> 6)) << 32)
    }

    @inline(__always)
    private func doubleword(_ index: UInt32) -> UInt32 {
        let half = index & 2 == 0 ? low : high
        return UInt32(truncatingIfNeeded: half &>> UInt64((index & 1) << 5))
    }

    /// `shufpd`.
    @inline(__always)
    func shufflingDoubles(_ other: XMM, _ order: UInt32) -> XMM {
        XMM(order & 1 == 0 ? low : high, order & 2 == 0 ? other.low : other.high)
    }

    /// `pshuflw`, and `pshufw` in the low quadword.
    @inline(__always)
    func shufflingLowWords(_ order: UInt32) -> XMM { XMM(Self.shuffleWords(low, order), high) }
    /// `pshufhw`.
    @inline(__always)
    func shufflingHighWords(_ order: UInt32) -> XMM { XMM(low, Self.shuffleWords(high, order)) }

    @inline(__always)
    private static func shuffleWords(_ source: UInt64, _ order: UInt32) -> UInt64 {
        var result: UInt64 = 0
        for lane in 0..<4 as Range<UInt64> {
            let from = UInt64(order >> UInt32(truncatingIfNeeded: lane * 2) & 3)
            result |= (source &>> (from &* 16) & 0xFFFF) &<< (lane &* 16)
        }
        return result
    }

    // MARK: Single words and signs

    /// `pextrw`: the word with number `index` (modulo 8).
    @inline(__always)
    func word(_ index: UInt32) -> UInt16 {
        let half = index & 4 == 0 ? low : high
        return UInt16(truncatingIfNeeded: half &>> UInt64((index & 3) << 4))
    }

    /// `pinsrw`: with `word` in the place with number `index` (modulo 8).
    @inline(__always)
    func inserting(_ word: UInt16, at index: UInt32) -> XMM {
        let shift = UInt64((index & 3) << 4)
        let mask = 0xFFFF as UInt64 &<< shift
        let bits = UInt64(word) &<< shift
        return index & 4 == 0 ? XMM(low & ~mask | bits, high) : XMM(low, high & ~mask | bits)
    }

    /// `pmovmskb`: the top bit of each byte. The multiplication gathers eight bits that are eight apart into the top
    /// byte; no two of its partial products meet in a bit.
    @inline(__always)
    var byteSigns: UInt32 { Self.byteSigns(low) | Self.byteSigns(high) << 8 }

    @inline(__always)
    private static func byteSigns(_ half: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: ((half & 0x8080_8080_8080_8080) >> 7 &* 0x0102_0408_1020_4080) >> 56)
    }

    /// `movmskps`.
    @inline(__always)
    var singleSigns: UInt32 {
        UInt32(truncatingIfNeeded: low >> 31 & 1 | low >> 62 & 2 | (high >> 31 & 1) << 2 | (high >> 62 & 2) << 2)
    }

    /// `movmskpd`.
    @inline(__always)
    var doubleSigns: UInt32 { UInt32(truncatingIfNeeded: low >> 63 | high >> 62 & 2) }
}
