/// The integer instructions of MMX, SSE and SSE2 (SDM vol. 2, table A-3): without prefix on MMX registers, with 66h on
/// XMM registers.
extension OpcodeTable.Builder {
    mutating func addIntegerSIMD() {
        addPackedIntegers()
        addImmediateShifts()
        addIntegerMoves()
        simd(.absent, 0x77, "emms", "", .emms, nil, [], .pentium2)
    }

    /// Both forms of an instruction; `minimum` is that of the MMX form.
    private mutating func both(
        _ opcode: UInt8, _ mnemonic: String, _ mmx: Operation, _ minimum: ProcessorGeneration = .pentium2,
        source: String = "Qq"
    ) {
        simd(.absent, opcode, mnemonic, "Pq," + source, mmx, nil, [], minimum)
        simd(.operandSize, opcode, mnemonic, "Vx,Wx", mmx.advanced(by: 1))
    }

    private mutating func addPackedIntegers() {
        // The unpacking of low halves reads 32 bits of memory in its MMX form.
        both(0x60, "punpcklbw", .punpcklbwMMX, source: "Qd")
        both(0x61, "punpcklwd", .punpcklwdMMX, source: "Qd")
        both(0x62, "punpckldq", .punpckldqMMX, source: "Qd")
        let mmx: [(UInt8, String, Operation)] = [
            (0x63, "packsswb", .packsswbMMX), (0x64, "pcmpgtb", .pcmpgtbMMX), (0x65, "pcmpgtw", .pcmpgtwMMX),
            (0x66, "pcmpgtd", .pcmpgtdMMX), (0x67, "packuswb", .packuswbMMX), (0x68, "punpckhbw", .punpckhbwMMX),
            (0x69, "punpckhwd", .punpckhwdMMX), (0x6A, "punpckhdq", .punpckhdqMMX), (0x6B, "packssdw", .packssdwMMX),
            (0x74, "pcmpeqb", .pcmpeqbMMX), (0x75, "pcmpeqw", .pcmpeqwMMX), (0x76, "pcmpeqd", .pcmpeqdMMX),
            (0xD1, "psrlw", .psrlwMMX), (0xD2, "psrld", .psrldMMX), (0xD3, "psrlq", .psrlqMMX),
            (0xD5, "pmullw", .pmullwMMX), (0xD8, "psubusb", .psubusbMMX), (0xD9, "psubusw", .psubuswMMX),
            (0xDB, "pand", .pandMMX), (0xDC, "paddusb", .paddusbMMX), (0xDD, "paddusw", .padduswMMX),
            (0xDF, "pandn", .pandnMMX), (0xE1, "psraw", .psrawMMX), (0xE2, "psrad", .psradMMX),
            (0xE5, "pmulhw", .pmulhwMMX), (0xE8, "psubsb", .psubsbMMX), (0xE9, "psubsw", .psubswMMX),
            (0xEB, "por", .porMMX), (0xEC, "paddsb", .paddsbMMX), (0xED, "paddsw", .paddswMMX),
            (0xEF, "pxor", .pxorMMX), (0xF1, "psllw", .psllwMMX), (0xF2, "pslld", .pslldMMX),
            (0xF3, "psllq", .psllqMMX), (0xF5, "pmaddwd", .pmaddwdMMX), (0xF8, "psubb", .psubbMMX),
            (0xF9, "psubw", .psubwMMX), (0xFA, "psubd", .psubdMMX), (0xFC, "paddb", .paddbMMX),
            (0xFD, "paddw", .paddwMMX), (0xFE, "paddd", .padddMMX),
        ]
        for (opcode, name, operation) in mmx { both(opcode, name, operation) }
        let sse: [(UInt8, String, Operation)] = [
            (0xDA, "pminub", .pminubMMX), (0xDE, "pmaxub", .pmaxubMMX), (0xE0, "pavgb", .pavgbMMX),
            (0xE3, "pavgw", .pavgwMMX), (0xE4, "pmulhuw", .pmulhuwMMX), (0xEA, "pminsw", .pminswMMX),
            (0xEE, "pmaxsw", .pmaxswMMX), (0xF6, "psadbw", .psadbwMMX),
        ]
        for (opcode, name, operation) in sse { both(opcode, name, operation, .pentium3) }
        both(0xD4, "paddq", .paddqMMX, .pentium4)
        both(0xF4, "pmuludq", .pmuludqMMX, .pentium4)
        both(0xFB, "psubq", .psubqMMX, .pentium4)
        simd(.operandSize, 0x6C, "punpcklqdq", "Vx,Wx", .punpcklqdq)
        simd(.operandSize, 0x6D, "punpckhqdq", "Vx,Wx", .punpckhqdq)
        simd(.absent, 0x70, "pshufw", "Pq,Qq,Ib", .pshufw)
        simd(.operandSize, 0x70, "pshufd", "Vx,Wx,Ib", .pshufd)
        simd(.rep, 0x70, "pshufhw", "Vx,Wx,Ib", .pshufhw, nil, [], .pentium4)
        simd(.repne, 0x70, "pshuflw", "Vx,Wx,Ib", .pshuflw)
    }

    private mutating func addImmediateShifts() {
        let shifts: [(UInt8, UInt8, String, Operation)] = [
            (0x71, 2, "psrlw", .psrlwImmediateMMX), (0x71, 4, "psraw", .psrawImmediateMMX),
            (0x71, 6, "psllw", .psllwImmediateMMX), (0x72, 2, "psrld", .psrldImmediateMMX),
            (0x72, 4, "psrad", .psradImmediateMMX), (0x72, 6, "pslld", .pslldImmediateMMX),
            (0x73, 2, "psrlq", .psrlqImmediateMMX), (0x73, 6, "psllq", .psllqImmediateMMX),
        ]
        for (opcode, opcodeExtension, name, operation) in shifts {
            group0F(
                opcode, opcodeExtension, name, "Nq,Ib", operation, .invalid, forms: .register, .pentium2,
                prefix: .absent)
            group0F(
                opcode, opcodeExtension, name, "Ux,Ib", operation.advanced(by: 1), .invalid, forms: .register,
                .pentium4, prefix: .operandSize)
        }
        for (opcodeExtension, name, operation) in [(UInt8(3), "psrldq", Operation.psrldq), (7, "pslldq", .pslldq)] {
            group0F(
                0x73, opcodeExtension, name, "Ux,Ib", operation, .invalid, forms: .register, .pentium4,
                prefix: .operandSize)
        }
    }

    private mutating func addIntegerMoves() {
        simd(.absent, 0x6E, "movd", "Pq,Ed", .movdToMMX, nil, [], .pentium2)
        simd(.operandSize, 0x6E, "movd", "Vx,Ed", .movdToXMM)
        simd(.absent, 0x7E, "movd", "Ed,Pq", .movdFromMMX, nil, [], .pentium2)
        simd(.operandSize, 0x7E, "movd", "Ed,Vx", .movdFromXMM)
        simd(.absent, 0x6F, "movq", "Pq,Qq", .movqMMX, nil, [], .pentium2)
        simd(.absent, 0x7F, "movq", "Qq,Pq", .movqMMX, .movqMMXStore, .swapsRegisters, .pentium2)
        simd(.absent, 0xE7, "movntq", "Mq,Pq", .invalid, .movqMMXStore)
        simd(.absent, 0xC4, "pinsrw", "Pq,Rd/Mw,Ib", .pinsrwMMX)
        simd(.operandSize, 0xC4, "pinsrw", "Vx,Rd/Mw,Ib", .pinsrwXMM)
        simd(.absent, 0xC5, "pextrw", "Gd,Nq,Ib", .pextrwMMX)
        simd(.operandSize, 0xC5, "pextrw", "Gd,Ux,Ib", .pextrwXMM)
        simd(.absent, 0xD7, "pmovmskb", "Gd,Nq", .pmovmskbMMX)
        simd(.operandSize, 0xD7, "pmovmskb", "Gd,Ux", .pmovmskbXMM)
        simd(.absent, 0xF7, "maskmovq", "Pq,Nq", .maskmovq)
        simd(.operandSize, 0xF7, "maskmovdqu", "Vx,Ux", .maskmovdqu)
    }
}
