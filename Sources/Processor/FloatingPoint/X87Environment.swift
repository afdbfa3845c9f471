/// The environment in memory, in its four formats (SDM vol. 1, 8.1.10): which bits of which of its seven words, or
/// doublewords, hold what. Storing and loading both follow it.
///
/// The operand size chooses between 14 and 28 bytes; whether selectors or linear addresses are stored, the mode does:
/// virtual-8086 mode counts as real mode.
private struct EnvironmentFormat {
    enum Field: Int {
        case control, status, tags, opcode, instructionOffset, instructionSelector, dataOffset, dataSelector
    }

    /// `count` bits of `field`, from bit `start` on, which are stored in word `word` from bit `shift` on.
    struct Part {
        var field: Field
        var start: UInt32 = 0
        var count: UInt32 = 16
        var word: Int
        var shift: UInt32 = 0

        var mask: UInt32 { ~0 >> (32 &- count) }
    }

    let is32Bit: Bool
    /// That of real mode.
    let isLinear: Bool

    /// Bytes of a word.
    var wordSize: UInt32 { is32Bit ? 4 : 2 }
    var size: UInt32 { wordSize &* 7 }

    var parts: [Part] {
        let common = [
            Part(field: .control, word: 0), Part(field: .status, word: 1), Part(field: .tags, word: 2),
        ]
        if isLinear {
            // Linear addresses have 32 or 20 bits.
            let high: UInt32 = is32Bit ? 16 : 4
            return common + [
                Part(field: .instructionOffset, word: 3),
                Part(field: .opcode, count: 11, word: 4),
                Part(field: .instructionOffset, start: 16, count: high, word: 4, shift: 12),
                Part(field: .dataOffset, word: 5),
                Part(field: .dataOffset, start: 16, count: high, word: 6, shift: 12),
            ]
        }
        let offset: UInt32 = is32Bit ? 32 : 16
        let pointers = [
            Part(field: .instructionOffset, count: offset, word: 3), Part(field: .instructionSelector, word: 4),
            Part(field: .dataOffset, count: offset, word: 5), Part(field: .dataSelector, word: 6),
        ]
        // The shorter one has no room for the opcode.
        return common + pointers + (is32Bit ? [Part(field: .opcode, count: 11, word: 4, shift: 16)] : [])
    }

    /// The words for the fields. The upper halves that nothing is defined for read as ones.
    func words(_ fields: InlineArray<8, UInt32>) -> InlineArray<7, UInt32> {
        var words = InlineArray<7, UInt32>(repeating: 0)
        var used = InlineArray<7, UInt32>(repeating: 0)
        for part in parts {
            words[part.word] |= (fields[part.field.rawValue] >> part.start & part.mask) << part.shift
            used[part.word] |= part.mask << part.shift
        }
        for index in 0..<7 where used[index] >> 16 == 0 { words[index] |= 0xFFFF_0000 }
        return words
    }

    /// The fields that the words hold; what has no place is 0.
    func fields(_ words: InlineArray<7, UInt32>) -> InlineArray<8, UInt32> {
        var fields = InlineArray<8, UInt32>(repeating: 0)
        for part in parts {
            fields[part.field.rawValue] |= (words[part.word] >> part.shift & part.mask) << part.start
        }
        return fields
    }
}

/// Control instructions: environment and state in memory. The whole operand is checked before any of it is accessed.
extension Core {
    private func environmentFormat(_ instruction: InstructionPointer) -> EnvironmentFormat {
        let isProtected =
            state.pointee.cr0 & ControlRegister.protection != 0 && state.pointee.systemFlags & Flag.virtual8086 == 0
        return EnvironmentFormat(is32Bit: instruction.pointee.is32BitOperand, isLinear: !isProtected)
    }

    private static func linear(_ selector: UInt16, _ offset: UInt32) -> UInt32 {
        UInt32(selector) &<< 4 &+ offset
    }

    // MARK: Storing

    private func writeEnvironment(_ instruction: InstructionPointer, at offset: UInt32) throws(Fault) {
        let format = environmentFormat(instruction)
        let x87 = state.pointee.x87
        var fields: InlineArray<8, UInt32> = [
            UInt32(x87.control), UInt32(x87.statusWord), UInt32(x87.tagWord), UInt32(x87.lastOpcode),
            x87.instructionOffset, UInt32(x87.instructionSelector), x87.dataOffset, UInt32(x87.dataSelector),
        ]
        if format.isLinear {
            fields[EnvironmentFormat.Field.instructionOffset.rawValue] =
                Self.linear(x87.instructionSelector, x87.instructionOffset)
            fields[EnvironmentFormat.Field.dataOffset.rawValue] = Self.linear(x87.dataSelector, x87.dataOffset)
        }
        let words = format.words(fields)
        for index in 0..<7 {
            let place = offset &+ UInt32(index) &* format.wordSize
            if format.is32Bit {
                try write32(instruction.pointee.segment, place, words[index])
            } else {
                try write16(instruction.pointee.segment, place, UInt16(truncatingIfNeeded: words[index]))
            }
        }
    }

    /// `fnstenv`, after which all exceptions are masked.
    func storeEnvironment(_ instruction: InstructionPointer) throws(Fault) {
        let offset = address(instruction)
        try probeWrite(instruction.pointee.segment, offset, environmentFormat(instruction).size)
        try writeEnvironment(instruction, at: offset)
        state.pointee.x87.control |= X87Control.masks
        updateX87Errors()
    }

    /// `fnsave`, after which the FPU is as after `fninit`.
    func saveX87(_ instruction: InstructionPointer) throws(Fault) {
        let offset = address(instruction)
        let segment = instruction.pointee.segment
        let size = environmentFormat(instruction).size
        try probeWrite(segment, offset, size &+ 80)
        try writeEnvironment(instruction, at: offset)
        for index in 0..<8 as Range<UInt8> {
            let value = st(index)
            let start = offset &+ size &+ UInt32(index) &* 10
            // In words: the operand need not be aligned to more.
            for part in 0..<4 as Range<UInt32> {
                let word = UInt16(truncatingIfNeeded: value.significand &>> UInt64(part &* 16))
                try write16(segment, start &+ part &* 2, word)
            }
            try write16(segment, start &+ 8, value.signExponent)
        }
        initializeX87()
    }

    // MARK: Loading

    private func readEnvironment(_ instruction: InstructionPointer, at offset: UInt32) throws(Fault) {
        let format = environmentFormat(instruction)
        var words = InlineArray<7, UInt32>(repeating: 0)
        for index in 0..<7 {
            let place = offset &+ UInt32(index) &* format.wordSize
            words[index] =
                format.is32Bit
                ? try read32(instruction.pointee.segment, place)
                : UInt32(try read16(instruction.pointee.segment, place))
        }
        let fields = format.fields(words)
        func field(_ field: EnvironmentFormat.Field) -> UInt32 { fields[field.rawValue] }
        state.pointee.x87.control = UInt16(truncatingIfNeeded: field(.control)) & X87Control.writable | X87Control.fixed
        state.pointee.x87.statusWord = UInt16(truncatingIfNeeded: field(.status))
        state.pointee.x87.tagWord = UInt16(truncatingIfNeeded: field(.tags))
        state.pointee.x87.lastOpcode = UInt16(truncatingIfNeeded: field(.opcode))
        state.pointee.x87.instructionOffset = field(.instructionOffset)
        state.pointee.x87.instructionSelector = UInt16(truncatingIfNeeded: field(.instructionSelector))
        state.pointee.x87.dataOffset = field(.dataOffset)
        state.pointee.x87.dataSelector = UInt16(truncatingIfNeeded: field(.dataSelector))
        updateX87Errors()
    }

    /// `fldenv`.
    func loadEnvironment(_ instruction: InstructionPointer) throws(Fault) {
        let offset = address(instruction)
        try probeRead(instruction.pointee.segment, offset, environmentFormat(instruction).size)
        try readEnvironment(instruction, at: offset)
    }

    /// `frstor`.
    func restoreX87(_ instruction: InstructionPointer) throws(Fault) {
        let offset = address(instruction)
        let segment = instruction.pointee.segment
        let size = environmentFormat(instruction).size
        try probeRead(segment, offset, size &+ 80)
        try readEnvironment(instruction, at: offset)
        for index in 0..<8 as Range<UInt8> {
            let start = offset &+ size &+ UInt32(index) &* 10
            var significand: UInt64 = 0
            for part in 0..<4 as Range<UInt32> {
                significand |= UInt64(try read16(segment, start &+ part &* 2)) &<< UInt64(part &* 16)
            }
            let number = state.pointee.x87.physical(index)
            state.pointee.x87.significands[number] = significand
            state.pointee.x87.signExponents[number] = try read16(segment, start &+ 8)
        }
    }

    // MARK: The rest

    /// `fninit`.
    func initializeX87() {
        state.pointee.x87.initialize()
        updateX87Errors()
    }

    /// `fnclex`. The condition codes stay.
    func clearX87Exceptions() {
        state.pointee.x87.status &= ~(X87Status.exceptions | X87Status.stackFault)
        updateX87Errors()
    }

    /// `fldcw`.
    func loadX87Control(_ word: UInt16) {
        state.pointee.x87.control = word & X87Control.writable | X87Control.fixed
        updateX87Errors()
    }
}
