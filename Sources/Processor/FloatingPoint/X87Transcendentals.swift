/// How the trigonometric instructions end: C2 says that the operand is out of range, and then nothing has changed.
extension Core {
    /// `fsin`, or with `cosine` `fcos`.
    @inline(never)
    func sine(cosine: Bool) {
        state.pointee.x87.status &= ~X87Status.c2
        if isEmpty(0) { return underflow(to: 0, pops: false) }
        var context = x87Context()
        let result: Extended
        switch context.angle(st(0)) {
        case .answer(let answer): result = answer
        case .zero: result = cosine ? .one : st(0)
        case .outOfRange: return leaveAngle()
        case .number(let value):
            let both = Transcendentals.sineAndCosine(value)
            result = context.rounded(cosine ? both.cosine : both.sine)
        }
        finish(context, result, to: 0, pops: false)
    }

    /// `fsincos`: the sine, and above it the cosine.
    @inline(never)
    func sineAndCosine() {
        state.pointee.x87.status &= ~X87Status.c2
        guard canSplit() else { return }
        var context = x87Context()
        switch context.angle(st(0)) {
        case .answer(let answer): finishPair(context, answer, answer)
        case .zero: finishPair(context, st(0), .one)
        case .outOfRange: leaveAngle()
        case .number(let value):
            let both = Transcendentals.sineAndCosine(value)
            let sine = context.rounded(both.sine)
            // C1 is the cosine's.
            context.roundedUp = false
            let cosine = context.rounded(both.cosine)
            finishPair(context, sine, cosine)
        }
    }

    /// `fptan`: the tangent, and above it 1.
    @inline(never)
    func tangent() {
        state.pointee.x87.status &= ~X87Status.c2
        guard canSplit() else { return }
        var context = x87Context()
        switch context.angle(st(0)) {
        case .answer(let answer): finishPair(context, answer, answer)
        case .zero: finishPair(context, st(0), .one)
        case .outOfRange: leaveAngle()
        case .number(let value):
            let both = Transcendentals.sineAndCosine(value)
            let result = context.rounded(both.sine / both.cosine)
            finishPair(context, result, .one)
        }
    }

    private func leaveAngle() {
        state.pointee.x87.status = state.pointee.x87.status & ~X87Status.c1 | X87Status.c2
    }
}
