/// `push`, `pop` and what is made of them.
///
/// SS.B decides between ESP and SP; the upper half of ESP is left alone in a 16-bit stack. The stack pointer changes
/// last, so that a fault leaves it as it was; what a push that did not complete has written below it does not count.
extension Core {
    @inline(__always)
    var stackIs32Bit: Bool { context.pointee.state.segments[2].attributes & SegmentAttribute.big != 0 }

    /// ESP or SP plus `distance`, as an offset in the stack segment.
    @inline(__always)
    func stackOffset(_ distance: UInt32) -> UInt32 {
        let offset = register(4) &+ distance
        return stackIs32Bit ? offset : offset & 0xFFFF
    }

    @inline(__always)
    func setStackPointer(_ offset: UInt32) {
        if stackIs32Bit {
            setRegister(4, offset)
        } else {
            set(4, UInt16(truncatingIfNeeded: offset))
        }
    }

    @inline(__always)
    func moveStackPointer(_ distance: UInt32) {
        setStackPointer(register(4) &+ distance)
    }

    @inline(__always)
    func push<T: Operand>(_ value: T) throws(Fault) {
        let offset = stackOffset(0 &- UInt32(MemoryLayout<T>.size))
        try write(2, offset, value)
        setStackPointer(offset)
    }

    /// The top of the stack.
    @inline(__always)
    func peek<T: Operand>() throws(Fault) -> T {
        try read(2, stackOffset(0))
    }

    @inline(__always)
    func pop<T: Operand>() throws(Fault) -> T {
        let value: T = try peek()
        moveStackPointer(UInt32(MemoryLayout<T>.size))
        return value
    }

    // MARK: 32-bit values, for the hot path: the stack is mostly flat

    @inline(__always)
    func push32(_ instruction: InstructionPointer, _ value: UInt32) throws(Fault) {
        context.pointee.current = instruction
        if _fastPath(instruction.pointee.isFlat) {
            let offset = register(4) &- 4
            try writeFlat(SegmentIndex.ss.rawValue, offset, value)
            setRegister(4, offset)
        } else {
            try push(value)
        }
    }

    @inline(__always)
    func peek32(_ instruction: InstructionPointer) throws(Fault) -> UInt32 {
        context.pointee.current = instruction
        return instruction.pointee.isFlat ? try readFlat(SegmentIndex.ss.rawValue, register(4)) : try peek()
    }

    @inline(__always)
    func moveStackPointer(_ instruction: InstructionPointer, _ distance: UInt32) {
        if _fastPath(instruction.pointee.isFlat) {
            setRegister(4, register(4) &+ distance)
        } else {
            moveStackPointer(distance)
        }
    }

    /// `pop` to a register, which may be ESP: the value wins.
    @inline(__always)
    func popRegister32(_ instruction: InstructionPointer) throws(Fault) {
        let value = try peek32(instruction)
        moveStackPointer(instruction, 4)
        setRegister(instruction.pointee.rm, value)
    }

    @inline(never)
    func stackPush16(_ value: UInt16) throws(Fault) { try push(value) }

    @inline(never)
    func stackPush32(_ value: UInt32) throws(Fault) { try push(value) }

    @inline(never)
    func stackPop16() throws(Fault) -> UInt16 { try pop() }

    @inline(never)
    func stackPop32() throws(Fault) -> UInt32 { try pop() }

    /// `pop` to memory: an address with ESP as base uses ESP after the pop (SDM vol. 2, POP); a fault of the store
    /// restores it.
    @inline(__always)
    func popMemory<T: Operand>(_: T.Type, _ instruction: InstructionPointer) throws(Fault) {
        let old = register(4)
        let value: T = try pop()
        do throws(Fault) {
            try store(instruction, value)
        } catch {
            setRegister(4, old)
            throw error
        }
    }

    /// Pushes a segment register. With a 32-bit operand size the processor moves ESP by 4 and writes 2 bytes only (P6
    /// and later; SDM vol. 2, PUSH).
    @inline(__always)
    func pushSegment<T: Operand>(_: T.Type, _ index: UInt8) throws(Fault) {
        let offset = stackOffset(0 &- UInt32(MemoryLayout<T>.size))
        try write16(2, offset, context.pointee.state.segments[Int(index & 7)].selector)
        setStackPointer(offset)
    }

    @inline(__always)
    func pushAll<T: Operand>(_: T.Type) throws(Fault) {
        let size = UInt32(MemoryLayout<T>.size)
        for index in UInt8(0)..<8 {
            try write(2, stackOffset(0 &- size &* UInt32(index + 1)), T(truncatingIfNeeded: register(index)))
        }
        moveStackPointer(0 &- size &* 8)
    }

    /// The stack pointer's image is skipped. The registers change after everything has been read.
    @inline(__always)
    func popAll<T: Operand>(_: T.Type) throws(Fault) {
        let size = UInt32(MemoryLayout<T>.size)
        var values = InlineArray<8, T>(repeating: 0)
        for index in 0..<8 {
            values[7 - index] = try read(2, stackOffset(size &* UInt32(index)))
        }
        for index in UInt8(0)..<8 where index != 4 {
            if T.bitWidth == 16 {
                set(index, UInt16(truncatingIfNeeded: values[Int(index)]))
            } else {
                setRegister(index, UInt32(truncatingIfNeeded: values[Int(index)]))
            }
        }
        moveStackPointer(size &* 8)
    }

    @inline(__always)
    func leave<T: Operand>(_: T.Type) throws(Fault) {
        let frame = stackIs32Bit ? register(5) : register(5) & 0xFFFF
        let value: T = try read(2, frame)
        setStackPointer(frame &+ UInt32(MemoryLayout<T>.size))
        set(5, value)
    }

    /// `enter` (SDM vol. 2): pushes EBP, copies the frame pointers of the enclosing procedures, and reserves the frame.
    @inline(__always)
    func enter<T: Operand>(_: T.Type, _ instruction: InstructionPointer) throws(Fault) {
        let frameSize = instruction.pointee.immediate & 0xFFFF
        let level = instruction.pointee.immediate >> 16 & 31
        let size = UInt32(MemoryLayout<T>.size)
        let mask: UInt32 = stackIs32Bit ? 0xFFFF_FFFF : 0xFFFF
        var top = stackOffset(0 &- size)
        try write(2, top, T(truncatingIfNeeded: register(5)))
        let frame = top
        if level > 0 {
            var source = register(5)
            for _ in 1..<level {
                source = source &- size
                let value: T = try read(2, source & mask)
                top = (top &- size) & mask
                try write(2, top, value)
            }
            top = (top &- size) & mask
            // The frame pointer that is pushed has the upper half of ESP in a 16-bit stack.
            try write(2, top, T(truncatingIfNeeded: register(4) & ~mask | frame))
        }
        top = (top &- frameSize) & mask
        // The processor makes sure that the new top of the stack can be written.
        try probeWrite(2, top, size)
        if T.bitWidth == 16 {
            set(5, UInt16(truncatingIfNeeded: frame))
        } else {
            setRegister(5, register(4) & ~mask | frame)
        }
        setStackPointer(top)
    }
}
