/// Shifts and rotates.
///
/// Counts are taken modulo 32. A count of 0 changes neither operand nor flags, but a memory operand must be writable
/// all the same. OF is defined for counts of 1 only; for others it is what the formula for 1 gives for the result, as
/// processors since the P6 do.
extension Core {
    // MARK: The frequent forms: 32-bit register by an immediate that is not 0

    @inline(__always)
    func shiftLeft(_ value: UInt32, _ instruction: InstructionPointer) -> UInt32 {
        shiftLeft(value, by: instruction.pointee.immediate & 31)
    }

    @inline(__always)
    func shiftRight(_ value: UInt32, _ instruction: InstructionPointer) -> UInt32 {
        shiftRight(value, by: instruction.pointee.immediate & 31)
    }

    @inline(__always)
    func shiftArithmeticRight(_ value: UInt32, _ instruction: InstructionPointer) -> UInt32 {
        shiftArithmeticRight(value, by: instruction.pointee.immediate & 31)
    }

    /// Replaces the register operand by what `body` makes of it and of CL, unless CL says that nothing is to be done.
    @inline(__always)
    func modifyRegister(byCounter instruction: InstructionPointer, _ body: (UInt32, UInt32) -> UInt32) {
        let count = register(1) & 31
        if count != 0 { modifyRegister(instruction) { body($0, count) } }
    }

    // `count` is 1...31.

    @inline(__always)
    func shiftLeft(_ value: UInt32, by count: UInt32) -> UInt32 {
        let result = value &<< count
        let carry = value &<< (count &- 1) & 0x8000_0000
        // OF is the sign of the result xor CF, so bit 30 is that sign.
        flags = LazyFlags(result: result, carries: carry | result >> 1 & 0x4000_0000)
        return result
    }

    @inline(__always)
    func shiftRight(_ value: UInt32, by count: UInt32) -> UInt32 {
        let result = value &>> count
        let carry = value &>> (count &- 1) & 1
        setShiftFlags(result, carry: carry, overflow: (result ^ result &<< 1) >> 31)
        return result
    }

    @inline(__always)
    func shiftArithmeticRight(_ value: UInt32, by count: UInt32) -> UInt32 {
        let result = UInt32(bitPattern: Int32(bitPattern: value) &>> Int32(bitPattern: count))
        let beforeLast = Int32(bitPattern: value) &>> Int32(bitPattern: count &- 1)
        let carry = UInt32(bitPattern: beforeLast) & 1
        setShiftFlags(result, carry: carry, overflow: 0)
        return result
    }

    /// The result of `sar`, without flags.
    @inline(__always)
    func shiftedArithmetically(_ value: UInt32, _ instruction: InstructionPointer) -> UInt32 {
        UInt32(bitPattern: Int32(bitPattern: value) &>> Int32(bitPattern: instruction.pointee.immediate))
    }

    @inline(__always)
    func rotated(_ value: UInt32, left count: UInt32) -> UInt32 {
        value &<< count | value &>> (0 &- count)
    }

    @inline(__always)
    func rotateLeft(_ value: UInt32, by count: UInt32) -> UInt32 {
        let result = rotated(value, left: count)
        setRotateFlags(carry: result & 1, overflow: result >> 31 ^ result & 1)
        return result
    }

    @inline(__always)
    func rotateRight(_ value: UInt32, by count: UInt32) -> UInt32 {
        let result = rotated(value, left: 0 &- count)
        setRotateFlags(carry: result >> 31, overflow: result >> 31 ^ result >> 30 & 1)
        return result
    }

    /// `rcl`: CF is a bit above the highest one.
    @inline(__always)
    func rotateLeftThroughCarry(_ value: UInt32, by count: UInt32) -> UInt32 {
        let ring = UInt64(value) | UInt64(flags.carries >> 31) &<< 32
        let turned = ring &<< UInt64(count) | ring &>> UInt64(33 &- count)
        let result = UInt32(truncatingIfNeeded: turned)
        let carry = UInt32(truncatingIfNeeded: turned &>> 32) & 1
        setRotateFlags(carry: carry, overflow: result >> 31 ^ carry)
        return result
    }

    /// `shld` of a register of 32 bits; a count of 0 changes nothing.
    @inline(__always)
    func doubleShiftLeft(_ instruction: InstructionPointer, by rawCount: UInt32) {
        let count = rawCount & 31
        guard count != 0 else { return }
        let value = register(instruction.pointee.rm)
        let carry = value &>> (32 &- count) & 1
        let result = value &<< count | register(instruction.pointee.reg) &>> (32 &- count)
        setShiftFlags(result, carry: carry, overflow: (result ^ value) >> 31)
        setRegister(instruction.pointee.rm, result)
    }

    /// `shrd` of a register of 32 bits; a count of 0 changes nothing.
    @inline(__always)
    func doubleShiftRight(_ instruction: InstructionPointer, by rawCount: UInt32) {
        let count = rawCount & 31
        guard count != 0 else { return }
        let value = register(instruction.pointee.rm)
        let carry = value &>> (count &- 1) & 1
        let result = value &>> count | register(instruction.pointee.reg) &<< (32 &- count)
        setShiftFlags(result, carry: carry, overflow: (result ^ value) >> 31)
        setRegister(instruction.pointee.rm, result)
    }

    /// `carry` and `overflow` are 0 or 1.
    @inline(__always)
    func setShiftFlags(_ result: UInt32, carry: UInt32, overflow: UInt32) {
        flags = LazyFlags(result: result, carries: carry &<< 31 | (carry ^ overflow) &<< 30)
    }

    /// Rotates change CF and OF only.
    @inline(__always)
    func setRotateFlags(carry: UInt32, overflow: UInt32) {
        flags.carries = carry &<< 31 | (carry ^ overflow) &<< 30 | flags.carries & 8
    }

    // MARK: All forms

    /// The operation that ModRM.reg selects, on `value`.
    @inline(never)
    func shift<T: Operand>(_ value: T, by rawCount: UInt8, operation: UInt8) -> T {
        let count = Int(rawCount & 31)
        guard count != 0 else { return value }
        let width = T.bitWidth
        let top = width - 1
        let bits = UInt32(truncatingIfNeeded: value)
        switch operation {
        case 0:
            let turn = count % width
            let result = turn == 0 ? value : value &<< T(turn) | value &>> T(width - turn)
            let carry = UInt32(truncatingIfNeeded: result) & 1
            setRotateFlags(carry: carry, overflow: UInt32(truncatingIfNeeded: result &>> T(top)) ^ carry)
            return result
        case 1:
            let turn = count % width
            let result = turn == 0 ? value : value &>> T(turn) | value &<< T(width - turn)
            let sign = UInt32(truncatingIfNeeded: result &>> T(top))
            setRotateFlags(carry: sign, overflow: sign ^ UInt32(truncatingIfNeeded: result &>> T(top - 1)) & 1)
            return result
        case 2:
            return rotateThroughCarry(value, left: count % (width + 1))
        case 3:
            let turn = count % (width + 1)
            // Right by n is left by width + 1 - n, but OF is another.
            guard turn != 0 else {
                return rotateThroughCarry(value, left: 0, right: true)
            }
            return rotateThroughCarry(value, left: width + 1 - turn, right: true)
        case 5:
            let wide = UInt64(bits)
            let result = T(truncatingIfNeeded: wide >> UInt64(count))
            let carry = UInt32(truncatingIfNeeded: wide >> UInt64(count - 1)) & 1
            let overflow = UInt32(truncatingIfNeeded: (result ^ result &<< 1) &>> T(top))
            setShiftFlags(signExtended(result), carry: carry, overflow: overflow)
            return result
        case 7:
            let wide = Int64(T.SignedOperand(truncatingIfNeeded: value))
            let result = T(truncatingIfNeeded: wide >> Int64(count))
            let carry = UInt32(truncatingIfNeeded: wide >> Int64(count - 1)) & 1
            setShiftFlags(signExtended(result), carry: carry, overflow: 0)
            return result
        default:
            let wide = UInt64(bits) << UInt64(count)
            let result = T(truncatingIfNeeded: wide)
            let carry = UInt32(truncatingIfNeeded: wide >> UInt64(width)) & 1
            let sign = UInt32(truncatingIfNeeded: result &>> T(top))
            setShiftFlags(signExtended(result), carry: carry, overflow: carry ^ sign)
            return result
        }
    }

    /// Rotates the operand with CF above its highest bit to the left by `count` (0...width). `right` says that the
    /// instruction is `rcr`, whose OF is the xor of the result's two highest bits.
    private func rotateThroughCarry<T: Operand>(_ value: T, left count: Int, right: Bool = false) -> T {
        let width = T.bitWidth
        let ring = UInt64(truncatingIfNeeded: value) | (flags.carry ? 1 : 0) << UInt64(width)
        let turned = count == 0 ? ring : ring << UInt64(count) | ring >> UInt64(width + 1 - count)
        let result = T(truncatingIfNeeded: turned)
        let carry = UInt32(truncatingIfNeeded: turned >> UInt64(width)) & 1
        let sign = UInt32(truncatingIfNeeded: result &>> T(width - 1))
        let second = UInt32(truncatingIfNeeded: result &>> T(width - 2)) & 1
        setRotateFlags(carry: carry, overflow: right ? sign ^ second : sign ^ carry)
        return result
    }

    /// `shld` (`left`) and `shrd`. For 16-bit operands and counts above 16 the result is undefined; it is what rotating
    /// the double operand gives, as processors do.
    @inline(never)
    func doubleShift<T: Operand>(_ value: T, _ filler: T, by rawCount: UInt8, left: Bool) -> T {
        let count = UInt64(rawCount & 31)
        guard count != 0 else { return value }
        let width = UInt64(T.bitWidth)
        let high = UInt64(truncatingIfNeeded: value)
        let low = UInt64(truncatingIfNeeded: filler)
        let result: T
        let carry: UInt32
        if left {
            // value : filler : value, so that counts above the width find something to shift in.
            let double = high << width | low
            let wide: UInt64
            if count > width {
                wide = (low << width | high) << (count - width)
                carry = UInt32(truncatingIfNeeded: wide >> (2 * width)) & 1
            } else {
                wide = double << count
                carry = UInt32(truncatingIfNeeded: high >> (width - count)) & 1
            }
            result = T(truncatingIfNeeded: wide >> width)
        } else {
            if count > width {
                let wide = high << width | low
                result = T(truncatingIfNeeded: wide >> (count - width))
                carry = UInt32(truncatingIfNeeded: wide >> (count - width - 1)) & 1
            } else {
                let wide = low << width | high
                result = T(truncatingIfNeeded: wide >> count)
                carry = UInt32(truncatingIfNeeded: high >> (count - 1)) & 1
            }
        }
        let top = T(T.bitWidth - 1)
        let overflow = UInt32(truncatingIfNeeded: (result ^ value) &>> top)
        setShiftFlags(signExtended(result), carry: carry, overflow: overflow)
        return result
    }

    // MARK: Operands

    func shiftR<T: Operand>(_: T.Type, _ instruction: InstructionPointer, by count: UInt8) {
        let value: T = get(instruction.pointee.rm)
        set(instruction.pointee.rm, shift(value, by: count, operation: instruction.pointee.modRM >> 3 & 7))
    }

    func shiftM<T: Operand>(_: T.Type, _ instruction: InstructionPointer, by count: UInt8) throws(Fault) {
        let operation = instruction.pointee.modRM >> 3 & 7
        try modify(instruction) { (value: T) in shift(value, by: count, operation: operation) }
    }

    func doubleShiftR<T: Operand>(_: T.Type, _ instruction: InstructionPointer, by count: UInt8, left: Bool) {
        let value: T = get(instruction.pointee.rm)
        set(instruction.pointee.rm, doubleShift(value, get(instruction.pointee.reg), by: count, left: left))
    }

    func doubleShiftM<T: Operand>(
        _: T.Type, _ instruction: InstructionPointer, by count: UInt8, left: Bool
    ) throws(Fault) {
        let filler: T = get(instruction.pointee.reg)
        try modify(instruction) { (value: T) in doubleShift(value, filler, by: count, left: left) }
    }
}
