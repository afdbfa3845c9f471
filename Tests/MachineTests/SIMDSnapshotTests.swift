import Processor
import Testing

@testable import Machine

@Suite struct SIMDSnapshotTests {
    @Test func registersSurvive() throws {
        var state = ProcessorState()
        for index in 0..<8 {
            state.xmm[index] = XMM(0x0123_4567_89AB_CDEF &+ UInt64(index), 0xFEDC_BA98_7654_3210 &* UInt64(index))
        }
        state.mxcsr = 0x9FC5
        let saved = SavedProcessor(state)
        let decoded: SavedProcessor = try BinaryDecoder.decode(SavedProcessor.self, from: BinaryEncoder.encode(saved))
        try decoded.validate()
        var restored = ProcessorState()
        decoded.store(in: &restored)
        for index in 0..<8 { #expect(restored.xmm[index] == state.xmm[index]) }
        #expect(restored.mxcsr == 0x9FC5)
        #expect(decoded == saved)
    }

    @Test func resetState() {
        let state = ProcessorState()
        #expect(state.mxcsr == 0x1F80)
        #expect(state.xmm[7] == XMM())
    }

    @Test func impossibleValuesAreRefused() {
        var saved = SavedProcessor(ProcessorState())
        saved.mxcsr = 0x1_0000
        #expect(throws: SnapshotError.self) { try saved.validate() }
        saved.mxcsr = 0x1F80
        saved.xmm.removeLast()
        #expect(throws: SnapshotError.self) { try saved.validate() }
    }
}
