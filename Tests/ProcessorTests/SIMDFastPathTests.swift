import Testing

@testable import Processor

/// The host computes only what the definition computes as well: same bits, and no flag but the one that is set already.
@Suite struct SIMDFastPathTests {
    private static let operations: [(ps: Operation, pd: Operation, ss: Operation, sd: Operation, lane: LaneOperation)] =
        [
            (.addps, .addpd, .addss, .addsd, .add), (.subps, .subpd, .subss, .subsd, .subtract),
            (.mulps, .mulpd, .mulss, .mulsd, .multiply), (.divps, .divpd, .divss, .divsd, .divide),
            (.minps, .minpd, .minss, .minsd, .minimum), (.maxps, .maxpd, .maxss, .maxsd, .maximum),
            (.sqrtps, .sqrtpd, .sqrtss, .sqrtsd, .squareRoot),
        ]

    @Test func arithmetic() {
        var operands = RandomOperands(seed: 11)
        var taken = 0
        for _ in 0..<30_000 {
            let (left, right) = (operands.operand(), operands.operand())
            let control = operands.mxcsr()
            for operation in Self.operations {
                var float = FloatOperation(control)
                var expected = SIMD4<UInt32>()
                for lane in 0..<4 {
                    expected[lane] = float.perform(
                        operation.lane, left.doublewords[lane], right.doublewords[lane], SingleLane.self)
                }
                if let result = FloatFastPath.packedSingles(operation.ps, left, right, control) {
                    #expect(result == XMM(expected))
                    #expect((float.before | float.after) & ~control == 0)
                    taken += 1
                }
                if let result = FloatFastPath.single(operation.ss, left.low32, right.low32, control) {
                    #expect(result == expected[0])
                }
                var wide = FloatOperation(control)
                let bits = wide.perform(operation.lane, left.low, right.low, DoubleLane.self)
                for row in [operation.pd, operation.sd] {
                    guard let result = FloatFastPath.double(row, left.low, right.low, control) else { continue }
                    #expect(result == bits)
                    #expect((wide.before | wide.after) & ~control == 0)
                    taken += 1
                }
            }
        }
        #expect(taken > 10_000)
    }

    @Test func comparisons() {
        var operands = RandomOperands(seed: 12)
        for _ in 0..<20_000 {
            let (left, right) = (operands.operand(), operands.operand())
            for predicate in 0..<8 as Range<UInt32> {
                guard let mask = FloatFastPath.compareSingles(predicate, left, right) else { continue }
                var float = FloatOperation(MXCSR.initial)
                for lane in 0..<4 {
                    let isTrue = float.holds(
                        predicate, left.doublewords[lane], right.doublewords[lane], SingleLane.self)
                    #expect(mask.doublewords[lane] == (isTrue ? ~0 : 0))
                }
                #expect(float.before == 0)
            }
        }
    }
}
