/// Integer arithmetic on lanes: SDM vol. 1, 9.4 and 11.6, and vol. 2 under each instruction.
extension XMM {
    // MARK: Wrapping

    /// `paddb`.
    @inline(__always)
    func addingBytes(_ other: XMM) -> XMM { XMM(bytes &+ other.bytes) }
    /// `paddw`.
    @inline(__always)
    func addingWords(_ other: XMM) -> XMM { XMM(words &+ other.words) }
    /// `paddd`.
    @inline(__always)
    func addingDoublewords(_ other: XMM) -> XMM { XMM(doublewords &+ other.doublewords) }
    /// `paddq`.
    @inline(__always)
    func addingQuadwords(_ other: XMM) -> XMM { XMM(quadwords &+ other.quadwords) }
    /// `psubb`.
    @inline(__always)
    func subtractingBytes(_ other: XMM) -> XMM { XMM(bytes &- other.bytes) }
    /// `psubw`.
    @inline(__always)
    func subtractingWords(_ other: XMM) -> XMM { XMM(words &- other.words) }
    /// `psubd`.
    @inline(__always)
    func subtractingDoublewords(_ other: XMM) -> XMM { XMM(doublewords &- other.doublewords) }
    /// `psubq`.
    @inline(__always)
    func subtractingQuadwords(_ other: XMM) -> XMM { XMM(quadwords &- other.quadwords) }

    // MARK: Saturating

    /// `paddusb`.
    @inline(__always)
    func addingUnsignedSaturatedBytes(_ other: XMM) -> XMM {
        let sum = XMM(bytes &+ other.bytes)
        return sum | laneMask(sum.bytes .< bytes)
    }

    /// `paddusw`.
    @inline(__always)
    func addingUnsignedSaturatedWords(_ other: XMM) -> XMM {
        let sum = XMM(words &+ other.words)
        return sum | laneMask(sum.words .< words)
    }

    /// `psubusb`.
    @inline(__always)
    func subtractingUnsignedSaturatedBytes(_ other: XMM) -> XMM {
        XMM(bytes &- other.bytes) & laneMask(bytes .>= other.bytes)
    }

    /// `psubusw`.
    @inline(__always)
    func subtractingUnsignedSaturatedWords(_ other: XMM) -> XMM {
        XMM(words &- other.words) & laneMask(words .>= other.words)
    }

    /// `paddsb`. A sum overflows if its sign is that of neither operand; the operands' sign says where to.
    @inline(__always)
    func addingSignedSaturatedBytes(_ other: XMM) -> XMM {
        let sum = signedBytes &+ other.signedBytes
        let overflow = XMM(((signedBytes ^ sum) & (other.signedBytes ^ sum)) &>> 7)
        return XMM((signedBytes &>> 7) ^ 0x7F).selected(by: overflow, or: XMM(sum))
    }

    /// `paddsw`.
    @inline(__always)
    func addingSignedSaturatedWords(_ other: XMM) -> XMM {
        let sum = signedWords &+ other.signedWords
        let overflow = XMM(((signedWords ^ sum) & (other.signedWords ^ sum)) &>> 15)
        return XMM((signedWords &>> 15) ^ 0x7FFF).selected(by: overflow, or: XMM(sum))
    }

    /// `psubsb`.
    @inline(__always)
    func subtractingSignedSaturatedBytes(_ other: XMM) -> XMM {
        let difference = signedBytes &- other.signedBytes
        let overflow = XMM(((signedBytes ^ other.signedBytes) & (signedBytes ^ difference)) &>> 7)
        return XMM((signedBytes &>> 7) ^ 0x7F).selected(by: overflow, or: XMM(difference))
    }

    /// `psubsw`.
    @inline(__always)
    func subtractingSignedSaturatedWords(_ other: XMM) -> XMM {
        let difference = signedWords &- other.signedWords
        let overflow = XMM(((signedWords ^ other.signedWords) & (signedWords ^ difference)) &>> 15)
        return XMM((signedWords &>> 15) ^ 0x7FFF).selected(by: overflow, or: XMM(difference))
    }

    // MARK: Products

    /// `pmullw`.
    @inline(__always)
    func multiplyingLow(_ other: XMM) -> XMM { XMM(words &* other.words) }

    /// `pmulhw`.
    @inline(__always)
    func multiplyingHigh(_ other: XMM) -> XMM {
        let products =
            SIMD8<Int32>(truncatingIfNeeded: signedWords) &* SIMD8<Int32>(truncatingIfNeeded: other.signedWords)
        return XMM(SIMD8<Int16>(truncatingIfNeeded: products &>> 16))
    }

    /// `pmulhuw`.
    @inline(__always)
    func multiplyingHighUnsigned(_ other: XMM) -> XMM {
        let products = SIMD8<UInt32>(truncatingIfNeeded: words) &* SIMD8<UInt32>(truncatingIfNeeded: other.words)
        return XMM(SIMD8<UInt16>(truncatingIfNeeded: products &>> 16))
    }

    /// `pmaddwd`. The one sum that overflows, of two products of -8000h with itself, wraps.
    @inline(__always)
    func multiplyingAndAdding(_ other: XMM) -> XMM {
        let products =
            SIMD8<Int32>(truncatingIfNeeded: signedWords) &* SIMD8<Int32>(truncatingIfNeeded: other.signedWords)
        return XMM(products.evenHalf &+ products.oddHalf)
    }

    /// `pmuludq`.
    @inline(__always)
    func multiplyingDoublewords(_ other: XMM) -> XMM {
        XMM((quadwords & 0xFFFF_FFFF) &* (other.quadwords & 0xFFFF_FFFF))
    }

    // MARK: Averages, extremes, differences

    /// `pavgb`: rounded up. a + b = 2(a | b) - (a ^ b).
    @inline(__always)
    func averagingBytes(_ other: XMM) -> XMM {
        XMM((bytes | other.bytes) &- ((bytes ^ other.bytes) &>> 1))
    }

    /// `pavgw`.
    @inline(__always)
    func averagingWords(_ other: XMM) -> XMM {
        XMM((words | other.words) &- ((words ^ other.words) &>> 1))
    }

    /// `pminub`.
    @inline(__always)
    func minimumUnsignedBytes(_ other: XMM) -> XMM { XMM(bytes &- subtractingUnsignedSaturatedBytes(other).bytes) }
    /// `pmaxub`.
    @inline(__always)
    func maximumUnsignedBytes(_ other: XMM) -> XMM {
        XMM(other.bytes &+ subtractingUnsignedSaturatedBytes(other).bytes)
    }
    /// `pminsw`.
    @inline(__always)
    func minimumSignedWords(_ other: XMM) -> XMM { selected(by: laneMask(signedWords .< other.signedWords), or: other) }
    /// `pmaxsw`.
    @inline(__always)
    func maximumSignedWords(_ other: XMM) -> XMM { selected(by: laneMask(signedWords .> other.signedWords), or: other) }

    /// `psadbw`: in each half, the sum of the eight absolute differences.
    @inline(__always)
    func sumOfAbsoluteDifferences(_ other: XMM) -> XMM {
        let low = Self.sumOfAbsoluteDifferences(bytes.lowHalf, other.bytes.lowHalf)
        let high = Self.sumOfAbsoluteDifferences(bytes.highHalf, other.bytes.highHalf)
        return XMM(low, high)
    }

    @inline(__always)
    private static func sumOfAbsoluteDifferences(_ left: SIMD8<UInt8>, _ right: SIMD8<UInt8>) -> UInt64 {
        let differences = SIMD8<Int16>(truncatingIfNeeded: left) &- SIMD8<Int16>(truncatingIfNeeded: right)
        let signs = differences &>> 15
        return UInt64(truncatingIfNeeded: ((differences ^ signs) &- signs).wrappedSum())
    }

    // MARK: Comparisons and logic

    /// `pcmpeqb`.
    @inline(__always)
    func equalBytes(_ other: XMM) -> XMM { laneMask(bytes .== other.bytes) }
    /// `pcmpeqw`.
    @inline(__always)
    func equalWords(_ other: XMM) -> XMM { laneMask(words .== other.words) }
    /// `pcmpeqd`.
    @inline(__always)
    func equalDoublewords(_ other: XMM) -> XMM { laneMask(doublewords .== other.doublewords) }
    /// `pcmpgtb`.
    @inline(__always)
    func greaterBytes(_ other: XMM) -> XMM { laneMask(signedBytes .> other.signedBytes) }
    /// `pcmpgtw`.
    @inline(__always)
    func greaterWords(_ other: XMM) -> XMM { laneMask(signedWords .> other.signedWords) }
    /// `pcmpgtd`.
    @inline(__always)
    func greaterDoublewords(_ other: XMM) -> XMM { laneMask(signedDoublewords .> other.signedDoublewords) }

    @inline(__always)
    static func & (left: XMM, right: XMM) -> XMM { XMM(left.quadwords & right.quadwords) }
    @inline(__always)
    static func | (left: XMM, right: XMM) -> XMM { XMM(left.quadwords | right.quadwords) }
    @inline(__always)
    static func ^ (left: XMM, right: XMM) -> XMM { XMM(left.quadwords ^ right.quadwords) }
    @inline(__always)
    static prefix func ~ (value: XMM) -> XMM { XMM(~value.quadwords) }
}
