/// Floating-point arithmetic and comparisons of SSE and SSE2: operands and destinations, and the choice between the
/// definition (`FloatArithmetic`, `FloatComparisons`) and the fast path (`FloatFastPath`).
extension Core {
    // MARK: Arithmetic

    @inline(never)
    func packedSingles(_ instruction: InstructionPointer) throws(Fault) {
        let left = xmm(instruction.pointee.reg)
        let right = try source128(instruction)
        let operation = instruction.pointee.operation
        if let result = FloatFastPath.packedSingles(operation, left, right, mxcsr) {
            setXMM(instruction.pointee.reg, result)
        } else {
            setXMM(instruction.pointee.reg, try packedSinglesSlow(Self.laneOperation(operation), left, right))
        }
    }

    @inline(never)
    private func packedSinglesSlow(
        _ operation: LaneOperation, _ left: XMM, _ right: XMM
    ) throws(Fault) -> XMM {
        var float = FloatOperation(mxcsr)
        var result = SIMD4<UInt32>()
        for lane in 0..<4 {
            result[lane] = float.perform(operation, left.doublewords[lane], right.doublewords[lane], SingleLane.self)
        }
        try finish(float)
        return XMM(result)
    }

    @inline(never)
    func packedDoubles(_ instruction: InstructionPointer) throws(Fault) {
        let left = xmm(instruction.pointee.reg)
        let right = try source128(instruction)
        let operation = instruction.pointee.operation
        if let low = FloatFastPath.double(operation, left.low, right.low, mxcsr),
            let high = FloatFastPath.double(operation, left.high, right.high, mxcsr)
        {
            setXMM(instruction.pointee.reg, XMM(low, high))
            return
        }
        var float = FloatOperation(mxcsr)
        let kind = Self.laneOperation(operation)
        let low = float.perform(kind, left.low, right.low, DoubleLane.self)
        let high = float.perform(kind, left.high, right.high, DoubleLane.self)
        try finish(float)
        setXMM(instruction.pointee.reg, XMM(low, high))
    }

    @inline(never)
    func scalarSingle(_ instruction: InstructionPointer) throws(Fault) {
        let left = xmm(instruction.pointee.reg).low32
        let right = try source32(instruction)
        let operation = instruction.pointee.operation
        let register = Int(instruction.pointee.reg & 7)
        if let result = FloatFastPath.single(operation, left, right, mxcsr) {
            state.pointee.xmm[register].low32 = result
            return
        }
        var float = FloatOperation(mxcsr)
        let result = float.perform(Self.laneOperation(operation), left, right, SingleLane.self)
        try finish(float)
        state.pointee.xmm[register].low32 = result
    }

    @inline(never)
    func scalarDouble(_ instruction: InstructionPointer) throws(Fault) {
        let left = xmm(instruction.pointee.reg).low
        let right = try source64(instruction)
        let operation = instruction.pointee.operation
        let register = Int(instruction.pointee.reg & 7)
        if let result = FloatFastPath.double(operation, left, right, mxcsr) {
            state.pointee.xmm[register].low = result
            return
        }
        var float = FloatOperation(mxcsr)
        let result = float.perform(Self.laneOperation(operation), left, right, DoubleLane.self)
        try finish(float)
        state.pointee.xmm[register].low = result
    }

    @inline(__always)
    private static func laneOperation(_ operation: Operation) -> LaneOperation {
        switch operation {
        case .addps, .addpd, .addss, .addsd: .add
        case .subps, .subpd, .subss, .subsd: .subtract
        case .mulps, .mulpd, .mulss, .mulsd: .multiply
        case .divps, .divpd, .divss, .divsd: .divide
        case .minps, .minpd, .minss, .minsd: .minimum
        case .maxps, .maxpd, .maxss, .maxsd: .maximum
        default: .squareRoot
        }
    }

    /// `rcpps` and `rsqrtps`.
    @inline(__always)
    func approximate(_ instruction: InstructionPointer, _ body: (UInt32) -> UInt32) throws(Fault) {
        let source = try source128(instruction).doublewords
        setXMM(
            instruction.pointee.reg, XMM(SIMD4(body(source[0]), body(source[1]), body(source[2]), body(source[3]))))
    }

    // MARK: Comparisons

    @inline(never)
    func comparePackedSingles(_ instruction: InstructionPointer) throws(Fault) {
        let left = xmm(instruction.pointee.reg)
        let right = try source128(instruction)
        let predicate = instruction.pointee.immediate
        if let mask = FloatFastPath.compareSingles(predicate, left, right) {
            setXMM(instruction.pointee.reg, mask)
            return
        }
        var float = FloatOperation(mxcsr)
        var result = SIMD4<UInt32>()
        for lane in 0..<4 {
            let isTrue = float.holds(predicate, left.doublewords[lane], right.doublewords[lane], SingleLane.self)
            result[lane] = isTrue ? ~0 : 0
        }
        try finish(float)
        setXMM(instruction.pointee.reg, XMM(result))
    }

    func comparePackedDoubles(_ instruction: InstructionPointer) throws(Fault) {
        let left = xmm(instruction.pointee.reg)
        let right = try source128(instruction)
        let predicate = instruction.pointee.immediate
        var float = FloatOperation(mxcsr)
        let low = float.holds(predicate, left.low, right.low, DoubleLane.self)
        let high = float.holds(predicate, left.high, right.high, DoubleLane.self)
        try finish(float)
        setXMM(instruction.pointee.reg, XMM(low ? ~0 : 0, high ? ~0 : 0))
    }

    func compareScalarSingle(_ instruction: InstructionPointer) throws(Fault) {
        let left = xmm(instruction.pointee.reg).low32
        let right = try source32(instruction)
        var float = FloatOperation(mxcsr)
        let isTrue = float.holds(instruction.pointee.immediate, left, right, SingleLane.self)
        try finish(float)
        state.pointee.xmm[Int(instruction.pointee.reg & 7)].low32 = isTrue ? ~0 : 0
    }

    func compareScalarDouble(_ instruction: InstructionPointer) throws(Fault) {
        let left = xmm(instruction.pointee.reg).low
        let right = try source64(instruction)
        var float = FloatOperation(mxcsr)
        let isTrue = float.holds(instruction.pointee.immediate, left, right, DoubleLane.self)
        try finish(float)
        state.pointee.xmm[Int(instruction.pointee.reg & 7)].low = isTrue ? ~0 : 0
    }

    func orderSingles(_ instruction: InstructionPointer, isSignaling: Bool) throws(Fault) {
        let left = xmm(instruction.pointee.reg).low32
        let right = try source32(instruction)
        var float = FloatOperation(mxcsr)
        let ordering = float.compare(left, right, isSignaling: isSignaling, SingleLane.self)
        try finish(float)
        setFlags(ordering)
    }

    func orderDoubles(_ instruction: InstructionPointer, isSignaling: Bool) throws(Fault) {
        let left = xmm(instruction.pointee.reg).low
        let right = try source64(instruction)
        var float = FloatOperation(mxcsr)
        let ordering = float.compare(left, right, isSignaling: isSignaling, DoubleLane.self)
        try finish(float)
        setFlags(ordering)
    }

    /// ZF, PF and CF say how the operands are ordered; OF, SF and AF are cleared (SDM vol. 2, COMISS).
    private func setFlags(_ ordering: Ordering) {
        let bits: UInt32 =
            switch ordering {
            case .greater: 0
            case .less: Flag.carry
            case .equal: Flag.zero
            case .unordered: Flag.zero | Flag.parity | Flag.carry
            }
        flags = LazyFlags(bits: bits)
    }
}
