import Testing

@testable import Processor

/// `rcpps` and `rsqrtps`: the manual's bound, for every significand, and the special operands (SDM vol. 2, RCPPS,
/// RSQRTPS).
@Suite struct SIMDReciprocalTests {
    private static let bound = 1.5 / 4096

    @Test("The relative error is below 1.5 * 2^-12 for every significand")
    func errors() {
        var worst = 0.0
        var worstRoot = 0.0
        // The step is odd, so that all remainders appear, and larger than 1, so that it does not take long.
        for significand in stride(from: 0 as UInt32, to: 0x80_0000, by: 13) {
            for exponent in [1, 126, 127, 128, 200, 251] as [UInt32] {
                let bits = exponent << 23 | significand
                let value = Double(Float(bitPattern: bits))
                let reciprocal = Double(Float(bitPattern: Reciprocal.reciprocal(bits)))
                worst = max(worst, abs(reciprocal * value - 1))
                let root = Double(Float(bitPattern: Reciprocal.reciprocalRoot(bits)))
                worstRoot = max(worstRoot, abs(root * value.squareRoot() - 1))
            }
        }
        #expect(worst < Self.bound)
        #expect(worstRoot < Self.bound)
    }

    @Test func specialOperands() {
        for sign in [0, 1 << 31] as [UInt32] {
            for zero in [0, 1, 0x7F_FFFF] as [UInt32] {
                #expect(Reciprocal.reciprocal(sign | zero) == sign | 0x7F80_0000)
                #expect(Reciprocal.reciprocalRoot(sign | zero) == sign | 0x7F80_0000)
            }
            #expect(Reciprocal.reciprocal(sign | 0x7F80_0000) == sign)
            #expect(Reciprocal.reciprocal(sign | 0x7F7F_FFFF) == sign)
            #expect(Reciprocal.reciprocal(sign | 0x7F80_0001) == sign | 0x7FC0_0001)
            #expect(Reciprocal.reciprocalRoot(sign | 0x7FC1_2345) == sign | 0x7FC1_2345)
        }
        #expect(Reciprocal.reciprocalRoot(0x7F80_0000) == 0)
        #expect(Reciprocal.reciprocalRoot(0xBF80_0000) == 0xFFC0_0000)
        #expect(Reciprocal.reciprocalRoot(0xFF80_0000) == 0xFFC0_0000)
    }

    @Test("The same bits on every host")
    func pinnedResults() {
        #expect(Reciprocal.reciprocal(0x3F80_0000) == 0x3F7F_F000)
        #expect(Reciprocal.reciprocal(0x4040_0000) == 0x3EAA_A300)
        #expect(Reciprocal.reciprocalRoot(0x3F80_0000) == 0x3F7F_F800)
        #expect(Reciprocal.reciprocalRoot(0x4000_0000) == 0x3F34_FF00)
    }
}
