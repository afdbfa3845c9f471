import Testing

@testable import Processor

/// The host computes only what the definition computes as well: same bits, and no flag but the one that is set already.
@Suite struct SIMDFastPathTests {
    private static let operations: [LaneOperation] = [
        .add, .subtract, .multiply, .divide, .minimum, .maximum, .squareRoot,
    ]

    /// `value` with zeros above its first lane, if it is the operand of a scalar instruction.
    private func operand<Lane: FloatLane>(_ value: XMM, _: Lane.Type, isScalar: Bool) -> XMM {
        isScalar ? value & Lane.first : value
    }

    private func arithmetic<Lane: FloatLane>(_: Lane.Type, isScalar: Bool, seed: UInt64) {
        var cases = RandomOperands(seed: seed)
        var taken = 0
        for _ in 0..<20_000 {
            let left = operand(cases.operand(), Lane.self, isScalar: isScalar)
            let right = operand(cases.operand(), Lane.self, isScalar: isScalar)
            let control = cases.mxcsr()
            for operation in Self.operations {
                let quick = FloatFastPath.arithmetic(operation, left, right, control, Lane.self, isScalar: isScalar)
                guard let quick else { continue }
                var float = FloatOperation(control)
                for index in 0..<(isScalar ? 1 : Lane.count) {
                    let expected = float.perform(
                        operation, Lane.lane(index, of: left), Lane.lane(index, of: right), Lane.self)
                    #expect(Lane.lane(index, of: quick) == expected, "\(operation) \(left) \(right)")
                }
                #expect((float.before | float.after) & ~control == 0, "\(operation) \(left) \(right)")
                taken += 1
            }
        }
        #expect(taken > 5_000)
    }

    @Test(arguments: [false, true]) func arithmetic(isScalar: Bool) {
        arithmetic(SingleLane.self, isScalar: isScalar, seed: 11)
        arithmetic(DoubleLane.self, isScalar: isScalar, seed: 13)
    }

    private func comparisons<Lane: FloatLane>(_: Lane.Type, isScalar: Bool, seed: UInt64) {
        var cases = RandomOperands(seed: seed)
        var taken = 0
        for _ in 0..<20_000 {
            let left = operand(cases.operand(), Lane.self, isScalar: isScalar)
            let right = operand(cases.operand(), Lane.self, isScalar: isScalar)
            for predicate in 0..<8 as Range<UInt32> {
                let mask = FloatFastPath.compare(predicate, left, right, Lane.self, isScalar: isScalar)
                guard let mask else { continue }
                var float = FloatOperation(MXCSR.initial)
                for index in 0..<(isScalar ? 1 : Lane.count) {
                    let isTrue = float.holds(
                        predicate, Lane.lane(index, of: left), Lane.lane(index, of: right), Lane.self)
                    let expected: Lane.Bits = isTrue ? ~0 : 0
                    #expect(Lane.lane(index, of: mask) == expected)
                }
                #expect(float.before == 0)
                taken += 1
            }
            let (first, second) = (Lane.lane(0, of: left), Lane.lane(0, of: right))
            if let ordering = FloatFastPath.order(first, second, Lane.self) {
                var float = FloatOperation(MXCSR.initial)
                #expect(ordering == float.compare(first, second, isSignaling: true, Lane.self))
                #expect(float.before == 0)
            }
        }
        #expect(taken > 5_000)
    }

    @Test(arguments: [false, true]) func comparisons(isScalar: Bool) {
        comparisons(SingleLane.self, isScalar: isScalar, seed: 12)
        comparisons(DoubleLane.self, isScalar: isScalar, seed: 14)
    }
}
