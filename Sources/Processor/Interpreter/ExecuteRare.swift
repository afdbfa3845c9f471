/// The second switch: instructions that do not end a block and are too rare to be in the first.
extension Core {
    /// Executes one instruction. ``ProcessorState/eip`` is still that of its block.
    @inline(never)
    func executeRare(_ instruction: InstructionPointer) throws(Fault) {
        switch instruction.pointee.operation {
        case .notR8:
            set(instruction.pointee.rm, ~(get(instruction.pointee.rm) as UInt8))
        case .notR16:
            set(instruction.pointee.rm, ~(get(instruction.pointee.rm) as UInt16))
        case .notM8:
            try modify(instruction) { (value: UInt8) in ~value }
        case .notM16:
            try modify(instruction) { (value: UInt16) in ~value }
        case .notM32:
            try modify(instruction) { (value: UInt32) in ~value }
        case .negR8:
            set(instruction.pointee.rm, negate(get(instruction.pointee.rm) as UInt8))
        case .negR16:
            set(instruction.pointee.rm, negate(get(instruction.pointee.rm) as UInt16))
        case .negM8:
            try modify(instruction) { (value: UInt8) in negate(value) }
        case .negM16:
            try modify(instruction) { (value: UInt16) in negate(value) }
        case .negM32:
            try modify(instruction) { (value: UInt32) in negate(value) }
        case .xchgRR8:
            exchangeRegisters(UInt8.self, instruction)
        case .xchgRR16:
            exchangeRegisters(UInt16.self, instruction)
        case .xchgMR8:
            try exchangeMemory(UInt8.self, instruction)
        case .xchgMR16:
            try exchangeMemory(UInt16.self, instruction)
        case .xchgMR32:
            try exchangeMemory(UInt32.self, instruction)
        case .xlat:
            try translateByte(instruction)
        case .bswap16:
            // Undefined in the manual; processors clear the register.
            set(instruction.pointee.rm, 0 as UInt16)
        case .cmovRR16:
            if condition(instruction.pointee.opcode) {
                set(instruction.pointee.rm, get(instruction.pointee.reg) as UInt16)
            }
        case .cmovRM16:
            let value: UInt16 = try load(instruction)
            if condition(instruction.pointee.opcode) { set(instruction.pointee.reg, value) }
        case .setccM:
            try store(instruction, condition(instruction.pointee.opcode) ? 1 : 0 as UInt8)
        case .movFromSegmentR16, .movFromSegmentR32, .movFromSegmentM:
            try movFromSegment(instruction)
        case .popM16:
            try popMemory(UInt16.self, instruction)
        case .pushSegment16:
            try pushSegment(UInt16.self, instruction.pointee.reg)
        case .pusha16:
            try pushAll(UInt16.self)
        case .popa16:
            try popAll(UInt16.self)
        case .enter16:
            try enter(UInt16.self, instruction)
        case .bound16:
            try checkBounds(UInt16.self, instruction)
        case .popM32:
            try popMemory(UInt32.self, instruction)
        case .pushSegment32:
            try pushSegment(UInt32.self, instruction.pointee.reg)
        case .pusha32:
            try pushAll(UInt32.self)
        case .popa32:
            try popAll(UInt32.self)
        case .enter32:
            try enter(UInt32.self, instruction)
        case .bound32:
            try checkBounds(UInt32.self, instruction)
        case .shiftRI8:
            shiftR(UInt8.self, instruction, by: UInt8(truncatingIfNeeded: instruction.pointee.immediate))
        case .shiftRI16:
            shiftR(UInt16.self, instruction, by: UInt8(truncatingIfNeeded: instruction.pointee.immediate))
        case .shiftRC8:
            shiftR(UInt8.self, instruction, by: UInt8(truncatingIfNeeded: register(1)))
        case .shiftRC16:
            shiftR(UInt16.self, instruction, by: UInt8(truncatingIfNeeded: register(1)))
        case .shiftMI8:
            try shiftM(UInt8.self, instruction, by: UInt8(truncatingIfNeeded: instruction.pointee.immediate))
        case .shiftMI16:
            try shiftM(UInt16.self, instruction, by: UInt8(truncatingIfNeeded: instruction.pointee.immediate))
        case .shiftMI32:
            try shiftM(UInt32.self, instruction, by: UInt8(truncatingIfNeeded: instruction.pointee.immediate))
        case .shiftMC8:
            try shiftM(UInt8.self, instruction, by: UInt8(truncatingIfNeeded: register(1)))
        case .shiftMC16:
            try shiftM(UInt16.self, instruction, by: UInt8(truncatingIfNeeded: register(1)))
        case .shiftMC32:
            try shiftM(UInt32.self, instruction, by: UInt8(truncatingIfNeeded: register(1)))
        case .shldRI16:
            doubleShiftR(
                UInt16.self, instruction, by: UInt8(truncatingIfNeeded: instruction.pointee.immediate), left: true)
        case .shldRC16:
            doubleShiftR(UInt16.self, instruction, by: UInt8(truncatingIfNeeded: register(1)), left: true)
        case .shldMI16:
            try doubleShiftM(
                UInt16.self, instruction, by: UInt8(truncatingIfNeeded: instruction.pointee.immediate), left: true)
        case .shldMI32:
            try doubleShiftM(
                UInt32.self, instruction, by: UInt8(truncatingIfNeeded: instruction.pointee.immediate), left: true)
        case .shldMC16:
            try doubleShiftM(UInt16.self, instruction, by: UInt8(truncatingIfNeeded: register(1)), left: true)
        case .shldMC32:
            try doubleShiftM(UInt32.self, instruction, by: UInt8(truncatingIfNeeded: register(1)), left: true)
        case .shrdRI16:
            doubleShiftR(
                UInt16.self, instruction, by: UInt8(truncatingIfNeeded: instruction.pointee.immediate), left: false)
        case .shrdRC16:
            doubleShiftR(UInt16.self, instruction, by: UInt8(truncatingIfNeeded: register(1)), left: false)
        case .shrdMI16:
            try doubleShiftM(
                UInt16.self, instruction, by: UInt8(truncatingIfNeeded: instruction.pointee.immediate), left: false)
        case .shrdMI32:
            try doubleShiftM(
                UInt32.self, instruction, by: UInt8(truncatingIfNeeded: instruction.pointee.immediate), left: false)
        case .shrdMC16:
            try doubleShiftM(UInt16.self, instruction, by: UInt8(truncatingIfNeeded: register(1)), left: false)
        case .shrdMC32:
            try doubleShiftM(UInt32.self, instruction, by: UInt8(truncatingIfNeeded: register(1)), left: false)
        case .mulR8:
            multiply(get(instruction.pointee.rm) as UInt8)
        case .mulR16:
            multiply(get(instruction.pointee.rm) as UInt16)
        case .mulM8:
            multiply(try load(instruction) as UInt8)
        case .mulM16:
            multiply(try load(instruction) as UInt16)
        case .mulM32:
            multiply(try load(instruction) as UInt32)
        case .imulR8:
            multiplySigned(get(instruction.pointee.rm) as UInt8)
        case .imulR16:
            multiplySigned(get(instruction.pointee.rm) as UInt16)
        case .imulM8:
            multiplySigned(try load(instruction) as UInt8)
        case .imulM16:
            multiplySigned(try load(instruction) as UInt16)
        case .imulM32:
            multiplySigned(try load(instruction) as UInt32)
        case .divR8:
            try divide(get(instruction.pointee.rm) as UInt8)
        case .divR16:
            try divide(get(instruction.pointee.rm) as UInt16)
        case .divM8:
            try divide(try load(instruction) as UInt8)
        case .divM16:
            try divide(try load(instruction) as UInt16)
        case .divM32:
            try divide(try load(instruction) as UInt32)
        case .idivR8:
            try divideSigned(get(instruction.pointee.rm) as UInt8)
        case .idivR16:
            try divideSigned(get(instruction.pointee.rm) as UInt16)
        case .idivM8:
            try divideSigned(try load(instruction) as UInt8)
        case .idivM16:
            try divideSigned(try load(instruction) as UInt16)
        case .idivM32:
            try divideSigned(try load(instruction) as UInt32)
        case .imulRR16:
            multiplySigned16(instruction.pointee.rm, get(instruction.pointee.rm), get(instruction.pointee.reg))
        case .imulRM16:
            multiplySigned16(instruction.pointee.reg, get(instruction.pointee.reg), try load(instruction))
        case .imulRRI16:
            multiplySigned16(instruction.pointee.rm, get(instruction.pointee.reg), immediate(instruction))
        case .imulRMI16:
            multiplySigned16(instruction.pointee.reg, try load(instruction), immediate(instruction))
        case .imulRMI32:
            multiplySigned32(instruction.pointee.reg, try load(instruction), instruction.pointee.immediate)
        case .cbw16:
            setAccumulator(extend(get(0) as UInt8, to: UInt16.self))
        case .cbw32:
            setAccumulator(extend(get(0) as UInt16, to: UInt32.self))
        case .cwd16:
            set(2, (get(0) as UInt16) >> 15 == 0 ? 0 : 0xFFFF as UInt16)
        case .daa:
            decimalAdjustAfterAddition()
        case .das:
            decimalAdjustAfterSubtraction()
        case .aaa:
            asciiAdjustAfterAddition()
        case .aas:
            asciiAdjustAfterSubtraction()
        case .aam:
            try asciiAdjustAfterMultiplication(base: immediate(instruction))
        case .aad:
            asciiAdjustBeforeDivision(base: immediate(instruction))
        case .salc:
            set(0, flags.carry ? 0xFF : 0 as UInt8)
        case .lahf:
            // AH is at byte offset 1.
            set(1, UInt8(truncatingIfNeeded: flags.bits) | 2)
        case .sahf:
            flags = LazyFlags(bits: UInt32(get(1) as UInt8) | flags.bits & Flag.overflow)
        case .cmc:
            flags.carry = !flags.carry
        case .clc:
            flags.carry = false
        case .stc:
            flags.carry = true
        case .cld:
            state.pointee.systemFlags &= ~Flag.direction
        case .std:
            state.pointee.systemFlags |= Flag.direction
        case .btRR16:
            bitTestRegister(.test, get(instruction.pointee.reg) as UInt16, instruction)
        case .btRI16:
            bitTestRegister(.test, immediate(instruction) as UInt16, instruction)
        case .btMR16:
            try bitTestString(.test, UInt16.self, instruction)
        case .btMI16:
            try bitTestMemory(.test, immediate(instruction) as UInt16, address(instruction), instruction)
        case .btMR32:
            try bitTestString(.test, UInt32.self, instruction)
        case .btMI32:
            try bitTestMemory(.test, immediate(instruction) as UInt32, address(instruction), instruction)
        case .btsRR16:
            bitTestRegister(.set, get(instruction.pointee.reg) as UInt16, instruction)
        case .btsRI16:
            bitTestRegister(.set, immediate(instruction) as UInt16, instruction)
        case .btsMR16:
            try bitTestString(.set, UInt16.self, instruction)
        case .btsMI16:
            try bitTestMemory(.set, immediate(instruction) as UInt16, address(instruction), instruction)
        case .btsRR32:
            bitTestRegister(.set, get(instruction.pointee.reg) as UInt32, instruction)
        case .btsRI32:
            bitTestRegister(.set, immediate(instruction) as UInt32, instruction)
        case .btsMI32:
            try bitTestMemory(.set, immediate(instruction) as UInt32, address(instruction), instruction)
        case .btrRR16:
            bitTestRegister(.reset, get(instruction.pointee.reg) as UInt16, instruction)
        case .btrRI16:
            bitTestRegister(.reset, immediate(instruction) as UInt16, instruction)
        case .btrMR16:
            try bitTestString(.reset, UInt16.self, instruction)
        case .btrMI16:
            try bitTestMemory(.reset, immediate(instruction) as UInt16, address(instruction), instruction)
        case .btrRR32:
            bitTestRegister(.reset, get(instruction.pointee.reg) as UInt32, instruction)
        case .btrRI32:
            bitTestRegister(.reset, immediate(instruction) as UInt32, instruction)
        case .btrMI32:
            try bitTestMemory(.reset, immediate(instruction) as UInt32, address(instruction), instruction)
        case .btcRR16:
            bitTestRegister(.complement, get(instruction.pointee.reg) as UInt16, instruction)
        case .btcRI16:
            bitTestRegister(.complement, immediate(instruction) as UInt16, instruction)
        case .btcMR16:
            try bitTestString(.complement, UInt16.self, instruction)
        case .btcMI16:
            try bitTestMemory(.complement, immediate(instruction) as UInt16, address(instruction), instruction)
        case .btcRR32:
            bitTestRegister(.complement, get(instruction.pointee.reg) as UInt32, instruction)
        case .btcRI32:
            bitTestRegister(.complement, immediate(instruction) as UInt32, instruction)
        case .btcMR32:
            try bitTestString(.complement, UInt32.self, instruction)
        case .btcMI32:
            try bitTestMemory(.complement, immediate(instruction) as UInt32, address(instruction), instruction)
        case .bsfRR16:
            bitScanForward(instruction.pointee.rm, get(instruction.pointee.reg) as UInt16)
        case .bsfRM16:
            bitScanForward(instruction.pointee.reg, try load(instruction) as UInt16)
        case .bsfRM32:
            bitScanForward(instruction.pointee.reg, try load(instruction) as UInt32)
        case .bsrRR16:
            bitScanReverse(instruction.pointee.rm, get(instruction.pointee.reg) as UInt16)
        case .bsrRM16:
            bitScanReverse(instruction.pointee.reg, try load(instruction) as UInt16)
        case .bsrRM32:
            bitScanReverse(instruction.pointee.reg, try load(instruction) as UInt32)
        case .cmpxchgR8:
            compareExchangeRegister(UInt8.self, instruction)
        case .cmpxchgM8:
            try modify(instruction) { (value: UInt8) in compareExchange(value, instruction) }
        case .xaddR8:
            exchangeAddRegister(UInt8.self, instruction)
        case .xaddM8:
            try exchangeAddMemory(UInt8.self, instruction)
        case .cmpxchgR16:
            compareExchangeRegister(UInt16.self, instruction)
        case .cmpxchgM16:
            try modify(instruction) { (value: UInt16) in compareExchange(value, instruction) }
        case .xaddR16:
            exchangeAddRegister(UInt16.self, instruction)
        case .xaddM16:
            try exchangeAddMemory(UInt16.self, instruction)
        case .cmpxchgR32:
            compareExchangeRegister(UInt32.self, instruction)
        case .cmpxchgM32:
            try modify(instruction) { (value: UInt32) in compareExchange(value, instruction) }
        case .xaddR32:
            exchangeAddRegister(UInt32.self, instruction)
        case .xaddM32:
            try exchangeAddMemory(UInt32.self, instruction)
        case .cmpxchg8b:
            try compareExchange8Bytes(instruction)
        case .movs8:
            try moveString(UInt8.self, instruction)
        case .movs16:
            try moveString(UInt16.self, instruction)
        case .movs32:
            try moveString(UInt32.self, instruction)
        case .cmps8:
            try compareString(UInt8.self, instruction)
        case .cmps16:
            try compareString(UInt16.self, instruction)
        case .cmps32:
            try compareString(UInt32.self, instruction)
        case .stos8:
            try storeString(UInt8.self, instruction)
        case .stos16:
            try storeString(UInt16.self, instruction)
        case .stos32:
            try storeString(UInt32.self, instruction)
        case .lods8:
            try loadString(UInt8.self, instruction)
        case .lods16:
            try loadString(UInt16.self, instruction)
        case .lods32:
            try loadString(UInt32.self, instruction)
        case .scas8:
            try scanString(UInt8.self, instruction)
        case .scas16:
            try scanString(UInt16.self, instruction)
        case .scas32:
            try scanString(UInt32.self, instruction)
        case .arplR:
            if let value = try adjustRequestedPrivilege(
                get(instruction.pointee.rm), source: get(instruction.pointee.reg))
            {
                set(instruction.pointee.rm, value)
            }
        case .arplM:
            try requireDescriptors()
            try probeWrite(instruction.pointee.segment, address(instruction), 2)
            let value: UInt16 = try load(instruction)
            if let adjusted = try adjustRequestedPrivilege(value, source: get(instruction.pointee.reg)) {
                try store(instruction, adjusted)
            }
        case .larR16:
            if let rights = try loadAccessRights(get(instruction.pointee.rm)) {
                set(instruction.pointee.reg, UInt16(truncatingIfNeeded: rights))
            }
        case .lslR16:
            if let limit = try loadSegmentLimit(get(instruction.pointee.rm)) {
                set(instruction.pointee.reg, UInt16(truncatingIfNeeded: limit))
            }
        case .larR32:
            if let rights = try loadAccessRights(get(instruction.pointee.rm)) {
                set(instruction.pointee.reg, UInt32(truncatingIfNeeded: rights))
            }
        case .lslR32:
            if let limit = try loadSegmentLimit(get(instruction.pointee.rm)) {
                set(instruction.pointee.reg, UInt32(truncatingIfNeeded: limit))
            }
        case .verrR:
            try verifyReadable(get(instruction.pointee.rm))
        case .verwR:
            try verifyWritable(get(instruction.pointee.rm))
        case .larM16:
            try requireDescriptors()
            if let rights = try loadAccessRights(try load(instruction)) {
                set(instruction.pointee.reg, UInt16(truncatingIfNeeded: rights))
            }
        case .lslM16:
            try requireDescriptors()
            if let limit = try loadSegmentLimit(try load(instruction)) {
                set(instruction.pointee.reg, UInt16(truncatingIfNeeded: limit))
            }
        case .larM32:
            try requireDescriptors()
            if let rights = try loadAccessRights(try load(instruction)) {
                set(instruction.pointee.reg, UInt32(truncatingIfNeeded: rights))
            }
        case .lslM32:
            try requireDescriptors()
            if let limit = try loadSegmentLimit(try load(instruction)) {
                set(instruction.pointee.reg, UInt32(truncatingIfNeeded: limit))
            }
        case .verrM:
            try requireDescriptors()
            try verifyReadable(try load(instruction))
        case .verwM:
            try requireDescriptors()
            try verifyWritable(try load(instruction))
        case .sldtR16:
            set(instruction.pointee.rm, UInt16(try storeLocalDescriptorTable()))
        case .sldtR32:
            set(instruction.pointee.rm, UInt32(try storeLocalDescriptorTable()))
        case .sldtM:
            try store(instruction, try storeLocalDescriptorTable())
        case .strR16:
            set(instruction.pointee.rm, UInt16(try storeTaskRegister()))
        case .strR32:
            set(instruction.pointee.rm, UInt32(try storeTaskRegister()))
        case .strM:
            try store(instruction, try storeTaskRegister())
        case .smswR16:
            set(instruction.pointee.rm, UInt16(truncatingIfNeeded: storeMachineStatusWord()))
        case .smswR32:
            set(instruction.pointee.rm, UInt32(truncatingIfNeeded: storeMachineStatusWord()))
        case .smswM:
            try store(instruction, UInt16(truncatingIfNeeded: storeMachineStatusWord()))
        case .sgdt16, .sgdt32:
            try storeGlobalDescriptorTable(instruction.pointee.segment, address(instruction))
        case .sidt16, .sidt32:
            try storeInterruptDescriptorTable(instruction.pointee.segment, address(instruction))
        default:
            throw .invalidOpcode
        }
    }
}
