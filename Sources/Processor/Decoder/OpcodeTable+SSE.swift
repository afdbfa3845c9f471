/// Floating point and moves of SSE and SSE2, and their state (SDM vol. 2, table A-3).
///
/// Most opcodes are four instructions: without prefix on packed singles, with 66h on packed doubles, with F3h and F2h
/// on scalars. A prefix that has no row makes the opcode #UD.
extension OpcodeTable.Builder {
    mutating func addSSE() {
        addPackedMoves()
        addPartialMoves()
        addFloatingPoint()
        addConversions()
        addState()
    }

    /// An instruction of SSE (the forms for packed and scalar singles) or SSE2.
    mutating func simd(
        _ prefix: MandatoryPrefix, _ opcode: UInt8, _ mnemonic: String, _ operands: String, _ register: Operation,
        _ memory: Operation? = nil, _ flags: OpcodeRow.Flags = [], _ minimum: ProcessorGeneration? = nil
    ) {
        let isSSE = prefix == .absent || prefix == .rep
        row0F(
            opcode, mnemonic, operands, register, memory, flags, minimum ?? (isSSE ? .pentium3 : .pentium4),
            prefix: prefix)
    }

    private mutating func addPackedMoves() {
        simd(.absent, 0x10, "movups", "Vx,Wx", .movupsLoad)
        simd(.absent, 0x11, "movups", "Wx,Vx", .movupsLoad, .movupsStore, .swapsRegisters)
        simd(.operandSize, 0x10, "movupd", "Vx,Wx", .movupsLoad)
        simd(.operandSize, 0x11, "movupd", "Wx,Vx", .movupsLoad, .movupsStore, .swapsRegisters)
        simd(.absent, 0x28, "movaps", "Vx,Wx", .movapsLoad)
        simd(.absent, 0x29, "movaps", "Wx,Vx", .movapsLoad, .movapsStore, .swapsRegisters)
        simd(.operandSize, 0x28, "movapd", "Vx,Wx", .movapsLoad)
        simd(.operandSize, 0x29, "movapd", "Wx,Vx", .movapsLoad, .movapsStore, .swapsRegisters)
        simd(.absent, 0x2B, "movntps", "Mx,Vx", .invalid, .movapsStore)
        simd(.operandSize, 0x2B, "movntpd", "Mx,Vx", .invalid, .movapsStore)
        simd(.operandSize, 0x6F, "movdqa", "Vx,Wx", .movapsLoad)
        simd(.operandSize, 0x7F, "movdqa", "Wx,Vx", .movapsLoad, .movapsStore, .swapsRegisters)
        simd(.rep, 0x6F, "movdqu", "Vx,Wx", .movupsLoad, nil, [], .pentium4)
        simd(.rep, 0x7F, "movdqu", "Wx,Vx", .movupsLoad, .movupsStore, .swapsRegisters, .pentium4)
        simd(.operandSize, 0xE7, "movntdq", "Mx,Vx", .invalid, .movapsStore)
    }

    private mutating func addPartialMoves() {
        simd(.rep, 0x10, "movss", "Vx,Wd", .movssR, .movssLoad)
        simd(.rep, 0x11, "movss", "Wd,Vx", .movssR, .movssStore, .swapsRegisters)
        simd(.repne, 0x10, "movsd", "Vx,Wq", .movsdR, .movqXMM)
        simd(.repne, 0x11, "movsd", "Wq,Vx", .movsdR, .movlpsStore, .swapsRegisters)
        form0F(0x12, .memory, "movlps", "Vx,Mq", .movlpsLoad, .pentium3, prefix: .absent)
        form0F(0x12, .register, "movhlps", "Vx,Ux", .movhlps, .pentium3, prefix: .absent)
        form0F(0x16, .memory, "movhps", "Vx,Mq", .movhpsLoad, .pentium3, prefix: .absent)
        form0F(0x16, .register, "movlhps", "Vx,Ux", .movlhps, .pentium3, prefix: .absent)
        simd(.operandSize, 0x12, "movlpd", "Vx,Mq", .invalid, .movlpsLoad)
        simd(.operandSize, 0x16, "movhpd", "Vx,Mq", .invalid, .movhpsLoad)
        simd(.absent, 0x13, "movlps", "Mq,Vx", .invalid, .movlpsStore)
        simd(.absent, 0x17, "movhps", "Mq,Vx", .invalid, .movhpsStore)
        simd(.operandSize, 0x13, "movlpd", "Mq,Vx", .invalid, .movlpsStore)
        simd(.operandSize, 0x17, "movhpd", "Mq,Vx", .invalid, .movhpsStore)
        simd(.rep, 0x7E, "movq", "Vx,Wq", .movqXMM, nil, [], .pentium4)
        simd(.operandSize, 0xD6, "movq", "Wq,Vx", .movqXMM, .movlpsStore, .swapsRegisters)
        simd(.rep, 0xD6, "movq2dq", "Vx,Nq", .movq2dq, nil, [], .pentium4)
        simd(.repne, 0xD6, "movdq2q", "Pq,Ux", .movdq2q)
        simd(.absent, 0x50, "movmskps", "Gd,Ux", .movmskps)
        simd(.operandSize, 0x50, "movmskpd", "Gd,Ux", .movmskpd)
        simd(.absent, 0xC3, "movnti", "Md,Gd", .invalid, .movnti, [], .pentium4)
    }

    private mutating func addFloatingPoint() {
        let arithmetic: [(UInt8, String, Operation)] = [
            (0x51, "sqrt", .sqrtps), (0x58, "add", .addps), (0x59, "mul", .mulps), (0x5C, "sub", .subps),
            (0x5D, "min", .minps), (0x5E, "div", .divps), (0x5F, "max", .maxps),
        ]
        for (opcode, name, operation) in arithmetic {
            simd(.absent, opcode, name + "ps", "Vx,Wx", operation)
            simd(.operandSize, opcode, name + "pd", "Vx,Wx", operation.advanced(by: 1))
            simd(.rep, opcode, name + "ss", "Vx,Wd", operation.advanced(by: 2))
            simd(.repne, opcode, name + "sd", "Vx,Wq", operation.advanced(by: 3))
        }
        simd(.absent, 0xC2, "cmpps", "Vx,Wx,Ib", .cmpps)
        simd(.operandSize, 0xC2, "cmppd", "Vx,Wx,Ib", .cmppd)
        simd(.rep, 0xC2, "cmpss", "Vx,Wd,Ib", .cmpss)
        simd(.repne, 0xC2, "cmpsd", "Vx,Wq,Ib", .cmpsd)
        simd(.absent, 0x52, "rsqrtps", "Vx,Wx", .rsqrtps)
        simd(.rep, 0x52, "rsqrtss", "Vx,Wd", .rsqrtss)
        simd(.absent, 0x53, "rcpps", "Vx,Wx", .rcpps)
        simd(.rep, 0x53, "rcpss", "Vx,Wd", .rcpss)
        simd(.absent, 0x2E, "ucomiss", "Vx,Wd", .ucomiss)
        simd(.operandSize, 0x2E, "ucomisd", "Vx,Wq", .ucomisd)
        simd(.absent, 0x2F, "comiss", "Vx,Wd", .comiss)
        simd(.operandSize, 0x2F, "comisd", "Vx,Wq", .comisd)
        let logic: [(UInt8, String, Operation)] = [
            (0x54, "and", .pandXMM), (0x55, "andn", .pandnXMM), (0x56, "or", .porXMM), (0x57, "xor", .pxorXMM),
        ]
        for (opcode, name, operation) in logic {
            simd(.absent, opcode, name + "ps", "Vx,Wx", operation)
            simd(.operandSize, opcode, name + "pd", "Vx,Wx", operation)
        }
        simd(.absent, 0x14, "unpcklps", "Vx,Wx", .unpcklps)
        simd(.operandSize, 0x14, "unpcklpd", "Vx,Wx", .punpcklqdq)
        simd(.absent, 0x15, "unpckhps", "Vx,Wx", .unpckhps)
        simd(.operandSize, 0x15, "unpckhpd", "Vx,Wx", .punpckhqdq)
        simd(.absent, 0xC6, "shufps", "Vx,Wx,Ib", .shufps)
        simd(.operandSize, 0xC6, "shufpd", "Vx,Wx,Ib", .shufpd)
    }

    private mutating func addConversions() {
        simd(.absent, 0x2A, "cvtpi2ps", "Vx,Qq", .cvtpi2ps)
        simd(.operandSize, 0x2A, "cvtpi2pd", "Vx,Qq", .cvtpi2pd)
        simd(.rep, 0x2A, "cvtsi2ss", "Vx,Ed", .cvtsi2ss)
        simd(.repne, 0x2A, "cvtsi2sd", "Vx,Ed", .cvtsi2sd)
        simd(.absent, 0x2C, "cvttps2pi", "Pq,Wq", .cvttps2pi)
        simd(.operandSize, 0x2C, "cvttpd2pi", "Pq,Wx", .cvttpd2pi)
        simd(.rep, 0x2C, "cvttss2si", "Gd,Wd", .cvttss2si)
        simd(.repne, 0x2C, "cvttsd2si", "Gd,Wq", .cvttsd2si)
        simd(.absent, 0x2D, "cvtps2pi", "Pq,Wq", .cvtps2pi)
        simd(.operandSize, 0x2D, "cvtpd2pi", "Pq,Wx", .cvtpd2pi)
        simd(.rep, 0x2D, "cvtss2si", "Gd,Wd", .cvtss2si)
        simd(.repne, 0x2D, "cvtsd2si", "Gd,Wq", .cvtsd2si)
        simd(.absent, 0x5A, "cvtps2pd", "Vx,Wq", .cvtps2pd, nil, [], .pentium4)
        simd(.operandSize, 0x5A, "cvtpd2ps", "Vx,Wx", .cvtpd2ps)
        simd(.rep, 0x5A, "cvtss2sd", "Vx,Wd", .cvtss2sd, nil, [], .pentium4)
        simd(.repne, 0x5A, "cvtsd2ss", "Vx,Wq", .cvtsd2ss)
        simd(.absent, 0x5B, "cvtdq2ps", "Vx,Wx", .cvtdq2ps, nil, [], .pentium4)
        simd(.operandSize, 0x5B, "cvtps2dq", "Vx,Wx", .cvtps2dq)
        simd(.rep, 0x5B, "cvttps2dq", "Vx,Wx", .cvttps2dq, nil, [], .pentium4)
        simd(.operandSize, 0xE6, "cvttpd2dq", "Vx,Wx", .cvttpd2dq)
        simd(.rep, 0xE6, "cvtdq2pd", "Vx,Wq", .cvtdq2pd, nil, [], .pentium4)
        simd(.repne, 0xE6, "cvtpd2dq", "Vx,Wx", .cvtpd2dq)
    }

    private mutating func addState() {
        let memory: [(UInt8, String, String, Operation, ProcessorGeneration)] = [
            (0, "fxsave", "M", .fxsave, .pentium2), (1, "fxrstor", "M", .fxrstor, .pentium2),
            (2, "ldmxcsr", "Md", .ldmxcsr, .pentium3), (3, "stmxcsr", "Md", .stmxcsr, .pentium3),
            (7, "clflush", "Mb", .clflush, .pentium4),
        ]
        for (opcodeExtension, name, operand, operation, minimum) in memory {
            group0F(
                0xAE, opcodeExtension, name, operand, .invalid, operation, forms: .memory, minimum, prefix: .absent)
        }
        // Nothing is out of order here. ModRM.rm is ignored (SDM vol. 2, `LFENCE`).
        let fences: [(UInt8, String, ProcessorGeneration)] = [
            (5, "lfence", .pentium4), (6, "mfence", .pentium4), (7, "sfence", .pentium3),
        ]
        for (opcodeExtension, name, minimum) in fences {
            group0F(0xAE, opcodeExtension, name, "", .nop, .invalid, forms: .register, minimum, prefix: .absent)
        }
    }
}
