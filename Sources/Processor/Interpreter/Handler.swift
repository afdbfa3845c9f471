/// How the interpreter executes a prepared instruction: the value that the hot `switch` dispatches on.
///
/// **Constraint.** An ``Operation`` says what an instruction means, which is what disassembler, tests and every engine
/// want to know. The interpreter wants to know more: whether anything can see the flags, whether a branch follows the
/// comparison, whether the instruction needs the run loop; and it wants its `switch` to be dense and exhaustive, so
/// that Swift makes it one indirect jump without a range check.
///
/// **Choice.** So the interpreter has an enumeration of its own. An operation that is executed in the hot `switch` has
/// a handler of the same name; all others share one for each function that executes them (``rare``, ``system``). On top
/// of these come handlers for what preparation finds out about neighbours (``BlockPreparation``, ``Fusion``).
///
/// **Example.** `cmp eax, ebx` is the operation `cmpRR32` wherever it stands. In front of `jb` its handler is
/// `cmpRR32Jb`, which executes both; in a copy of the block that must end between the two it is `cmpRR32` again.
enum Handler: UInt16, CaseIterable, Sendable {
    // The same names as in `Operation`.
    case addRR8, addRR16, addRR32, addMR8, addMR16, addMR32, addRM8, addRM16, addRM32, addRI8, addRI16, addRI32,
        addMI8, addMI16, addMI32
    case orRR8, orRR16, orRR32, orMR8, orMR16, orMR32, orRM8, orRM16, orRM32, orRI8, orRI16, orRI32, orMI8, orMI16,
        orMI32
    case adcRR8, adcRR16, adcRR32, adcMR8, adcMR16, adcMR32, adcRM8, adcRM16, adcRM32, adcRI8, adcRI16, adcRI32,
        adcMI8, adcMI16, adcMI32
    case sbbRR8, sbbRR16, sbbRR32, sbbMR8, sbbMR16, sbbMR32, sbbRM8, sbbRM16, sbbRM32, sbbRI8, sbbRI16, sbbRI32,
        sbbMI8, sbbMI16, sbbMI32
    case andRR8, andRR16, andRR32, andMR8, andMR16, andMR32, andRM8, andRM16, andRM32, andRI8, andRI16, andRI32,
        andMI8, andMI16, andMI32
    case subRR8, subRR16, subRR32, subMR8, subMR16, subMR32, subRM8, subRM16, subRM32, subRI8, subRI16, subRI32,
        subMI8, subMI16, subMI32
    case xorRR8, xorRR16, xorRR32, xorMR8, xorMR16, xorMR32, xorRM8, xorRM16, xorRM32, xorRI8, xorRI16, xorRI32,
        xorMI8, xorMI16, xorMI32
    case cmpRR8, cmpRR16, cmpRR32, cmpMR8, cmpMR16, cmpMR32, cmpRM8, cmpRM16, cmpRM32, cmpRI8, cmpRI16, cmpRI32,
        cmpMI8, cmpMI16, cmpMI32
    case testRR8, testRR16, testRR32, testMR8, testMR16, testMR32, testRI8, testRI16, testRI32, testMI8, testMI16,
        testMI32
    case incR8, incR16, incR32, incM8, incM16, incM32
    case decR8, decR16, decR32, decM8, decM16, decM32
    case notR32, negR32
    case movRR8, movRR16, movRR32, movMR8, movMR16, movMR32, movRM8, movRM16, movRM32, movRI8, movRI16, movRI32,
        movMI8, movMI16, movMI32
    case movzx8RR16, movzx8RR32, movzx8RM16, movzx8RM32, movzx16RR16, movzx16RR32, movzx16RM16, movzx16RM32
    case movsx8RR16, movsx8RR32, movsx8RM16, movsx8RM32, movsx16RR16, movsx16RR32, movsx16RM16, movsx16RM32
    case lea16, lea32, xchgRR32, cmovRR32, cmovRM32, setccR
    case pushR16, pushR32, pushI16, pushI32, pushM16, pushM32, popR16, popR32, leave16, leave32
    case shlRI32, shrRI32, sarRI32, rolRI32, rorRI32, shiftRC32
    case imulRR32, imulRM32, imulRRI32, mulR32, imulR32, divR32, idivR32, cwd32
    case bsfRR32, bsrRR32, bswap32, btRR32, btRI32, btsMR32, btrMR32, shldRI32, shldRC32, shrdRI32, shrdRC32, shiftRI32
    case jo16, jo32, jno16, jno32, jb16, jb32, jnb16, jnb32, jz16, jz32, jnz16, jnz32, jbe16, jbe32, jnbe16, jnbe32,
        js16, js32, jns16, jns32, jp16, jp32, jnp16, jnp32, jl16, jl32, jnl16, jnl32, jle16, jle32, jnle16, jnle32
    case jmpRelative16, jmpRelative32, jmpR16, jmpR32, jmpM16, jmpM32, callRelative16, callRelative32, callR16,
        callR32, callM16, callM32, ret16, ret32, retImmediate16, retImmediate32
    case loopne16, loopne32, loope16, loope32, loop16, loop32, jcxz16, jcxz32

    // One for each condition.
    case setoR, setnoR, setbR, setnbR, setzR, setnzR, setbeR, setnbeR, setsR, setnsR, setpR, setnpR, setlR, setnlR,
        setleR, setnleR
    // By CL, and through CF.
    case rolRC32, rorRC32, shlRC32, shrRC32, sarRC32, rclRI32

    // The memory operand is flat and has no index register.
    case movRM32Based, movMR32Based, movRM8Based, movMR8Based, movzx8RM32Based, movMI32Based, movMI8Based, addRM32Based,
        orRM32Based, andRM32Based, subRM32Based, xorRM32Based, xorRM8Based, addMR32Based, subMR32Based,
        addMI32Based, incM32Based, decM32Based
    // 32-bit addresses, without and with an index register.
    case lea32Based, lea32Indexed

    // The block goes on at the target, or where the call came from.
    case callWithin32, retWithin32

    // Nothing can see the flags before another instruction sets them.
    case addRR32NoFlags, addRI32NoFlags, subRR32NoFlags, subRI32NoFlags, andRR32NoFlags, andRI32NoFlags, orRR32NoFlags,
        orRI32NoFlags, xorRR32NoFlags, xorRI32NoFlags, negR32NoFlags, shlRI32NoFlags, shrRI32NoFlags, sarRI32NoFlags,
        rolRI32NoFlags, rorRI32NoFlags, imulRR32NoFlags, imulRRI32NoFlags

    // A pair: what sets the flags, and the conditional jump behind it.
    case cmpRR32Jz, cmpRR32Jnz, cmpRR32Jb, cmpRR32Jnb, cmpRR32Jbe, cmpRR32Jnbe, cmpRR32Jl, cmpRR32Jnl, cmpRR32Jle,
        cmpRR32Jnle, cmpRR32Js, cmpRR32Jns
    case cmpRI32Jz, cmpRI32Jnz, cmpRI32Jb, cmpRI32Jnb, cmpRI32Jbe, cmpRI32Jnbe, cmpRI32Jl, cmpRI32Jnl, cmpRI32Jle,
        cmpRI32Jnle, cmpRI32Js, cmpRI32Jns
    case testRR32Jz, testRR32Jnz, testRR32Jbe, testRR32Jnbe, testRR32Jl, testRR32Jnl, testRR32Jle, testRR32Jnle,
        testRR32Js, testRR32Jns
    case cmpRM32Jz, cmpRM32Jnz, cmpRM32Jb, cmpRM32Jnb, cmpRM32Jbe, cmpRM32Jnbe, cmpMR32Jz, cmpMR32Jnz, cmpMR32Jb,
        cmpMR32Jnb, cmpMR32Jbe, cmpMR32Jnbe
    case cmpRI8Jz, cmpRI8Jnz, cmpRI8Jb, cmpRI8Jnb, cmpRI8Jbe, cmpRI8Jnbe
    case cmpMI32Jz, cmpMI32Jnz, cmpMI8Jz, cmpMI8Jnz, testRR8Jz, testRR8Jnz, testRI8Jz, testRI8Jnz, testRI32Jz,
        testRI32Jnz, incR32Jnz, decR32Jnz, addRI32Jnz, andRI32Jz, andRI32Jnz, subRR32Jz,
        subRR32Jnz, subRR32Jb, subRR32Jnb

    // A pair: a move, and an operation on its destination.
    case moveAddRR32NoFlags, moveAddRR32, moveAddRI32NoFlags, moveAddRI32, moveSubRR32NoFlags, moveSubRR32,
        moveSubRI32NoFlags, moveSubRI32, moveAndRR32NoFlags, moveAndRR32, moveAndRI32NoFlags, moveAndRI32,
        moveOrRR32NoFlags, moveOrRR32, moveOrRI32NoFlags, moveOrRI32, moveXorRR32NoFlags, moveXorRR32,
        moveXorRI32NoFlags, moveXorRI32, moveShlRI32NoFlags, moveShlRI32, moveShrRI32NoFlags, moveShrRI32,
        moveSarRI32NoFlags, moveSarRI32

    // Other pairs.
    case movRR32Twice, shlXorRR32NoFlags, shlOrRR32NoFlags, shrXorRR32NoFlags, shrAndRI32NoFlags, sarAndRI32NoFlags,
        pushR32Twice, pushR32Move, popR32Twice, popR32Ret, movRM32BasedTwice, movRM32BasedAdd, lea32BasedMove,
        movRR32Call, movRR32CallWithin, addRI32NoFlagsTwice, pushR32Call, pushR32CallWithin, pushR32CallR,
        popR32RetWithin, moveAddRM32, moveOrRM32, moveAndRM32, moveXorRM32, xorRM8BasedExtend
    // Three.
    case pushR32MoveLoad

    /// ``Core/executeRare(_:)``.
    case rare
    /// ``Core/executeX87(_:)``.
    case x87
    /// ``Core/executeSIMD(_:)``.
    case simd
    /// ``Core/executeSystem(_:)``, after which the run loop looks around.
    case system
    /// Not an instruction: the block ends here, execution goes on behind it.
    case blockEnd
    /// Not an instruction: the run loop has to look around.
    case leaveBlock

    /// The handler of an operation by itself.
    init(_ operation: Operation) {
        self = Self.handlers[Int(operation.rawValue)]
    }

    static let named = Dictionary(uniqueKeysWithValues: allCases.map { ("\($0)", $0) })

    /// By the raw value of an ``Operation``. Allocated once, never freed and never written again: safe to read from
    /// every thread.
    nonisolated(unsafe) static let handlers: UnsafePointer<Handler> = {
        let storage = UnsafeMutablePointer<Handler>.allocate(capacity: Operation.allCases.count)
        for operation in Operation.allCases {
            let shared: Handler =
                if operation.isOfSystem {
                    .system
                } else if operation.rawValue >= Operation.firstSIMD.rawValue {
                    .simd
                } else if operation.rawValue >= Operation.firstX87.rawValue {
                    .x87
                } else if operation == .nop {
                    .movRR32
                } else {
                    .rare
                }
            (storage + Int(operation.rawValue)).initialize(to: named["\(operation)"] ?? shared)
        }
        return UnsafePointer(storage)
    }()
}

extension Handler {
    /// `setcc` to a register, by the number of the condition. Allocated once, never freed and never written again: safe
    /// to read from every thread.
    nonisolated(unsafe) static let conditionalSets: UnsafePointer<Handler> = {
        let handlers: [Handler] = [
            .setoR, .setnoR, .setbR, .setnbR, .setzR, .setnzR, .setbeR, .setnbeR, .setsR, .setnsR, .setpR, .setnpR,
            .setlR, .setnlR, .setleR, .setnleR,
        ]
        let storage = UnsafeMutablePointer<Handler>.allocate(capacity: handlers.count)
        storage.initialize(from: handlers, count: handlers.count)
        return UnsafePointer(storage)
    }()
}

extension Operation {
    /// Executed with EIP and steps brought up to date, and the run loop looks around afterwards.
    fileprivate var isOfSystem: Bool {
        switch self {
        case .hlt, .cli, .sti, .pushf16, .pushf32, .popf16, .popf32, .int3, .int, .into, .icebp, .iret16, .iret32,
            .jmpFar16, .jmpFar32, .jmpFarM16, .jmpFarM32, .callFar16, .callFar32, .callFarM16, .callFarM32, .retFar16,
            .retFar32, .retFarImmediate16, .retFarImmediate32, .loadFarPointer16, .loadFarPointer32, .movToSegmentR,
            .movToSegmentM, .popSegment16, .popSegment32, .repeatString, .ins8, .ins16, .ins32, .outs8, .outs16,
            .outs32, .inI8, .inI16, .inI32, .inD8, .inD16, .inD32, .outI8, .outI16, .outI32, .outD8, .outD16, .outD32,
            .lldtR, .lldtM, .ltrR, .ltrM, .lgdt16, .lgdt32, .lidt16, .lidt32, .lmswR, .lmswM, .invlpg, .clts, .invd,
            .wbinvd, .movFromControl, .movToControl, .movFromDebug, .movToDebug, .movFromTest, .movToTest, .cpuid,
            .rdtsc, .rdmsr, .wrmsr, .rdpmc, .rsm, .sysenter, .sysexit, .wait, .escape:
            true
        default: false
        }
    }
}
