/// The opcodes after 0Fh (SDM vol. 2, table A-3, and table A-6 for the groups).
extension OpcodeTable.Builder {
    mutating func addTwoByteMap() {
        addSystem()
        addConditionals()
        addBitsAndMoves()
        addExchanges()
        // Not instructions for ever: programs use them where execution must not arrive. `ud2` has no operands, the
        // others have a ModRM byte.
        row0F(0x0B, "ud2", "", .invalid, nil, [])
        row0F(0xB9, "ud1", "Gv,Ev", .invalid, nil, [])
        row0F(0xFF, "ud0", "Gv,Ev", .invalid, nil, [])
    }

    private mutating func addSystem() {
        group0F(0x00, 0, "sldt", "Rv/Mw", .sldtR16, .sldtM, .sized)
        group0F(0x00, 1, "str", "Rv/Mw", .strR16, .strM, .sized)
        group0F(0x00, 2, "lldt", "Ew", .lldtR, .lldtM, .privileged)
        group0F(0x00, 3, "ltr", "Ew", .ltrR, .ltrM, .privileged)
        group0F(0x00, 4, "verr", "Ew", .verrR, .verrM)
        group0F(0x00, 5, "verw", "Ew", .verwR, .verwM)
        group0F(0x01, 0, "sgdt", "Ms", .invalid, .sgdt16, .sized, forms: .memory)
        group0F(0x01, 1, "sidt", "Ms", .invalid, .sidt16, .sized, forms: .memory)
        group0F(0x01, 2, "lgdt", "Ms", .invalid, .lgdt16, [.sized, .privileged], forms: .memory)
        group0F(0x01, 3, "lidt", "Ms", .invalid, .lidt16, [.sized, .privileged], forms: .memory)
        group0F(0x01, 4, "smsw", "Rv/Mw", .smswR16, .smswM, .sized)
        group0F(0x01, 6, "lmsw", "Ew", .lmswR, .lmswM, [.privileged, .endsBlock])
        group0F(0x01, 7, "invlpg", "Mb", .invalid, .invlpg, [.privileged, .endsBlock], forms: .memory, .i486)
        row0F(0x02, "lar", "Gv,Ew", .larR16, .larM16, .sized)
        row0F(0x03, "lsl", "Gv,Ew", .lslR16, .lslM16, .sized)
        row0F(0x06, "clts", "", .clts, nil, [.privileged, .endsBlock])
        row0F(0x08, "invd", "", .invd, nil, .privileged, .i486)
        row0F(0x09, "wbinvd", "", .wbinvd, nil, .privileged, .i486)
        row0F(0x20, "mov", "Rd,Cd", .movFromControl, nil, [.privileged, .ignoresMod])
        row0F(0x21, "mov", "Rd,Dd", .movFromDebug, nil, [.privileged, .ignoresMod])
        row0F(0x22, "mov", "Cd,Rd", .movToControl, nil, [.privileged, .ignoresMod, .endsBlock])
        row0F(0x23, "mov", "Dd,Rd", .movToDebug, nil, [.privileged, .ignoresMod, .endsBlock])
        row0F(0x24, "mov", "Rd,Td", .movFromTest, nil, [.privileged, .ignoresMod])
        row0F(0x26, "mov", "Td,Rd", .movToTest, nil, [.privileged, .ignoresMod])
        row0F(0x30, "wrmsr", "", .wrmsr, nil, [.privileged, .endsBlock], .pentium)
        row0F(0x31, "rdtsc", "", .rdtsc, nil, [], .pentium)
        row0F(0x32, "rdmsr", "", .rdmsr, nil, .privileged, .pentium)
        row0F(0x33, "rdpmc", "", .rdpmc, nil, [], .pentiumPro)
        row0F(0x34, "sysenter", "", .sysenter, nil, .endsBlock, .pentium2)
        row0F(0x35, "sysexit", "", .sysexit, nil, [.privileged, .endsBlock], .pentium2)
        row0F(0xA2, "cpuid", "", .cpuid, nil, [], .i486)
        row0F(0xAA, "rsm", "", .rsm, nil, .endsBlock, .pentium)
    }

    private mutating func addConditionals() {
        for (number, condition) in Self.conditions.enumerated() {
            let low = UInt8(truncatingIfNeeded: number)
            let distance = UInt16(truncatingIfNeeded: number * 2)
            row0F(
                0x40 + low, "cmov" + condition, "Gv,Ev", .cmovRR16, .cmovRM16, [.sized, .swapsRegisters], .pentiumPro)
            row0F(0x80 + low, "j" + condition, "Jz", .jo16.advanced(by: distance), nil, [.sized, .endsBlock])
            row0F(0x90 + low, "set" + condition, "Eb", .setccR, .setccM)
        }
    }

    private mutating func addBitsAndMoves() {
        row0F(0xA0, "push", "FS", .pushSegment16, nil, .sized)
        row0F(0xA1, "pop", "FS", .popSegment16, nil, [.sized, .endsBlock])
        row0F(0xA8, "push", "GS", .pushSegment16, nil, .sized)
        row0F(0xA9, "pop", "GS", .popSegment16, nil, [.sized, .endsBlock])
        row0F(0xA3, "bt", "Ev,Gv", .btRR16, .btMR16, .sized)
        row0F(0xAB, "bts", "Ev,Gv", .btsRR16, .btsMR16, [.sized, .lockable])
        row0F(0xB3, "btr", "Ev,Gv", .btrRR16, .btrMR16, [.sized, .lockable])
        row0F(0xBB, "btc", "Ev,Gv", .btcRR16, .btcMR16, [.sized, .lockable])
        group0F(0xBA, 4, "bt", "Ev,Ib", .btRI16, .btMI16, .sized)
        group0F(0xBA, 5, "bts", "Ev,Ib", .btsRI16, .btsMI16, [.sized, .lockable])
        group0F(0xBA, 6, "btr", "Ev,Ib", .btrRI16, .btrMI16, [.sized, .lockable])
        group0F(0xBA, 7, "btc", "Ev,Ib", .btcRI16, .btcMI16, [.sized, .lockable])
        row0F(0xBC, "bsf", "Gv,Ev", .bsfRR16, .bsfRM16, [.sized, .swapsRegisters])
        row0F(0xBD, "bsr", "Gv,Ev", .bsrRR16, .bsrRM16, [.sized, .swapsRegisters])
        row0F(0xA4, "shld", "Ev,Gv,Ib", .shldRI16, .shldMI16, .sized)
        row0F(0xA5, "shld", "Ev,Gv,CL", .shldRC16, .shldMC16, .sized)
        row0F(0xAC, "shrd", "Ev,Gv,Ib", .shrdRI16, .shrdMI16, .sized)
        row0F(0xAD, "shrd", "Ev,Gv,CL", .shrdRC16, .shrdMC16, .sized)
        row0F(0xAF, "imul", "Gv,Ev", .imulRR16, .imulRM16, [.sized, .swapsRegisters])
        row0F(0xB2, "lss", "Gv,Mp", .invalid, .loadFarPointer16, [.sized, .endsBlock])
        row0F(0xB4, "lfs", "Gv,Mp", .invalid, .loadFarPointer16, [.sized, .endsBlock])
        row0F(0xB5, "lgs", "Gv,Mp", .invalid, .loadFarPointer16, [.sized, .endsBlock])
        row0F(0xB6, "movzx", "Gv,Eb", .movzx8RR16, .movzx8RM16, [.sized, .swapsRegisters])
        row0F(0xB7, "movzx", "Gv,Ew", .movzx16RR16, .movzx16RM16, [.sized, .swapsRegisters])
        row0F(0xBE, "movsx", "Gv,Eb", .movsx8RR16, .movsx8RM16, [.sized, .swapsRegisters])
        row0F(0xBF, "movsx", "Gv,Ew", .movsx16RR16, .movsx16RM16, [.sized, .swapsRegisters])
        for opcode in UInt8(0xC8)...0xCF { row0F(opcode, "bswap", "Zv", .bswap16, nil, .sized, .i486) }
        // Hints that need nothing done; without the feature they are `nop` with an operand (since the P6).
        row0F(0x0D, "nop", "Ev", .nop, nil, .undocumented, .pentiumPro)
        for opcode in UInt8(0x18)...0x1F { row0F(opcode, "nop", "Ev", .nop, nil, [], .pentiumPro) }
        for (opcodeExtension, name) in ["nta", "t0", "t1", "t2"].enumerated() {
            group0F(
                0x18, UInt8(truncatingIfNeeded: opcodeExtension), "prefetch" + name, "Mb", .invalid, .nop,
                forms: .memory, .pentiumPro)
        }
        single(map: 1, 0x1E, modRM: 0xFA, "endbr64", "", .nop, [], .pentiumPro, prefix: .rep)
        single(map: 1, 0x1E, modRM: 0xFB, "endbr32", "", .nop, [], .pentiumPro, prefix: .rep)
    }

    private mutating func addExchanges() {
        row0F(0xB0, "cmpxchg", "Eb,Gb", .cmpxchgR8, .cmpxchgM8, .lockable, .i486)
        row0F(0xB1, "cmpxchg", "Ev,Gv", .cmpxchgR16, .cmpxchgM16, [.sized, .lockable], .i486)
        row0F(0xC0, "xadd", "Eb,Gb", .xaddR8, .xaddM8, .lockable, .i486)
        row0F(0xC1, "xadd", "Ev,Gv", .xaddR16, .xaddM16, [.sized, .lockable], .i486)
        group0F(0xC7, 1, "cmpxchg8b", "Mq", .invalid, .cmpxchg8b, .lockable, forms: .memory, .pentium)
    }
}
