/// The one-byte opcodes (SDM vol. 2, table A-2, and table A-6 for the groups).
extension OpcodeTable.Builder {
    mutating func addOneByteMap() {
        addArithmetic()
        addStackAndMoves()
        addImmediateGroups()
        addControlFlow()
        addStringsAndPorts()
        addFlagsAndOthers()
    }

    /// 00h-3Fh without the segment registers and decimal adjustments: eight operations in six forms each.
    private mutating func addArithmetic() {
        let families: [(String, Operation)] = [
            ("add", .addRR8), ("or", .orRR8), ("adc", .adcRR8), ("sbb", .sbbRR8), ("and", .andRR8), ("sub", .subRR8),
            ("xor", .xorRR8), ("cmp", .cmpRR8),
        ]
        for (number, (name, rr8)) in families.enumerated() {
            let opcode = UInt8(truncatingIfNeeded: number * 8)
            let lock: OpcodeRow.Flags = name == "cmp" ? [] : .lockable
            let mr8 = rr8.advanced(by: 3)
            let rm8 = rr8.advanced(by: 6)
            let ri8 = rr8.advanced(by: 9)
            let mi8 = rr8.advanced(by: 12)
            row(opcode, name, "Eb,Gb", rr8, mr8, lock)
            row(opcode + 1, name, "Ev,Gv", rr8.advanced(by: 1), mr8.advanced(by: 1), [lock, .sized])
            row(opcode + 2, name, "Gb,Eb", rr8, rm8, .swapsRegisters)
            row(opcode + 3, name, "Gv,Ev", rr8.advanced(by: 1), rm8.advanced(by: 1), [.swapsRegisters, .sized])
            row(opcode + 4, name, "AL,Ib", ri8)
            row(opcode + 5, name, "eAX,Iz", ri8.advanced(by: 1), nil, .sized)
            let opcodeExtension = UInt8(truncatingIfNeeded: number)
            group(0x80, opcodeExtension, name, "Eb,Ib", ri8, mi8, lock)
            group(0x81, opcodeExtension, name, "Ev,Iz", ri8.advanced(by: 1), mi8.advanced(by: 1), [lock, .sized])
            group(0x82, opcodeExtension, name, "Eb,Ib", ri8, mi8, [lock, .undocumented])
            group(0x83, opcodeExtension, name, "Ev,sIb", ri8.advanced(by: 1), mi8.advanced(by: 1), [lock, .sized])
        }
        row(0x27, "daa", "", .daa)
        row(0x2F, "das", "", .das)
        row(0x37, "aaa", "", .aaa)
        row(0x3F, "aas", "", .aas)
        row(0x84, "test", "Eb,Gb", .testRR8, .testMR8)
        row(0x85, "test", "Ev,Gv", .testRR16, .testMR16, .sized)
        row(0xA8, "test", "AL,Ib", .testRI8)
        row(0xA9, "test", "eAX,Iz", .testRI16, nil, .sized)
        row(0x69, "imul", "Gv,Ev,Iz", .imulRRI16, .imulRMI16, [.sized, .swapsRegisters])
        row(0x6B, "imul", "Gv,Ev,sIb", .imulRRI16, .imulRMI16, [.sized, .swapsRegisters])
    }

    private mutating func addStackAndMoves() {
        for opcode in UInt8(0x40)...0x47 {
            row(opcode, "inc", "Zv", .incR16, nil, .sized)
            row(opcode + 8, "dec", "Zv", .decR16, nil, .sized)
            row(opcode + 0x10, "push", "Zv", .pushR16, nil, .sized)
            row(opcode + 0x18, "pop", "Zv", .popR16, nil, .sized)
            row(opcode + 0x70, "mov", "Zb,Ib", .movRI8)
            row(opcode + 0x78, "mov", "Zv,Iv", .movRI16, nil, .sized)
            if opcode > 0x40 { row(opcode + 0x50, "xchg", "Zv,eAX", .xchgRR16, nil, .sized) }
        }
        row(0x90, "nop", "", .nop)
        // A hint, and on older processors a `nop` with a prefix that does nothing.
        row(0x90, "pause", "", .nop, prefix: .rep)
        for (number, name) in ["ES", "CS", "SS", "DS"].enumerated() {
            let opcode = UInt8(truncatingIfNeeded: 6 + number * 8)
            row(opcode, "push", name, .pushSegment16, nil, .sized)
            if name != "CS" { row(opcode + 1, "pop", name, .popSegment16, nil, [.sized, .endsBlock]) }
        }
        row(0x60, "pusha|pushad", "", .pusha16, nil, .sized)
        row(0x61, "popa|popad", "", .popa16, nil, .sized)
        row(0x68, "push", "Iz", .pushI16, nil, .sized)
        row(0x6A, "push", "sIb", .pushI16, nil, .sized)
        row(0x86, "xchg", "Eb,Gb", .xchgRR8, .xchgMR8, .lockable)
        row(0x87, "xchg", "Ev,Gv", .xchgRR16, .xchgMR16, [.lockable, .sized])
        row(0x88, "mov", "Eb,Gb", .movRR8, .movMR8)
        row(0x89, "mov", "Ev,Gv", .movRR16, .movMR16, .sized)
        row(0x8A, "mov", "Gb,Eb", .movRR8, .movRM8, .swapsRegisters)
        row(0x8B, "mov", "Gv,Ev", .movRR16, .movRM16, [.swapsRegisters, .sized])
        // The register forms of `mov` from a segment register differ by size, the memory form is always a word.
        row(0x8C, "mov", "Rv/Mw,Sw", .movFromSegmentR16, .movFromSegmentM, .sized)
        row(0x8D, "lea", "Gv,M", .invalid, .lea16, .sized)
        row(0x8E, "mov", "Sw,Ew", .movToSegmentR, .movToSegmentM, .endsBlock)
        group(0x8F, 0, "pop", "Ev", .popR16, .popM16, .sized)
        row(0x98, "cbw|cwde", "", .cbw16, nil, .sized)
        row(0x99, "cwd|cdq", "", .cwd16, nil, .sized)
        row(0x9C, "pushf|pushfd", "", .pushf16, nil, .sized)
        row(0x9D, "popf|popfd", "", .popf16, nil, [.sized, .endsBlock])
        row(0x9E, "sahf", "", .sahf)
        row(0x9F, "lahf", "", .lahf)
        row(0xA0, "mov", "AL,Ob", .movRM8)
        row(0xA1, "mov", "eAX,Ov", .movRM16, nil, .sized)
        row(0xA2, "mov", "Ob,AL", .movMR8)
        row(0xA3, "mov", "Ov,eAX", .movMR16, nil, .sized)
        row(0xC4, "les", "Gv,Mp", .invalid, .loadFarPointer16, [.sized, .endsBlock])
        row(0xC5, "lds", "Gv,Mp", .invalid, .loadFarPointer16, [.sized, .endsBlock])
        row(0xC8, "enter", "Iw,Ib", .enter16, nil, .sized)
        row(0xC9, "leave", "", .leave16, nil, .sized)
        row(0xD7, "xlat", "", .xlat)
    }

    private mutating func addImmediateGroups() {
        let shifts = ["rol", "ror", "rcl", "rcr", "shl", "shr", "shl", "sar"]
        for (number, name) in shifts.enumerated() {
            let opcodeExtension = UInt8(truncatingIfNeeded: number)
            let alias: OpcodeRow.Flags = number == 6 ? .undocumented : []
            group(0xC0, opcodeExtension, name, "Eb,Ib", .shiftRI8, .shiftMI8, alias)
            group(0xC1, opcodeExtension, name, "Ev,Ib", .shiftRI16, .shiftMI16, [.sized, alias])
            group(0xD0, opcodeExtension, name, "Eb,1", .shiftRI8, .shiftMI8, alias)
            group(0xD1, opcodeExtension, name, "Ev,1", .shiftRI16, .shiftMI16, [.sized, alias])
            group(0xD2, opcodeExtension, name, "Eb,CL", .shiftRC8, .shiftMC8, alias)
            group(0xD3, opcodeExtension, name, "Ev,CL", .shiftRC16, .shiftMC16, [.sized, alias])
        }
        group(0xC6, 0, "mov", "Eb,Ib", .movRI8, .movMI8)
        group(0xC7, 0, "mov", "Ev,Iz", .movRI16, .movMI16, .sized)
        for (opcode, type, size) in [(UInt8(0xF6), "b", UInt16(0)), (0xF7, "v", 1)] {
            let sized: OpcodeRow.Flags = type == "v" ? .sized : []
            let immediate = type == "v" ? "z" : "b"
            let operand = "E" + type
            for opcodeExtension in UInt8(0)...1 {
                group(
                    opcode, opcodeExtension, "test", operand + ",I" + immediate, .testRI8.advanced(by: size),
                    .testMI8.advanced(by: size), opcodeExtension == 1 ? [sized, .undocumented] : sized)
            }
            let others: [(UInt8, String, Operation, Operation, OpcodeRow.Flags)] = [
                (2, "not", .notR8, .notM8, .lockable), (3, "neg", .negR8, .negM8, .lockable),
                (4, "mul", .mulR8, .mulM8, []), (5, "imul", .imulR8, .imulM8, []),
                (6, "div", .divR8, .divM8, []), (7, "idiv", .idivR8, .idivM8, []),
            ]
            for (opcodeExtension, name, register, memory, flags) in others {
                group(
                    opcode, opcodeExtension, name, operand, register.advanced(by: size), memory.advanced(by: size),
                    [sized, flags])
            }
        }
        group(0xFE, 0, "inc", "Eb", .incR8, .incM8, .lockable)
        group(0xFE, 1, "dec", "Eb", .decR8, .decM8, .lockable)
        group(0xFF, 0, "inc", "Ev", .incR16, .incM16, [.sized, .lockable])
        group(0xFF, 1, "dec", "Ev", .decR16, .decM16, [.sized, .lockable])
        group(0xFF, 2, "call", "Ev", .callR16, .callM16, [.sized, .endsBlock])
        group(0xFF, 3, "call far", "Mp", .invalid, .callFarM16, [.sized, .endsBlock])
        group(0xFF, 4, "jmp", "Ev", .jmpR16, .jmpM16, [.sized, .endsBlock])
        group(0xFF, 5, "jmp far", "Mp", .invalid, .jmpFarM16, [.sized, .endsBlock])
        group(0xFF, 6, "push", "Ev", .pushR16, .pushM16, .sized)
    }

    static let conditions = ["o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"]

    private mutating func addControlFlow() {
        for (number, condition) in Self.conditions.enumerated() {
            let distance = UInt16(truncatingIfNeeded: number)
            row(
                0x70 + UInt8(truncatingIfNeeded: number), "j" + condition, "Jb", .jo16.advanced(by: distance * 2), nil,
                [.sized, .endsBlock])
        }
        row(0x9A, "call far", "Ap", .callFar16, nil, [.sized, .endsBlock])
        row(0xC2, "ret", "Iw", .retImmediate16, nil, [.sized, .endsBlock])
        row(0xC3, "ret", "", .ret16, nil, [.sized, .endsBlock])
        row(0xCA, "retf", "Iw", .retFarImmediate16, nil, [.sized, .endsBlock])
        row(0xCB, "retf", "", .retFar16, nil, [.sized, .endsBlock])
        row(0xCC, "int3", "", .int3, nil, .endsBlock)
        row(0xCD, "int", "Ib", .int, nil, .endsBlock)
        row(0xCE, "into", "", .into, nil, .endsBlock)
        row(0xCF, "iret|iretd", "", .iret16, nil, [.sized, .endsBlock])
        row(0xE0, "loopne", "Jb", .loopne16, nil, [.sized, .endsBlock])
        row(0xE1, "loope", "Jb", .loope16, nil, [.sized, .endsBlock])
        row(0xE2, "loop", "Jb", .loop16, nil, [.sized, .endsBlock])
        // The address size, not the operand size, chooses between the two names and counters.
        row(0xE3, "jcxz|jecxz", "Jb", .jcxz16, nil, [.sized, .endsBlock])
        row(0xE8, "call", "Jz", .callRelative16, nil, [.sized, .endsBlock])
        row(0xE9, "jmp", "Jz", .jmpRelative16, nil, [.sized, .endsBlock])
        row(0xEA, "jmp far", "Ap", .jmpFar16, nil, [.sized, .endsBlock])
        row(0xEB, "jmp", "Jb", .jmpRelative16, nil, [.sized, .endsBlock])
        row(0xF1, "int1", "", .icebp, nil, [.endsBlock, .undocumented])
    }

    private mutating func addStringsAndPorts() {
        row(0x6C, "ins", "Yb,DX", .ins8, nil, [.string, .endsBlock])
        row(0x6D, "ins", "Yv,DX", .ins16, nil, [.string, .sized, .endsBlock])
        row(0x6E, "outs", "DX,Xb", .outs8, nil, [.string, .endsBlock])
        row(0x6F, "outs", "DX,Xv", .outs16, nil, [.string, .sized, .endsBlock])
        row(0xA4, "movs", "Yb,Xb", .movs8, nil, .string)
        row(0xA5, "movs", "Yv,Xv", .movs16, nil, [.string, .sized])
        row(0xA6, "cmps", "Xb,Yb", .cmps8, nil, .string)
        row(0xA7, "cmps", "Xv,Yv", .cmps16, nil, [.string, .sized])
        row(0xAA, "stos", "Yb,AL", .stos8, nil, .string)
        row(0xAB, "stos", "Yv,eAX", .stos16, nil, [.string, .sized])
        row(0xAC, "lods", "AL,Xb", .lods8, nil, .string)
        row(0xAD, "lods", "eAX,Xv", .lods16, nil, [.string, .sized])
        row(0xAE, "scas", "AL,Yb", .scas8, nil, .string)
        row(0xAF, "scas", "eAX,Yv", .scas16, nil, [.string, .sized])
        row(0xE4, "in", "AL,Ib", .inI8, nil, .endsBlock)
        row(0xE5, "in", "eAX,Ib", .inI16, nil, [.sized, .endsBlock])
        row(0xE6, "out", "Ib,AL", .outI8, nil, .endsBlock)
        row(0xE7, "out", "Ib,eAX", .outI16, nil, [.sized, .endsBlock])
        row(0xEC, "in", "AL,DX", .inD8, nil, .endsBlock)
        row(0xED, "in", "eAX,DX", .inD16, nil, [.sized, .endsBlock])
        row(0xEE, "out", "DX,AL", .outD8, nil, .endsBlock)
        row(0xEF, "out", "DX,eAX", .outD16, nil, [.sized, .endsBlock])
    }

    private mutating func addFlagsAndOthers() {
        row(0x62, "bound", "Gv,Ma", .invalid, .bound16, .sized)
        row(0x63, "arpl", "Ew,Gw", .arplR, .arplM)
        row(0x9B, "wait", "", .wait)
        row(0xD4, "aam", "Ib", .aam)
        row(0xD5, "aad", "Ib", .aad)
        row(0xD6, "salc", "", .salc, nil, .undocumented)
        row(0xF4, "hlt", "", .hlt, nil, [.privileged, .endsBlock])
        row(0xF5, "cmc", "", .cmc)
        row(0xF8, "clc", "", .clc)
        row(0xF9, "stc", "", .stc)
        row(0xFA, "cli", "", .cli, nil, .endsBlock)
        row(0xFB, "sti", "", .sti, nil, .endsBlock)
        row(0xFC, "cld", "", .cld)
        row(0xFD, "std", "", .std)
    }
}
