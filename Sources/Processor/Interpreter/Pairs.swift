/// The condition of a jump behind a comparison of `left` with `right` (SDM vol. 2, appendix B: `jl` is taken if the
/// flags say that `left` is less, as signed numbers). Logical operations set the flags as comparing their result with 0
/// does.
enum JumpCondition {
    case z, nz, b, nb, be, nbe, l, nl, le, nle, s, ns

    @inline(__always)
    func holds<T: Operand>(_ left: T, _ right: T) -> Bool {
        let (signedLeft, signedRight) = (
            T.SignedOperand(truncatingIfNeeded: left), T.SignedOperand(truncatingIfNeeded: right)
        )
        return switch self {
        case .z: left == right
        case .nz: left != right
        case .b: left < right
        case .nb: left >= right
        case .be: left <= right
        case .nbe: left > right
        case .l: signedLeft < signedRight
        case .nl: signedLeft >= signedRight
        case .le: signedLeft <= signedRight
        case .nle: signedLeft > signedRight
        case .s: signedLeft &- signedRight < 0
        case .ns: signedLeft &- signedRight >= 0
        }
    }
}

/// What the handlers of pairs do: see ``Fusion`` for which there are and what they must respect.
///
/// Each moves `instruction` to the one that was executed last. Where the first access to memory does not take the fast
/// path that is the first one, and the second follows by itself.
extension Core {
    // MARK: What sets the flags, and a conditional jump: true if the jump is taken, to `target`

    /// The jump behind `instruction`.
    @inline(__always)
    private func jump<T: Operand>(
        _ instruction: inout InstructionPointer, if condition: JumpCondition, _ left: T, _ right: T,
        _ target: inout UInt32
    ) throws(Fault) -> Bool {
        instruction += 1
        return try takes32(condition.holds(left, right), instruction, &target)
    }

    @inline(__always)
    func compareRR32(
        _ instruction: inout InstructionPointer, _ condition: JumpCondition, _ target: inout UInt32
    ) throws(Fault) -> Bool {
        let (left, right) = (register(instruction.pointee.rm), register(instruction.pointee.reg))
        _ = subtract(left, right)
        return try jump(&instruction, if: condition, left, right, &target)
    }

    @inline(__always)
    func compareRI<T: Operand>(
        _: T.Type, _ instruction: inout InstructionPointer, _ condition: JumpCondition, _ target: inout UInt32
    ) throws(Fault) -> Bool {
        let (left, right): (T, T) = (get(instruction.pointee.rm), immediate(instruction))
        _ = subtract(left, right)
        return try jump(&instruction, if: condition, left, right, &target)
    }

    @inline(__always)
    func subtractRR32(
        _ instruction: inout InstructionPointer, _ condition: JumpCondition, _ target: inout UInt32
    ) throws(Fault) -> Bool {
        let (left, right) = (register(instruction.pointee.rm), register(instruction.pointee.reg))
        setRegister(instruction.pointee.rm, subtract(left, right))
        return try jump(&instruction, if: condition, left, right, &target)
    }

    @inline(__always)
    func testRR<T: Operand>(
        _: T.Type, _ instruction: inout InstructionPointer, _ condition: JumpCondition, _ target: inout UInt32
    ) throws(Fault) -> Bool {
        let result: T = logical(get(instruction.pointee.rm) & get(instruction.pointee.reg))
        return try jump(&instruction, if: condition, result, 0, &target)
    }

    @inline(__always)
    func testRI<T: Operand>(
        _: T.Type, _ instruction: inout InstructionPointer, _ condition: JumpCondition, _ target: inout UInt32
    ) throws(Fault) -> Bool {
        let result: T = logical(get(instruction.pointee.rm) & immediate(instruction))
        return try jump(&instruction, if: condition, result, 0, &target)
    }

    /// An operation on one register; the condition is `z` or `nz`, which look at the result alone.
    @inline(__always)
    func modifyR32(
        _ instruction: inout InstructionPointer, _ condition: JumpCondition, _ target: inout UInt32,
        _ body: (UInt32) -> UInt32
    ) throws(Fault) -> Bool {
        let result = body(register(instruction.pointee.rm))
        setRegister(instruction.pointee.rm, result)
        return try jump(&instruction, if: condition, result, 0, &target)
    }

    /// A comparison with a flat memory operand, and the jump; the comparison alone where the operand is not at hand.
    /// `operands` has the two from what memory holds.
    @inline(__always)
    private func compareMemory<T: Operand>(
        _ instruction: inout InstructionPointer, _ condition: JumpCondition, _ target: inout UInt32,
        _ operands: (T) -> (T, T)
    ) throws(Fault) -> Bool {
        context.pointee.current = instruction
        let linear = address32(instruction)
        let isAtHand = isReadable(linear, UInt32(MemoryLayout<T>.size))
        let value: T = _fastPath(isAtHand) ? readable(linear) : try readFlat(instruction.pointee.segment, linear)
        let (left, right) = operands(value)
        _ = subtract(left, right)
        guard _fastPath(isAtHand) else { return false }
        return try jump(&instruction, if: condition, left, right, &target)
    }

    @inline(__always)
    func compareRM32(
        _ instruction: inout InstructionPointer, _ condition: JumpCondition, _ target: inout UInt32
    ) throws(Fault) -> Bool {
        let left = register(instruction.pointee.reg)
        return try compareMemory(&instruction, condition, &target) { (left, $0) }
    }

    @inline(__always)
    func compareMR32(
        _ instruction: inout InstructionPointer, _ condition: JumpCondition, _ target: inout UInt32
    ) throws(Fault) -> Bool {
        let right = register(instruction.pointee.reg)
        return try compareMemory(&instruction, condition, &target) { ($0, right) }
    }

    @inline(__always)
    func compareMI<T: Operand>(
        _: T.Type, _ instruction: inout InstructionPointer, _ condition: JumpCondition, _ target: inout UInt32
    ) throws(Fault) -> Bool {
        let right: T = immediate(instruction)
        return try compareMemory(&instruction, condition, &target) { ($0, right) }
    }

    // MARK: Two operations in registers

    /// A move, and an operation on its destination: `body` has the value moved and the second instruction.
    @inline(__always)
    func moveThen(_ instruction: inout InstructionPointer, _ body: (UInt32, InstructionPointer) -> UInt32) {
        let next = instruction + 1
        setRegister(instruction.pointee.rm, body(register(instruction.pointee.reg), next))
        instruction = next
    }

    /// Two operations on one register.
    @inline(__always)
    func modifyTwice(
        _ instruction: inout InstructionPointer, _ body: (UInt32, InstructionPointer, InstructionPointer) -> UInt32
    ) {
        let next = instruction + 1
        setRegister(instruction.pointee.rm, body(register(instruction.pointee.rm), instruction, next))
        instruction = next
    }

    /// A move, and an operation on its destination with flat memory: `body` has the value moved and the operand.
    @inline(__always)
    func moveThenLoad(_ instruction: inout InstructionPointer, _ body: (UInt32, UInt32) -> UInt32) throws(Fault) {
        let value = register(instruction.pointee.reg)
        setRegister(instruction.pointee.rm, value)
        instruction += 1
        context.pointee.current = instruction
        let operand: UInt32 = try readFlat(instruction.pointee.segment, address32(instruction))
        setRegister(instruction.pointee.reg, body(value, operand))
    }

    // MARK: Two accesses to flat memory

    /// The load that is the first of a pair: true, and on to the second, if its operand is at hand.
    @inline(__always)
    private func loadFirst(_ instruction: inout InstructionPointer) throws(Fault) -> Bool {
        context.pointee.current = instruction
        let linear = basedAddress(instruction)
        guard _fastPath(isReadable(linear, 4)) else {
            setRegister(instruction.pointee.reg, try readFlat(instruction.pointee.segment, linear))
            return false
        }
        setRegister(instruction.pointee.reg, readable(linear))
        instruction += 1
        return true
    }

    /// `xor` of a byte register with memory, and the extension of the result: a step of a table-driven checksum.
    @inline(__always)
    func xorThenExtend(_ instruction: inout InstructionPointer) throws(Fault) {
        context.pointee.current = instruction
        let linear = basedAddress(instruction)
        let isAtHand = isReadable(linear, 1)
        let byte: UInt8 = _fastPath(isAtHand) ? readable(linear) : try readFlat(instruction.pointee.segment, linear)
        let result = logical(get(instruction.pointee.reg) ^ byte)
        set(instruction.pointee.reg, result)
        guard _fastPath(isAtHand) else { return }
        instruction += 1
        setRegister(instruction.pointee.rm, UInt32(result))
    }

    @inline(__always)
    func loadTwice(_ instruction: inout InstructionPointer) throws(Fault) {
        guard try loadFirst(&instruction) else { return }
        context.pointee.current = instruction
        setRegister(instruction.pointee.reg, try readFlat(instruction.pointee.segment, basedAddress(instruction)))
    }

    /// A load, and an addition to some register.
    @inline(__always)
    func loadThenAdd(_ instruction: inout InstructionPointer) throws(Fault) {
        guard try loadFirst(&instruction) else { return }
        modifyRegister(instruction) { $0 &+ instruction.pointee.immediate }
    }

    @inline(__always)
    func pushTwice(_ instruction: inout InstructionPointer) throws(Fault) {
        let top = register(4) &- 8
        guard _fastPath(isWritable(top, 8)) else {
            return try push32(instruction, register(instruction.pointee.rm))
        }
        let next = instruction + 1
        // The second lies below the first.
        write(
            writable: top, UInt64(register(instruction.pointee.rm)) << 32 | UInt64(register(next.pointee.rm)))
        setRegister(4, top)
        instruction = next
    }

    /// The beginning of a function: `push ebp; mov ebp, esp`.
    @inline(__always)
    func pushThenMove(_ instruction: inout InstructionPointer) throws(Fault) {
        let top = register(4) &- 4
        guard _fastPath(isWritable(top, 4)) else {
            return try push32(instruction, register(instruction.pointee.rm))
        }
        write(writable: top, register(instruction.pointee.rm))
        setRegister(4, top)
        instruction += 1
        setRegister(instruction.pointee.rm, register(instruction.pointee.reg))
    }

    /// The beginning of a function, and the load of an argument or another variable.
    @inline(__always)
    func pushThenMoveThenLoad(_ instruction: inout InstructionPointer) throws(Fault) {
        let top = register(4) &- 4
        guard _fastPath(isWritable(top, 4)) else {
            return try push32(instruction, register(instruction.pointee.rm))
        }
        write(writable: top, register(instruction.pointee.rm))
        setRegister(4, top)
        let move = instruction + 1
        setRegister(move.pointee.rm, register(move.pointee.reg))
        instruction = move + 1
        context.pointee.current = instruction
        setRegister(instruction.pointee.reg, try readFlat(instruction.pointee.segment, basedAddress(instruction)))
    }

    /// The last argument, and a near call to `target`: false where only the `push` was executed.
    @inline(__always)
    func pushThenCall(_ instruction: inout InstructionPointer, to target: UInt32) throws(Fault) -> Bool {
        let top = register(4) &- 8
        let call = instruction + 1
        guard _fastPath(isWritable(top, 8) && target <= context.pointee.state.segments[1].limit) else {
            try push32(instruction, register(instruction.pointee.rm))
            return false
        }
        write(writable: top, UInt64(register(instruction.pointee.rm)) << 32 | UInt64(nextOffset(call)))
        setRegister(4, top)
        instruction = call
        return true
    }

    @inline(__always)
    func popTwice(_ instruction: inout InstructionPointer) throws(Fault) {
        let top = register(4)
        guard _fastPath(isReadable(top, 8)) else { return try popRegister32(instruction) }
        let values: UInt64 = readable(top)
        setRegister(4, top &+ 8)
        setRegister(instruction.pointee.rm, UInt32(truncatingIfNeeded: values))
        instruction += 1
        setRegister(instruction.pointee.rm, UInt32(truncatingIfNeeded: values >> 32))
    }

    /// The end of a function: `pop ebp; ret`. Nil where only the `pop` was executed.
    @inline(__always)
    func popThenReturn(_ instruction: inout InstructionPointer) throws(Fault) -> UInt32? {
        let top = register(4)
        if _fastPath(isReadable(top, 8)) {
            let values: UInt64 = readable(top)
            let target = UInt32(truncatingIfNeeded: values >> 32)
            if _fastPath(target <= context.pointee.state.segments[1].limit) {
                setRegister(4, top &+ 8)
                setRegister(instruction.pointee.rm, UInt32(truncatingIfNeeded: values))
                instruction += 1
                return target
            }
        }
        try popRegister32(instruction)
        return nil
    }
}
