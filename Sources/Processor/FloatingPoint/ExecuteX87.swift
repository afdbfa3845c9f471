/// The switch over the x87 instructions.
///
/// **Constraint.** An operand stack makes programs long: half of the instructions only move something, and cost as much
/// as their dispatch. Each begins with the same checks (is there an FPU, does it belong to this task, is an exception
/// of an earlier instruction to be reported), and leaves its address behind for a handler of exceptions.
///
/// **Choice.** One call executes a whole run of instructions, as long as the next one is an x87 instruction, too. The
/// checks are made once, since only control instructions, of which a run consists alone, and exceptions that are not
/// masked, which end a run, change what they look at. The address is recorded once, for the last one that got through.
/// Memory operands are read before anything changes.
///
/// **Example.** In `fld [a]`, `fmul [b]`, `faddp`, `fstp [c]` a page fault at b leaves the address of `fld` as the last
/// one, and is reported with EIP at `fmul`, which `Context.current` names.
extension Core {
    /// Executes a run of x87 instructions of a block that begins with `first`, and returns the last one.
    /// ``ProcessorState/eip`` is still that of the block. A slot of another kind is behind every run: a block ends with
    /// one.
    ///
    /// - Throws: What the instruction at `Context.current` raises. Those before it have been executed.
    @inline(never)
    func executeX87(_ first: InstructionPointer) throws(Fault) -> InstructionPointer {
        let unavailable = ControlRegister.emulation | ControlRegister.taskSwitched
        if _slowPath(state.pointee.cr0 & unavailable != 0) { throw Fault(Vector.deviceNotAvailable) }
        if first.pointee.operation.isX87Control {
            try executeX87Control(first)
            return first
        }
        try reportPendingX87Error()
        var instruction = first
        do throws(Fault) {
            repeat {
                context.pointee.current = instruction
                guard try executeX87Operation(instruction) else { break }
                instruction += 1
            } while instruction.pointee.handler == .x87 && state.pointee.x87.status & X87Status.errorSummary == 0
        } catch {
            if instruction != first { notePointers(instruction - 1) }
            throw error
        }
        notePointers(instruction - 1)
        // What often ends a run asks how a comparison came out. It neither waits nor is recorded.
        if instruction.pointee.handler == .x87 && instruction.pointee.operation == .fnstswAX {
            set(0, state.pointee.x87.statusWord)
            return instruction
        }
        return instruction - 1
    }

    /// The instructions about the FPU itself.
    @inline(never)
    private func executeX87Control(_ instruction: InstructionPointer) throws(Fault) {
        switch instruction.pointee.operation {
        // Those with an "n" do not wait.
        case .fninit: initializeX87()
        case .fnclex: clearX87Exceptions()
        case .fldcw:
            try reportPendingX87Error()
            loadX87Control(try load(instruction) as UInt16)
        case .fnstcw: try store(instruction, state.pointee.x87.control)
        case .fnstswM: try store(instruction, state.pointee.x87.statusWord)
        case .fnstswAX: set(0, state.pointee.x87.statusWord)
        case .fldenv:
            try reportPendingX87Error()
            try loadEnvironment(instruction)
        case .fnstenv: try storeEnvironment(instruction)
        case .frstor:
            try reportPendingX87Error()
            try restoreX87(instruction)
        case .fnsave: try saveX87(instruction)
        default: throw .invalidOpcode
        }
    }

    /// False if the instruction is not one that belongs into a run.
    @inline(__always)
    private func executeX87Operation(_ instruction: InstructionPointer) throws(Fault) -> Bool {
        let rm = instruction.pointee.rm & 7
        switch instruction.pointee.operation {
        // Arithmetic with memory.
        case .faddM32: try arithmeticSingle(.add, instruction)
        case .fmulM32: try arithmeticSingle(.multiply, instruction)
        case .fcomM32: try arithmeticSingle(.compare, instruction)
        case .fcompM32: try arithmeticSingle(.comparePop, instruction)
        case .fsubM32: try arithmeticSingle(.subtract, instruction)
        case .fsubrM32: try arithmeticSingle(.subtractReversed, instruction)
        case .fdivM32: try arithmeticSingle(.divide, instruction)
        case .fdivrM32: try arithmeticSingle(.divideReversed, instruction)
        case .faddM64: try arithmeticDouble(.add, instruction)
        case .fmulM64: try arithmeticDouble(.multiply, instruction)
        case .fcomM64: try arithmeticDouble(.compare, instruction)
        case .fcompM64: try arithmeticDouble(.comparePop, instruction)
        case .fsubM64: try arithmeticDouble(.subtract, instruction)
        case .fsubrM64: try arithmeticDouble(.subtractReversed, instruction)
        case .fdivM64: try arithmeticDouble(.divide, instruction)
        case .fdivrM64: try arithmeticDouble(.divideReversed, instruction)
        case .fiaddM16: arithmetic(.add, memory: try integerOperand16(instruction))
        case .fimulM16: arithmetic(.multiply, memory: try integerOperand16(instruction))
        case .ficomM16: arithmetic(.compare, memory: try integerOperand16(instruction))
        case .ficompM16: arithmetic(.comparePop, memory: try integerOperand16(instruction))
        case .fisubM16: arithmetic(.subtract, memory: try integerOperand16(instruction))
        case .fisubrM16: arithmetic(.subtractReversed, memory: try integerOperand16(instruction))
        case .fidivM16: arithmetic(.divide, memory: try integerOperand16(instruction))
        case .fidivrM16: arithmetic(.divideReversed, memory: try integerOperand16(instruction))
        case .fiaddM32: arithmetic(.add, memory: try integerOperand32(instruction))
        case .fimulM32: arithmetic(.multiply, memory: try integerOperand32(instruction))
        case .ficomM32: arithmetic(.compare, memory: try integerOperand32(instruction))
        case .ficompM32: arithmetic(.comparePop, memory: try integerOperand32(instruction))
        case .fisubM32: arithmetic(.subtract, memory: try integerOperand32(instruction))
        case .fisubrM32: arithmetic(.subtractReversed, memory: try integerOperand32(instruction))
        case .fidivM32: arithmetic(.divide, memory: try integerOperand32(instruction))
        case .fidivrM32: arithmetic(.divideReversed, memory: try integerOperand32(instruction))

        // Loads and stores.
        case .fldM32:
            let offset = address(instruction)
            let bits = try read32(instruction.pointee.segment, offset)
            noteData(instruction, offset)
            loadSingle(bits)
        case .fldM64: loadDouble(try doubleOperand(instruction))
        case .fldM80:
            let offset = address(instruction)
            let value = try readExtended(instruction.pointee.segment, offset)
            noteData(instruction, offset)
            loadX87(value)
        case .fildM16: loadX87(try integerOperand16(instruction))
        case .fildM32: loadX87(try integerOperand32(instruction))
        case .fildM64:
            let offset = address(instruction)
            let bits = try read64(instruction.pointee.segment, offset)
            noteData(instruction, offset)
            loadX87(Extended(integer: Int64(bitPattern: bits)))
        case .fbld:
            let offset = address(instruction)
            let digits = try readExtended(instruction.pointee.segment, offset)
            noteData(instruction, offset)
            loadX87(Extended(packedDecimal: digits.significand, digits.signExponent))
        case .fstM32: try storeSingle(instruction, pops: false)
        case .fstpM32: try storeSingle(instruction, pops: true)
        case .fstM64: try storeDouble(instruction, pops: false)
        case .fstpM64: try storeDouble(instruction, pops: true)
        case .fstpM80: try storeExtended(instruction)
        case .fistM16: try storeInteger(instruction, bits: 16, pops: false)
        case .fistM32: try storeInteger(instruction, bits: 32, pops: false)
        case .fistpM16: try storeInteger(instruction, bits: 16, pops: true)
        case .fistpM32: try storeInteger(instruction, bits: 32, pops: true)
        case .fistpM64: try storeInteger(instruction, bits: 64, pops: true)
        case .fbstp: try storePackedDecimal(instruction)

        // Arithmetic.
        case .faddR: arithmetic(.add, rm)
        case .fmulR: arithmetic(.multiply, rm)
        case .fcomR: arithmetic(.compare, rm)
        case .fcompR: arithmetic(.comparePop, rm)
        case .fsubR: arithmetic(.subtract, rm)
        case .fsubrR: arithmetic(.subtractReversed, rm)
        case .fdivR: arithmetic(.divide, rm)
        case .fdivrR: arithmetic(.divideReversed, rm)
        case .faddToR: arithmetic(.add, rm, toIndex: true)
        case .fmulToR: arithmetic(.multiply, rm, toIndex: true)
        case .fsubToR: arithmetic(.subtract, rm, toIndex: true)
        case .fsubrToR: arithmetic(.subtractReversed, rm, toIndex: true)
        case .fdivToR: arithmetic(.divide, rm, toIndex: true)
        case .fdivrToR: arithmetic(.divideReversed, rm, toIndex: true)
        case .faddPop: arithmetic(.add, rm, toIndex: true, pops: true)
        case .fmulPop: arithmetic(.multiply, rm, toIndex: true, pops: true)
        case .fsubPop: arithmetic(.subtract, rm, toIndex: true, pops: true)
        case .fsubrPop: arithmetic(.subtractReversed, rm, toIndex: true, pops: true)
        case .fdivPop: arithmetic(.divide, rm, toIndex: true, pops: true)
        case .fdivrPop: arithmetic(.divideReversed, rm, toIndex: true, pops: true)

        // Comparisons.
        case .fcompp: compareRegisters(1, pops: 2, signalsQuietNaNs: true)
        case .fucomR: compareRegisters(rm, pops: 0, signalsQuietNaNs: false)
        case .fucompR: compareRegisters(rm, pops: 1, signalsQuietNaNs: false)
        case .fucompp: compareRegisters(1, pops: 2, signalsQuietNaNs: false)
        case .fcomiR: compareToFlags(rm, pops: false, signalsQuietNaNs: true)
        case .fcomipR: compareToFlags(rm, pops: true, signalsQuietNaNs: true)
        case .fucomiR: compareToFlags(rm, pops: false, signalsQuietNaNs: false)
        case .fucomipR: compareToFlags(rm, pops: true, signalsQuietNaNs: false)
        case .ftst: isEmpty(0) ? comparisonUnderflow(pops: 0) : compare(.zero(isNegative: false), pops: 0)
        case .fxam: examine()

        // Moves.
        case .fldR: isEmpty(rm) ? loadEmpty() : loadX87(st(rm))
        case .fstR: storeRegister(rm, pops: false)
        case .fstpR: storeRegister(rm, pops: true)
        case .fstpNoCheckR: storeRegisterUnchecked(rm)
        case .fxch: exchange(rm)
        case .ffree: freeRegister(rm)
        case .ffreep:
            freeRegister(rm)
            popX87()
        case .fcmovb: moveConditionally(rm, if: flags.carry)
        case .fcmove: moveConditionally(rm, if: flags.isZero)
        case .fcmovbe: moveConditionally(rm, if: flags.isBelowOrEqual)
        case .fcmovu: moveConditionally(rm, if: flags.isParityEven)
        case .fcmovnb: moveConditionally(rm, if: !flags.carry)
        case .fcmovne: moveConditionally(rm, if: !flags.isZero)
        case .fcmovnbe: moveConditionally(rm, if: !flags.isBelowOrEqual)
        case .fcmovnu: moveConditionally(rm, if: !flags.isParityEven)

        // Constants: the exact value, and which of its two neighbours is nearer.
        case .fld1: loadX87(.one)
        case .fldz: loadX87(.zero(isNegative: false))
        case .fldl2t: loadConstant(0x4000, below: 0xD49A_784B_CD1B_8AFE, nearestIsAbove: false)
        case .fldl2e: loadConstant(0x3FFF, below: 0xB8AA_3B29_5C17_F0BB, nearestIsAbove: true)
        case .fldpi: loadConstant(0x4000, below: 0xC90F_DAA2_2168_C234, nearestIsAbove: true)
        case .fldlg2: loadConstant(0x3FFD, below: 0x9A20_9A84_FBCF_F798, nearestIsAbove: true)
        case .fldln2: loadConstant(0x3FFE, below: 0xB172_17F7_D1CF_79AB, nearestIsAbove: true)

        // Functions.
        case .fchs: changeSign { $0.negated }
        case .fabs: changeSign { $0.magnitude }
        case .fsqrt: unary(x87PrecisionContext) { $0.squareRoot($1) }
        case .frndint: unary(x87Context()) { $0.roundToInteger($1) }
        case .fscale: binary(pops: false) { $0.scale($1, by: $2) }
        case .fprem: partialRemainder(isIEEE: false)
        case .fprem1: partialRemainder(isIEEE: true)
        case .fxtract: extractExponent()
        case .f2xm1: exponential()
        case .fyl2x: logarithm()
        case .fyl2xp1: binary(pops: true) { $0.logarithm(onePlus: $1, times: $2) }
        case .fpatan: arcTangent()
        case .fsin: sine(cosine: false)
        case .fcos: sine(cosine: true)
        case .fsincos: sineAndCosine()
        case .fptan: tangent()
        case .fincstp: rotateStack(by: 1)
        case .fdecstp: rotateStack(by: 7)
        case .fnop: break
        default: return false
        }
        return true
    }

    // MARK: Operands

    @inline(__always)
    private func arithmeticSingle(
        _ operation: X87Operation, _ instruction: InstructionPointer
    ) throws(Fault) {
        let offset = address(instruction)
        let bits = try read32(instruction.pointee.segment, offset)
        noteData(instruction, offset)
        arithmetic(operation, memory: Extended(single: bits), isDenormal: isDenormal(single: bits))
    }

    @inline(__always)
    private func arithmeticDouble(
        _ operation: X87Operation, _ instruction: InstructionPointer
    ) throws(Fault) {
        let bits = try doubleOperand(instruction)
        arithmetic(operation, memory: Extended(double: bits), isDenormal: isDenormal(double: bits))
    }

    /// The 64 bits of a memory operand, which is mostly flat.
    @inline(__always)
    private func doubleOperand(_ instruction: InstructionPointer) throws(Fault) -> UInt64 {
        let offset: UInt32
        let bits: UInt64
        if _fastPath(instruction.pointee.isFlat) {
            offset = address32(instruction)
            bits = isReadable(offset, 8) ? readable(offset) : try read64(instruction.pointee.segment, offset)
        } else {
            offset = address(instruction)
            bits = try read64(instruction.pointee.segment, offset)
        }
        noteData(instruction, offset)
        return bits
    }

    @inline(__always)
    private func integerOperand16(_ instruction: InstructionPointer) throws(Fault) -> Extended {
        let offset = address(instruction)
        let bits = try read16(instruction.pointee.segment, offset)
        noteData(instruction, offset)
        return Extended(integer: Int64(Int16(bitPattern: bits)))
    }

    @inline(__always)
    private func integerOperand32(_ instruction: InstructionPointer) throws(Fault) -> Extended {
        let offset = address(instruction)
        let bits = try read32(instruction.pointee.segment, offset)
        noteData(instruction, offset)
        return Extended(integer: Int64(Int32(bitPattern: bits)))
    }

    // MARK: The stack itself

    /// `fld` of an empty register.
    private func loadEmpty() {
        if stackFault() { pushX87(.indefinite) }
    }

    private func freeRegister(_ index: UInt8) {
        state.pointee.x87.status &= ~X87Status.c1
        let number = UInt8(truncatingIfNeeded: state.pointee.x87.physical(index))
        state.pointee.x87.emptyRegisters |= 1 &<< number
    }

    private func rotateStack(by count: UInt8) {
        state.pointee.x87.status &= ~X87Status.c1
        state.pointee.x87.top = (state.pointee.x87.top &+ count) & 7
    }
}
