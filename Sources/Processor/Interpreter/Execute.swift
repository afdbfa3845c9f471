/// The one dispatch of the interpreter.
///
/// **Constraint.** Swift turns a dense `switch` into one indirect jump, and nothing else that it offers comes near
/// (closures, tables of functions and existentials cost 5 to 10 times as much). What the hot path needs must be in
/// this function: everything that it calls in the module is either inlined or a plain call.
///
/// **Choice.** The `switch` is over ``Handler``, which is dense and has no `default`, so that there is no range check
/// in front of the jump, and LLVM can put a copy of the jump behind each case (`Package.swift` asks it to): the host
/// predicts each by itself, from what usually follows that instruction. Every case must contain some code for that.
///
/// The cases are in three groups. Frequent instructions are executed here. Rare ones are left to ``executeRare(_:)``,
/// ``executeX87(_:)`` and ``executeSIMD(_:)``, switches behind a call. Instructions of the system, which may change how
/// the next instruction is fetched, counted or interrupted, are left to ``executeSystem(_:)``, after the state has been
/// brought up to date; afterwards the run loop looks around before it goes on.
///
/// While a block runs, ``ProcessorState/eip`` is the offset of the block's first instruction and
/// ``ProcessorState/steps`` does not count the block's instructions yet: both follow from the instruction pointer, so
/// that an instruction need not maintain them. Instructions that access memory put themselves into `Context.current`,
/// from which the slow path computes them (``synchronizedSteps``). What a handler does for two instructions moves the
/// pointer between them.
extension Core {
    /// Executes the block behind `header` and those that follow it, until ``Context/limit`` or something that demands
    /// attention. EIP and steps are exact when it returns and when it throws: a fault's EIP is that of the instruction
    /// that caused it.
    @inline(never)
    func execute(_ header: InstructionPointer) throws(Fault) {
        var instruction = header + 1
        var isSynchronized = false
        while true {
            var target: UInt32 = 0
            do throws(Fault) {
                block: while true {
                    switch instruction.pointee.handler {
                    case .addRR8: arithmeticRR(.add, UInt8.self, instruction)
                    case .addRR16: arithmeticRR(.add, UInt16.self, instruction)
                    case .addRR32: arithmeticRR(.add, UInt32.self, instruction)
                    case .addRI8: arithmeticRI(.add, UInt8.self, instruction)
                    case .addRI16: arithmeticRI(.add, UInt16.self, instruction)
                    case .addRI32: arithmeticRI(.add, UInt32.self, instruction)
                    case .addRM8: try arithmeticRM(.add, UInt8.self, instruction)
                    case .addRM16: try arithmeticRM(.add, UInt16.self, instruction)
                    case .addRM32: try arithmeticRM(.add, UInt32.self, instruction)
                    case .addMR8: try arithmeticMR(.add, UInt8.self, instruction)
                    case .addMR16: try arithmeticMR(.add, UInt16.self, instruction)
                    case .addMR32: try arithmeticMR(.add, UInt32.self, instruction)
                    case .addMI8: try arithmeticMI(.add, UInt8.self, instruction)
                    case .addMI16: try arithmeticMI(.add, UInt16.self, instruction)
                    case .addMI32: try arithmeticMI(.add, UInt32.self, instruction)
                    case .orRR8: arithmeticRR(.or, UInt8.self, instruction)
                    case .orRR16: arithmeticRR(.or, UInt16.self, instruction)
                    case .orRR32: arithmeticRR(.or, UInt32.self, instruction)
                    case .orRI8: arithmeticRI(.or, UInt8.self, instruction)
                    case .orRI16: arithmeticRI(.or, UInt16.self, instruction)
                    case .orRI32: arithmeticRI(.or, UInt32.self, instruction)
                    case .orRM8: try arithmeticRM(.or, UInt8.self, instruction)
                    case .orRM16: try arithmeticRM(.or, UInt16.self, instruction)
                    case .orRM32: try arithmeticRM(.or, UInt32.self, instruction)
                    case .orMR8: try arithmeticMR(.or, UInt8.self, instruction)
                    case .orMR16: try arithmeticMR(.or, UInt16.self, instruction)
                    case .orMR32: try arithmeticMR(.or, UInt32.self, instruction)
                    case .orMI8: try arithmeticMI(.or, UInt8.self, instruction)
                    case .orMI16: try arithmeticMI(.or, UInt16.self, instruction)
                    case .orMI32: try arithmeticMI(.or, UInt32.self, instruction)
                    case .adcRR8: arithmeticRR(.adc, UInt8.self, instruction)
                    case .adcRR16: arithmeticRR(.adc, UInt16.self, instruction)
                    case .adcRR32: arithmeticRR(.adc, UInt32.self, instruction)
                    case .adcRI8: arithmeticRI(.adc, UInt8.self, instruction)
                    case .adcRI16: arithmeticRI(.adc, UInt16.self, instruction)
                    case .adcRI32: arithmeticRI(.adc, UInt32.self, instruction)
                    case .adcRM8: try arithmeticRM(.adc, UInt8.self, instruction)
                    case .adcRM16: try arithmeticRM(.adc, UInt16.self, instruction)
                    case .adcRM32: try arithmeticRM(.adc, UInt32.self, instruction)
                    case .adcMR8: try arithmeticMR(.adc, UInt8.self, instruction)
                    case .adcMR16: try arithmeticMR(.adc, UInt16.self, instruction)
                    case .adcMR32: try arithmeticMR(.adc, UInt32.self, instruction)
                    case .adcMI8: try arithmeticMI(.adc, UInt8.self, instruction)
                    case .adcMI16: try arithmeticMI(.adc, UInt16.self, instruction)
                    case .adcMI32: try arithmeticMI(.adc, UInt32.self, instruction)
                    case .sbbRR8: arithmeticRR(.sbb, UInt8.self, instruction)
                    case .sbbRR16: arithmeticRR(.sbb, UInt16.self, instruction)
                    case .sbbRR32: arithmeticRR(.sbb, UInt32.self, instruction)
                    case .sbbRI8: arithmeticRI(.sbb, UInt8.self, instruction)
                    case .sbbRI16: arithmeticRI(.sbb, UInt16.self, instruction)
                    case .sbbRI32: arithmeticRI(.sbb, UInt32.self, instruction)
                    case .sbbRM8: try arithmeticRM(.sbb, UInt8.self, instruction)
                    case .sbbRM16: try arithmeticRM(.sbb, UInt16.self, instruction)
                    case .sbbRM32: try arithmeticRM(.sbb, UInt32.self, instruction)
                    case .sbbMR8: try arithmeticMR(.sbb, UInt8.self, instruction)
                    case .sbbMR16: try arithmeticMR(.sbb, UInt16.self, instruction)
                    case .sbbMR32: try arithmeticMR(.sbb, UInt32.self, instruction)
                    case .sbbMI8: try arithmeticMI(.sbb, UInt8.self, instruction)
                    case .sbbMI16: try arithmeticMI(.sbb, UInt16.self, instruction)
                    case .sbbMI32: try arithmeticMI(.sbb, UInt32.self, instruction)
                    case .andRR8: arithmeticRR(.and, UInt8.self, instruction)
                    case .andRR16: arithmeticRR(.and, UInt16.self, instruction)
                    case .andRR32: arithmeticRR(.and, UInt32.self, instruction)
                    case .andRI8: arithmeticRI(.and, UInt8.self, instruction)
                    case .andRI16: arithmeticRI(.and, UInt16.self, instruction)
                    case .andRI32: arithmeticRI(.and, UInt32.self, instruction)
                    case .andRM8: try arithmeticRM(.and, UInt8.self, instruction)
                    case .andRM16: try arithmeticRM(.and, UInt16.self, instruction)
                    case .andRM32: try arithmeticRM(.and, UInt32.self, instruction)
                    case .andMR8: try arithmeticMR(.and, UInt8.self, instruction)
                    case .andMR16: try arithmeticMR(.and, UInt16.self, instruction)
                    case .andMR32: try arithmeticMR(.and, UInt32.self, instruction)
                    case .andMI8: try arithmeticMI(.and, UInt8.self, instruction)
                    case .andMI16: try arithmeticMI(.and, UInt16.self, instruction)
                    case .andMI32: try arithmeticMI(.and, UInt32.self, instruction)
                    case .subRR8: arithmeticRR(.sub, UInt8.self, instruction)
                    case .subRR16: arithmeticRR(.sub, UInt16.self, instruction)
                    case .subRR32: arithmeticRR(.sub, UInt32.self, instruction)
                    case .subRI8: arithmeticRI(.sub, UInt8.self, instruction)
                    case .subRI16: arithmeticRI(.sub, UInt16.self, instruction)
                    case .subRI32: arithmeticRI(.sub, UInt32.self, instruction)
                    case .subRM8: try arithmeticRM(.sub, UInt8.self, instruction)
                    case .subRM16: try arithmeticRM(.sub, UInt16.self, instruction)
                    case .subRM32: try arithmeticRM(.sub, UInt32.self, instruction)
                    case .subMR8: try arithmeticMR(.sub, UInt8.self, instruction)
                    case .subMR16: try arithmeticMR(.sub, UInt16.self, instruction)
                    case .subMR32: try arithmeticMR(.sub, UInt32.self, instruction)
                    case .subMI8: try arithmeticMI(.sub, UInt8.self, instruction)
                    case .subMI16: try arithmeticMI(.sub, UInt16.self, instruction)
                    case .subMI32: try arithmeticMI(.sub, UInt32.self, instruction)
                    case .xorRR8: arithmeticRR(.xor, UInt8.self, instruction)
                    case .xorRR16: arithmeticRR(.xor, UInt16.self, instruction)
                    case .xorRR32: arithmeticRR(.xor, UInt32.self, instruction)
                    case .xorRI8: arithmeticRI(.xor, UInt8.self, instruction)
                    case .xorRI16: arithmeticRI(.xor, UInt16.self, instruction)
                    case .xorRI32: arithmeticRI(.xor, UInt32.self, instruction)
                    case .xorRM8: try arithmeticRM(.xor, UInt8.self, instruction)
                    case .xorRM16: try arithmeticRM(.xor, UInt16.self, instruction)
                    case .xorRM32: try arithmeticRM(.xor, UInt32.self, instruction)
                    case .xorMR8: try arithmeticMR(.xor, UInt8.self, instruction)
                    case .xorMR16: try arithmeticMR(.xor, UInt16.self, instruction)
                    case .xorMR32: try arithmeticMR(.xor, UInt32.self, instruction)
                    case .xorMI8: try arithmeticMI(.xor, UInt8.self, instruction)
                    case .xorMI16: try arithmeticMI(.xor, UInt16.self, instruction)
                    case .xorMI32: try arithmeticMI(.xor, UInt32.self, instruction)
                    case .cmpRR8: arithmeticRR(.cmp, UInt8.self, instruction)
                    case .cmpRR16: arithmeticRR(.cmp, UInt16.self, instruction)
                    case .cmpRR32: arithmeticRR(.cmp, UInt32.self, instruction)
                    case .cmpRI8: arithmeticRI(.cmp, UInt8.self, instruction)
                    case .cmpRI16: arithmeticRI(.cmp, UInt16.self, instruction)
                    case .cmpRI32: arithmeticRI(.cmp, UInt32.self, instruction)
                    case .cmpRM8: try arithmeticRM(.cmp, UInt8.self, instruction)
                    case .cmpRM16: try arithmeticRM(.cmp, UInt16.self, instruction)
                    case .cmpRM32: try arithmeticRM(.cmp, UInt32.self, instruction)
                    case .cmpMR8: try arithmeticMR(.cmp, UInt8.self, instruction)
                    case .cmpMR16: try arithmeticMR(.cmp, UInt16.self, instruction)
                    case .cmpMR32: try arithmeticMR(.cmp, UInt32.self, instruction)
                    case .cmpMI8: try arithmeticMI(.cmp, UInt8.self, instruction)
                    case .cmpMI16: try arithmeticMI(.cmp, UInt16.self, instruction)
                    case .cmpMI32: try arithmeticMI(.cmp, UInt32.self, instruction)
                    case .testRR8: testRR(UInt8.self, instruction)
                    case .testRR16: testRR(UInt16.self, instruction)
                    case .testRR32: testRR(UInt32.self, instruction)
                    case .testRI8: testRI(UInt8.self, instruction)
                    case .testRI16: testRI(UInt16.self, instruction)
                    case .testRI32: testRI(UInt32.self, instruction)
                    case .testMR8: try testMR(UInt8.self, instruction)
                    case .testMR16: try testMR(UInt16.self, instruction)
                    case .testMR32: try testMR(UInt32.self, instruction)
                    case .testMI8: try testMI(UInt8.self, instruction)
                    case .testMI16: try testMI(UInt16.self, instruction)
                    case .testMI32: try testMI(UInt32.self, instruction)
                    case .incR8: set(instruction.pointee.rm, increment(get(instruction.pointee.rm) as UInt8))
                    case .incR16: set(instruction.pointee.rm, increment(get(instruction.pointee.rm) as UInt16))
                    case .incR32: set(instruction.pointee.rm, increment(get(instruction.pointee.rm) as UInt32))
                    case .incM8: try modify(instruction) { (value: UInt8) in increment(value) }
                    case .incM16: try modify(instruction) { (value: UInt16) in increment(value) }
                    case .incM32: try modify(instruction) { (value: UInt32) in increment(value) }
                    case .decR8: set(instruction.pointee.rm, decrement(get(instruction.pointee.rm) as UInt8))
                    case .decR16: set(instruction.pointee.rm, decrement(get(instruction.pointee.rm) as UInt16))
                    case .decR32: set(instruction.pointee.rm, decrement(get(instruction.pointee.rm) as UInt32))
                    case .decM8: try modify(instruction) { (value: UInt8) in decrement(value) }
                    case .decM16: try modify(instruction) { (value: UInt16) in decrement(value) }
                    case .decM32: try modify(instruction) { (value: UInt32) in decrement(value) }
                    case .movRR8: set(instruction.pointee.rm, get(instruction.pointee.reg) as UInt8)
                    case .movRI8: set(instruction.pointee.rm, immediate(instruction) as UInt8)
                    case .movRM8: set(instruction.pointee.reg, try load(instruction) as UInt8)
                    case .movMR8: try store(instruction, get(instruction.pointee.reg) as UInt8)
                    case .movMI8: try store(instruction, immediate(instruction) as UInt8)
                    case .movRR16: set(instruction.pointee.rm, get(instruction.pointee.reg) as UInt16)
                    case .movRI16: set(instruction.pointee.rm, immediate(instruction) as UInt16)
                    case .movRM16: set(instruction.pointee.reg, try load(instruction) as UInt16)
                    case .movMR16: try store(instruction, get(instruction.pointee.reg) as UInt16)
                    case .movMI16: try store(instruction, immediate(instruction) as UInt16)
                    case .movRR32: set(instruction.pointee.rm, get(instruction.pointee.reg) as UInt32)
                    case .movRI32: set(instruction.pointee.rm, immediate(instruction) as UInt32)
                    case .movRM32: set(instruction.pointee.reg, try load(instruction) as UInt32)
                    case .movRM32Based: setRegister(instruction.pointee.reg, try readBased(instruction))
                    case .movMR32Based: try writeBased(instruction, register(instruction.pointee.reg))
                    case .movRM8Based: set(instruction.pointee.reg, try readBased(instruction) as UInt8)
                    case .movMR8Based: try writeBased(instruction, get(instruction.pointee.reg) as UInt8)
                    case .movzx8RM32Based:
                        setRegister(instruction.pointee.reg, UInt32(try readBased(instruction) as UInt8))
                    case .movMI32Based: try writeBased(instruction, instruction.pointee.immediate)
                    case .movMI8Based: try writeBased(instruction, immediate(instruction) as UInt8)
                    case .addRM32Based: try arithmeticBasedRM(.add, UInt32.self, instruction)
                    case .orRM32Based: try arithmeticBasedRM(.or, UInt32.self, instruction)
                    case .andRM32Based: try arithmeticBasedRM(.and, UInt32.self, instruction)
                    case .subRM32Based: try arithmeticBasedRM(.sub, UInt32.self, instruction)
                    case .xorRM32Based: try arithmeticBasedRM(.xor, UInt32.self, instruction)
                    case .xorRM8Based: try arithmeticBasedRM(.xor, UInt8.self, instruction)
                    case .addMR32Based:
                        let source = register(instruction.pointee.reg)
                        try modifyBased(instruction) { add($0, source) }
                    case .subMR32Based:
                        let source = register(instruction.pointee.reg)
                        try modifyBased(instruction) { subtract($0, source) }
                    case .addMI32Based:
                        let source = instruction.pointee.immediate
                        try modifyBased(instruction) { add($0, source) }
                    case .incM32Based: try modifyBased(instruction) { (value: UInt32) in increment(value) }
                    case .decM32Based: try modifyBased(instruction) { (value: UInt32) in decrement(value) }
                    case .lea32Based: setRegister(instruction.pointee.reg, basedAddress(instruction))
                    case .lea32Indexed: setRegister(instruction.pointee.reg, address32(instruction))
                    case .movMR32: try store(instruction, get(instruction.pointee.reg) as UInt32)
                    case .movMI32: try store(instruction, immediate(instruction) as UInt32)
                    case .movzx8RR16: set(instruction.pointee.rm, UInt16(get(instruction.pointee.reg) as UInt8))
                    case .movzx8RM16: set(instruction.pointee.reg, UInt16(try load(instruction) as UInt8))
                    case .movsx8RR16:
                        set(instruction.pointee.rm, extend(get(instruction.pointee.reg) as UInt8, to: UInt16.self))
                    case .movsx8RM16:
                        set(instruction.pointee.reg, extend(try load(instruction) as UInt8, to: UInt16.self))
                    case .movzx8RR32: set(instruction.pointee.rm, UInt32(get(instruction.pointee.reg) as UInt8))
                    case .movzx8RM32: set(instruction.pointee.reg, UInt32(try load(instruction) as UInt8))
                    case .movsx8RR32:
                        set(instruction.pointee.rm, extend(get(instruction.pointee.reg) as UInt8, to: UInt32.self))
                    case .movsx8RM32:
                        set(instruction.pointee.reg, extend(try load(instruction) as UInt8, to: UInt32.self))
                    case .movzx16RR16: set(instruction.pointee.rm, UInt16(get(instruction.pointee.reg) as UInt16))
                    case .movzx16RM16: set(instruction.pointee.reg, UInt16(try load(instruction) as UInt16))
                    case .movsx16RR16:
                        set(instruction.pointee.rm, extend(get(instruction.pointee.reg) as UInt16, to: UInt16.self))
                    case .movsx16RM16:
                        set(instruction.pointee.reg, extend(try load(instruction) as UInt16, to: UInt16.self))
                    case .movzx16RR32: set(instruction.pointee.rm, UInt32(get(instruction.pointee.reg) as UInt16))
                    case .movzx16RM32: set(instruction.pointee.reg, UInt32(try load(instruction) as UInt16))
                    case .movsx16RR32:
                        set(instruction.pointee.rm, extend(get(instruction.pointee.reg) as UInt16, to: UInt32.self))
                    case .movsx16RM32:
                        set(instruction.pointee.reg, extend(try load(instruction) as UInt16, to: UInt32.self))
                    case .lea16: set(instruction.pointee.reg, UInt16(truncatingIfNeeded: address(instruction)))
                    case .lea32: setRegister(instruction.pointee.reg, address(instruction))
                    case .shlRI32: modifyRegister(instruction) { shiftLeft($0, instruction) }
                    case .shrRI32: modifyRegister(instruction) { shiftRight($0, instruction) }
                    case .sarRI32: modifyRegister(instruction) { shiftArithmeticRight($0, instruction) }
                    case .pushR16:
                        context.pointee.current = instruction
                        try push(get(instruction.pointee.rm) as UInt16)
                    case .pushI16:
                        context.pointee.current = instruction
                        try push(immediate(instruction) as UInt16)
                    case .pushM16: try push(try load(instruction) as UInt16)
                    case .popR16:
                        context.pointee.current = instruction
                        set(instruction.pointee.rm, try pop() as UInt16)
                    case .leave16:
                        context.pointee.current = instruction
                        try leave(UInt16.self)
                    case .pushR32: try push32(instruction, register(instruction.pointee.rm))
                    case .pushI32: try push32(instruction, instruction.pointee.immediate)
                    case .pushM32: try push32(instruction, try load(instruction))
                    case .popR32: try popRegister32(instruction)
                    case .leave32:
                        context.pointee.current = instruction
                        try leave(UInt32.self)
                    case .imulRR32:
                        multiplySigned32(
                            instruction.pointee.rm, register(instruction.pointee.rm), register(instruction.pointee.reg))
                    case .imulRM32:
                        multiplySigned32(
                            instruction.pointee.reg, register(instruction.pointee.reg), try load(instruction))
                    case .notR32: setRegister(instruction.pointee.rm, ~register(instruction.pointee.rm))
                    case .negR32: setRegister(instruction.pointee.rm, negate(register(instruction.pointee.rm)))
                    case .xchgRR32: exchangeRegisters(UInt32.self, instruction)
                    case .cmovRR32:
                        if condition(instruction.pointee.opcode) {
                            setRegister(instruction.pointee.rm, register(instruction.pointee.reg))
                        }
                    case .cmovRM32:
                        let value: UInt32 = try load(instruction)
                        if condition(instruction.pointee.opcode) { setRegister(instruction.pointee.reg, value) }
                    case .setccR: setByte(instruction, if: condition(instruction.pointee.opcode))
                    case .setoR: setByte(instruction, if: flags.overflow)
                    case .setnoR: setByte(instruction, if: !flags.overflow)
                    case .setbR: setByte(instruction, if: flags.carry)
                    case .setnbR: setByte(instruction, if: !flags.carry)
                    case .setzR: setByte(instruction, if: flags.isZero)
                    case .setnzR: setByte(instruction, if: !flags.isZero)
                    case .setbeR: setByte(instruction, if: flags.isBelowOrEqual)
                    case .setnbeR: setByte(instruction, if: !flags.isBelowOrEqual)
                    case .setsR: setByte(instruction, if: flags.isNegative)
                    case .setnsR: setByte(instruction, if: !flags.isNegative)
                    case .setpR: setByte(instruction, if: flags.isParityEven)
                    case .setnpR: setByte(instruction, if: !flags.isParityEven)
                    case .setlR: setByte(instruction, if: flags.isLess)
                    case .setnlR: setByte(instruction, if: !flags.isLess)
                    case .setleR: setByte(instruction, if: flags.isLessOrEqual)
                    case .setnleR: setByte(instruction, if: !flags.isLessOrEqual)
                    case .rolRI32: modifyRegister(instruction) { rotateLeft($0, by: instruction.pointee.immediate) }
                    case .rorRI32: modifyRegister(instruction) { rotateRight($0, by: instruction.pointee.immediate) }
                    case .rclRI32:
                        let count = instruction.pointee.immediate & 31
                        modifyRegister(instruction) { rotateLeftThroughCarry($0, by: count) }
                    case .rolRC32: modifyRegister(byCounter: instruction) { rotateLeft($0, by: $1) }
                    case .rorRC32: modifyRegister(byCounter: instruction) { rotateRight($0, by: $1) }
                    case .shlRC32: modifyRegister(byCounter: instruction) { shiftLeft($0, by: $1) }
                    case .shrRC32: modifyRegister(byCounter: instruction) { shiftRight($0, by: $1) }
                    case .sarRC32: modifyRegister(byCounter: instruction) { shiftArithmeticRight($0, by: $1) }
                    case .shiftRC32: shiftR(UInt32.self, instruction, by: UInt8(truncatingIfNeeded: register(1)))
                    case .imulRRI32:
                        multiplySigned32(
                            instruction.pointee.rm, register(instruction.pointee.reg), instruction.pointee.immediate)
                    case .mulR32: multiply(register(instruction.pointee.rm))
                    case .imulR32: multiplySigned(register(instruction.pointee.rm))
                    case .divR32: try divide(register(instruction.pointee.rm))
                    case .idivR32: try divideSigned(register(instruction.pointee.rm))
                    case .cwd32: setRegister(2, UInt32(bitPattern: Int32(bitPattern: register(0)) >> 31))
                    case .bsfRR32: bitScanForward(instruction.pointee.rm, register(instruction.pointee.reg))
                    case .bsrRR32: bitScanReverse(instruction.pointee.rm, register(instruction.pointee.reg))
                    case .bswap32: byteSwap32(instruction.pointee.rm)
                    case .btRR32: bitTestRegister(.test, register(instruction.pointee.reg), instruction)
                    case .btRI32: bitTestRegister(.test, instruction.pointee.immediate, instruction)
                    case .btsMR32:
                        context.pointee.current = instruction
                        try bitTestString(.set, UInt32.self, instruction)
                    case .btrMR32:
                        context.pointee.current = instruction
                        try bitTestString(.reset, UInt32.self, instruction)
                    case .shldRI32: doubleShiftLeft(instruction, by: instruction.pointee.immediate)
                    case .shldRC32: doubleShiftLeft(instruction, by: register(1))
                    case .shrdRI32: doubleShiftRight(instruction, by: instruction.pointee.immediate)
                    case .shrdRC32: doubleShiftRight(instruction, by: register(1))
                    case .shiftRI32: shiftR(UInt32.self, instruction, by: immediate(instruction))
                    // Nothing can see the flags.
                    case .addRR32NoFlags: modifyRegister(instruction) { $0 &+ register(instruction.pointee.reg) }
                    case .addRI32NoFlags: modifyRegister(instruction) { $0 &+ instruction.pointee.immediate }
                    case .subRR32NoFlags: modifyRegister(instruction) { $0 &- register(instruction.pointee.reg) }
                    case .subRI32NoFlags: modifyRegister(instruction) { $0 &- instruction.pointee.immediate }
                    case .andRR32NoFlags: modifyRegister(instruction) { $0 & register(instruction.pointee.reg) }
                    case .andRI32NoFlags: modifyRegister(instruction) { $0 & instruction.pointee.immediate }
                    case .orRR32NoFlags: modifyRegister(instruction) { $0 | register(instruction.pointee.reg) }
                    case .orRI32NoFlags: modifyRegister(instruction) { $0 | instruction.pointee.immediate }
                    case .xorRR32NoFlags: modifyRegister(instruction) { $0 ^ register(instruction.pointee.reg) }
                    case .xorRI32NoFlags: modifyRegister(instruction) { $0 ^ instruction.pointee.immediate }
                    case .negR32NoFlags: modifyRegister(instruction) { 0 &- $0 }
                    case .shlRI32NoFlags: modifyRegister(instruction) { $0 &<< instruction.pointee.immediate }
                    case .shrRI32NoFlags: modifyRegister(instruction) { $0 &>> instruction.pointee.immediate }
                    case .sarRI32NoFlags: modifyRegister(instruction) { shiftedArithmetically($0, instruction) }
                    case .rolRI32NoFlags: modifyRegister(instruction) { rotated($0, left: immediate(instruction)) }
                    case .rorRI32NoFlags: modifyRegister(instruction) { rotated($0, left: 0 &- immediate(instruction)) }
                    case .imulRR32NoFlags: modifyRegister(instruction) { $0 &* register(instruction.pointee.reg) }
                    case .imulRRI32NoFlags:
                        setRegister(
                            instruction.pointee.rm, register(instruction.pointee.reg) &* instruction.pointee.immediate)
                    // Conditional jumps: the block goes on behind them.
                    case .jo16: if try takes16(flags.overflow, instruction, &target) { break block }
                    case .jno16: if try takes16(!flags.overflow, instruction, &target) { break block }
                    case .jo32: if try takes32(flags.overflow, instruction, &target) { break block }
                    case .jno32: if try takes32(!flags.overflow, instruction, &target) { break block }
                    case .jb16: if try takes16(flags.carry, instruction, &target) { break block }
                    case .jnb16: if try takes16(!flags.carry, instruction, &target) { break block }
                    case .jb32: if try takes32(flags.carry, instruction, &target) { break block }
                    case .jnb32: if try takes32(!flags.carry, instruction, &target) { break block }
                    case .jz16: if try takes16(flags.isZero, instruction, &target) { break block }
                    case .jnz16: if try takes16(!flags.isZero, instruction, &target) { break block }
                    case .jz32: if try takes32(flags.isZero, instruction, &target) { break block }
                    case .jnz32: if try takes32(!flags.isZero, instruction, &target) { break block }
                    case .jbe16: if try takes16(flags.isBelowOrEqual, instruction, &target) { break block }
                    case .jnbe16: if try takes16(!flags.isBelowOrEqual, instruction, &target) { break block }
                    case .jbe32: if try takes32(flags.isBelowOrEqual, instruction, &target) { break block }
                    case .jnbe32: if try takes32(!flags.isBelowOrEqual, instruction, &target) { break block }
                    case .js16: if try takes16(flags.isNegative, instruction, &target) { break block }
                    case .jns16: if try takes16(!flags.isNegative, instruction, &target) { break block }
                    case .js32: if try takes32(flags.isNegative, instruction, &target) { break block }
                    case .jns32: if try takes32(!flags.isNegative, instruction, &target) { break block }
                    case .jp16: if try takes16(flags.isParityEven, instruction, &target) { break block }
                    case .jnp16: if try takes16(!flags.isParityEven, instruction, &target) { break block }
                    case .jp32: if try takes32(flags.isParityEven, instruction, &target) { break block }
                    case .jnp32: if try takes32(!flags.isParityEven, instruction, &target) { break block }
                    case .jl16: if try takes16(flags.isLess, instruction, &target) { break block }
                    case .jnl16: if try takes16(!flags.isLess, instruction, &target) { break block }
                    case .jl32: if try takes32(flags.isLess, instruction, &target) { break block }
                    case .jnl32: if try takes32(!flags.isLess, instruction, &target) { break block }
                    case .jle16: if try takes16(flags.isLessOrEqual, instruction, &target) { break block }
                    case .jnle16: if try takes16(!flags.isLessOrEqual, instruction, &target) { break block }
                    case .jle32: if try takes32(flags.isLessOrEqual, instruction, &target) { break block }
                    case .jnle32: if try takes32(!flags.isLessOrEqual, instruction, &target) { break block }
                    // Pairs of neighbours (`Fusion`). What sets the flags, and the conditional jump behind it:
                    case .cmpRR32Jz: if try compareRR32(&instruction, .z, &target) { break block }
                    case .cmpRR32Jnz: if try compareRR32(&instruction, .nz, &target) { break block }
                    case .cmpRR32Jb: if try compareRR32(&instruction, .b, &target) { break block }
                    case .cmpRR32Jnb: if try compareRR32(&instruction, .nb, &target) { break block }
                    case .cmpRR32Jbe: if try compareRR32(&instruction, .be, &target) { break block }
                    case .cmpRR32Jnbe: if try compareRR32(&instruction, .nbe, &target) { break block }
                    case .cmpRR32Jl: if try compareRR32(&instruction, .l, &target) { break block }
                    case .cmpRR32Jnl: if try compareRR32(&instruction, .nl, &target) { break block }
                    case .cmpRR32Jle: if try compareRR32(&instruction, .le, &target) { break block }
                    case .cmpRR32Jnle: if try compareRR32(&instruction, .nle, &target) { break block }
                    case .cmpRR32Js: if try compareRR32(&instruction, .s, &target) { break block }
                    case .cmpRR32Jns: if try compareRR32(&instruction, .ns, &target) { break block }
                    case .cmpRI32Jz: if try compareRI(UInt32.self, &instruction, .z, &target) { break block }
                    case .cmpRI32Jnz: if try compareRI(UInt32.self, &instruction, .nz, &target) { break block }
                    case .cmpRI32Jb: if try compareRI(UInt32.self, &instruction, .b, &target) { break block }
                    case .cmpRI32Jnb: if try compareRI(UInt32.self, &instruction, .nb, &target) { break block }
                    case .cmpRI32Jbe: if try compareRI(UInt32.self, &instruction, .be, &target) { break block }
                    case .cmpRI32Jnbe: if try compareRI(UInt32.self, &instruction, .nbe, &target) { break block }
                    case .cmpRI32Jl: if try compareRI(UInt32.self, &instruction, .l, &target) { break block }
                    case .cmpRI32Jnl: if try compareRI(UInt32.self, &instruction, .nl, &target) { break block }
                    case .cmpRI32Jle: if try compareRI(UInt32.self, &instruction, .le, &target) { break block }
                    case .cmpRI32Jnle: if try compareRI(UInt32.self, &instruction, .nle, &target) { break block }
                    case .cmpRI32Js: if try compareRI(UInt32.self, &instruction, .s, &target) { break block }
                    case .cmpRI32Jns: if try compareRI(UInt32.self, &instruction, .ns, &target) { break block }
                    case .testRR32Jz: if try testRR(UInt32.self, &instruction, .z, &target) { break block }
                    case .testRR32Jnz: if try testRR(UInt32.self, &instruction, .nz, &target) { break block }
                    case .testRR32Jbe: if try testRR(UInt32.self, &instruction, .be, &target) { break block }
                    case .testRR32Jnbe: if try testRR(UInt32.self, &instruction, .nbe, &target) { break block }
                    case .testRR32Jl: if try testRR(UInt32.self, &instruction, .l, &target) { break block }
                    case .testRR32Jnl: if try testRR(UInt32.self, &instruction, .nl, &target) { break block }
                    case .testRR32Jle: if try testRR(UInt32.self, &instruction, .le, &target) { break block }
                    case .testRR32Jnle: if try testRR(UInt32.self, &instruction, .nle, &target) { break block }
                    case .testRR32Js: if try testRR(UInt32.self, &instruction, .s, &target) { break block }
                    case .testRR32Jns: if try testRR(UInt32.self, &instruction, .ns, &target) { break block }
                    case .cmpRM32Jz: if try compareRM32(&instruction, .z, &target) { break block }
                    case .cmpRM32Jnz: if try compareRM32(&instruction, .nz, &target) { break block }
                    case .cmpRM32Jb: if try compareRM32(&instruction, .b, &target) { break block }
                    case .cmpRM32Jnb: if try compareRM32(&instruction, .nb, &target) { break block }
                    case .cmpRM32Jbe: if try compareRM32(&instruction, .be, &target) { break block }
                    case .cmpRM32Jnbe: if try compareRM32(&instruction, .nbe, &target) { break block }
                    case .cmpMR32Jz: if try compareMR32(&instruction, .z, &target) { break block }
                    case .cmpMR32Jnz: if try compareMR32(&instruction, .nz, &target) { break block }
                    case .cmpMR32Jb: if try compareMR32(&instruction, .b, &target) { break block }
                    case .cmpMR32Jnb: if try compareMR32(&instruction, .nb, &target) { break block }
                    case .cmpMR32Jbe: if try compareMR32(&instruction, .be, &target) { break block }
                    case .cmpMR32Jnbe: if try compareMR32(&instruction, .nbe, &target) { break block }
                    case .cmpRI8Jz: if try compareRI(UInt8.self, &instruction, .z, &target) { break block }
                    case .cmpRI8Jnz: if try compareRI(UInt8.self, &instruction, .nz, &target) { break block }
                    case .cmpRI8Jb: if try compareRI(UInt8.self, &instruction, .b, &target) { break block }
                    case .cmpRI8Jnb: if try compareRI(UInt8.self, &instruction, .nb, &target) { break block }
                    case .cmpRI8Jbe: if try compareRI(UInt8.self, &instruction, .be, &target) { break block }
                    case .cmpRI8Jnbe: if try compareRI(UInt8.self, &instruction, .nbe, &target) { break block }
                    case .cmpMI32Jz: if try compareMI(UInt32.self, &instruction, .z, &target) { break block }
                    case .cmpMI32Jnz: if try compareMI(UInt32.self, &instruction, .nz, &target) { break block }
                    case .cmpMI8Jz: if try compareMI(UInt8.self, &instruction, .z, &target) { break block }
                    case .cmpMI8Jnz: if try compareMI(UInt8.self, &instruction, .nz, &target) { break block }
                    case .testRR8Jz: if try testRR(UInt8.self, &instruction, .z, &target) { break block }
                    case .testRR8Jnz: if try testRR(UInt8.self, &instruction, .nz, &target) { break block }
                    case .testRI8Jz: if try testRI(UInt8.self, &instruction, .z, &target) { break block }
                    case .testRI8Jnz: if try testRI(UInt8.self, &instruction, .nz, &target) { break block }
                    case .testRI32Jz: if try testRI(UInt32.self, &instruction, .z, &target) { break block }
                    case .testRI32Jnz: if try testRI(UInt32.self, &instruction, .nz, &target) { break block }
                    case .incR32Jnz: if try modifyR32(&instruction, .nz, &target, { increment($0) }) { break block }
                    case .decR32Jnz: if try modifyR32(&instruction, .nz, &target, { decrement($0) }) { break block }
                    case .addRI32Jnz:
                        let right: UInt32 = immediate(instruction)
                        if try modifyR32(&instruction, .nz, &target, { add($0, right) }) { break block }
                    case .andRI32Jz:
                        let right: UInt32 = immediate(instruction)
                        if try modifyR32(&instruction, .z, &target, { logical($0 & right) }) { break block }
                    case .andRI32Jnz:
                        let right: UInt32 = immediate(instruction)
                        if try modifyR32(&instruction, .nz, &target, { logical($0 & right) }) { break block }
                    case .subRR32Jz: if try subtractRR32(&instruction, .z, &target) { break block }
                    case .subRR32Jnz: if try subtractRR32(&instruction, .nz, &target) { break block }
                    case .subRR32Jb: if try subtractRR32(&instruction, .b, &target) { break block }
                    case .subRR32Jnb: if try subtractRR32(&instruction, .nb, &target) { break block }
                    // A move, and an operation on its destination:
                    case .moveAddRR32NoFlags: moveThen(&instruction) { $0 &+ register($1.pointee.reg) }
                    case .moveAddRR32: moveThen(&instruction) { add($0, register($1.pointee.reg)) }
                    case .moveAddRI32NoFlags: moveThen(&instruction) { $0 &+ $1.pointee.immediate }
                    case .moveAddRI32: moveThen(&instruction) { add($0, $1.pointee.immediate) }
                    case .moveSubRR32NoFlags: moveThen(&instruction) { $0 &- register($1.pointee.reg) }
                    case .moveSubRR32: moveThen(&instruction) { subtract($0, register($1.pointee.reg)) }
                    case .moveSubRI32NoFlags: moveThen(&instruction) { $0 &- $1.pointee.immediate }
                    case .moveSubRI32: moveThen(&instruction) { subtract($0, $1.pointee.immediate) }
                    case .moveAndRR32NoFlags: moveThen(&instruction) { $0 & register($1.pointee.reg) }
                    case .moveAndRR32: moveThen(&instruction) { logical($0 & register($1.pointee.reg)) }
                    case .moveAndRI32NoFlags: moveThen(&instruction) { $0 & $1.pointee.immediate }
                    case .moveAndRI32: moveThen(&instruction) { logical($0 & $1.pointee.immediate) }
                    case .moveOrRR32NoFlags: moveThen(&instruction) { $0 | register($1.pointee.reg) }
                    case .moveOrRR32: moveThen(&instruction) { logical($0 | register($1.pointee.reg)) }
                    case .moveOrRI32NoFlags: moveThen(&instruction) { $0 | $1.pointee.immediate }
                    case .moveOrRI32: moveThen(&instruction) { logical($0 | $1.pointee.immediate) }
                    case .moveXorRR32NoFlags: moveThen(&instruction) { $0 ^ register($1.pointee.reg) }
                    case .moveXorRR32: moveThen(&instruction) { logical($0 ^ register($1.pointee.reg)) }
                    case .moveXorRI32NoFlags: moveThen(&instruction) { $0 ^ $1.pointee.immediate }
                    case .moveXorRI32: moveThen(&instruction) { logical($0 ^ $1.pointee.immediate) }
                    case .moveShlRI32NoFlags: moveThen(&instruction) { $0 &<< $1.pointee.immediate }
                    case .moveShlRI32: moveThen(&instruction) { shiftLeft($0, $1) }
                    case .moveShrRI32NoFlags: moveThen(&instruction) { $0 &>> $1.pointee.immediate }
                    case .moveShrRI32: moveThen(&instruction) { shiftRight($0, $1) }
                    case .moveSarRI32NoFlags: moveThen(&instruction) { shiftedArithmetically($0, $1) }
                    case .moveSarRI32: moveThen(&instruction) { shiftArithmeticRight($0, $1) }
                    // Two operations on one register:
                    case .shlXorRR32NoFlags:
                        modifyTwice(&instruction) { $0 &<< $1.pointee.immediate ^ register($2.pointee.reg) }
                    case .shlOrRR32NoFlags:
                        modifyTwice(&instruction) { $0 &<< $1.pointee.immediate | register($2.pointee.reg) }
                    case .shrXorRR32NoFlags:
                        modifyTwice(&instruction) { $0 &>> $1.pointee.immediate ^ register($2.pointee.reg) }
                    case .shrAndRI32NoFlags:
                        modifyTwice(&instruction) { $0 &>> $1.pointee.immediate & $2.pointee.immediate }
                    case .sarAndRI32NoFlags:
                        modifyTwice(&instruction) { shiftedArithmetically($0, $1) & $2.pointee.immediate }
                    // A move, or `xor`, and an operation with memory or on the result:
                    case .moveAddRM32: try moveThenLoad(&instruction) { add($0, $1) }
                    case .moveOrRM32: try moveThenLoad(&instruction) { logical($0 | $1) }
                    case .moveAndRM32: try moveThenLoad(&instruction) { logical($0 & $1) }
                    case .moveXorRM32: try moveThenLoad(&instruction) { logical($0 ^ $1) }
                    case .xorRM8BasedExtend: try xorThenExtend(&instruction)
                    // Two moves, two stack operations:
                    case .movRR32Twice:
                        setRegister(instruction.pointee.rm, register(instruction.pointee.reg))
                        instruction += 1
                        setRegister(instruction.pointee.rm, register(instruction.pointee.reg))
                    case .lea32BasedMove:
                        setRegister(instruction.pointee.reg, basedAddress(instruction))
                        instruction += 1
                        setRegister(instruction.pointee.rm, register(instruction.pointee.reg))
                    case .movRR32Call:
                        setRegister(instruction.pointee.rm, register(instruction.pointee.reg))
                        instruction += 1
                        target = try branch32(instruction)
                        try push32(instruction, nextOffset(instruction))
                        break block
                    case .movRR32CallWithin:
                        setRegister(instruction.pointee.rm, register(instruction.pointee.reg))
                        instruction += 1
                        try push32(instruction, nextOffset(instruction))
                    case .movRM32BasedTwice: try loadTwice(&instruction)
                    case .movRM32BasedAdd: try loadThenAdd(&instruction)
                    case .addRI32NoFlagsTwice:
                        modifyRegister(instruction) { $0 &+ instruction.pointee.immediate }
                        instruction += 1
                        modifyRegister(instruction) { $0 &+ instruction.pointee.immediate }
                    case .pushR32Twice: try pushTwice(&instruction)
                    case .pushR32Move: try pushThenMove(&instruction)
                    case .pushR32MoveLoad: try pushThenMoveThenLoad(&instruction)
                    case .pushR32Call:
                        let called = context.pointee.state.eip &+ instruction[1].displacement
                        if try pushThenCall(&instruction, to: called) {
                            target = called
                            break block
                        }
                    case .pushR32CallR:
                        let called = register(instruction[1].rm)
                        if try pushThenCall(&instruction, to: called) {
                            target = called
                            break block
                        }
                    case .pushR32CallWithin: _ = try pushThenCall(&instruction, to: 0)
                    case .popR32Twice: try popTwice(&instruction)
                    case .popR32Ret:
                        if let returned = try popThenReturn(&instruction) {
                            target = returned
                            break block
                        }
                    case .popR32RetWithin:
                        if let returned = try popThenReturn(&instruction), !isWithin(returned, instruction) {
                            target = returned
                            break block
                        }
                    // Transfers of control behind which the block goes on, as far as it knew where that is.
                    case .callWithin32: try push32(instruction, nextOffset(instruction))
                    case .retWithin32:
                        let returned = try returnNear32(instruction, releasing: 0)
                        if !isWithin(returned, instruction) {
                            target = returned
                            break block
                        }
                    // Other transfers of control end the block.
                    case .jmpRelative16:
                        target = try branch16(instruction)
                        break block
                    case .callRelative16:
                        target = try branch16(instruction)
                        context.pointee.current = instruction
                        try push(UInt16(truncatingIfNeeded: nextOffset(instruction)))
                        break block
                    case .ret16:
                        context.pointee.current = instruction
                        target = try returnNear(UInt16.self, releasing: 0)
                        break block
                    case .retImmediate16:
                        context.pointee.current = instruction
                        target = try returnNear(UInt16.self, releasing: instruction.pointee.immediate)
                        break block
                    case .jmpR16:
                        target = try jump(to: get(instruction.pointee.rm) as UInt16)
                        break block
                    case .jmpM16:
                        target = try jump(to: try load(instruction) as UInt16)
                        break block
                    case .callR16:
                        context.pointee.current = instruction
                        target = try call(get(instruction.pointee.rm) as UInt16, instruction)
                        break block
                    case .callM16:
                        context.pointee.current = instruction
                        target = try call(try load(instruction) as UInt16, instruction)
                        break block
                    case .jmpRelative32:
                        target = try branch32(instruction)
                        break block
                    case .callRelative32:
                        target = try branch32(instruction)
                        try push32(instruction, nextOffset(instruction))
                        break block
                    case .ret32:
                        target = try returnNear32(instruction, releasing: 0)
                        break block
                    case .retImmediate32:
                        target = try returnNear32(instruction, releasing: instruction.pointee.immediate)
                        break block
                    case .jmpR32:
                        target = try jump(to: get(instruction.pointee.rm) as UInt32)
                        break block
                    case .jmpM32:
                        target = try jump(to: try load(instruction) as UInt32)
                        break block
                    case .callR32:
                        target = try call32(register(instruction.pointee.rm), instruction)
                        break block
                    case .callM32:
                        target = try call32(try load(instruction), instruction)
                        break block
                    case .loop16:
                        target = try branchLoop(instruction, if: true)
                        break block
                    case .loope16:
                        target = try branchLoop(instruction, if: flags.isZero)
                        break block
                    case .loopne16:
                        target = try branchLoop(instruction, if: !flags.isZero)
                        break block
                    case .jcxz16:
                        target = counter(instruction) == 0 ? try branch16(instruction) : nextOffset(instruction)
                        break block
                    case .loop32:
                        target = try branchLoop(instruction, if: true)
                        break block
                    case .loope32:
                        target = try branchLoop(instruction, if: flags.isZero)
                        break block
                    case .loopne32:
                        target = try branchLoop(instruction, if: !flags.isZero)
                        break block
                    case .jcxz32:
                        target = counter(instruction) == 0 ? try branch32(instruction) : nextOffset(instruction)
                        break block
                    case .blockEnd:
                        // The slot does not count as an instruction.
                        target = offset(instruction)
                        context.pointee.state.steps &-= 1
                        break block
                    case .leaveBlock:
                        synchronize(instruction)
                        return
                    case .system:
                        context.pointee.current = instruction
                        synchronize(instruction)
                        isSynchronized = true
                        return try executeSystem(instruction)
                    case .rare:
                        context.pointee.current = instruction
                        try executeRare(instruction)
                    case .x87:
                        context.pointee.current = instruction
                        do throws(Fault) {
                            instruction = try executeX87(instruction)
                        } catch {
                            instruction = context.pointee.current
                            throw error
                        }
                    case .simd:
                        context.pointee.current = instruction
                        do throws(Fault) {
                            instruction = try executeSIMD(instruction)
                        } catch {
                            instruction = context.pointee.current
                            throw error
                        }
                    }
                    instruction += 1
                }
            } catch {
                if !isSynchronized { synchronize(instruction) }
                throw error
            }
            context.pointee.state.steps &+= slots(from: context.pointee.counted, to: instruction)
            context.pointee.state.eip = target
            let link = instruction.pointee.link
            if _fastPath(link > BlockLink.unresolved) {
                if let next = linkedBlock(link) {
                    instruction = next + 1
                    continue
                }
            } else if link == BlockLink.none, let next = rememberedBlock(target) {
                instruction = next + 1
                continue
            }
            guard let next = try enterBlock(behind: instruction) else { return }
            instruction = next + 1
        }
    }
}
