/// The register stack, and how an instruction ends.
extension Core {
    // MARK: Registers

    /// ST(`index`), empty or not.
    @inline(__always)
    func st(_ index: UInt8) -> Extended {
        let number = state.pointee.x87.physical(index)
        return Extended(
            significand: state.pointee.x87.significands[number], signExponent: state.pointee.x87.signExponents[number])
    }

    /// Writes ST(`index`), which is not empty afterwards.
    @inline(__always)
    func setST(_ index: UInt8, _ value: Extended) {
        let number = state.pointee.x87.physical(index)
        state.pointee.x87.significands[number] = value.significand
        state.pointee.x87.signExponents[number] = value.signExponent
        state.pointee.x87.emptyRegisters &= ~(1 &<< UInt8(truncatingIfNeeded: number))
    }

    /// Writes ST(`index`), which is not empty.
    @inline(__always)
    func replaceST(_ index: UInt8, _ value: Extended) {
        let number = state.pointee.x87.physical(index)
        state.pointee.x87.significands[number] = value.significand
        state.pointee.x87.signExponents[number] = value.signExponent
    }

    @inline(__always)
    func isEmpty(_ index: UInt8) -> Bool {
        let number = UInt8(truncatingIfNeeded: state.pointee.x87.physical(index))
        return state.pointee.x87.emptyRegisters &>> number & 1 != 0
    }

    /// Pops `count` registers, 0 or 1.
    @inline(__always)
    func popX87(_ count: UInt8 = 1) {
        let top = state.pointee.x87.top
        state.pointee.x87.emptyRegisters |= count &<< (top & 7)
        state.pointee.x87.top = (top &+ count) & 7
    }

    /// Pushes where there is room.
    @inline(__always)
    func pushX87(_ value: Extended) {
        state.pointee.x87.top = (state.pointee.x87.top &- 1) & 7
        setST(0, value)
    }

    // MARK: Rounding

    @inline(__always)
    var x87RoundingMode: RoundingMode {
        RoundingMode(rawValue: UInt8(truncatingIfNeeded: state.pointee.x87.control &>> 10) & 3)
    }

    @inline(__always)
    var x87Unmasked: FloatExceptions {
        FloatExceptions(rawValue: ~state.pointee.x87.control & X87Control.masks)
    }

    /// The control word is as `fninit` leaves it: ``FloatContext/usual(_:)`` is the context even of an instruction that
    /// obeys precision control.
    @inline(__always)
    var hasUsualControl: Bool {
        let fields = X87Control.masks | X87Control.precision | X87Control.rounding
        return state.pointee.x87.control & fields == X87Control.initial & fields
    }

    /// For the instructions that obey precision control (SDM vol. 1, 8.1.5.2). The reserved setting 01 means 64 bits.
    @inline(__always)
    var x87PrecisionContext: FloatContext {
        var format = FloatFormat.extended
        let precisions: UInt32 = 64 << 24 | 53 << 16 | 64 << 8 | 24
        format.precision = precisions &>> (UInt32(state.pointee.x87.control &>> 8 & 3) &* 8) & 0xFF
        return FloatContext(mode: x87RoundingMode, format: format, unmasked: x87Unmasked)
    }

    /// For all others, with a destination in `format`.
    @inline(__always)
    func x87Context(_ format: FloatFormat = .extended) -> FloatContext {
        FloatContext(mode: x87RoundingMode, format: format, unmasked: x87Unmasked)
    }

    // MARK: Exceptions

    /// Adds what `context` has found to the status word. Returns those that are not masked.
    @inline(__always)
    @discardableResult
    func noteExceptions(_ context: FloatContext) -> FloatExceptions {
        var status = state.pointee.x87.status & ~X87Status.c1
        status |= context.exceptions.rawValue | (context.roundedUp ? X87Status.c1 : 0)
        let unmasked = context.exceptions.intersection(context.unmasked)
        if _slowPath(!unmasked.isEmpty) { status |= X87Status.errorSummary | X87Status.busy }
        state.pointee.x87.status = status
        return unmasked
    }

    /// Ends an instruction with a register as its destination.
    @inline(__always)
    func finish(_ context: FloatContext, _ result: Extended, to destination: UInt8, pops: Bool) {
        let unmasked = noteExceptions(context)
        if _slowPath(!unmasked.isDisjoint(with: .before)) { return }
        setST(destination, result)
        popX87(pops ? 1 : 0)
    }

    /// A stack fault: underflow, or with `overflow` overflow. True if it is masked, so that the indefinite value takes
    /// the place of what is not there.
    @inline(never)
    func stackFault(overflow: Bool = false) -> Bool {
        var status = state.pointee.x87.status & ~X87Status.c1
        status |= X87Status.invalidOperation | X87Status.stackFault | (overflow ? X87Status.c1 : 0)
        let isMasked = state.pointee.x87.control & X87Status.invalidOperation != 0
        if !isMasked { status |= X87Status.errorSummary | X87Status.busy }
        state.pointee.x87.status = status
        return isMasked
    }

    /// Ends an arithmetic instruction that found an empty register.
    @inline(never)
    func underflow(to destination: UInt8, pops: Bool) {
        guard stackFault() else { return }
        setST(destination, .indefinite)
        if pops { popX87() }
    }

    /// Ends an instruction that loads `value`.
    @inline(__always)
    func loadX87(_ value: Extended) {
        let top = (state.pointee.x87.top &- 1) & 7
        let bit: UInt8 = 1 &<< top
        let emptyRegisters = state.pointee.x87.emptyRegisters
        if _slowPath(emptyRegisters & bit == 0) { return overflow() }
        state.pointee.x87.status &= ~X87Status.c1
        state.pointee.x87.top = top
        state.pointee.x87.emptyRegisters = emptyRegisters ^ bit
        state.pointee.x87.significands[Int(top)] = value.significand
        state.pointee.x87.signExponents[Int(top)] = value.signExponent
    }

    @inline(never)
    private func overflow() {
        if stackFault(overflow: true) { pushX87(.indefinite) }
    }

    @inline(__always)
    func setConditions(_ conditions: UInt16) {
        state.pointee.x87.status = state.pointee.x87.status & ~X87Status.conditions | conditions
    }

    // MARK: Pointers

    /// Records the instruction as the last one, for the handler of an exception (SDM vol. 1, 8.1.8).
    @inline(__always)
    func notePointers(_ instruction: InstructionPointer) {
        state.pointee.x87.instructionOffset = offset(instruction)
        state.pointee.x87.instructionSelector = state.pointee.segments[1].selector
        state.pointee.x87.lastOpcode =
            UInt16(instruction.pointee.opcode & 7) &<< 8 | UInt16(instruction.pointee.modRM)
    }

    /// Records the memory operand at `offset` as the last one.
    @inline(__always)
    func noteData(_ instruction: InstructionPointer, _ offset: UInt32) {
        state.pointee.x87.dataOffset = offset
        state.pointee.x87.dataSelector = state.pointee.segments[Int(instruction.pointee.segment & 7)].selector
    }
}

extension Operation {
    /// The instructions that are not recorded as the last one: control instructions, and those that do not exist.
    @inline(__always)
    var isX87Control: Bool {
        rawValue >= Operation.fninit.rawValue && rawValue <= Operation.fnsave.rawValue || self == .x87Reserved
    }
}
