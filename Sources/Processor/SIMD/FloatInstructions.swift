/// Floating-point arithmetic and comparisons of SSE and SSE2: operands and destinations, and the choice between the
/// definition (`FloatArithmetic`, `FloatComparisons`) and the fast path (`FloatFastPath`).
///
/// The packed and the scalar instructions, of either format, are one piece of code: an operand of a scalar one has
/// zeros above its lane, and all of its result but that lane is the destination's. Registers are always written as a
/// whole, since hosts are slow where a value is read that was written in parts.
extension Core {
    /// The source operand: for packed instructions 16 bytes, in memory aligned; for scalar ones a lane.
    @inline(__always)
    private func source<Lane: FloatLane>(
        _ instruction: InstructionPointer, _: Lane.Type, isScalar: Bool
    ) throws(Fault) -> XMM {
        guard isScalar else { return try source128(instruction) }
        guard isInMemory(instruction) else { return xmm(instruction.pointee.rm) & Lane.first }
        let offset = address(instruction)
        return Lane.count == 4
            ? XMM(UInt64(try read32(instruction.pointee.segment, offset)))
            : XMM(try read64(instruction.pointee.segment, offset))
    }

    // MARK: Arithmetic

    @inline(never)
    func packedSingles(_ instruction: InstructionPointer) throws(Fault) {
        try arithmetic(SingleLane.self, isScalar: false, instruction)
    }

    @inline(never)
    func packedDoubles(_ instruction: InstructionPointer) throws(Fault) {
        try arithmetic(DoubleLane.self, isScalar: false, instruction)
    }

    @inline(never)
    func scalarSingle(_ instruction: InstructionPointer) throws(Fault) {
        try arithmetic(SingleLane.self, isScalar: true, instruction)
    }

    @inline(never)
    func scalarDouble(_ instruction: InstructionPointer) throws(Fault) {
        try arithmetic(DoubleLane.self, isScalar: true, instruction)
    }

    @inline(__always)
    private func arithmetic<Lane: FloatLane>(
        _: Lane.Type, isScalar: Bool, _ instruction: InstructionPointer
    ) throws(Fault) {
        switch instruction.pointee.operation {
        case .addps, .addpd, .addss, .addsd: try arithmetic(.add, Lane.self, isScalar: isScalar, instruction)
        case .subps, .subpd, .subss, .subsd: try arithmetic(.subtract, Lane.self, isScalar: isScalar, instruction)
        case .mulps, .mulpd, .mulss, .mulsd: try arithmetic(.multiply, Lane.self, isScalar: isScalar, instruction)
        case .divps, .divpd, .divss, .divsd: try arithmetic(.divide, Lane.self, isScalar: isScalar, instruction)
        case .minps, .minpd, .minss, .minsd: try arithmetic(.minimum, Lane.self, isScalar: isScalar, instruction)
        case .maxps, .maxpd, .maxss, .maxsd: try arithmetic(.maximum, Lane.self, isScalar: isScalar, instruction)
        default: try arithmetic(.squareRoot, Lane.self, isScalar: isScalar, instruction)
        }
    }

    @inline(__always)
    private func arithmetic<Lane: FloatLane>(
        _ operation: LaneOperation, _: Lane.Type, isScalar: Bool, _ instruction: InstructionPointer
    ) throws(Fault) {
        let destination = xmm(instruction.pointee.reg)
        let left = isScalar ? destination & Lane.first : destination
        let right = try source(instruction, Lane.self, isScalar: isScalar)
        let quick = FloatFastPath.arithmetic(operation, left, right, mxcsr, Lane.self, isScalar: isScalar)
        let result =
            if let quick { quick } else { try defined(operation, left, right, Lane.self, isScalar: isScalar) }
        setXMM(instruction.pointee.reg, isScalar ? result.selected(by: Lane.first, or: destination) : result)
    }

    /// By the definition.
    @inline(never)
    private func defined<Lane: FloatLane>(
        _ operation: LaneOperation, _ left: XMM, _ right: XMM, _: Lane.Type, isScalar: Bool
    ) throws(Fault) -> XMM {
        var float = FloatOperation(mxcsr)
        var result = left
        for index in 0..<(isScalar ? 1 : Lane.count) {
            let bits = float.perform(
                operation, Lane.lane(index, of: left), Lane.lane(index, of: right), Lane.self)
            Lane.setLane(index, of: &result, bits)
        }
        try finish(float)
        return result
    }

    /// `rcpps` and `rsqrtps`.
    @inline(__always)
    func approximate(_ instruction: InstructionPointer, _ body: (UInt32) -> UInt32) throws(Fault) {
        let source = try source128(instruction).doublewords
        setXMM(
            instruction.pointee.reg, XMM(SIMD4(body(source[0]), body(source[1]), body(source[2]), body(source[3]))))
    }

    // MARK: Comparisons

    /// `cmpps` and its relatives.
    @inline(__always)
    func compare<Lane: FloatLane>(
        _: Lane.Type, isScalar: Bool = false, _ instruction: InstructionPointer
    ) throws(Fault) {
        let destination = xmm(instruction.pointee.reg)
        let left = isScalar ? destination & Lane.first : destination
        let right = try source(instruction, Lane.self, isScalar: isScalar)
        let predicate = instruction.pointee.immediate
        let quick = FloatFastPath.compare(predicate, left, right, Lane.self, isScalar: isScalar)
        let mask = if let quick { quick } else { try defined(predicate, left, right, Lane.self, isScalar: isScalar) }
        setXMM(instruction.pointee.reg, isScalar ? mask.selected(by: Lane.first, or: destination) : mask)
    }

    @inline(never)
    private func defined<Lane: FloatLane>(
        _ predicate: UInt32, _ left: XMM, _ right: XMM, _: Lane.Type, isScalar: Bool
    ) throws(Fault) -> XMM {
        var float = FloatOperation(mxcsr)
        var result = left
        for index in 0..<(isScalar ? 1 : Lane.count) {
            let isTrue = float.holds(
                predicate, Lane.lane(index, of: left), Lane.lane(index, of: right), Lane.self)
            Lane.setLane(index, of: &result, isTrue ? ~0 : 0)
        }
        try finish(float)
        return result
    }

    /// `comiss` and its relatives: ZF, PF and CF say how the operands are ordered; OF, SF and AF are cleared (SDM vol.
    /// 2, COMISS).
    @inline(__always)
    func order<Lane: FloatLane>(
        _: Lane.Type, isSignaling: Bool, _ instruction: InstructionPointer
    ) throws(Fault) {
        let left = Lane.lane(0, of: xmm(instruction.pointee.reg))
        let right = Lane.lane(0, of: try source(instruction, Lane.self, isScalar: true))
        let quick = FloatFastPath.order(left, right, Lane.self)
        let ordering = if let quick { quick } else { try defined(left, right, Lane.self, isSignaling: isSignaling) }
        let bits: UInt32 =
            switch ordering {
            case .greater: 0
            case .less: Flag.carry
            case .equal: Flag.zero
            case .unordered: Flag.zero | Flag.parity | Flag.carry
            }
        flags = LazyFlags(bits: bits)
    }

    @inline(never)
    private func defined<Lane: FloatLane>(
        _ left: Lane.Bits, _ right: Lane.Bits, _: Lane.Type, isSignaling: Bool
    ) throws(Fault) -> Ordering {
        var float = FloatOperation(mxcsr)
        let ordering = float.compare(left, right, isSignaling: isSignaling, Lane.self)
        try finish(float)
        return ordering
    }
}
