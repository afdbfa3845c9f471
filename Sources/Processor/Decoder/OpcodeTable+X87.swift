/// The ESC opcodes D8h-DFh (SDM vol. 2, tables ).
///
/// All of them belong to the FPU. The manual's holes are rows of their own, "(bad)": an FPU refuses them (#UD), but
/// only after the checks that every x87 instruction begins with, and where there is no FPU (`.i386`, which never had
/// one built in), they are passed over like the others (``Operation/escape``). The aliases that the 8087 left behind
/// and every processor since executes (`fcom2`, `fxch4`, `ffreep` and others) go by the names of what they do.
extension OpcodeTable.Builder {
    private static let arithmetic = ["add", "mul", "com", "comp", "sub", "subr", "div", "divr"]

    mutating func addX87() {
        for opcode in UInt8(0xD8)...0xDF { fallback(opcode, "(bad)", "", .x87Reserved, .x87, .i486) }
        addMemoryArithmetic()
        addRegisterArithmetic()
        addTransfers()
        addConstantsAndFunctions()
        addControl()
    }

    private mutating func memory(
        _ opcode: UInt8, _ opcodeExtension: UInt8, _ mnemonic: String, _ operand: String, _ operation: Operation
    ) {
        group(opcode, opcodeExtension, mnemonic, operand, .invalid, operation, .x87, forms: .memory, .i486)
    }

    private mutating func register(
        _ opcode: UInt8, _ opcodeExtension: UInt8, _ mnemonic: String, _ operands: String, _ operation: Operation,
        _ flags: OpcodeRow.Flags = [], _ minimum: ProcessorGeneration = .i486
    ) {
        group(
            opcode, opcodeExtension, mnemonic, operands, operation, .invalid, flags.union(.x87), forms: .register,
            minimum)
    }

    private mutating func fixed(_ opcode: UInt8, _ modRM: UInt8, _ mnemonic: String, _ operation: Operation) {
        single(opcode, modRM: modRM, mnemonic, "", operation, .x87, .i486)
    }

    private mutating func addMemoryArithmetic() {
        for (number, name) in Self.arithmetic.enumerated() {
            let opcodeExtension = UInt8(truncatingIfNeeded: number)
            let distance = UInt16(truncatingIfNeeded: number)
            memory(0xD8, opcodeExtension, "f" + name, "Md", .faddM32.advanced(by: distance))
            memory(0xDA, opcodeExtension, "fi" + name, "Md", .fiaddM32.advanced(by: distance))
            memory(0xDC, opcodeExtension, "f" + name, "Mq", .faddM64.advanced(by: distance))
            memory(0xDE, opcodeExtension, "fi" + name, "Mw", .fiaddM16.advanced(by: distance))
        }
    }

    private mutating func addRegisterArithmetic() {
        for (number, name) in Self.arithmetic.enumerated() {
            let operands = name.hasPrefix("com") ? "STi" : "ST,STi"
            register(
                0xD8, UInt8(truncatingIfNeeded: number), "f" + name, operands,
                .faddR.advanced(by: UInt16(truncatingIfNeeded: number)))
        }
        // With ST(i) as the destination, opcodes and names of the reverse forms are exchanged.
        let others: [(UInt8, String, Operation, Operation)] = [
            (0, "fadd", .faddToR, .faddPop), (1, "fmul", .fmulToR, .fmulPop), (4, "fsubr", .fsubrToR, .fsubrPop),
            (5, "fsub", .fsubToR, .fsubPop), (6, "fdivr", .fdivrToR, .fdivrPop), (7, "fdiv", .fdivToR, .fdivPop),
        ]
        for (opcodeExtension, name, toRegister, pop) in others {
            register(0xDC, opcodeExtension, name, "STi,ST", toRegister)
            register(0xDE, opcodeExtension, name + "p", "STi,ST", pop)
        }
        register(0xDC, 2, "fcom", "STi", .fcomR, .undocumented)
        register(0xDC, 3, "fcomp", "STi", .fcompR, .undocumented)
        register(0xDE, 2, "fcomp", "STi", .fcompR, .undocumented)
        fixed(0xDE, 0xD9, "fcompp", .fcompp)
        fixed(0xDA, 0xE9, "fucompp", .fucompp)
        register(0xDD, 4, "fucom", "STi", .fucomR)
        register(0xDD, 5, "fucomp", "STi", .fucompR)
        register(0xDB, 5, "fucomi", "ST,STi", .fucomiR, [], .pentiumPro)
        register(0xDB, 6, "fcomi", "ST,STi", .fcomiR, [], .pentiumPro)
        register(0xDF, 5, "fucomip", "ST,STi", .fucomipR, [], .pentiumPro)
        register(0xDF, 6, "fcomip", "ST,STi", .fcomipR, [], .pentiumPro)
        for (number, condition) in ["b", "e", "be", "u"].enumerated() {
            let opcodeExtension = UInt8(truncatingIfNeeded: number)
            let distance = UInt16(truncatingIfNeeded: number)
            register(
                0xDA, opcodeExtension, "fcmov" + condition, "ST,STi", .fcmovb.advanced(by: distance), [], .pentiumPro)
            register(
                0xDB, opcodeExtension, "fcmovn" + condition, "ST,STi", .fcmovnb.advanced(by: distance), [], .pentiumPro)
        }
    }

    private mutating func addTransfers() {
        memory(0xD9, 0, "fld", "Md", .fldM32)
        memory(0xD9, 2, "fst", "Md", .fstM32)
        memory(0xD9, 3, "fstp", "Md", .fstpM32)
        memory(0xDD, 0, "fld", "Mq", .fldM64)
        memory(0xDD, 2, "fst", "Mq", .fstM64)
        memory(0xDD, 3, "fstp", "Mq", .fstpM64)
        memory(0xDB, 5, "fld", "Mt", .fldM80)
        memory(0xDB, 7, "fstp", "Mt", .fstpM80)
        memory(0xDF, 0, "fild", "Mw", .fildM16)
        memory(0xDF, 2, "fist", "Mw", .fistM16)
        memory(0xDF, 3, "fistp", "Mw", .fistpM16)
        memory(0xDB, 0, "fild", "Md", .fildM32)
        memory(0xDB, 2, "fist", "Md", .fistM32)
        memory(0xDB, 3, "fistp", "Md", .fistpM32)
        memory(0xDF, 5, "fild", "Mq", .fildM64)
        memory(0xDF, 7, "fistp", "Mq", .fistpM64)
        memory(0xDF, 4, "fbld", "Mt", .fbld)
        memory(0xDF, 6, "fbstp", "Mt", .fbstp)
        register(0xD9, 0, "fld", "STi", .fldR)
        register(0xD9, 1, "fxch", "STi", .fxch)
        register(0xD9, 3, "fstp", "STi", .fstpNoCheckR, .undocumented)
        register(0xDD, 0, "ffree", "STi", .ffree)
        register(0xDD, 1, "fxch", "STi", .fxch, .undocumented)
        register(0xDD, 2, "fst", "STi", .fstR)
        register(0xDD, 3, "fstp", "STi", .fstpR)
        register(0xDF, 0, "ffreep", "STi", .ffreep, .undocumented)
        register(0xDF, 1, "fxch", "STi", .fxch, .undocumented)
        register(0xDF, 2, "fstp", "STi", .fstpR, .undocumented)
        register(0xDF, 3, "fstp", "STi", .fstpR, .undocumented)
    }

    private mutating func addConstantsAndFunctions() {
        let names: [(UInt8, String, Operation)] = [
            (0xE0, "fchs", .fchs), (0xE1, "fabs", .fabs), (0xE4, "ftst", .ftst), (0xE5, "fxam", .fxam),
            (0xE8, "fld1", .fld1), (0xE9, "fldl2t", .fldl2t), (0xEA, "fldl2e", .fldl2e), (0xEB, "fldpi", .fldpi),
            (0xEC, "fldlg2", .fldlg2), (0xED, "fldln2", .fldln2), (0xEE, "fldz", .fldz), (0xF0, "f2xm1", .f2xm1),
            (0xF1, "fyl2x", .fyl2x), (0xF2, "fptan", .fptan), (0xF3, "fpatan", .fpatan), (0xF4, "fxtract", .fxtract),
            (0xF5, "fprem1", .fprem1), (0xF6, "fdecstp", .fdecstp), (0xF7, "fincstp", .fincstp),
            (0xF8, "fprem", .fprem), (0xF9, "fyl2xp1", .fyl2xp1), (0xFA, "fsqrt", .fsqrt),
            (0xFB, "fsincos", .fsincos), (0xFC, "frndint", .frndint), (0xFD, "fscale", .fscale), (0xFE, "fsin", .fsin),
            (0xFF, "fcos", .fcos),
        ]
        for (modRM, name, operation) in names { fixed(0xD9, modRM, name, operation) }
    }

    private mutating func addControl() {
        memory(0xD9, 4, "fldenv", "M", .fldenv)
        memory(0xD9, 5, "fldcw", "Mw", .fldcw)
        memory(0xD9, 6, "fnstenv", "M", .fnstenv)
        memory(0xD9, 7, "fnstcw", "Mw", .fnstcw)
        memory(0xDD, 4, "frstor", "M", .frstor)
        memory(0xDD, 6, "fnsave", "M", .fnsave)
        memory(0xDD, 7, "fnstsw", "Mw", .fnstswM)
        single(0xDF, modRM: 0xE0, "fnstsw", "AX", .fnstswAX, .x87, .i486)
        fixed(0xD9, 0xD0, "fnop", .fnop)
        // The 8087's interrupt mask and the 80287's protected mode: nothing to do since the 387. `frstpm` (DBh E5h) is
        // #UD on today's processors.
        for (modRM, name) in [(UInt8(0xE0), "fneni"), (0xE1, "fndisi"), (0xE4, "fnsetpm")] {
            single(0xDB, modRM: modRM, name, "", .fnop, [.x87, .undocumented], .i486)
        }
        fixed(0xDB, 0xE2, "fnclex", .fnclex)
        fixed(0xDB, 0xE3, "fninit", .fninit)
    }
}
