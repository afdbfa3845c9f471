/// Multiplication and division.
///
/// #DE comes before any register changes. The flags that the manual leaves undefined: after a multiplication SF, ZF and
/// PF follow the low half of the product and AF is clear; a division leaves all flags alone.
extension Core {
    /// The flags of a multiplication: CF and OF say that the low half is not the whole product.
    @inline(__always)
    func setProductFlags<T: Operand>(_ low: T, overflow: Bool) {
        flags = LazyFlags(result: signExtended(low), carries: overflow ? 0x8000_0000 : 0)
    }

    /// Two- and three-operand `imul` of 32 bits.
    @inline(__always)
    func multiplySigned32(_ destination: UInt8, _ left: UInt32, _ right: UInt32) {
        let product = Int64(Int32(bitPattern: left)) &* Int64(Int32(bitPattern: right))
        let low = UInt32(truncatingIfNeeded: product)
        setProductFlags(low, overflow: product != Int64(Int32(bitPattern: low)))
        setRegister(destination, low)
    }

    @inline(__always)
    func multiplySigned16(_ destination: UInt8, _ left: UInt16, _ right: UInt16) {
        let product = Int32(Int16(bitPattern: left)) &* Int32(Int16(bitPattern: right))
        let low = UInt16(truncatingIfNeeded: product)
        setProductFlags(low, overflow: product != Int32(Int16(bitPattern: low)))
        set(destination, low)
    }

    // MARK: Into the double accumulator

    /// Puts a double-width result into AX, DX:AX or EDX:EAX.
    @inline(__always)
    private func setDoubleAccumulator<T: Operand>(_: T.Type, low: T, high: T) {
        setAccumulator(low)
        if T.bitWidth == 8 {
            // AH is at byte offset 1.
            set(1, high)
        } else {
            set(2, high)
        }
    }

    @inline(__always)
    private func doubleAccumulator<T: Operand>(_: T.Type) -> UInt64 {
        let low: T = accumulator()
        let high: T = T.bitWidth == 8 ? get(1) : get(2)
        return UInt64(truncatingIfNeeded: high) << UInt64(T.bitWidth) | UInt64(truncatingIfNeeded: low)
    }

    @inline(__always)
    func multiply<T: Operand>(_ factor: T) {
        let product = (accumulator() as T).multipliedFullWidth(by: factor)
        let low = T(truncatingIfNeeded: product.low)
        setDoubleAccumulator(T.self, low: low, high: product.high)
        setProductFlags(low, overflow: product.high != 0)
    }

    @inline(__always)
    func multiplySigned<T: Operand>(_ factor: T) {
        let left = Int64(T.SignedOperand(truncatingIfNeeded: accumulator() as T))
        let product = left &* Int64(T.SignedOperand(truncatingIfNeeded: factor))
        let low = T(truncatingIfNeeded: product)
        setDoubleAccumulator(T.self, low: low, high: T(truncatingIfNeeded: product >> Int64(T.bitWidth)))
        setProductFlags(low, overflow: product != Int64(T.SignedOperand(truncatingIfNeeded: low)))
    }

    @inline(never)
    func divide<T: Operand>(_ divisor: T) throws(Fault) {
        guard divisor != 0 else { throw .divideError }
        let dividend = doubleAccumulator(T.self)
        let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: UInt64(truncatingIfNeeded: divisor))
        guard quotient <= UInt64(truncatingIfNeeded: T.max) else { throw .divideError }
        setDoubleAccumulator(T.self, low: T(truncatingIfNeeded: quotient), high: T(truncatingIfNeeded: remainder))
    }

    @inline(never)
    func divideSigned<T: Operand>(_ divisor: T) throws(Fault) {
        guard divisor != 0 else { throw .divideError }
        let signedDivisor = Int64(T.SignedOperand(truncatingIfNeeded: divisor))
        let unused = Int64(64 - 2 * T.bitWidth)
        let dividend = (Int64(bitPattern: doubleAccumulator(T.self)) << unused) >> unused
        // Of magnitudes, because hosts divide numbers of 32 bits faster and signs cannot be foreseen.
        let magnitude = dividend.magnitude.quotientAndRemainder(dividingBy: signedDivisor.magnitude)
        // All ones where the quotient, or the remainder, is negative.
        let quotientSign = UInt64(bitPattern: (dividend ^ signedDivisor) >> 63)
        let remainderSign = UInt64(bitPattern: dividend >> 63)
        guard magnitude.quotient <= UInt64(T.SignedOperand.max) &- quotientSign else { throw .divideError }
        let quotient = (magnitude.quotient ^ quotientSign) &- quotientSign
        let remainder = (magnitude.remainder ^ remainderSign) &- remainderSign
        setDoubleAccumulator(T.self, low: T(truncatingIfNeeded: quotient), high: T(truncatingIfNeeded: remainder))
    }
}
