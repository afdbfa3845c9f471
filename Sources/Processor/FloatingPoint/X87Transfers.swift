/// Loads, stores and constants.
///
/// Memory is read or written before anything else changes, so that a fault leaves no trace: a store is computed,
/// written, and only then committed. Where an exception that is not masked forbids the store, memory is not touched at
/// all.
extension Core {
    // MARK: Loads

    /// `fld` of a single-precision number. Unlike the load of an extended one it looks at the number.
    @inline(__always)
    func loadSingle(_ bits: UInt32) {
        let value = Extended(single: bits)
        if _fastPath(value.isNormal && !isDenormal(single: bits)) { return loadX87(value) }
        loadSpecial(value, isDenormal: isDenormal(single: bits))
    }

    @inline(__always)
    func loadDouble(_ bits: UInt64) {
        let value = Extended(double: bits)
        if _fastPath(value.isNormal && !isDenormal(double: bits)) { return loadX87(value) }
        loadSpecial(value, isDenormal: isDenormal(double: bits))
    }

    @inline(never)
    private func loadSpecial(_ value: Extended, isDenormal: Bool) {
        if !isEmpty(7) || value.isZero { return loadX87(value) }
        var context = x87Context()
        let result = context.answerToNaN(value) ?? value
        _ = context.acceptDenormals(isDenormal)
        // A denormal is loaded even if that exception is not masked.
        if !noteExceptions(context).contains(.invalid) { pushX87(result) }
    }

    /// Reads a number in the extended format.
    @inline(__always)
    func readExtended(_ segment: UInt8, _ offset: UInt32) throws(Fault) -> Extended {
        if let pointer = readPointer(segment, offset, 10) {
            return Extended(
                significand: pointer.loadUnaligned(as: UInt64.self),
                signExponent: pointer.loadUnaligned(fromByteOffset: 8, as: UInt16.self))
        }
        try probeRead(segment, offset, 10)
        let significand = try read64(segment, offset)
        return Extended(significand: significand, signExponent: try read16(segment, offset &+ 8))
    }

    @inline(__always)
    func writeExtended(_ segment: UInt8, _ offset: UInt32, _ value: Extended) throws(Fault) {
        if let pointer = writePointer(segment, offset, 10) {
            pointer.storeBytes(of: value.significand, as: UInt64.self)
            pointer.storeBytes(of: value.signExponent, toByteOffset: 8, as: UInt16.self)
            return
        }
        try probeWrite(segment, offset, 10)
        try write64(segment, offset, value.significand)
        try write16(segment, offset &+ 8, value.signExponent)
    }

    // MARK: Stores

    /// `fst` and `fstp` of a single-precision number.
    @inline(never)
    func storeSingle(_ instruction: InstructionPointer, pops: Bool) throws(Fault) {
        if let (context, bits) = roundUsually(.single, { $0.singleBits }) {
            let offset = address(instruction)
            try write32(instruction.pointee.segment, offset, bits)
            return finishStore(context, instruction, offset, pops: pops)
        }
        var context = x87Context(.single)
        let bits = isEmpty(0) ? emptyStore(&context, 0xFFC0_0000 as UInt32) : context.single(st(0))
        let offset = address(instruction)
        if mayStore(context) { try write32(instruction.pointee.segment, offset, bits) }
        finishStore(context, instruction, offset, pops: pops)
    }

    @inline(never)
    func storeDouble(_ instruction: InstructionPointer, pops: Bool) throws(Fault) {
        if let (context, bits) = roundUsually(.double, { $0.doubleBits }) {
            let offset = address(instruction)
            if _fastPath(instruction.pointee.isFlat && isWritable(offset, 8)) {
                write(writable: offset, bits)
                return finishUsualStore(context, instruction, offset, pops: pops)
            }
            try write64(instruction.pointee.segment, offset, bits)
            return finishStore(context, instruction, offset, pops: pops)
        }
        var context = x87Context(.double)
        let bits = isEmpty(0) ? emptyStore(&context, 0xFFF8_0000_0000_0000 as UInt64) : context.double(st(0))
        let offset = address(instruction)
        if mayStore(context) { try write64(instruction.pointee.segment, offset, bits) }
        finishStore(context, instruction, offset, pops: pops)
    }

    /// `fstp` of a number in the extended format: a copy of the register, whatever it holds.
    func storeExtended(_ instruction: InstructionPointer) throws(Fault) {
        var context = x87Context()
        let value = isEmpty(0) ? emptyStore(&context, .indefinite) : st(0)
        let offset = address(instruction)
        if mayStore(context) { try writeExtended(instruction.pointee.segment, offset, value) }
        finishStore(context, instruction, offset, pops: true)
    }

    /// `fist` and `fistp` of 16, 32 or 64 bits.
    @inline(never)
    func storeInteger(_ instruction: InstructionPointer, bits: UInt64, pops: Bool) throws(Fault) {
        var context = x87Context()
        let mode = context.mode
        let integer =
            isEmpty(0)
            ? emptyStore(&context, Int64(truncatingIfNeeded: ~0 as UInt64 &<< (bits &- 1)))
            : context.integer(st(0), bits: bits, mode)
        let offset = address(instruction)
        if mayStore(context) {
            switch bits {
            case 16: try write16(instruction.pointee.segment, offset, UInt16(truncatingIfNeeded: integer))
            case 32: try write32(instruction.pointee.segment, offset, UInt32(truncatingIfNeeded: integer))
            default: try write64(instruction.pointee.segment, offset, UInt64(bitPattern: integer))
            }
        }
        finishStore(context, instruction, offset, pops: pops)
    }

    /// `fbstp`.
    @inline(never)
    func storePackedDecimal(_ instruction: InstructionPointer) throws(Fault) {
        var context = x87Context()
        let digits =
            isEmpty(0) ? emptyStore(&context, (0xC000_0000_0000_0000, 0xFFFF)) : context.packedDecimal(st(0))
        let offset = address(instruction)
        if mayStore(context) {
            let image = Extended(significand: digits.low, signExponent: digits.high)
            try writeExtended(instruction.pointee.segment, offset, image)
        }
        finishStore(context, instruction, offset, pops: true)
    }

    /// The short cut for a normal number that stays one, to nearest and with everything masked: ST(0) in `format`, and
    /// the context that is a constant. Nil if the definition has to do it.
    @inline(__always)
    private func roundUsually<Bits>(_ format: FloatFormat, _ bits: (Unpacked) -> Bits) -> (FloatContext, Bits)? {
        let fields = X87Control.masks | X87Control.rounding
        guard _fastPath(state.pointee.x87.control & fields == X87Control.masks && !isEmpty(0) && st(0).isNormal)
        else { return nil }
        var context = FloatContext.usual(format)
        guard let result = context.roundNormal(st(0).unpackedNormal) else { return nil }
        return (context, bits(result))
    }

    /// A store of an empty register: the indefinite value, if the exception is masked.
    @inline(__always)
    private func emptyStore<Value>(_ context: inout FloatContext, _ indefinite: Value) -> Value {
        context.exceptions = .invalid
        return indefinite
    }

    /// All exceptions but inexactness prevent a store (SDM vol. 1, 8.5).
    @inline(__always)
    private func mayStore(_ context: FloatContext) -> Bool {
        context.exceptions.intersection(context.unmasked).subtracting(.precision).isEmpty
    }

    @inline(__always)
    private func finishStore(
        _ context: FloatContext, _ instruction: InstructionPointer, _ offset: UInt32, pops: Bool
    ) {
        noteData(instruction, offset)
        if _slowPath(isEmpty(0)) { state.pointee.x87.status |= X87Status.stackFault }
        _ = noteExceptions(context)
        if pops && mayStore(context) { popX87() }
    }

    /// As ``finishStore(_:_:_:pops:)`` where ST(0) is not empty and nothing prevents the store.
    @inline(__always)
    private func finishUsualStore(
        _ context: FloatContext, _ instruction: InstructionPointer, _ offset: UInt32, pops: Bool
    ) {
        noteData(instruction, offset)
        noteExceptions(context)
        popX87(pops ? 1 : 0)
    }

    /// `fst` and `fstp` to a register.
    @inline(__always)
    func storeRegister(_ index: UInt8, pops: Bool) {
        if _slowPath(isEmpty(0)) { return underflow(to: index, pops: pops) }
        state.pointee.x87.status &= ~X87Status.c1
        setST(index, st(0))
        if pops { popX87() }
    }

    /// The alias of `fstp` at D9h D8h, to which an empty register is no fault: it pops and stores nothing.
    func storeRegisterUnchecked(_ index: UInt8) {
        state.pointee.x87.status &= ~X87Status.c1
        if !isEmpty(0) { setST(index, st(0)) }
        popX87()
    }

    // MARK: Constants

    /// A constant that lies between `below` and the next number.
    @inline(__always)
    func loadConstant(_ signExponent: UInt16, below: UInt64, nearestIsAbove: Bool) {
        let mode = x87RoundingMode
        let isAbove = mode == .up || mode == .nearest && nearestIsAbove
        loadX87(Extended(significand: isAbove ? below &+ 1 : below, signExponent: signExponent))
    }
}
