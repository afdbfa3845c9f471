/// Control instructions: environment and state in memory, in their four formats (SDM vol. 1, 8.1.10).
///
/// The operand size chooses between 14 and 28 bytes; whether selectors or linear addresses are stored, the mode does:
/// virtual-8086 mode counts as real mode. The whole operand is checked before any of it is accessed.
extension Core {
    private func environmentSize(_ instruction: InstructionPointer) -> UInt32 {
        instruction.pointee.is32BitOperand ? 28 : 14
    }

    /// The format is that of real mode.
    private var usesLinearPointers: Bool {
        state.pointee.cr0 & ControlRegister.protection == 0 || state.pointee.systemFlags & Flag.virtual8086 != 0
    }

    private static func linear(_ selector: UInt16, _ offset: UInt32) -> UInt32 {
        UInt32(selector) &<< 4 &+ offset
    }

    // MARK: Storing

    private func writeEnvironment(_ instruction: InstructionPointer, at offset: UInt32) throws(Fault) {
        let x87 = state.pointee.x87
        var words: InlineArray<7, UInt32> = [
            UInt32(x87.control), UInt32(x87.statusWord), UInt32(x87.tagWord), x87.instructionOffset,
            UInt32(x87.instructionSelector), x87.dataOffset, UInt32(x87.dataSelector),
        ]
        let opcode = UInt32(x87.lastOpcode)
        let segment = instruction.pointee.segment
        let is32Bit = instruction.pointee.is32BitOperand
        if usesLinearPointers {
            let code = Self.linear(x87.instructionSelector, x87.instructionOffset)
            let data = Self.linear(x87.dataSelector, x87.dataOffset)
            words[3] = code & 0xFFFF
            words[4] = (code >> 16) &<< 12 & (is32Bit ? 0x0FFF_F000 : 0xF000) | opcode
            words[5] = data & 0xFFFF
            words[6] = (data >> 16) &<< 12 & (is32Bit ? 0x0FFF_F000 : 0xF000)
        } else if is32Bit {
            words[4] |= opcode &<< 16
        }
        if is32Bit {
            // The halves that nothing is defined for read as ones.
            for index in 0..<3 { words[index] |= 0xFFFF_0000 }
            if usesLinearPointers {
                words[3] |= 0xFFFF_0000
                words[5] |= 0xFFFF_0000
            } else {
                words[6] |= 0xFFFF_0000
            }
            for index in 0..<7 { try write32(segment, offset &+ UInt32(index) &* 4, words[index]) }
        } else {
            for index in 0..<7 {
                try write16(segment, offset &+ UInt32(index) &* 2, UInt16(truncatingIfNeeded: words[index]))
            }
        }
    }

    /// `fnstenv`, after which all exceptions are masked.
    func storeEnvironment(_ instruction: InstructionPointer) throws(Fault) {
        let offset = address(instruction)
        try probeWrite(instruction.pointee.segment, offset, environmentSize(instruction))
        try writeEnvironment(instruction, at: offset)
        state.pointee.x87.control |= X87Control.masks
        updateX87Errors()
    }

    /// `fnsave`, after which the FPU is as after `fninit`.
    func saveX87(_ instruction: InstructionPointer) throws(Fault) {
        let offset = address(instruction)
        let segment = instruction.pointee.segment
        let size = environmentSize(instruction)
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
        let segment = instruction.pointee.segment
        let is32Bit = instruction.pointee.is32BitOperand
        var words = InlineArray<7, UInt32>(repeating: 0)
        for index in 0..<7 {
            words[index] =
                is32Bit
                ? try read32(segment, offset &+ UInt32(index) &* 4)
                : UInt32(try read16(segment, offset &+ UInt32(index) &* 2))
        }
        state.pointee.x87.control = UInt16(truncatingIfNeeded: words[0]) & X87Control.writable | X87Control.fixed
        state.pointee.x87.statusWord = UInt16(truncatingIfNeeded: words[1])
        state.pointee.x87.tagWord = UInt16(truncatingIfNeeded: words[2])
        if usesLinearPointers {
            let high: UInt32 = is32Bit ? 0x0FFF_F000 : 0xF000
            state.pointee.x87.instructionOffset = words[3] & 0xFFFF | (words[4] & high) &<< 4
            state.pointee.x87.instructionSelector = 0
            state.pointee.x87.lastOpcode = UInt16(truncatingIfNeeded: words[4]) & 0x7FF
            state.pointee.x87.dataOffset = words[5] & 0xFFFF | (words[6] & high) &<< 4
            state.pointee.x87.dataSelector = 0
        } else {
            state.pointee.x87.instructionOffset = words[3]
            state.pointee.x87.instructionSelector = UInt16(truncatingIfNeeded: words[4])
            // The 16-bit format of protected mode has no room for it.
            state.pointee.x87.lastOpcode = is32Bit ? UInt16(truncatingIfNeeded: words[4] >> 16) & 0x7FF : 0
            state.pointee.x87.dataOffset = words[5]
            state.pointee.x87.dataSelector = UInt16(truncatingIfNeeded: words[6])
        }
        updateX87Errors()
    }

    /// `fldenv`.
    func loadEnvironment(_ instruction: InstructionPointer) throws(Fault) {
        let offset = address(instruction)
        try probeRead(instruction.pointee.segment, offset, environmentSize(instruction))
        try readEnvironment(instruction, at: offset)
    }

    /// `frstor`.
    func restoreX87(_ instruction: InstructionPointer) throws(Fault) {
        let offset = address(instruction)
        let segment = instruction.pointee.segment
        let size = environmentSize(instruction)
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
