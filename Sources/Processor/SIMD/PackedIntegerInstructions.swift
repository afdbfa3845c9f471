/// The integer instructions that exist for MMX and for XMM registers. Their operations come in pairs: first MMX, then
/// XMM.
extension Core {
    @inline(never)
    func packedInteger(_ instruction: InstructionPointer) throws(Fault) {
        let operation = instruction.pointee.operation
        let isXMM = operation.isOfXMM
        if operation.rawValue >= Operation.psrlwImmediateMMX.rawValue {
            return try packedIntegerOddity(instruction, isXMM: isXMM)
        }
        let reg = instruction.pointee.reg
        let left: XMM
        let right: XMM
        if isXMM {
            left = xmm(reg)
            right = try source128(instruction)
        } else {
            left = XMM(mmx(reg))
            right = XMM(try sourcePackedMMX(instruction))
        }
        let result: XMM
        switch operation {
        case .paddbMMX, .paddbXMM: result = left.addingBytes(right)
        case .paddwMMX, .paddwXMM: result = left.addingWords(right)
        case .padddMMX, .padddXMM: result = left.addingDoublewords(right)
        case .paddqMMX, .paddqXMM: result = left.addingQuadwords(right)
        case .psubbMMX, .psubbXMM: result = left.subtractingBytes(right)
        case .psubwMMX, .psubwXMM: result = left.subtractingWords(right)
        case .psubdMMX, .psubdXMM: result = left.subtractingDoublewords(right)
        case .psubqMMX, .psubqXMM: result = left.subtractingQuadwords(right)
        case .paddsbMMX, .paddsbXMM: result = left.addingSignedSaturatedBytes(right)
        case .paddswMMX, .paddswXMM: result = left.addingSignedSaturatedWords(right)
        case .paddusbMMX, .paddusbXMM: result = left.addingUnsignedSaturatedBytes(right)
        case .padduswMMX, .padduswXMM: result = left.addingUnsignedSaturatedWords(right)
        case .psubsbMMX, .psubsbXMM: result = left.subtractingSignedSaturatedBytes(right)
        case .psubswMMX, .psubswXMM: result = left.subtractingSignedSaturatedWords(right)
        case .psubusbMMX, .psubusbXMM: result = left.subtractingUnsignedSaturatedBytes(right)
        case .psubuswMMX, .psubuswXMM: result = left.subtractingUnsignedSaturatedWords(right)
        case .pmullwMMX, .pmullwXMM: result = left.multiplyingLow(right)
        case .pmulhwMMX, .pmulhwXMM: result = left.multiplyingHigh(right)
        case .pmulhuwMMX, .pmulhuwXMM: result = left.multiplyingHighUnsigned(right)
        case .pmuludqMMX, .pmuludqXMM: result = left.multiplyingDoublewords(right)
        case .pmaddwdMMX, .pmaddwdXMM: result = left.multiplyingAndAdding(right)
        case .psadbwMMX, .psadbwXMM: result = left.sumOfAbsoluteDifferences(right)
        case .pavgbMMX, .pavgbXMM: result = left.averagingBytes(right)
        case .pavgwMMX, .pavgwXMM: result = left.averagingWords(right)
        case .pminubMMX, .pminubXMM: result = left.minimumUnsignedBytes(right)
        case .pmaxubMMX, .pmaxubXMM: result = left.maximumUnsignedBytes(right)
        case .pminswMMX, .pminswXMM: result = left.minimumSignedWords(right)
        case .pmaxswMMX, .pmaxswXMM: result = left.maximumSignedWords(right)
        case .pandMMX, .pandXMM: result = left & right
        case .pandnMMX, .pandnXMM: result = ~left & right
        case .porMMX, .porXMM: result = left | right
        case .pxorMMX, .pxorXMM: result = left ^ right
        case .pcmpeqbMMX, .pcmpeqbXMM: result = left.equalBytes(right)
        case .pcmpeqwMMX, .pcmpeqwXMM: result = left.equalWords(right)
        case .pcmpeqdMMX, .pcmpeqdXMM: result = left.equalDoublewords(right)
        case .pcmpgtbMMX, .pcmpgtbXMM: result = left.greaterBytes(right)
        case .pcmpgtwMMX, .pcmpgtwXMM: result = left.greaterWords(right)
        case .pcmpgtdMMX, .pcmpgtdXMM: result = left.greaterDoublewords(right)
        case .psrlwMMX, .psrlwXMM: result = left.shiftedRightWords(right.low)
        case .psrldMMX, .psrldXMM: result = left.shiftedRightDoublewords(right.low)
        case .psrlqMMX, .psrlqXMM: result = left.shiftedRightQuadwords(right.low)
        case .psrawMMX, .psrawXMM: result = left.shiftedRightArithmeticWords(right.low)
        case .psradMMX, .psradXMM: result = left.shiftedRightArithmeticDoublewords(right.low)
        case .psllwMMX, .psllwXMM: result = left.shiftedLeftWords(right.low)
        case .pslldMMX, .pslldXMM: result = left.shiftedLeftDoublewords(right.low)
        case .psllqMMX, .psllqXMM: result = left.shiftedLeftQuadwords(right.low)
        case .punpcklbwMMX, .punpcklbwXMM: result = left.unpackingLowBytes(right)
        case .punpcklwdMMX, .punpcklwdXMM: result = left.unpackingLowWords(right)
        case .punpckldqMMX, .punpckldqXMM: result = left.unpackingLowDoublewords(right)
        case .punpckhbwXMM: result = left.unpackingHighBytes(right)
        case .punpckhwdXMM: result = left.unpackingHighWords(right)
        case .punpckhdqXMM: result = left.unpackingHighDoublewords(right)
        case .punpckhbwMMX: result = XMM(left.unpackingLowBytes(right).high)
        case .punpckhwdMMX: result = XMM(left.unpackingLowWords(right).high)
        case .punpckhdqMMX: result = XMM(left.unpackingLowDoublewords(right).high)
        case .packsswbXMM: result = XMM(left.packedSignedWords, right.packedSignedWords)
        case .packuswbXMM: result = XMM(left.packedUnsignedWords, right.packedUnsignedWords)
        case .packssdwXMM: result = XMM(left.packedSignedDoublewords, right.packedSignedDoublewords)
        case .packsswbMMX: result = XMM(XMM(left.low, right.low).packedSignedWords)
        case .packuswbMMX: result = XMM(XMM(left.low, right.low).packedUnsignedWords)
        case .packssdwMMX: result = XMM(XMM(left.low, right.low).packedSignedDoublewords)
        default: throw .invalidOpcode
        }
        if isXMM {
            setXMM(reg, result)
        } else {
            setMMX(reg, result.low)
        }
    }

    /// The second operand of an MMX instruction. Those that unpack low halves read only a doubleword of memory.
    @inline(__always)
    private func sourcePackedMMX(_ instruction: InstructionPointer) throws(Fault) -> UInt64 {
        switch instruction.pointee.operation {
        case .punpcklbwMMX, .punpcklwdMMX, .punpckldqMMX:
            guard isInMemory(instruction) else { return mmx(instruction.pointee.rm) }
            return UInt64(try read32(instruction.pointee.segment, address(instruction)))
        default: return try sourceMMX(instruction)
        }
    }

    /// Instructions with an immediate operand or a general register.
    private func packedIntegerOddity(_ instruction: InstructionPointer, isXMM: Bool) throws(Fault) {
        let reg = instruction.pointee.reg
        let rm = instruction.pointee.rm
        let immediate = instruction.pointee.immediate
        let count = UInt64(immediate & 0xFF)
        let operand = isXMM ? xmm(rm) : XMM(mmx(rm))
        let result: XMM
        switch instruction.pointee.operation {
        case .psrlwImmediateMMX, .psrlwImmediateXMM: result = operand.shiftedRightWords(count)
        case .psrldImmediateMMX, .psrldImmediateXMM: result = operand.shiftedRightDoublewords(count)
        case .psrlqImmediateMMX, .psrlqImmediateXMM: result = operand.shiftedRightQuadwords(count)
        case .psrawImmediateMMX, .psrawImmediateXMM: result = operand.shiftedRightArithmeticWords(count)
        case .psradImmediateMMX, .psradImmediateXMM: result = operand.shiftedRightArithmeticDoublewords(count)
        case .psllwImmediateMMX, .psllwImmediateXMM: result = operand.shiftedLeftWords(count)
        case .pslldImmediateMMX, .pslldImmediateXMM: result = operand.shiftedLeftDoublewords(count)
        case .psllqImmediateMMX, .psllqImmediateXMM: result = operand.shiftedLeftQuadwords(count)
        case .pinsrwMMX:
            let word = try sourceWord(instruction)
            setMMX(reg, XMM(mmx(reg)).inserting(word, at: immediate & 3).low)
            return
        case .pinsrwXMM:
            let word = try sourceWord(instruction)
            setXMM(reg, xmm(reg).inserting(word, at: immediate & 7))
            return
        case .pextrwMMX:
            setRegister(reg, UInt32(operand.word(immediate & 3)))
            state.pointee.x87.enterMMX()
            return
        case .pextrwXMM:
            setRegister(reg, UInt32(operand.word(immediate & 7)))
            return
        case .pmovmskbMMX:
            setRegister(reg, operand.byteSigns)
            state.pointee.x87.enterMMX()
            return
        case .pmovmskbXMM:
            setRegister(reg, operand.byteSigns)
            return
        default: throw .invalidOpcode
        }
        if isXMM {
            setXMM(rm, result)
        } else {
            setMMX(rm, result.low)
        }
    }

    private func sourceWord(_ instruction: InstructionPointer) throws(Fault) -> UInt16 {
        if isInMemory(instruction) {
            return try read16(instruction.pointee.segment, address(instruction))
        }
        return UInt16(truncatingIfNeeded: register(instruction.pointee.rm))
    }
}
