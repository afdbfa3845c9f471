import Debugger
import Machine
import Testing

/// Each guest is broken in one way, which the report must name.
@Suite("Explanations", .enabled(if: BrokenGuest.isAvailable, "clang or ld.lld is not installed"))
struct ExplanationTests {
    private static let halts = "\nhandler: cli\nhlt\n"

    private func causes(_ explanation: Explanation) -> [Explanation.Cause] { explanation.findings.map(\.cause) }

    // MARK: Shutdown

    @Test func aPageFaultWithoutAnInterruptTable() throws {
        let debugger = try BrokenGuest.run(BrokenGuest.enablePaging + "mov eax, dword ptr [0xC0000000]\n")
        let explanation = debugger.explain()
        #expect(explanation.occasion == .tripleFault)
        #expect(causes(explanation) == [.notMapped, .noIDT])
        let text = explanation.text
        #expect(text.contains("1. #PF page fault, error code 0000"))
        #expect(text.contains("why: the instruction reads from c0000000, where nothing is mapped"))
        #expect(text.contains("no IDT has been loaded: IDTR still points to real mode's interrupt vectors"))
        #expect(text.contains("mov eax, dword ptr [0xc0000000]  ; #"), "the last step is listed with its exception")
        #expect(explanation.past?.instructions.count == 16)
    }

    @Test func aPageFaultWithoutAHandler() throws {
        let explanation = try BrokenGuest.run(
            BrokenGuest.enablePaging + BrokenGuest.loadInterruptTable + "mov ebx, 0x21000\nmov dword ptr [ebx + 8], 1\n"
                + "\nhandler: hlt\n" + BrokenGuest.interruptTable([6])
        ).explain()
        #expect(causes(explanation) == [.notMapped, .badGate, .badGate])
        #expect(
            explanation.text.contains("the instruction writes to 00021008, where nothing is mapped: ebx is 00021000"))
        #expect(explanation.text.contains("the IDT's entry for #PF page fault is no usable gate: null"))
    }

    @Test func aStackThatRunsIntoTheGuardPage() throws {
        let debugger = try BrokenGuest.run(
            BrokenGuest.enablePaging + BrokenGuest.loadInterruptTable + """
                call recurse
                .type recurse, @function
                recurse: push ebp
                mov ebp, esp
                sub esp, 64
                call recurse
                .size recurse, . - recurse
                """ + Self.halts + BrokenGuest.interruptTable([8, 13, 14]))
        let explanation = debugger.explain()
        #expect(explanation.occasion == .tripleFault)
        #expect(causes(explanation).starts(with: [.stackOverflow, .recursion, .handlerStack]))
        #expect(explanation.text.contains("the stack has overflowed: the stack pointer has come down to 0000"))
        #expect(explanation.text.contains("recurse is 57 times on the stack"))
        #expect(explanation.text.contains("only a task gate"))
    }

    @Test func aHandlerThatMakesThingsWorse() throws {
        let debugger = try BrokenGuest.run(
            BrokenGuest.enablePaging + BrokenGuest.loadInterruptTable + "begin_it: ud2\nhandler: ud2\n"
                + BrokenGuest.interruptTable([6]))
        let explanation = debugger.explain()
        #expect(explanation.occasion == .tripleFault)
        #expect(causes(explanation).contains(.handlerFaults))
        #expect(explanation.text.contains("raises #UD invalid opcode itself"))
        #expect(explanation.text.contains("the first of them was raised at 0008:000f"))
        #expect(explanation.text.contains("<begin_it>, step "), "not in the handler: \(explanation.text)")
    }

    // MARK: Halted for good

    @Test func haltedWithInterruptsOff() throws {
        let debugger = try BrokenGuest.run("sti\nnop\nnop\nstop_it: cli\nhlt\n")
        let explanation = debugger.explain()
        #expect(explanation.occasion == .halted)
        #expect(causes(explanation) == [.interruptsOff])
        #expect(explanation.text.contains("interrupts were disabled by `cli` at 0008:"))
        #expect(explanation.text.contains("<stop_it>"))
        #expect(explanation.past?.instructions.last?.text == "hlt")
    }

    @Test func aTrapInstruction() throws {
        let debugger = try BrokenGuest.run(
            BrokenGuest.loadInterruptTable + "failed_check: ud2\n" + Self.halts + BrokenGuest.interruptTable([6]))
        let explanation = debugger.explain()
        #expect(explanation.occasion == .halted)
        #expect(causes(explanation).suffix(2) == [.lastException, .trapInstruction])
        #expect(explanation.text.contains("the last exception was #UD invalid opcode at step "))
        #expect(explanation.text.contains("<failed_check>"))
        #expect(explanation.text.contains("Swift"))
    }

    /// What its handler has put right is nobody's reason to halt.
    @Test func anExceptionThatWasHandledIsNotBlamed() throws {
        let debugger = try BrokenGuest.run(
            BrokenGuest.enablePaging + BrokenGuest.loadInterruptTable + """
                mov eax, dword ptr [0x21000]
                nop
                cli
                hlt
                handler: mov dword ptr [0x2084], 0x21007
                add esp, 4
                iretd
                """ + BrokenGuest.interruptTable([14]))
        let explanation = debugger.explain()
        #expect(explanation.occasion == .halted)
        #expect(!causes(explanation).contains(.lastException), "\(explanation.text)")
    }

    // MARK: Where execution should not be

    @Test(arguments: [
        ("mov eax, 0xC0000000\ncall_it: call eax\n", "`call eax`"), ("push 0xC0000000\ncall_it: ret\n", "`ret`"),
    ])
    func aJumpIntoNothing(source: String, branch: String) throws {
        let debugger = try BrokenGuest.run(
            BrokenGuest.enablePaging + BrokenGuest.loadInterruptTable + source + Self.halts
                + BrokenGuest.interruptTable([14]))
        let explanation = debugger.explain()
        #expect(causes(explanation).suffix(3) == [.lastException, .jumpIntoNothing, .lastBranch])
        #expect(explanation.text.contains("the processor was to execute at c0000000, which is not mapped"))
        #expect(explanation.text.contains("execution came to c0000000 from \(branch) at 0008:"))
        #expect(explanation.text.contains("<call_it>"))
    }

    @Test func executingZeros() throws {
        let debugger = try BrokenGuest.run(
            BrokenGuest.enablePaging + BrokenGuest.loadInterruptTable
                + "mov eax, 0x3000\nmov ebx, 0x20800\nleave_it: jmp ebx\n"
                + Self.halts + BrokenGuest.interruptTable([14]))
        let explanation = debugger.explain()
        #expect(causes(explanation).suffix(3) == [.lastException, .executesZeros, .lastBranch], "\(explanation.text)")
        #expect(explanation.text.contains("execution came to 00020800 from `jmp ebx` at 0008:"))
        #expect(explanation.text.contains("<leave_it>"))
    }

    // MARK: Protection

    @Test(arguments: [
        (
            "mov ax, 0x48\nmov ds, ax\n", Explanation.Cause.badSelector,
            "selector 0x48 lies beyond the GDT, which has 7 entries"
        ),
        ("mov ax, 8\nmov ss, ax\n", .badSelector, "selector 0x8 for SS is not that of a writable data segment"),
        (
            "mov ax, 0x28\nmov fs, ax\nmov al, byte ptr fs:[0x1000]\n", .segmentLimit,
            "offset 00001000 (1 byte) lies beyond the limit of FS (0028), 00000fff"
        ),
        ("xor eax, eax\nmov gs, ax\nmov dword ptr gs:[0], eax\n", .nullSegment, "GS holds the null selector 0000"),
        ("mov dword ptr cs:[0x100], 1\n", .segmentType, "CS (0008) does not allow writing: code"),
        ("mov ecx, 0x12345\nrdmsr\n", .badModelSpecificRegister, "no model-specific register 0x12345"),
        (
            "mov eax, 0x80000000\nmov cr0, eax\n", .badControlValue,
            "CR0 cannot hold 80000000: paging (PG) needs protected mode"
        ),
        ("int 0x40\n", .idtTooShort, "ends before interrupt 0x40"),
        ("xor edx, edx\ndiv edx\n", .divideByZero, "the divisor is 0"),
        ("mov edx, 1\nmov ecx, 1\ndiv ecx\n", .quotientOverflow, "the quotient is too large"),
        (".byte 0x0F, 0xFF, 0xC0\n", .trapInstruction, "`ud0` is there on purpose"),
        (".byte 0x0F, 0x04\n", .undefinedOpcode, "are no instruction"),
        ("lock mov eax, ebx\n", .misplacedLock, "`lock` is only allowed"),
        ("movaps xmm0, xmm1\n", .featureDisabled, "CR4.OSFXSR is clear"),
    ])
    func faultsOfOneInstruction(source: String, cause: Explanation.Cause, words: String) throws {
        // The assembler refuses `lock mov`; the bytes do not mind.
        let source = source.replacing("lock mov eax, ebx", with: ".byte 0xF0, 0x89, 0xD8")
        let debugger = try BrokenGuest.run(
            BrokenGuest.loadInterruptTable + source + Self.halts
                + BrokenGuest.interruptTable([0, 6, 10, 11, 12, 13, 14]))
        let explanation = debugger.explain()
        #expect(explanation.findings.contains { $0.cause == cause && $0.text.contains(words) }, "\(explanation.text)")
    }

    @Test func instructionsOfLaterProcessors() throws {
        let explanation = try BrokenGuest.run(
            BrokenGuest.loadInterruptTable + "cmovz eax, ebx\n" + Self.halts + BrokenGuest.interruptTable([6]),
            processor: "486"
        ).explain()
        #expect(explanation.findings.last?.cause == .notInThisProcessor)
        #expect(explanation.text.contains("came with the Pentium Pro; this processor is a 486"))
    }

    @Test(arguments: [
        (
            "hlt\n", Explanation.Cause.privilegedInstruction,
            "`hlt` is privileged: only level 0 may execute it, and this is level 3"
        ),
        ("cli\n", .privilegedInstruction, "`cli` needs a level up to IOPL (0), and this is level 3"),
        ("mov dx, 0x3F8\nout dx, al\n", .portNotAllowed, "port 0x3f8 is not open to level 3: IOPL is 0"),
        ("int 6\n", .gatePrivilege, "level 3 may not call #UD invalid opcode: its gate has DPL 0"),
        ("mov ax, 0x10\nmov ds, ax\n", .badSelector, "selector 0x10 has DPL 0, too privileged for level 3"),
    ])
    func faultsOfUserPrograms(source: String, cause: Explanation.Cause, words: String) throws {
        let explanation = try BrokenGuest.run(
            BrokenGuest.loadInterruptTable + BrokenGuest.enterUserMode + "user: " + source + Self.halts
                + BrokenGuest.interruptTable([6, 13])
        ).explain()
        #expect(explanation.findings.contains { $0.cause == cause && $0.text.contains(words) }, "\(explanation.text)")
    }

    // MARK: Loops

    @Test(arguments: [
        ("stuck: jmp stuck\n", Explanation.Cause.endlessLoop, "an instruction that jumps to itself"),
        ("stuck: call nothing\njmp stuck\nnothing: ret\n", .endlessLoop, "a loop of 3 steps"),
        ("stuck: in al, 0x64\ntest al, 1\njz stuck\n", .pollsPort, "it reads port 0x64 (kbc) again and again"),
    ])
    func loopsThatNothingEnds(source: String, cause: Explanation.Cause, words: String) throws {
        let debugger = try BrokenGuest.run(source, steps: 10_000)
        let explanation = debugger.explain()
        #expect(explanation.occasion == .loop)
        #expect(causes(explanation) == [cause])
        #expect(explanation.text.contains(words), "\(explanation.text)")
    }

    @Test func aLoopThatWaitsForAnInterrupt() throws {
        let debugger = try BrokenGuest.run("sti\nstuck: jmp stuck\n", steps: 10_000)
        #expect(causes(debugger.explain()) == [.waitsForInterrupt])
    }

    /// What changes something is not called endless: it may come to an end.
    @Test(arguments: [
        "stuck: inc eax\njmp stuck\n", "stuck: inc dword ptr [0x3000]\njmp stuck\n",
        "stuck: rdtsc\nxor eax, eax\nxor edx, edx\njmp stuck\n",
    ])
    func aLoopThatMayEndIsNotBlamed(source: String) throws {
        let debugger = try BrokenGuest.run(source, steps: 10_000)
        #expect(debugger.explain().occasion == .nothing)
    }

    // MARK: Looking

    @Test func explainingChangesNothing() throws {
        for source in [
            "sti\nnop\ncli\nhlt\n", BrokenGuest.enablePaging + "mov eax, dword ptr [0xC0000000]\n",
            "stuck: jmp stuck\n",
        ] {
            let debugger = try BrokenGuest.run(source, steps: 10_000)
            let digest = debugger.machine.stateDigest()
            let first = debugger.explain()
            #expect(debugger.machine.stateDigest() == digest)
            // Having gone through the past, the machine still knows what happened.
            #expect(debugger.explain() == first)
        }
    }

    @Test func theCommand() throws {
        let debugger = try BrokenGuest.run("stuck: jmp stuck\n", steps: 10_000)
        let commands = DebuggerCommands(debugger)
        let output = commands.execute("why")
        #expect(output.text.contains("endless loop"))
        #expect(output.values["occasion"] == "loop")
        #expect(output.values["findings"]?.array?.first?["cause"] == "endlessLoop")
        #expect(output.values["instructions"]?.array?.count == 16)
        #expect(commands.execute("explain 3").values["instructions"]?.array?.count == 3)
    }

    /// The last exception can be explained long after, wherever the machine has come to.
    @Test func anExceptionLongAgo() throws {
        let debugger = try BrokenGuest.run(
            BrokenGuest.loadInterruptTable + "bad: ud2\nhandler: inc eax\njmp handler\n"
                + BrokenGuest.interruptTable([6]),
            steps: 5000)
        let explanation = debugger.explain()
        #expect(explanation.occasion == .exception)
        #expect(explanation.headline.hasPrefix("the last exception: #UD invalid opcode at step "))
        #expect(causes(explanation) == [.trapInstruction])
        #expect(debugger.machine.steps == 5000)
    }
}
