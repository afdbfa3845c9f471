/// Shifts of lanes. The count is 64 bits of a register or of memory, or an immediate byte; one beyond the lane's width
/// shifts everything out (SDM vol. 2, PSLLW, PSRLW, PSRAW).
extension XMM {
    /// `psllw`.
    @inline(__always)
    func shiftedLeftWords(_ count: UInt64) -> XMM {
        count > 15 ? XMM() : XMM(words &<< SIMD8(repeating: UInt16(truncatingIfNeeded: count)))
    }

    /// `pslld`.
    @inline(__always)
    func shiftedLeftDoublewords(_ count: UInt64) -> XMM {
        count > 31 ? XMM() : XMM(doublewords &<< SIMD4(repeating: UInt32(truncatingIfNeeded: count)))
    }

    /// `psllq`.
    @inline(__always)
    func shiftedLeftQuadwords(_ count: UInt64) -> XMM {
        count > 63 ? XMM() : XMM(quadwords &<< SIMD2(repeating: count))
    }

    /// `psrlw`.
    @inline(__always)
    func shiftedRightWords(_ count: UInt64) -> XMM {
        count > 15 ? XMM() : XMM(words &>> SIMD8(repeating: UInt16(truncatingIfNeeded: count)))
    }

    /// `psrld`.
    @inline(__always)
    func shiftedRightDoublewords(_ count: UInt64) -> XMM {
        count > 31 ? XMM() : XMM(doublewords &>> SIMD4(repeating: UInt32(truncatingIfNeeded: count)))
    }

    /// `psrlq`.
    @inline(__always)
    func shiftedRightQuadwords(_ count: UInt64) -> XMM {
        count > 63 ? XMM() : XMM(quadwords &>> SIMD2(repeating: count))
    }

    /// `psraw`: a count beyond the width leaves the sign in every bit.
    @inline(__always)
    func shiftedRightArithmeticWords(_ count: UInt64) -> XMM {
        XMM(signedWords &>> SIMD8(repeating: Int16(truncatingIfNeeded: min(count, 15))))
    }

    /// `psrad`.
    @inline(__always)
    func shiftedRightArithmeticDoublewords(_ count: UInt64) -> XMM {
        XMM(signedDoublewords &>> SIMD4(repeating: Int32(truncatingIfNeeded: min(count, 31))))
    }

    /// `pslldq`: `count` in bytes.
    @inline(__always)
    func shiftedLeftBytes(_ count: UInt64) -> XMM {
        let bits = count &* 8
        if count == 0 { return self }
        if count > 15 { return XMM() }
        if count > 7 { return XMM(0, low &<< (bits &- 64)) }
        return XMM(low &<< bits, high &<< bits | low &>> (64 &- bits))
    }

    /// `psrldq`: `count` in bytes.
    @inline(__always)
    func shiftedRightBytes(_ count: UInt64) -> XMM {
        let bits = count &* 8
        if count == 0 { return self }
        if count > 15 { return XMM() }
        if count > 7 { return XMM(high &>> (bits &- 64), 0) }
        return XMM(low &>> bits | high &<< (64 &- bits), high &>> bits)
    }
}
