/// Pairs of neighbours that one handler executes.
///
/// **Constraint.** An instruction in registers is two or three operations of the host; finding the next handler is five
/// more, and a value that one handler leaves in a register of the guest goes through memory to the next.
///
/// **Choice.** Where compilers put the same two kinds of instructions beside each other all the time, the first one's
/// slot gets a handler that executes both. The second keeps its slot and its handler: what jumps there finds it, and
/// the position in the block still says how many steps were made. A pair must look to the outside like its parts, one
/// after the other, so:
/// * where the first accesses memory, the pair does so only if that takes the fast path. Otherwise its handler executes
///   the first instruction alone; what the slow path may ask for (to leave the block, ``Core/requestAttention()``) is
///   found in the second's slot.
/// * when the second can fault, the instruction pointer already stands on it.
/// The beginning of a function, which is three instructions, follows the same rules.
///
/// **Example.** `mov eax, ebx; shl eax, 3; cmp eax, 40; jb` are four instructions and two handlers: `moveShlRI32`, and
/// `cmpRI32Jb`.
enum Fusion {
    /// The handler that executes both, if there is one.
    static func handler(
        of first: InstructionPointer, and second: InstructionPointer, _ tables: PreparationTables
    ) -> Handler? {
        switch first.pointee.handler {
        case .movRR32: afterMove(first, second)
        case .shlRI32NoFlags, .shrRI32NoFlags, .sarRI32NoFlags: afterShift(first, second)
        case .pushR32 where first.pointee.isFlat && first.pointee.rm != 4: afterPush(second)
        case .popR32 where first.pointee.isFlat && first.pointee.rm != 4: afterPop(second)
        case .xorRM8Based:
            second.pointee.handler == .movzx8RR32 && second.pointee.reg == first.pointee.reg ? .xorRM8BasedExtend : nil
        case .movRM32Based:
            switch second.pointee.handler {
            case .movRM32Based: .movRM32BasedTwice
            case .addRI32NoFlags: .movRM32BasedAdd
            default: nil
            }
        case .lea32Based: second.pointee.handler == .movRR32 ? .lea32BasedMove : nil
        case .addRI32NoFlags: second.pointee.handler == .addRI32NoFlags ? .addRI32NoFlagsTwice : nil
        default: second.pointee.handler.isConditionalJump32 ? inFrontOfJump(first, second, tables) : nil
        }
    }

    /// `mov a, b` in front of an operation on `a`: three operands.
    private static func afterMove(_ first: InstructionPointer, _ second: InstructionPointer) -> Handler? {
        // The other operand must not be what has just been moved.
        let isOnIt = second.pointee.rm == first.pointee.rm
        let withRegister = isOnIt && second.pointee.reg != first.pointee.rm
        return switch second.pointee.handler {
        case .addRR32NoFlags where withRegister: .moveAddRR32NoFlags
        case .addRI32NoFlags where isOnIt: .moveAddRI32NoFlags
        case .addRR32 where withRegister: .moveAddRR32
        case .addRI32 where isOnIt: .moveAddRI32
        case .subRR32NoFlags where withRegister: .moveSubRR32NoFlags
        case .subRR32 where withRegister: .moveSubRR32
        case .subRI32NoFlags where isOnIt: .moveSubRI32NoFlags
        case .subRI32 where isOnIt: .moveSubRI32
        case .andRR32NoFlags where withRegister: .moveAndRR32NoFlags
        case .andRI32NoFlags where isOnIt: .moveAndRI32NoFlags
        case .andRR32 where withRegister: .moveAndRR32
        case .andRI32 where isOnIt: .moveAndRI32
        case .orRR32NoFlags where withRegister: .moveOrRR32NoFlags
        case .orRI32NoFlags where isOnIt: .moveOrRI32NoFlags
        case .orRR32 where withRegister: .moveOrRR32
        case .orRI32 where isOnIt: .moveOrRI32
        case .xorRR32NoFlags where withRegister: .moveXorRR32NoFlags
        case .xorRI32NoFlags where isOnIt: .moveXorRI32NoFlags
        case .xorRR32 where withRegister: .moveXorRR32
        case .xorRI32 where isOnIt: .moveXorRI32
        case .shlRI32NoFlags where isOnIt: .moveShlRI32NoFlags
        case .shlRI32 where isOnIt: .moveShlRI32
        case .shrRI32NoFlags where isOnIt: .moveShrRI32NoFlags
        case .shrRI32 where isOnIt: .moveShrRI32
        case .sarRI32NoFlags where isOnIt: .moveSarRI32NoFlags
        case .sarRI32 where isOnIt: .moveSarRI32
        case .movRR32: .movRR32Twice
        case .callRelative32: .movRR32Call
        case .callWithin32: .movRR32CallWithin
        default: second.pointee.isFlat && second.pointee.reg == first.pointee.rm ? afterMove(beforeLoad: second) : nil
        }
    }

    /// `mov a, b` in front of an operation on `a` with memory.
    private static func afterMove(beforeLoad second: InstructionPointer) -> Handler? {
        switch second.pointee.handler {
        case .addRM32, .addRM32Based: .moveAddRM32
        case .orRM32, .orRM32Based: .moveOrRM32
        case .andRM32, .andRM32Based: .moveAndRM32
        case .xorRM32, .xorRM32Based: .moveXorRM32
        default: nil
        }
    }

    /// Fields of bits and hashes: a shift in front of a logical operation on the same register.
    private static func afterShift(_ first: InstructionPointer, _ second: InstructionPointer) -> Handler? {
        guard second.pointee.rm == first.pointee.rm else { return nil }
        let withRegister = second.pointee.reg != first.pointee.rm
        return switch (first.pointee.handler, second.pointee.handler) {
        case (.shlRI32NoFlags, .xorRR32NoFlags) where withRegister: .shlXorRR32NoFlags
        case (.shlRI32NoFlags, .orRR32NoFlags) where withRegister: .shlOrRR32NoFlags
        case (.shrRI32NoFlags, .xorRR32NoFlags) where withRegister: .shrXorRR32NoFlags
        case (.shrRI32NoFlags, .andRI32NoFlags): .shrAndRI32NoFlags
        case (.sarRI32NoFlags, .andRI32NoFlags): .sarAndRI32NoFlags
        default: nil
        }
    }

    private static func afterPush(_ second: InstructionPointer) -> Handler? {
        switch second.pointee.handler {
        case .pushR32 where second.pointee.rm != 4: .pushR32Twice
        case .movRR32: .pushR32Move
        case .callRelative32: .pushR32Call
        case .callWithin32: .pushR32CallWithin
        case .callR32 where second.pointee.rm != 4: .pushR32CallR
        default: nil
        }
    }

    private static func afterPop(_ second: InstructionPointer) -> Handler? {
        switch second.pointee.handler {
        case .popR32 where second.pointee.rm != 4: .popR32Twice
        case .ret32: .popR32Ret
        case .retWithin32: .popR32RetWithin
        default: nil
        }
    }

    /// What sets the flags for a conditional jump.
    private static func inFrontOfJump(
        _ first: InstructionPointer, _ jump: InstructionPointer, _ tables: PreparationTables
    ) -> Handler? {
        let pair = tables.pairsWithJump[Int(first.pointee.handler.rawValue) * 16 + Int(jump.pointee.opcode & 15)]
        // A comparison with memory is fast only in flat segments.
        guard pair != .leaveBlock, first.pointee.isFlat || !first.pointee.hasMemoryOperand else { return nil }
        return pair
    }

    /// The pairs named `first` + `J` + condition, by the raw value of `first` and the number of the condition (SDM vol.
    /// 2, appendix B); `leaveBlock` where there is none. Allocated once, never freed and never written again: safe to
    /// read from every thread.
    nonisolated(unsafe) static let withJump: UnsafePointer<Handler> = {
        let conditions = ["o", "no", "b", "nb", "z", "nz", "be", "nbe", "s", "ns", "p", "np", "l", "nl", "le", "nle"]
        let storage = UnsafeMutablePointer<Handler>.allocate(capacity: Handler.allCases.count * 16)
        storage.initialize(repeating: .leaveBlock, count: Handler.allCases.count * 16)
        for (name, pair) in Handler.named {
            let parts = name.split(separator: "J")
            guard parts.count == 2, let first = Handler.named[String(parts[0])],
                let number = conditions.firstIndex(of: String(parts[1]))
            else { continue }
            storage[Int(first.rawValue) * 16 + number] = pair
        }
        return UnsafePointer(storage)
    }()
}

extension Handler {
    fileprivate var isConditionalJump32: Bool {
        switch self {
        case .jo32, .jno32, .jb32, .jnb32, .jz32, .jnz32, .jbe32, .jnbe32, .js32, .jns32, .jp32, .jnp32, .jl32, .jnl32,
            .jle32, .jnle32:
            true
        default: false
        }
    }
}
