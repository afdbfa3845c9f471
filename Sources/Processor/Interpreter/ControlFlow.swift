/// Near transfers of control.
///
/// A target beyond the code segment's limit is noticed by the instruction that goes there: #GP(0) with its EIP, before
/// the return address is pushed or the counter or the stack pointer has changed.
extension Core {
    /// The offset of the instruction in the code segment, while its block runs.
    @inline(__always)
    func offset(_ instruction: InstructionPointer) -> UInt32 {
        context.pointee.state.eip &+ UInt32(truncatingIfNeeded: instruction.pointee.blockOffset)
    }

    /// The offset of the instruction behind it.
    @inline(__always)
    func nextOffset(_ instruction: InstructionPointer) -> UInt32 {
        offset(instruction) &+ UInt32(instruction.pointee.length)
    }

    /// The slots from `first` up to `last`, which is not before it.
    @inline(__always)
    func slots(from first: InstructionPointer, to last: InstructionPointer) -> UInt64 {
        // An unsigned division by a power of 2 is one shift, a distance of pointers is not.
        UInt64(UInt(bitPattern: last) &- UInt(bitPattern: first)) / UInt64(MemoryLayout<Instruction>.stride)
    }

    @inline(__always)
    func checkTarget(_ offset: UInt32) throws(Fault) {
        if _slowPath(offset > context.pointee.state.segments[1].limit) { throw .generalProtection() }
    }

    // MARK: Relative

    @inline(__always)
    func branch32(_ instruction: InstructionPointer) throws(Fault) -> UInt32 {
        let target = context.pointee.state.eip &+ instruction.pointee.displacement
        try checkTarget(target)
        return target
    }

    /// A 16-bit operand size clears the upper half of EIP.
    @inline(__always)
    func branch16(_ instruction: InstructionPointer) throws(Fault) -> UInt32 {
        let target = (context.pointee.state.eip &+ instruction.pointee.displacement) & 0xFFFF
        try checkTarget(target)
        return target
    }

    /// A conditional jump: whether it is taken, and then `target` is where it leads to.
    @inline(__always)
    func takes32(
        _ condition: Bool, _ instruction: InstructionPointer, _ target: inout UInt32
    ) throws(Fault) -> Bool {
        if condition { target = try branch32(instruction) }
        return condition
    }

    @inline(__always)
    func takes16(
        _ condition: Bool, _ instruction: InstructionPointer, _ target: inout UInt32
    ) throws(Fault) -> Bool {
        if condition { target = try branch16(instruction) }
        return condition
    }

    /// CX or ECX, by address size.
    @inline(__always)
    func counter(_ instruction: InstructionPointer) -> UInt32 {
        instruction.pointee.is32BitAddress ? register(1) : register(1) & 0xFFFF
    }

    @inline(__always)
    func setCounter(_ instruction: InstructionPointer, _ value: UInt32) {
        if instruction.pointee.is32BitAddress {
            setRegister(1, value)
        } else {
            set(1, UInt16(truncatingIfNeeded: value))
        }
    }

    /// `loop` and its like: counts down, and returns the target if the counter has not come to 0 and `condition` holds.
    /// The counter changes only if the target is good.
    @inline(__always)
    func branchLoop(_ instruction: InstructionPointer, if condition: Bool) throws(Fault) -> UInt32 {
        let count = counter(instruction) &- 1
        let isLast = instruction.pointee.is32BitAddress ? count == 0 : count & 0xFFFF == 0
        let target =
            isLast || !condition
            ? nextOffset(instruction)
            : instruction.pointee.is32BitOperand ? try branch32(instruction) : try branch16(instruction)
        setCounter(instruction, count)
        return target
    }

    /// Whether `target`, to which the return at `instruction` leads, is where its block goes on
    /// (``Handler/retWithin32``).
    @inline(__always)
    func isWithin(_ target: UInt32, _ instruction: InstructionPointer) -> Bool {
        target == context.pointee.state.eip &+ instruction.pointee.displacement
    }

    // MARK: Indirect

    @inline(__always)
    func jump<T: Operand>(to target: T) throws(Fault) -> UInt32 {
        let target = UInt32(target)
        try checkTarget(target)
        return target
    }

    @inline(__always)
    func call<T: Operand>(_ target: T, _ instruction: InstructionPointer) throws(Fault) -> UInt32 {
        let target = UInt32(target)
        try checkTarget(target)
        try push(T(truncatingIfNeeded: nextOffset(instruction)))
        return target
    }

    @inline(__always)
    func call32(_ target: UInt32, _ instruction: InstructionPointer) throws(Fault) -> UInt32 {
        try checkTarget(target)
        try push32(instruction, nextOffset(instruction))
        return target
    }

    @inline(__always)
    func returnNear32(_ instruction: InstructionPointer, releasing bytes: UInt32) throws(Fault) -> UInt32 {
        let target = try peek32(instruction)
        try checkTarget(target)
        moveStackPointer(instruction, 4 &+ bytes)
        return target
    }

    @inline(__always)
    func returnNear<T: Operand>(_: T.Type, releasing bytes: UInt32) throws(Fault) -> UInt32 {
        let target = UInt32(try peek() as T)
        try checkTarget(target)
        moveStackPointer(UInt32(MemoryLayout<T>.size) &+ bytes)
        return target
    }
}
