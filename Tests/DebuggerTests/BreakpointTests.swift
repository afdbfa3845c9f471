import Debugger
import DebuggerTestSupport
import Machine
import Testing

/// When breakpoints stop, and what then.
@Suite("Breakpoints", .enabled(if: TestMachine.isAvailable, "clang or ld.lld is not installed"))
struct BreakpointTests {
    private func stops(_ commands: DebuggerCommands, _ command: String = "continue") -> Bool {
        if case .breakpoint = commands.execute(command).stop?.reason { true } else { false }
    }

    /// `inner` runs three times, with 3, 2 and 1 in ECX.
    @Test func conditions() throws {
        let commands = try TestMachine.commands()
        #expect(commands.execute("break inner_body if ecx == 2").text.hasSuffix(" if ecx == 2"))
        #expect(stops(commands))
        #expect(commands.debugger.registers.general[1] == 2)
        #expect(!stops(commands))
        // Backwards the same one.
        #expect(stops(commands, "reverse-continue"))
        #expect(commands.debugger.registers.general[1] == 2)
        #expect(commands.execute("reverse-continue").stop?.reason == .beginningOfRecording)
        #expect(commands.execute("condition 1 [esp+4] != 0 && ecx < 3 && $arrivals > 100").text.isEmpty)
        _ = commands.execute("condition 1")
        #expect(stops(commands))
        #expect(commands.debugger.registers.general[1] == 3)
    }

    @Test func memoryInConditions() throws {
        let commands = try TestMachine.commands()
        // The saved EBP is on top of the return address.
        _ = commands.execute("break inner_body if dword[esp+4] == outer_loop+5 && byte[esp+4] != 0")
        #expect(stops(commands))
        _ = commands.execute("condition 1 word[ds:esp] == 0x1234")
        #expect(!stops(commands))
    }

    /// Better a stop too many than one too few.
    @Test func whatCannotBeEvaluatedStops() throws {
        let commands = try TestMachine.commands()
        _ = commands.execute("break inner_body if $vector == 3")
        #expect(stops(commands))
        _ = commands.execute("condition 1 1 / (ecx - ecx)")
        #expect(stops(commands))
    }

    @Test func ignoreCounts() throws {
        let commands = try TestMachine.commands()
        _ = commands.execute("break inner_body")
        _ = commands.execute("ignore 1 2")
        #expect(commands.execute("info break").text.contains("0 hits, the next 2 are ignored"))
        #expect(stops(commands))
        #expect(commands.debugger.registers.general[1] == 1)
        _ = commands.execute("ignore 1 1")
        #expect(stops(commands, "reverse-continue"))
        #expect(commands.debugger.registers.general[1] == 3)
    }

    /// What a breakpoint says instead of stopping, forwards only.
    @Test func messages() throws {
        let commands = try TestMachine.commands()
        _ = commands.execute("break inner_body if ecx < 3")
        #expect(commands.execute("message 1 round {ecx} of {{3}}, {[0xfffffff0]}").text.isEmpty)
        _ = commands.execute("break after_outer")
        let output = commands.execute("continue")
        #expect(output.stop?.reason == .breakpoint(2))
        #expect(output.text.hasPrefix("round 0x2 of {3}, 0x"), "\(output.text)")
        #expect(output.text.contains("\nround 0x1 of {3}, "))
        #expect(output.values["messages"]?.array?.count == 2)
        #expect(commands.execute("info break").text.contains("2 hits of 3\n       says: round {ecx} of {{3}}"))
        #expect(commands.execute("reverse-continue").stop?.reason == .beginningOfRecording)
        #expect(commands.execute("message 1 {ecx").text == "the brace before 'ecx' is not closed")
        #expect(commands.execute("message 1 {nowhere}").isError)
        _ = commands.execute("message 1")
        #expect(stops(commands))
    }

    @Test func countConditions() throws {
        let commands = try TestMachine.commands()
        _ = commands.execute("break inner_body if ecx != 3")
        let count = try commands.debugger.condition("$count == 2")
        commands.debugger.changeRule(1) { $0.countCondition = count }
        #expect(stops(commands))
        #expect(commands.debugger.registers.general[1] == 1, "the second time that ECX is not 3")
        #expect(commands.debugger.rule(1)?.hits == 1)
    }

    @Test func temporaryOnes() throws {
        let commands = try TestMachine.commands()
        #expect(commands.execute("tbreak inner_body").text.hasSuffix(", for one stop"))
        #expect(commands.execute("continue").text.hasPrefix("breakpoint 1 at inner_body\n"))
        #expect(!stops(commands))
        #expect(commands.execute("info break").text == "no breakpoints")
    }

    @Test func attachedCommands() throws {
        let commands = try TestMachine.commands()
        _ = commands.execute("break inner_body")
        #expect(commands.execute("commands 1 registers ecx; continue").text.isEmpty)
        let text = commands.execute("continue").text
        #expect(text.contains("ecx 00000003") && text.contains("ecx 00000002") && text.contains("ecx 00000001"))
        #expect(text.contains("triple fault at step"))
        #expect(commands.execute("commands 1 nonsense").isError)
        #expect(commands.execute("info break").text.hasSuffix("\n       registers ecx\n       continue"))
    }

    @Test func physicalOnes() throws {
        let commands = try TestMachine.commands()
        // The ROM is at the top of the address space as well: the reset vector's own mapping.
        #expect(commands.execute("break/p 0xf0000").text == "breakpoint 1 at physical 000f0000")
        #expect(stops(commands))
        #expect(commands.debugger.location.symbol?.description == "real_start")
        #expect(commands.execute("info break").text.contains("physical 000f0000  1 hit"))
        _ = commands.execute("continue")
        #expect(stops(commands, "reverse-continue"))
        #expect(commands.debugger.machine.steps == 1)
    }

    /// A page that is mapped elsewhere: the same code at another linear address.
    @Test func physicalOnesThroughAMapping() throws {
        let commands = try TestMachine.commands()
        _ = commands.execute("until paging_on")
        let debugger = commands.debugger
        // Linear 0x401000 is the page of `inner`; a jump there ends in its `ret` and the stack that we give it.
        let inner = try debugger.address("inner")
        debugger.writePhysicalMemory(
            [
                UInt8(truncatingIfNeeded: (inner & 0xF000) | 5), UInt8(truncatingIfNeeded: (inner & 0xF000) >> 8), 0x0F,
                0,
            ],
            at: 0x2004)
        debugger.setRegister("eip", to: 0x40_1000 + inner & 0xFFF | 0x40_1000)
        debugger.setBreakpoint(atPhysical: try debugger.address("inner_body"))
        guard case .breakpoint = debugger.continue().reason else {
            Issue.record("no stop")
            return
        }
        let body = try debugger.address("inner_body")
        #expect(debugger.location.linear == 0x40_1000 | body & 0xFFF)
    }

    @Test func conditionsOfWatchpoints() throws {
        let commands = try TestMachine.commands()
        _ = commands.execute("watch 0 4 if byte[2] == 0x41")
        // `rep stosb`, a byte at a time.
        let stop = try #require(commands.execute("continue").stop)
        #expect(stop.accesses.first?.after == [0x41, 0x41, 0x41, 0])
        _ = commands.execute("step 20")
        #expect(commands.execute("reverse-continue").stop?.reason == .watchpoint(1))
        let back = try #require(commands.execute("reverse-continue").stop)
        #expect(back.reason == .watchpoint(1))
        #expect(back.steps == stop.steps - 1)
        #expect(commands.execute("reverse-continue").stop?.reason == .beginningOfRecording)
    }

    @Test(arguments: [
        "break real_start if", "break if (", "break real_start if nothing == 3", "condition", "condition 7 eax",
        "ignore 1",
        "tbreak nowhere", "catch", "catch nonsense", "catch out 0x10000", "catch out 5-3", "catch exception 256",
        "catch cr3 5", "break/q 0", "break/p", "commands", "commands 9 step", "catch/x mode",
    ])
    func errorsAreOneLine(line: String) throws {
        let output = try TestMachine.commands().execute(line)
        #expect(output.isError)
        #expect(!output.text.isEmpty && !output.text.contains("\n"), "\(output.text)")
    }
}
