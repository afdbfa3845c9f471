/// What the code cache does with a decoded instruction before it is executed.
///
/// The decoder's form of an instruction is made for everybody; the interpreter wants to find things where its handlers
/// look for them: byte registers become byte offsets into the register file (AH is 1), both directions of an opcode
/// become one, and frequent forms get operations of their own.
extension Instruction {
    /// What is executed behind this instruction is not simply what lies behind it.
    @inline(__always)
    func endsBlock(_ tables: PreparationTables) -> Bool {
        operation == .invalid || operation == .repeatString
            || tables.decoder.pointee.entries[Int(row)].flags.contains(.endsBlock)
    }

    /// Execution goes on behind it or at its target; the counter of `loop` is not looked at.
    var isConditionalJump: Bool {
        (Operation.jo16.rawValue...Operation.jnle32.rawValue).contains(operation.rawValue)
    }

    /// Jumps and calls to a distance, which is in the code cache that from the block's beginning: ``displacement``.
    private var isRelativeTransfer: Bool {
        switch operation {
        case .jmpRelative16, .jmpRelative32, .callRelative16, .callRelative32, .loopne16, .loopne32, .loope16, .loope32,
            .loop16, .loop32, .jcxz16, .jcxz32:
            true
        default: isConditionalJump
        }
    }

    /// `offset`: bytes from the beginning of the block.
    mutating func prepareForExecution(_ mode: CodeMode, at offset: Int = 0, _ tables: PreparationTables) {
        blockOffset = Int16(truncatingIfNeeded: offset)
        let flags = tables.decoder.pointee.entries[Int(row)].flags
        let isRegisterForm = modRM >= 0xC0 || !flags.contains(.modRM)
        if flags.contains(.byteReg) { reg = Self.byteOffset(reg) }
        if flags.contains(.byteRM) && isRegisterForm { rm = Self.byteOffset(rm) }
        if flags.contains(.swapsRegisters) && isRegisterForm { swap(&reg, &rm) }
        // Nothing of this concerns a misused `lock`.
        guard operation != .invalid else { return handler = .rare }
        if flags.contains(.string), prefixes.contains(.rep) || prefixes.contains(.repne) { operation = .repeatString }
        if operation == .shiftRI32, immediate & 31 != 0 {
            switch reg {
            case 0: operation = .rolRI32
            case 1: operation = .rorRI32
            case 4, 6: operation = .shlRI32
            case 5: operation = .shrRI32
            case 7: operation = .sarRI32
            default: break
            }
        }
        // `nop` is a move of EAX to itself: a case without any code would keep LLVM from duplicating the dispatch.
        if operation == .nop { (reg, rm) = (0, 0) }
        isFlat =
            mode == .flat32 && is32BitAddress
            && (segment == SegmentIndex.ds.rawValue || segment == SegmentIndex.ss.rawValue)
        if isRelativeTransfer { displacement = UInt32(truncatingIfNeeded: offset) &+ UInt32(length) &+ immediate }
        handler = tables.handlers[Int(operation.rawValue)]
        switch handler {
        case .setccR: handler = tables.conditionalSets[Int(opcode & 15)]
        case .shiftRI32 where reg == 2 && immediate & 31 != 0: handler = .rclRI32
        case .shiftRC32: handler = .shift(byCounter: reg)
        default:
            handler = handler.withAddress(isBased: index == Self.noRegister, isFlat: isFlat, is32Bit: is32BitAddress)
        }
    }

    private static func byteOffset(_ register: UInt8) -> UInt8 {
        (register & 3) &<< 2 | register >> 2 & 1
    }

    /// Makes a jump within its page linkable; `endOffset` is where in the page the next instruction begins.
    ///
    /// Linear and physical addresses have the same offset in a page, and 32-bit targets wrap as addresses do, so the
    /// distance alone says whether the target is in the page. (16-bit targets wrap at 64 KiB.)
    mutating func prepareLink(endOffset: Int) {
        guard is32BitOperand else { return }
        switch operation {
        case .jmpRelative32, .callRelative32: break
        default: guard isConditionalJump else { return }
        }
        let target = endOffset &+ Int(Int32(bitPattern: immediate))
        if (0..<PhysicalMemory.pageSize).contains(target) { link = BlockLink.unresolved }
    }

    /// Makes a jump whose target follows in the block an instruction that does nothing: a move of EAX to itself.
    mutating func becomeMoveOfNothing() {
        (reg, rm) = (0, 0)
        handler = .movRR32
    }

    /// Makes the instruction independent of its neighbours: after ``BlockPreparation``, in a copy of part of a block.
    mutating func separate() {
        handler = Handler(operation)
        link = BlockLink.none
    }
}

/// What the code cache does with the instructions of a block together.
///
/// **Constraint.** Most instructions set the flags, and most flags are overwritten before anything looks at them; most
/// comparisons stand in front of a conditional jump. But an interrupt, a fault or a debugger may look between any two
/// instructions.
///
/// **Choice.** A block is entered only if it is going to end before the limit on steps, so between two instructions of
/// a block nothing looks that they do not cause themselves. Where neither of two instructions that set flags, nor
/// anything between them, can fault, leave the block or meet a device or code, the first one's flags are invisible, and
/// it gets a handler that does not compute them. Only instructions that work on registers qualify. Then frequent pairs
/// of neighbours get one handler for both (``Fusion``). Where a block has to end early, a copy of it runs without any
/// of this (``Instruction/separate()``).
///
/// **Example.** In `add eax, ebx; shl eax, 3; mov [edi], eax` nothing sees the flags of `add`; those of `shl` may be
/// seen by the handler of a page fault.
enum BlockPreparation {
    static func prepare(_ instructions: InstructionPointer, count: Int, _ tables: PreparationTables) {
        removeFlags(instructions, count)
        guard count > 1 else { return }
        for index in 0..<count - 1 {
            let first = instructions + index
            // The second one has not been fused with the third yet.
            guard let pair = Fusion.handler(of: first, and: first + 1, tables) else { continue }
            // A third may belong to it.
            let isBeginning = pair == .pushR32Move && index + 2 < count && first[2].handler == .movRM32Based
            first.pointee.handler = isBeginning ? .pushR32MoveLoad : pair
        }
    }

    /// From the last instruction to the first: which flags can be seen behind it?
    private static func removeFlags(_ instructions: InstructionPointer, _ count: Int) {
        var carryIsSeen = true
        var othersAreSeen = true
        for index in stride(from: count - 1, through: 0, by: -1) {
            let handler = instructions[index].handler
            switch handler.flagEffect {
            case .none:
                break
            case .setsAll(let withoutFlags):
                if !carryIsSeen && !othersAreSeen, let withoutFlags { instructions[index].dropFlags(withoutFlags) }
                carryIsSeen = false
                othersAreSeen = false
            case .setsAllFromCarry:
                carryIsSeen = true
                othersAreSeen = false
            case .keepsCarry(let withoutFlags):
                // Where OF is asked for, CF is needed to compute its representation.
                if othersAreSeen { carryIsSeen = true } else { instructions[index].dropFlags(withoutFlags) }
                othersAreSeen = false
            case .setsSome(let withoutFlags):
                if !carryIsSeen && !othersAreSeen {
                    instructions[index].dropFlags(withoutFlags)
                } else {
                    carryIsSeen = true
                    othersAreSeen = true
                }
            case .unknown:
                carryIsSeen = true
                othersAreSeen = true
            }
        }
    }
}

extension Instruction {
    /// Gives it a handler that does not compute the flags. Without them, `inc` and `dec` add a constant; it takes a
    /// field that the instruction by itself does not use.
    fileprivate mutating func dropFlags(_ handler: Handler) {
        switch operation {
        case .incR32: immediate = 1
        case .decR32: immediate = .max
        default: break
        }
        self.handler = handler
    }
}

/// What an instruction has to do with the flags, if it works on registers alone and always succeeds.
private enum FlagEffect {
    /// Neither looks at flags nor changes them.
    case none
    /// Sets all six. `withoutFlags`: the handler that does not, if there is one.
    case setsAll(withoutFlags: Handler?)
    /// Looks at CF and sets all six.
    case setsAllFromCarry
    /// Sets all but CF.
    case keepsCarry(withoutFlags: Handler)
    /// Sets some.
    case setsSome(withoutFlags: Handler)
    /// Anything else.
    case unknown
}

/// The tables of decoding and preparation, at hand: each use of a global's name asks whether it is there already.
struct PreparationTables {
    let decoder = Decoder.tables
    /// By the raw value of an ``Operation``.
    let handlers = Handler.handlers
    /// By the number of the condition.
    let conditionalSets = Handler.conditionalSets
    /// ``Fusion/withJump``
    let pairsWithJump = Fusion.withJump
}

extension Handler {
    /// A shift or rotate of a 32-bit register by CL; `operation` is ModRM.reg.
    fileprivate static func shift(byCounter operation: UInt8) -> Handler {
        switch operation & 7 {
        case 0: .rolRC32
        case 1: .rorRC32
        case 4, 6: .shlRC32
        case 5: .shrRC32
        case 7: .sarRC32
        default: .shiftRC32
        }
    }

    /// The handler for a form of address, if this one has such.
    fileprivate func withAddress(isBased: Bool, isFlat: Bool, is32Bit: Bool) -> Handler {
        switch self {
        case .movRM32 where isFlat && isBased: .movRM32Based
        case .movMR32 where isFlat && isBased: .movMR32Based
        case .movRM8 where isFlat && isBased: .movRM8Based
        case .movMR8 where isFlat && isBased: .movMR8Based
        case .movzx8RM32 where isFlat && isBased: .movzx8RM32Based
        case .movMI32 where isFlat && isBased: .movMI32Based
        case .movMI8 where isFlat && isBased: .movMI8Based
        case .addRM32 where isFlat && isBased: .addRM32Based
        case .orRM32 where isFlat && isBased: .orRM32Based
        case .andRM32 where isFlat && isBased: .andRM32Based
        case .subRM32 where isFlat && isBased: .subRM32Based
        case .xorRM32 where isFlat && isBased: .xorRM32Based
        case .xorRM8 where isFlat && isBased: .xorRM8Based
        case .addMR32 where isFlat && isBased: .addMR32Based
        case .subMR32 where isFlat && isBased: .subMR32Based
        case .addMI32 where isFlat && isBased: .addMI32Based
        case .incM32 where isFlat && isBased: .incM32Based
        case .decM32 where isFlat && isBased: .decM32Based
        case .lea32 where is32Bit: isBased ? .lea32Based : .lea32Indexed
        default: self
        }
    }

    fileprivate var flagEffect: FlagEffect {
        switch self {
        case .movRR8, .movRR16, .movRR32, .movRI8, .movRI16, .movRI32, .movzx8RR16, .movzx8RR32, .movzx16RR16,
            .movzx16RR32, .movsx8RR16, .movsx8RR32, .movsx16RR16, .movsx16RR32, .lea16, .lea32, .lea32Based,
            .lea32Indexed, .notR32, .xchgRR32, .cwd32:
            .none
        case .addRR32: .setsAll(withoutFlags: .addRR32NoFlags)
        case .addRI32: .setsAll(withoutFlags: .addRI32NoFlags)
        case .subRR32: .setsAll(withoutFlags: .subRR32NoFlags)
        case .subRI32: .setsAll(withoutFlags: .subRI32NoFlags)
        case .andRR32: .setsAll(withoutFlags: .andRR32NoFlags)
        case .andRI32: .setsAll(withoutFlags: .andRI32NoFlags)
        case .orRR32: .setsAll(withoutFlags: .orRR32NoFlags)
        case .orRI32: .setsAll(withoutFlags: .orRI32NoFlags)
        case .xorRR32: .setsAll(withoutFlags: .xorRR32NoFlags)
        case .xorRI32: .setsAll(withoutFlags: .xorRI32NoFlags)
        case .negR32: .setsAll(withoutFlags: .negR32NoFlags)
        case .shlRI32: .setsAll(withoutFlags: .shlRI32NoFlags)
        case .shrRI32: .setsAll(withoutFlags: .shrRI32NoFlags)
        case .sarRI32: .setsAll(withoutFlags: .sarRI32NoFlags)
        case .imulRR32: .setsAll(withoutFlags: .imulRR32NoFlags)
        case .imulRRI32: .setsAll(withoutFlags: .imulRRI32NoFlags)
        case .mulR32, .imulR32, .cmpRR8, .cmpRR16, .cmpRR32, .cmpRI8, .cmpRI16, .cmpRI32, .testRR8, .testRR16,
            .testRR32, .testRI8, .testRI16, .testRI32, .addRR8, .addRR16, .addRI8, .addRI16, .subRR8, .subRR16, .subRI8,
            .subRI16, .andRR8, .andRR16, .andRI8, .andRI16, .orRR8, .orRR16, .orRI8, .orRI16, .xorRR8, .xorRR16,
            .xorRI8, .xorRI16:
            .setsAll(withoutFlags: nil)
        case .adcRR8, .adcRR16, .adcRR32, .adcRI8, .adcRI16, .adcRI32, .sbbRR8, .sbbRR16, .sbbRR32, .sbbRI8, .sbbRI16,
            .sbbRI32:
            .setsAllFromCarry
        case .incR32, .decR32: .keepsCarry(withoutFlags: .addRI32NoFlags)
        case .rolRI32: .setsSome(withoutFlags: .rolRI32NoFlags)
        case .rorRI32: .setsSome(withoutFlags: .rorRI32NoFlags)
        default: .unknown
        }
    }
}
