/// Moves, exchanges, conditions, tests.
extension Core {
    /// Sign-extends.
    @inline(__always)
    func extend<From: Operand, To: Operand>(_ value: From, to _: To.Type) -> To {
        To(truncatingIfNeeded: From.SignedOperand(truncatingIfNeeded: value))
    }

    // MARK: `test`

    @inline(__always)
    func testRR<T: Operand>(_: T.Type, _ instruction: InstructionPointer) {
        setFlags(logical: (get(instruction.pointee.rm) as T) & get(instruction.pointee.reg))
    }

    @inline(__always)
    func testRI<T: Operand>(_: T.Type, _ instruction: InstructionPointer) {
        setFlags(logical: (get(instruction.pointee.rm) as T) & immediate(instruction))
    }

    @inline(__always)
    func testMR<T: Operand>(_: T.Type, _ instruction: InstructionPointer) throws(Fault) {
        setFlags(logical: try load(instruction) & (get(instruction.pointee.reg) as T))
    }

    @inline(__always)
    func testMI<T: Operand>(_: T.Type, _ instruction: InstructionPointer) throws(Fault) {
        setFlags(logical: try load(instruction) & (immediate(instruction) as T))
    }

    // MARK: Conditions

    /// The condition in the low four bits of an opcode (SDM vol. 2, table B-10).
    @inline(never)
    func condition(_ code: UInt8) -> Bool {
        let flags = flags
        let holds =
            switch code >> 1 & 7 {
            case 0: flags.overflow
            case 1: flags.carry
            case 2: flags.isZero
            case 3: flags.isBelowOrEqual
            case 4: flags.isNegative
            case 5: flags.isParityEven
            case 6: flags.isLess
            default: flags.isLessOrEqual
            }
        return holds != (code & 1 != 0)
    }

    /// `setcc` to a register.
    @inline(__always)
    func setByte(_ instruction: InstructionPointer, if condition: Bool) {
        set(instruction.pointee.rm, condition ? 1 : 0 as UInt8)
    }

    // MARK: Exchanges

    @inline(__always)
    func exchangeRegisters<T: Operand>(_: T.Type, _ instruction: InstructionPointer) {
        let left: T = get(instruction.pointee.rm)
        set(instruction.pointee.rm, get(instruction.pointee.reg) as T)
        set(instruction.pointee.reg, left)
    }

    @inline(__always)
    func exchangeMemory<T: Operand>(_: T.Type, _ instruction: InstructionPointer) throws(Fault) {
        let value: T = get(instruction.pointee.reg)
        try modify(instruction) { (old: T) in
            set(instruction.pointee.reg, old)
            return value
        }
    }

    /// `cmpxchg`: returns what the destination becomes.
    @inline(__always)
    func compareExchange<T: Operand>(_ value: T, _ instruction: InstructionPointer) -> T {
        let expected: T = accumulator()
        _ = subtract(expected, value)
        if expected == value { return get(instruction.pointee.reg) }
        setAccumulator(value)
        return value
    }

    /// In the register form the accumulator may be the destination itself.
    @inline(__always)
    func compareExchangeRegister<T: Operand>(_: T.Type, _ instruction: InstructionPointer) {
        let value: T = get(instruction.pointee.rm)
        let source: T = get(instruction.pointee.reg)
        let expected: T = accumulator()
        _ = subtract(expected, value)
        if expected == value {
            set(instruction.pointee.rm, source)
        } else {
            setAccumulator(value)
        }
    }

    @inline(__always)
    func exchangeAddRegister<T: Operand>(_: T.Type, _ instruction: InstructionPointer) {
        let value: T = get(instruction.pointee.rm)
        let sum = add(value, get(instruction.pointee.reg))
        set(instruction.pointee.reg, value)
        set(instruction.pointee.rm, sum)
    }

    @inline(__always)
    func exchangeAddMemory<T: Operand>(_: T.Type, _ instruction: InstructionPointer) throws(Fault) {
        let addend: T = get(instruction.pointee.reg)
        try modify(instruction) { (value: T) in
            set(instruction.pointee.reg, value)
            return add(value, addend)
        }
    }

    /// The destination is written in any case; only ZF changes.
    func compareExchange8Bytes(_ instruction: InstructionPointer) throws(Fault) {
        let segment = instruction.pointee.segment
        let offset = address(instruction)
        try checkSegment(segment, offset, 8, write: true)
        try checkAlignment(context.pointee.state.segments[Int(segment & 7)].base &+ offset, 8)
        try probeWrite(segment, offset, 8)
        let value = try read64(segment, offset)
        let equal = value == UInt64(register(2)) << 32 | UInt64(register(0))
        let replacement = equal ? UInt64(register(1)) << 32 | UInt64(register(3)) : value
        try write64(segment, offset, replacement)
        if !equal {
            setRegister(0, UInt32(truncatingIfNeeded: value))
            setRegister(2, UInt32(truncatingIfNeeded: value >> 32))
        }
        var bits = flags
        bits.zero = equal ? 0 : 1
        flags = bits
    }

    // MARK: Others

    /// `xlat`: AL becomes the byte at (E)BX + AL.
    func translateByte(_ instruction: InstructionPointer) throws(Fault) {
        let offset = register(3) &+ register(0) & 0xFF
        set(0, try read8(instruction.pointee.segment, instruction.pointee.is32BitAddress ? offset : offset & 0xFFFF))
    }

    /// `bound`: #BR if the signed index is outside the bounds in memory, which are inclusive.
    @inline(__always)
    func checkBounds<T: Operand>(_: T.Type, _ instruction: InstructionPointer) throws(Fault) {
        let offset = address(instruction)
        let lower: T = try read(instruction.pointee.segment, offset)
        let upper: T = try read(instruction.pointee.segment, offset &+ UInt32(MemoryLayout<T>.size))
        let index = T.SignedOperand(truncatingIfNeeded: get(instruction.pointee.reg) as T)
        if index < T.SignedOperand(truncatingIfNeeded: lower) || index > T.SignedOperand(truncatingIfNeeded: upper) {
            throw Fault(Vector.boundRange)
        }
    }

    /// `mov` from a segment register: a 32-bit register gets the selector zero-extended (P6 and later; SDM vol. 2,
    /// MOV).
    func movFromSegment(_ instruction: InstructionPointer) throws(Fault) {
        let index = instruction.pointee.reg
        guard index < 6 else { throw .invalidOpcode }
        let selector = state.pointee.segments[Int(index & 7)].selector
        switch instruction.pointee.operation {
        case .movFromSegmentR16: set(instruction.pointee.rm, selector)
        case .movFromSegmentR32: setRegister(instruction.pointee.rm, UInt32(selector))
        default: try store(instruction, selector)
        }
    }
}
