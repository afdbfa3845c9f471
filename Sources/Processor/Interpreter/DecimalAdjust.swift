/// Decimal arithmetic: `daa`, `das`, `aaa`, `aas`, `aam`, `aad`.
///
/// The algorithms are the SDM's (vol. 2). Flags that it leaves undefined follow AL; OF is clear.
extension Core {
    private var al: UInt8 {
        get { get(0) }
        nonmutating set { set(0, newValue) }
    }

    private func setDecimalFlags(carry: Bool, adjust: Bool) {
        let carries: UInt32 = (carry ? 0xC000_0000 : 0) | (adjust ? 8 : 0)
        flags = LazyFlags(result: signExtended(al), carries: carries)
    }

    func decimalAdjustAfterAddition() {
        let old = al
        var carry = flags.carry
        let adjust = old & 15 > 9 || flags.adjust
        let large = old > 0x99 || carry
        if adjust { al = al &+ 6 }
        if large { al = al &+ 0x60 }
        carry = large
        setDecimalFlags(carry: carry, adjust: adjust)
    }

    func decimalAdjustAfterSubtraction() {
        let old = al
        let oldCarry = flags.carry
        let adjust = old & 15 > 9 || flags.adjust
        let large = old > 0x99 || oldCarry
        var carry = large
        if adjust {
            carry = carry || old < 6
            al = al &- 6
        }
        if large { al = al &- 0x60 }
        setDecimalFlags(carry: carry, adjust: adjust)
    }

    func asciiAdjustAfterAddition() {
        let adjust = al & 15 > 9 || flags.adjust
        if adjust { set(0, (get(0) as UInt16) &+ 0x106) }
        al &= 15
        setDecimalFlags(carry: adjust, adjust: adjust)
    }

    func asciiAdjustAfterSubtraction() {
        let adjust = al & 15 > 9 || flags.adjust
        if adjust { set(0, (get(0) as UInt16) &- 0x106) }
        al &= 15
        setDecimalFlags(carry: adjust, adjust: adjust)
    }

    /// `aam` with its base, which is 10 in the documented form.
    func asciiAdjustAfterMultiplication(base: UInt8) throws(Fault) {
        guard base != 0 else { throw .divideError }
        let (tens, ones) = al.quotientAndRemainder(dividingBy: base)
        set(0, UInt16(tens) << 8 | UInt16(ones))
        setFlags(logical: ones)
    }

    func asciiAdjustBeforeDivision(base: UInt8) {
        let both: UInt16 = get(0)
        let low = UInt8(truncatingIfNeeded: both) &+ UInt8(truncatingIfNeeded: both >> 8) &* base
        set(0, UInt16(low))
        setFlags(logical: low)
    }
}
