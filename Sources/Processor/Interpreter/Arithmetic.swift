/// The eight operations of the opcodes 00h-3Fh and 80h-83h.
enum ArithmeticOperation {
    case add, or, adc, sbb, and, sub, xor, cmp
}

/// Addition, subtraction, logic, comparison.
///
/// A fault can only come from the memory operand, before anything has changed: sources are read, and the writability of
/// the destination is known, before registers and flags are set.
extension Core {
    // MARK: Flags

    /// Sets the flags from a result and the carries out of each of its bits.
    @inline(__always)
    func setFlags<T: Operand>(_ result: T, carries: T) {
        let wide = UInt32(truncatingIfNeeded: carries)
        let up = UInt32(32 - T.bitWidth)
        flags = LazyFlags(
            result: signExtended(result), carries: T.bitWidth == 32 ? wide : wide &<< up | wide & 8)
    }

    /// Logic: CF, OF and AF are clear. (AF is undefined in the manual; processors clear it.)
    @inline(__always)
    func setFlags<T: Operand>(logical result: T) {
        flags = LazyFlags(result: signExtended(result), carries: 0)
    }

    @inline(__always)
    func signExtended<T: Operand>(_ value: T) -> UInt32 {
        UInt32(truncatingIfNeeded: T.SignedOperand(truncatingIfNeeded: value))
    }

    // MARK: Operations

    @inline(__always)
    func add<T: Operand>(_ left: T, _ right: T, carry: T = 0) -> T {
        let result = left &+ right &+ carry
        setFlags(result, carries: left & right | (left | right) & ~result)
        return result
    }

    @inline(__always)
    func subtract<T: Operand>(_ left: T, _ right: T, borrow: T = 0) -> T {
        let result = left &- right &- borrow
        setFlags(result, carries: ~left & right | (~left | right) & result)
        return result
    }

    @inline(__always)
    func logical<T: Operand>(_ result: T) -> T {
        setFlags(logical: result)
        return result
    }

    @inline(__always)
    func perform<T: Operand>(_ operation: ArithmeticOperation, _ left: T, _ right: T) -> T {
        switch operation {
        case .add: add(left, right)
        case .or: logical(left | right)
        case .adc: add(left, right, carry: flags.carry ? 1 : 0)
        case .sbb: subtract(left, right, borrow: flags.carry ? 1 : 0)
        case .and: logical(left & right)
        case .sub, .cmp: subtract(left, right)
        case .xor: logical(left ^ right)
        }
    }

    // MARK: Forms

    @inline(__always)
    func arithmeticRR<T: Operand>(_ operation: ArithmeticOperation, _: T.Type, _ instruction: InstructionPointer) {
        let result: T = perform(operation, get(instruction.pointee.rm), get(instruction.pointee.reg))
        if operation != .cmp { set(instruction.pointee.rm, result) }
    }

    @inline(__always)
    func arithmeticRI<T: Operand>(_ operation: ArithmeticOperation, _: T.Type, _ instruction: InstructionPointer) {
        let result: T = perform(operation, get(instruction.pointee.rm), immediate(instruction))
        if operation != .cmp { set(instruction.pointee.rm, result) }
    }

    @inline(__always)
    func arithmeticRM<T: Operand>(
        _ operation: ArithmeticOperation, _: T.Type, _ instruction: InstructionPointer
    ) throws(Fault) {
        let source: T = try load(instruction)
        let result = perform(operation, get(instruction.pointee.reg), source)
        if operation != .cmp { set(instruction.pointee.reg, result) }
    }

    @inline(__always)
    func arithmeticMR<T: Operand>(
        _ operation: ArithmeticOperation, _: T.Type, _ instruction: InstructionPointer
    ) throws(Fault) {
        let source: T = get(instruction.pointee.reg)
        if operation == .cmp {
            _ = perform(operation, try load(instruction), source)
        } else {
            try modify(instruction) { perform(operation, $0, source) }
        }
    }

    @inline(__always)
    func arithmeticMI<T: Operand>(
        _ operation: ArithmeticOperation, _: T.Type, _ instruction: InstructionPointer
    ) throws(Fault) {
        let source: T = immediate(instruction)
        if operation == .cmp {
            _ = perform(operation, try load(instruction), source)
        } else {
            try modify(instruction) { perform(operation, $0, source) }
        }
    }

    // MARK: Flat memory operands without index

    @inline(__always)
    func readBased<T: Operand>(_ instruction: InstructionPointer) throws(Fault) -> T {
        context.pointee.current = instruction
        return try readFlat(instruction.pointee.segment, basedAddress(instruction))
    }

    @inline(__always)
    func arithmeticBasedRM<T: Operand>(
        _ operation: ArithmeticOperation, _: T.Type, _ instruction: InstructionPointer
    ) throws(Fault) {
        let source: T = try readBased(instruction)
        set(instruction.pointee.reg, perform(operation, get(instruction.pointee.reg), source))
    }

    @inline(__always)
    func modifyBased<T: Operand>(_ instruction: InstructionPointer, _ body: (T) -> T) throws(Fault) {
        context.pointee.current = instruction
        try modify(instruction.pointee.segment, basedAddress(instruction), isFlat: true, body)
    }

    @inline(__always)
    func writeBased<T: Operand>(_ instruction: InstructionPointer, _ value: T) throws(Fault) {
        context.pointee.current = instruction
        try writeFlat(instruction.pointee.segment, basedAddress(instruction), value)
    }

    // MARK: One operand

    /// `inc` is an addition of 1 that leaves CF alone.
    @inline(__always)
    func increment<T: Operand>(_ value: T) -> T {
        let carry = flags.carries & 0x8000_0000
        let result = value &+ 1
        // Overflow if the sign bit has just become set; AF if the low digit has become 0.
        let overflow: UInt32 = result == 1 << (T.bitWidth - 1) ? 0x4000_0000 : 0
        let adjust: UInt32 = result & 15 == 0 ? 8 : 0
        flags = LazyFlags(result: signExtended(result), carries: (carry | carry >> 1) ^ overflow | adjust)
        return result
    }

    @inline(__always)
    func decrement<T: Operand>(_ value: T) -> T {
        let carry = flags.carries & 0x8000_0000
        let result = value &- 1
        let overflow: UInt32 = value == 1 << (T.bitWidth - 1) ? 0x4000_0000 : 0
        let adjust: UInt32 = value & 15 == 0 ? 8 : 0
        flags = LazyFlags(result: signExtended(result), carries: (carry | carry >> 1) ^ overflow | adjust)
        return result
    }

    @inline(__always)
    func negate<T: Operand>(_ value: T) -> T { subtract(0, value) }
}
