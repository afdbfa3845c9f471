/// A type that an instruction operates on.
protocol Operand: FixedWidthInteger, UnsignedInteger where Magnitude == Self {
    associatedtype SignedOperand: FixedWidthInteger, SignedInteger
}

extension UInt8: Operand { typealias SignedOperand = Int8 }
extension UInt16: Operand { typealias SignedOperand = Int16 }
extension UInt32: Operand { typealias SignedOperand = Int32 }

/// One decoded instruction where it lies in the code cache.
typealias InstructionPointer = UnsafeMutablePointer<Instruction>

/// Registers and memory operands, by the fields of an ``Instruction``.
///
/// Everything here is generic over the operand size and inlined, so that each case of the dispatch compiles to the code
/// for its size alone.
extension Core {
    /// General register `index` (0...15) as 32 bits.
    @inline(__always)
    func register(_ index: UInt8) -> UInt32 {
        // The general registers are the first field of the state.
        UnsafeRawPointer(context).load(fromByteOffset: Int(index) &* 4, as: UInt32.self)
    }

    @inline(__always)
    func setRegister(_ index: UInt8, _ value: UInt32) {
        UnsafeMutableRawPointer(context).storeBytes(of: value, toByteOffset: Int(index) &* 4, as: UInt32.self)
    }

    /// The register field `field` of a prepared instruction: a register number, or for bytes a byte offset
    /// (``Instruction/prepareForExecution()``), so that AH needs no more thought than AL.
    @inline(__always)
    func get<T: Operand>(_ field: UInt8) -> T {
        let offset = MemoryLayout<T>.size == 1 ? Int(field) : Int(field) &* 4
        return UnsafeRawPointer(context).load(fromByteOffset: offset, as: T.self)
    }

    @inline(__always)
    func set<T: Operand>(_ field: UInt8, _ value: T) {
        let offset = MemoryLayout<T>.size == 1 ? Int(field) : Int(field) &* 4
        UnsafeMutableRawPointer(context).storeBytes(of: value, toByteOffset: offset, as: T.self)
    }

    /// Replaces the 32-bit register operand by what `body` makes of it.
    @inline(__always)
    func modifyRegister(_ instruction: InstructionPointer, _ body: (UInt32) -> UInt32) {
        setRegister(instruction.pointee.rm, body(register(instruction.pointee.rm)))
    }

    /// AL, AX or EAX.
    @inline(__always)
    func accumulator<T: Operand>() -> T { get(0) }

    @inline(__always)
    func setAccumulator<T: Operand>(_ value: T) { set(0, value) }

    /// The offset of the memory operand in its segment, for 32-bit addresses.
    @inline(__always)
    func address32(_ instruction: InstructionPointer) -> UInt32 {
        register(instruction.pointee.base)
            &+ register(instruction.pointee.index) &<< UInt32(instruction.pointee.scale)
            &+ instruction.pointee.displacement
    }

    /// The offset of a memory operand without index.
    @inline(__always)
    func basedAddress(_ instruction: InstructionPointer) -> UInt32 {
        register(instruction.pointee.base) &+ instruction.pointee.displacement
    }

    /// The offset of the memory operand in its segment.
    @inline(__always)
    func address(_ instruction: InstructionPointer) -> UInt32 {
        let offset = address32(instruction)
        return instruction.pointee.is32BitAddress ? offset : offset & 0xFFFF
    }

    // The memory operand. Whatever may take the slow path, and there meet a device or code, says which instruction it
    // is: `Context.current`.

    @inline(__always)
    func load<T: Operand>(_ instruction: InstructionPointer) throws(Fault) -> T {
        context.pointee.current = instruction
        if _fastPath(instruction.pointee.isFlat) {
            return try readFlat(instruction.pointee.segment, address32(instruction))
        }
        return try read(instruction.pointee.segment, address(instruction))
    }

    @inline(__always)
    func store<T: Operand>(_ instruction: InstructionPointer, _ value: T) throws(Fault) {
        context.pointee.current = instruction
        if _fastPath(instruction.pointee.isFlat) {
            try writeFlat(instruction.pointee.segment, address32(instruction), value)
        } else {
            try write(instruction.pointee.segment, address(instruction), value)
        }
    }

    @inline(__always)
    func modify<T: Operand>(_ instruction: InstructionPointer, _ body: (T) -> T) throws(Fault) {
        context.pointee.current = instruction
        let isFlat = instruction.pointee.isFlat
        try modify(
            instruction.pointee.segment, isFlat ? address32(instruction) : address(instruction), isFlat: isFlat, body)
    }

    @inline(__always)
    func read<T: Operand>(_ segment: UInt8, _ offset: UInt32) throws(Fault) -> T {
        switch MemoryLayout<T>.size {
        case 1: T(truncatingIfNeeded: try read8(segment, offset))
        case 2: T(truncatingIfNeeded: try read16(segment, offset))
        default: T(truncatingIfNeeded: try read32(segment, offset))
        }
    }

    @inline(__always)
    func write<T: Operand>(_ segment: UInt8, _ offset: UInt32, _ value: T) throws(Fault) {
        switch MemoryLayout<T>.size {
        case 1: try write8(segment, offset, UInt8(truncatingIfNeeded: value))
        case 2: try write16(segment, offset, UInt16(truncatingIfNeeded: value))
        default: try write32(segment, offset, UInt32(truncatingIfNeeded: value))
        }
    }

    @inline(__always)
    func modify<T: Operand>(_ segment: UInt8, _ offset: UInt32, _ body: (T) -> T) throws(Fault) {
        switch MemoryLayout<T>.size {
        case 1: try modify8(segment, offset) { UInt8(truncatingIfNeeded: body(T(truncatingIfNeeded: $0))) }
        case 2: try modify16(segment, offset) { UInt16(truncatingIfNeeded: body(T(truncatingIfNeeded: $0))) }
        default: try modify32(segment, offset) { UInt32(truncatingIfNeeded: body(T(truncatingIfNeeded: $0))) }
        }
    }

    /// The immediate operand in the operand size.
    @inline(__always)
    func immediate<T: Operand>(_ instruction: InstructionPointer) -> T {
        T(truncatingIfNeeded: instruction.pointee.immediate)
    }

    @inline(__always)
    var flags: LazyFlags {
        get { context.pointee.state.arithmeticFlags }
        nonmutating set { context.pointee.state.arithmeticFlags = newValue }
    }
}
