/// Arithmetic and comparison instructions.
///
/// Each of the four operations exists once, behind a call: 28 forms of instruction would otherwise hold 28 copies.
extension Core {
    /// What an arithmetic instruction does with its operands.
    struct ArithmeticForm {
        /// The register that gets the result.
        var destination: UInt8 = 0
        var pops = false
        /// The operand in memory is denormal in its own format.
        var isDenormal = false
    }

    @inline(never)
    func add(_ left: Extended, _ right: Extended, _ form: ArithmeticForm) {
        let isDone = performUsually(left, right, form) { $0 + $1 }
        if _slowPath(!isDone) { perform(form) { $0.add(left, right, isDenormal: form.isDenormal) } }
    }

    @inline(never)
    func subtract(_ left: Extended, _ right: Extended, _ form: ArithmeticForm) {
        let isDone = performUsually(left, right.negated, form) { $0 + $1 }
        if _slowPath(!isDone) { perform(form) { $0.subtract(left, right, isDenormal: form.isDenormal) } }
    }

    @inline(never)
    func multiply(_ left: Extended, _ right: Extended, _ form: ArithmeticForm) {
        let isDone = performUsually(left, right, form) { $0 * $1 }
        if _slowPath(!isDone) { perform(form) { $0.multiply(left, right, isDenormal: form.isDenormal) } }
    }

    @inline(never)
    func divide(_ left: Extended, _ right: Extended, _ form: ArithmeticForm) {
        let isDone = performUsually(left, right, form) { $0 / $1 }
        if _slowPath(!isDone) { perform(form) { $0.divide(left, right, isDenormal: form.isDenormal) } }
    }

    /// The short cut for what nearly every instruction is about: normal numbers, a normal result, and a control word
    /// that makes the context a constant, of which the compiler makes use. It is made of the same pieces as the
    /// definition (``FloatContext/add(_:_:isDenormal:)``), but without a stack frame. False if the definition has to do
    /// it.
    @inline(__always)
    private func performUsually(
        _ left: Extended, _ right: Extended, _ form: ArithmeticForm, _ operation: (Unpacked, Unpacked) -> Unpacked
    ) -> Bool {
        guard _fastPath(hasUsualControl && left.isNormal && right.isNormal && !form.isDenormal) else { return false }
        let exact = operation(left.unpackedNormal, right.unpackedNormal)
        var context = FloatContext.usual()
        guard _fastPath(!exact.isZero), let result = context.roundNormal(exact) else { return false }
        finishUsually(context, result, to: form.destination, pops: form.pops)
        return true
    }

    /// Ends an instruction whose result is normal and replaces a register that is not empty.
    @inline(__always)
    private func finishUsually(_ context: FloatContext, _ result: Unpacked, to destination: UInt8, pops: Bool) {
        noteExceptions(context)
        replaceST(destination, Extended(normal: result))
        popX87(pops ? 1 : 0)
    }

    @inline(never)
    private func perform(_ form: ArithmeticForm, _ operation: (inout FloatContext) -> Extended) {
        var context = x87PrecisionContext
        let result = operation(&context)
        finish(context, result, to: form.destination, pops: form.pops)
    }

    /// The eight instructions that an opcode extension of D8h, and in the same order of DAh, DCh and DEh, chooses from.
    enum X87Operation {
        case add, multiply, compare, comparePop, subtract, subtractReversed, divide, divideReversed
    }

    /// ST(0) and an operand from memory.
    @inline(__always)
    func arithmetic(_ operation: X87Operation, memory operand: Extended, isDenormal: Bool = false) {
        if _slowPath(isEmpty(0)) { return arithmeticUnderflow(operation) }
        let form = ArithmeticForm(isDenormal: isDenormal)
        switch operation {
        case .add: add(st(0), operand, form)
        case .multiply: multiply(st(0), operand, form)
        case .compare: compare(operand, pops: 0, isDenormal: isDenormal)
        case .comparePop: compare(operand, pops: 1, isDenormal: isDenormal)
        case .subtract: subtract(st(0), operand, form)
        case .subtractReversed: subtract(operand, st(0), form)
        case .divide: divide(st(0), operand, form)
        case .divideReversed: divide(operand, st(0), form)
        }
    }

    /// ST(0) and ST(`index`), with the result in one of them.
    @inline(__always)
    func arithmetic(_ operation: X87Operation, _ index: UInt8, toIndex: Bool = false, pops: Bool = false) {
        let form = ArithmeticForm(destination: toIndex ? index : 0, pops: pops)
        if _slowPath(isEmpty(0) || isEmpty(index)) {
            if operation == .compare || operation == .comparePop { return arithmeticUnderflow(operation) }
            return underflow(to: form.destination, pops: pops)
        }
        // The destination is the first operand, but for the reversed instructions.
        let left = toIndex ? st(index) : st(0)
        let right = toIndex ? st(0) : st(index)
        switch operation {
        case .add: add(left, right, form)
        case .multiply: multiply(left, right, form)
        case .compare: compare(right, pops: 0)
        case .comparePop: compare(right, pops: 1)
        case .subtract: subtract(left, right, form)
        case .subtractReversed: subtract(right, left, form)
        case .divide: divide(left, right, form)
        case .divideReversed: divide(right, left, form)
        }
    }

    @inline(never)
    private func arithmeticUnderflow(_ operation: X87Operation) {
        switch operation {
        case .compare: comparisonUnderflow(pops: 0)
        case .comparePop: comparisonUnderflow(pops: 1)
        default: underflow(to: 0, pops: false)
        }
    }

    // MARK: Comparisons

    /// `fcom` and its relatives: ST(0) with `operand`, then so many pops.
    @inline(never)
    func compare(_ operand: Extended, pops: UInt8, signalsQuietNaNs: Bool = true, isDenormal: Bool = false) {
        let value = st(0)
        if _fastPath(value.isNormal && operand.isNormal && !isDenormal) {
            // No exception, whatever the control word says.
            state.pointee.x87.status &= ~X87Status.c1
            setConditions(value == operand ? X87Status.c3 : value.isBelow(normal: operand) ? X87Status.c0 : 0)
            return popX87Repeatedly(pops)
        }
        var context = x87Context()
        let comparison = context.compare(
            st(0), operand, signalsQuietNaNs: signalsQuietNaNs, isDenormal: isDenormal)
        // An exception that is not masked leaves the condition codes alone (SDM vol. 2, FCOM).
        guard noteExceptions(context).isEmpty else { return }
        setConditions(Self.conditions(comparison))
        popX87Repeatedly(pops)
    }

    /// Pops `count` registers, 0 to 2.
    @inline(__always)
    private func popX87Repeatedly(_ count: UInt8) {
        popX87(count & 1)
        if _slowPath(count == 2) {
            popX87()
            popX87()
        }
    }

    /// A comparison with an empty register.
    @inline(never)
    func comparisonUnderflow(pops: UInt8) {
        guard stackFault() else { return }
        setConditions(Self.conditions(.unordered))
        popX87Repeatedly(pops)
    }

    private static func conditions(_ comparison: FloatComparison) -> UInt16 {
        switch comparison {
        case .greater: 0
        case .less: X87Status.c0
        case .equal: X87Status.c3
        case .unordered: X87Status.c0 | X87Status.c2 | X87Status.c3
        }
    }

    /// `fcompp`, `fucom`, `fucomp`, `fucompp`: ST(0) with ST(`index`).
    @inline(__always)
    func compareRegisters(_ index: UInt8, pops: UInt8, signalsQuietNaNs: Bool) {
        if _slowPath(isEmpty(0) || isEmpty(index)) { return comparisonUnderflow(pops: pops) }
        compare(st(index), pops: pops, signalsQuietNaNs: signalsQuietNaNs)
    }

    /// `fcomi` and its relatives: ZF, PF and CF take the part of C3, C2 and C0; OF, SF and AF are cleared. C1 changes
    /// by a stack fault only.
    @inline(never)
    func compareToFlags(_ index: UInt8, pops: Bool, signalsQuietNaNs: Bool) {
        var comparison = FloatComparison.unordered
        if isEmpty(0) || isEmpty(index) {
            guard stackFault() else { return }
        } else {
            var context = x87Context()
            comparison = context.compare(st(0), st(index), signalsQuietNaNs: signalsQuietNaNs)
            context.roundedUp = state.pointee.x87.status & X87Status.c1 != 0
            guard noteExceptions(context).isEmpty else { return }
        }
        let bits: UInt32 =
            switch comparison {
            case .greater: 0
            case .less: Flag.carry
            case .equal: Flag.zero
            case .unordered: Flag.carry | Flag.parity | Flag.zero
            }
        flags = LazyFlags(bits: bits)
        if pops { popX87() }
    }

    /// `fxam`: what ST(0) is, in C3, C2 and C0; its sign in C1, even if it is empty.
    func examine() {
        let value = st(0)
        var conditions: UInt16
        if isEmpty(0) {
            conditions = X87Status.c3 | X87Status.c0
        } else if value.isUnsupported {
            conditions = 0
        } else if value.isNaN {
            conditions = X87Status.c0
        } else if value.isInfinity {
            conditions = X87Status.c2 | X87Status.c0
        } else if value.isZero {
            conditions = X87Status.c3
        } else if value.isDenormal {
            conditions = X87Status.c3 | X87Status.c2
        } else {
            conditions = X87Status.c2
        }
        if value.isNegative { conditions |= X87Status.c1 }
        setConditions(conditions)
    }

    // MARK: Functions of one or two registers

    /// Ends an instruction that computes ST(0) from itself.
    @inline(__always)
    func unary(_ context: FloatContext, _ body: (inout FloatContext, Extended) -> Extended) {
        if isEmpty(0) { return underflow(to: 0, pops: false) }
        var context = context
        let result = body(&context, st(0))
        finish(context, result, to: 0, pops: false)
    }

    /// Ends an instruction that computes ST(0) from itself and ST(1), or with `pops` replaces both by one.
    @inline(__always)
    func binary(pops: Bool, _ body: (inout FloatContext, Extended, Extended) -> Extended) {
        if isEmpty(0) || isEmpty(1) { return underflow(to: pops ? 1 : 0, pops: pops) }
        var context = x87Context()
        let result = body(&context, st(0), st(1))
        finish(context, result, to: pops ? 1 : 0, pops: pops)
    }

    /// The short cut for functions, as ``performUsually(_:_:_:_:)``: what a quick evaluation computed becomes the
    /// result, if that decides how it is rounded. False if the definition has to do it.
    @inline(__always)
    func finishFunctionUsually(_ value: Wide, to destination: UInt8 = 0, pops: Bool = false) -> Bool {
        var context = FloatContext.usual()
        guard _fastPath(value.decidesRounding), let result = context.roundNormal(value.inexact) else { return false }
        finishUsually(context, result, to: destination, pops: pops)
        return true
    }

    /// `f2xm1`.
    @inline(never)
    func exponential() {
        let value = st(0)
        if _fastPath(hasUsualControl && !isEmpty(0) && value.isNormal && value.biasedExponent < 16383) {
            if finishFunctionUsually(Transcendentals<QuickSeries>.exponential(value.unpackedNormal)) { return }
        }
        unary(x87Context()) { $0.exponential($1) }
    }

    /// `fyl2x`.
    @inline(never)
    func logarithm() {
        let (x, y) = (st(0), st(1))
        if _fastPath(hasUsualControl && !isEmpty(0) && !isEmpty(1) && x.isNormal && y.isNormal && !x.isNegative) {
            let value = x.unpackedNormal
            let logarithm = Transcendentals<QuickSeries>.logarithm(
                UInt128(value.significand) &<< 64, exponent: value.exponent)
            if let logarithm, finishFunctionUsually(logarithm * Wide(y.unpackedNormal), to: 1, pops: true) { return }
        }
        binary(pops: true) { $0.logarithm($1, times: $2) }
    }

    /// `fpatan`.
    @inline(never)
    func arcTangent() {
        let (x, y) = (st(0), st(1))
        if _fastPath(hasUsualControl && !isEmpty(0) && !isEmpty(1) && x.isNormal && y.isNormal) {
            let angle = Transcendentals<QuickSeries>.arcTangent(y.unpackedNormal, x.unpackedNormal)
            if finishFunctionUsually(angle, to: 1, pops: true) { return }
        }
        binary(pops: true) { $0.arcTangent($2, $1) }
    }

    /// `fprem` and `fprem1`. C2 says that the reduction is not complete; otherwise C0, C3 and C1 are bits 2, 1 and 0 of
    /// the quotient, if there is one.
    @inline(never)
    func partialRemainder(isIEEE: Bool) {
        state.pointee.x87.status &= ~X87Status.c2
        if isEmpty(0) || isEmpty(1) { return underflow(to: 0, pops: false) }
        var context = x87Context()
        let remainder = context.remainder(st(0), st(1), isIEEE: isIEEE)
        finish(context, remainder.value, to: 0, pops: false)
        guard remainder.isNumber, context.exceptions.intersection(context.unmasked).isDisjoint(with: .before) else {
            return
        }
        var conditions = remainder.isPartial ? X87Status.c2 : 0
        if remainder.quotient & 1 != 0 { conditions |= X87Status.c1 }
        if remainder.quotient & 2 != 0 { conditions |= X87Status.c3 }
        if remainder.quotient & 4 != 0 { conditions |= X87Status.c0 }
        setConditions(conditions)
    }

    /// Replaces ST(0) by `first` and pushes `second`: `fxtract`, `fptan`, `fsincos`.
    @inline(__always)
    func finishPair(_ context: FloatContext, _ first: Extended, _ second: Extended) {
        let unmasked = noteExceptions(context)
        if _slowPath(!unmasked.isDisjoint(with: .before)) { return }
        setST(0, first)
        pushX87(second)
    }

    /// Whether ST(0) is there and a register free, for the instructions of ``finishPair(_:_:_:)``; if not, they end
    /// here.
    @inline(__always)
    func canSplit() -> Bool {
        if isEmpty(0) || !isEmpty(7) {
            if stackFault(overflow: !isEmpty(0)) {
                setST(0, .indefinite)
                pushX87(.indefinite)
            }
            return false
        }
        return true
    }

    @inline(never)
    func extractExponent() {
        guard canSplit() else { return }
        var context = x87Context()
        let (exponent, significand) = context.extract(st(0))
        finishPair(context, exponent, significand)
    }

    /// `fxch`. An empty register becomes the indefinite value first.
    @inline(__always)
    func exchange(_ index: UInt8) {
        if _slowPath(isEmpty(0) || isEmpty(index)) { return exchangeEmpty(index) }
        state.pointee.x87.status &= ~X87Status.c1
        let (first, second) = (st(0), st(index))
        replaceST(0, second)
        replaceST(index, first)
    }

    @inline(never)
    private func exchangeEmpty(_ index: UInt8) {
        let first = isEmpty(0) ? .indefinite : st(0)
        let second = isEmpty(index) ? .indefinite : st(index)
        guard stackFault() else { return }
        setST(0, second)
        setST(index, first)
    }

    /// `fcmov`.
    @inline(__always)
    func moveConditionally(_ index: UInt8, if condition: Bool) {
        if _slowPath(isEmpty(0) || isEmpty(index)) { return underflow(to: 0, pops: false) }
        if condition { replaceST(0, st(index)) }
    }

    /// Changes the sign of ST(0) and nothing else, whatever it is.
    @inline(__always)
    func changeSign(_ body: (Extended) -> Extended) {
        if _slowPath(isEmpty(0)) { return underflow(to: 0, pops: false) }
        state.pointee.x87.status &= ~X87Status.c1
        replaceST(0, body(st(0)))
    }
}
