/// How the trigonometric instructions begin and end: C2 says that the operand is out of range, and then nothing has
/// changed.
extension Core {
    /// `fsin`, or with `cosine` `fcos`.
    @inline(never)
    func sine(cosine: Bool) {
        state.pointee.x87.status &= ~X87Status.c2
        if isEmpty(0) { return underflow(to: 0, pops: false) }
        let operand = st(0)
        if _fastPath(hasUsualControl && operand.isNormal && operand.biasedExponent < 16383 + 63) {
            let quick = Transcendentals<QuickSeries>.Angle(operand.unpackedNormal)
            if finishFunctionUsually(quick.function(cosine: cosine)) { return }
        }
        var context = x87Context()
        let result: Extended
        switch context.angle(st(0)) {
        case .answer(let answer): result = answer
        case .zero: result = cosine ? .one : st(0)
        case .outOfRange: return leaveAngle()
        case .number(let value):
            result = context.rounded(quick: Transcendentals<QuickSeries>.Angle(value).function(cosine: cosine)) {
                Transcendentals<FullSeries>.Angle(value).function(cosine: cosine)
            }
        }
        finish(context, result, to: 0, pops: false)
    }

    /// `fsincos`: the sine, and above it the cosine, whose direction of rounding C1 is.
    @inline(never)
    func sineAndCosine() {
        splitAngle { context, value in
            let quick = Transcendentals<QuickSeries>.Angle(value)
            let sine = context.rounded(quick: quick.sine) { Transcendentals<FullSeries>.Angle(value).sine }
            let cosine = context.rounded(quick: quick.cosine) { Transcendentals<FullSeries>.Angle(value).cosine }
            return (sine, cosine)
        }
    }

    /// `fptan`: the tangent, and above it 1.
    @inline(never)
    func tangent() {
        splitAngle { context, value in
            let quick = Transcendentals<QuickSeries>.Angle(value)
            let tangent = context.rounded(quick: quick.sine / quick.cosine) {
                let full = Transcendentals<FullSeries>.Angle(value)
                return full.sine / full.cosine
            }
            return (tangent, .one)
        }
    }

    /// Replaces an angle by two numbers. For an angle of zero they are zero and 1.
    @inline(__always)
    private func splitAngle(_ functions: (inout FloatContext, Unpacked) -> (Extended, Extended)) {
        state.pointee.x87.status &= ~X87Status.c2
        guard canSplit() else { return }
        var context = x87Context()
        switch context.angle(st(0)) {
        case .answer(let answer): finishPair(context, answer, answer)
        case .zero: finishPair(context, st(0), .one)
        case .outOfRange: leaveAngle()
        case .number(let value):
            let (first, second) = functions(&context, value)
            finishPair(context, first, second)
        }
    }

    private func leaveAngle() {
        state.pointee.x87.status = state.pointee.x87.status & ~X87Status.c1 | X87Status.c2
    }
}
