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
///
/// **Example.** `mov eax, ebx; shl eax, 3; cmp eax, 40; jb` are four instructions and two handlers: `moveShlRI32`, and
/// `cmpRI32Jb`.
enum Fusion {
    /// The handler that executes both, if there is one.
    static func handler(of first: Instruction, and second: Instruction) -> Handler? {
        switch first.handler {
        case .movRR32: afterMove(first, second)
        case .shlRI32NoFlags, .shrRI32NoFlags, .sarRI32NoFlags: afterShift(first, second)
        case .pushR32 where first.isFlat && first.rm != 4: afterPush(second)
        case .popR32 where first.isFlat && first.rm != 4: afterPop(second)
        case .movRM32Based:
            switch second.handler {
            case .movRM32Based: .movRM32BasedTwice
            case .addRI32NoFlags: .movRM32BasedAdd
            default: nil
            }
        case .lea32Based: second.handler == .movRR32 ? .lea32BasedMove : nil
        case .addRI32NoFlags: second.handler == .addRI32NoFlags ? .addRI32NoFlagsTwice : nil
        default: second.handler.isConditionalJump32 ? inFrontOfJump(first, second.handler) : nil
        }
    }

    /// `mov a, b` in front of an operation on `a`: three operands.
    private static func afterMove(_ first: Instruction, _ second: Instruction) -> Handler? {
        // The other operand must not be what has just been moved.
        let isOnIt = second.rm == first.rm
        let withRegister = isOnIt && second.reg != first.rm
        return switch second.handler {
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
        default: nil
        }
    }

    /// Fields of bits and hashes: a shift in front of a logical operation on the same register.
    private static func afterShift(_ first: Instruction, _ second: Instruction) -> Handler? {
        guard second.rm == first.rm else { return nil }
        let withRegister = second.reg != first.rm
        return switch (first.handler, second.handler) {
        case (.shlRI32NoFlags, .xorRR32NoFlags) where withRegister: .shlXorRR32NoFlags
        case (.shlRI32NoFlags, .orRR32NoFlags) where withRegister: .shlOrRR32NoFlags
        case (.shrRI32NoFlags, .xorRR32NoFlags) where withRegister: .shrXorRR32NoFlags
        case (.shrRI32NoFlags, .andRI32NoFlags): .shrAndRI32NoFlags
        case (.sarRI32NoFlags, .andRI32NoFlags): .sarAndRI32NoFlags
        default: nil
        }
    }

    private static func afterPush(_ second: Instruction) -> Handler? {
        switch second.handler {
        case .pushR32 where second.rm != 4: .pushR32Twice
        case .movRR32: .pushR32Move
        default: nil
        }
    }

    private static func afterPop(_ second: Instruction) -> Handler? {
        switch second.handler {
        case .popR32 where second.rm != 4: .popR32Twice
        case .ret32: .popR32Ret
        default: nil
        }
    }

    /// What sets the flags for a conditional jump.
    private static func inFrontOfJump(_ first: Instruction, _ jump: Handler) -> Handler? {
        switch first.handler {
        case .cmpRR32:
            switch jump {
            case .jz32: .cmpRR32Jz
            case .jnz32: .cmpRR32Jnz
            case .jb32: .cmpRR32Jb
            case .jnb32: .cmpRR32Jnb
            case .jbe32: .cmpRR32Jbe
            case .jnbe32: .cmpRR32Jnbe
            case .jl32: .cmpRR32Jl
            case .jnl32: .cmpRR32Jnl
            case .jle32: .cmpRR32Jle
            case .jnle32: .cmpRR32Jnle
            case .js32: .cmpRR32Js
            case .jns32: .cmpRR32Jns
            default: nil
            }
        case .cmpRI32:
            switch jump {
            case .jz32: .cmpRI32Jz
            case .jnz32: .cmpRI32Jnz
            case .jb32: .cmpRI32Jb
            case .jnb32: .cmpRI32Jnb
            case .jbe32: .cmpRI32Jbe
            case .jnbe32: .cmpRI32Jnbe
            case .jl32: .cmpRI32Jl
            case .jnl32: .cmpRI32Jnl
            case .jle32: .cmpRI32Jle
            case .jnle32: .cmpRI32Jnle
            case .js32: .cmpRI32Js
            case .jns32: .cmpRI32Jns
            default: nil
            }
        case .testRR32:
            switch jump {
            case .jz32: .testRR32Jz
            case .jnz32: .testRR32Jnz
            case .jbe32: .testRR32Jbe
            case .jnbe32: .testRR32Jnbe
            case .jl32: .testRR32Jl
            case .jnl32: .testRR32Jnl
            case .jle32: .testRR32Jle
            case .jnle32: .testRR32Jnle
            case .js32: .testRR32Js
            case .jns32: .testRR32Jns
            default: nil
            }
        case .cmpRM32 where first.isFlat:
            switch jump {
            case .jz32: .cmpRM32Jz
            case .jnz32: .cmpRM32Jnz
            case .jb32: .cmpRM32Jb
            case .jnb32: .cmpRM32Jnb
            case .jbe32: .cmpRM32Jbe
            case .jnbe32: .cmpRM32Jnbe
            default: nil
            }
        case .cmpMR32 where first.isFlat:
            switch jump {
            case .jz32: .cmpMR32Jz
            case .jnz32: .cmpMR32Jnz
            case .jb32: .cmpMR32Jb
            case .jnb32: .cmpMR32Jnb
            case .jbe32: .cmpMR32Jbe
            case .jnbe32: .cmpMR32Jnbe
            default: nil
            }
        case .cmpRI8:
            switch jump {
            case .jz32: .cmpRI8Jz
            case .jnz32: .cmpRI8Jnz
            case .jb32: .cmpRI8Jb
            case .jnb32: .cmpRI8Jnb
            case .jbe32: .cmpRI8Jbe
            case .jnbe32: .cmpRI8Jnbe
            default: nil
            }
        case .cmpMI32 where first.isFlat:
            switch jump {
            case .jz32: .cmpMI32Jz
            case .jnz32: .cmpMI32Jnz
            default: nil
            }
        case .cmpMI8 where first.isFlat:
            switch jump {
            case .jz32: .cmpMI8Jz
            case .jnz32: .cmpMI8Jnz
            default: nil
            }
        case .testRR8:
            switch jump {
            case .jz32: .testRR8Jz
            case .jnz32: .testRR8Jnz
            default: nil
            }
        case .testRI8:
            switch jump {
            case .jz32: .testRI8Jz
            case .jnz32: .testRI8Jnz
            default: nil
            }
        case .testRI32:
            switch jump {
            case .jz32: .testRI32Jz
            case .jnz32: .testRI32Jnz
            default: nil
            }
        case .incR32:
            switch jump {
            case .jnz32: .incR32Jnz
            default: nil
            }
        case .decR32:
            switch jump {
            case .jnz32: .decR32Jnz
            default: nil
            }
        case .addRI32:
            switch jump {
            case .jnz32: .addRI32Jnz
            default: nil
            }
        case .andRI32:
            switch jump {
            case .jz32: .andRI32Jz
            case .jnz32: .andRI32Jnz
            default: nil
            }
        case .subRR32:
            switch jump {
            case .jz32: .subRR32Jz
            case .jnz32: .subRR32Jnz
            case .jb32: .subRR32Jb
            case .jnb32: .subRR32Jnb
            default: nil
            }
        default: nil
        }
    }
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
