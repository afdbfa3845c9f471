import Processor
import Testing

@testable import Machine

@Suite struct X87SnapshotTests {
    @Test func registersSurvive() throws {
        var state = ProcessorState()
        for index in 0..<8 {
            state.x87.significands[index] = 0x8123_4567_89AB_CDEF &+ UInt64(index)
            state.x87.signExponents[index] = 0x7FF8 &+ UInt16(index)
        }
        state.x87.control = 0x1F73
        state.x87.statusWord = 0xFABC
        state.x87.emptyRegisters = 0x5A
        state.x87.lastOpcode = 0x7FE
        state.x87.instructionSelector = 0x1234
        state.x87.instructionOffset = 0x1234_5678
        state.x87.dataSelector = 0x5678
        state.x87.dataOffset = 0x8765_4321
        state.x87.errorOutput = true
        state.x87.ignoresErrors = true
        let saved = SavedProcessor(state)
        let decoded: SavedProcessor = try BinaryDecoder.decode(SavedProcessor.self, from: BinaryEncoder.encode(saved))
        try decoded.validate()
        #expect(decoded == saved)
        var restored = ProcessorState()
        decoded.store(in: &restored)
        #expect(SavedProcessor.X87(restored.x87) == saved.x87)
        #expect(restored.x87.top == 7)
        #expect(restored.x87.statusWord == 0xFABC)
        #expect(restored.x87.significands[7] == state.x87.significands[7])
        #expect(restored.x87.ignoresErrors)
    }

    @Test func impossibleValuesAreRefused() {
        var saved = SavedProcessor(ProcessorState())
        saved.x87.significands.removeLast()
        #expect(throws: SnapshotError.self) { try saved.validate() }
    }
}
