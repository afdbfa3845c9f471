import Debugger
import Machine
import Processor
import Testing

@Suite("Debugger commands", .enabled(if: TestMachine.isAvailable, "clang or ld.lld is not installed"))
struct CommandTests {
    private func at(_ symbol: String) throws -> DebuggerCommands {
        let commands = try TestMachine.commands()
        _ = commands.execute("until " + symbol)
        return commands
    }

    @Test func theStopLine() throws {
        let commands = try TestMachine.commands()
        #expect(commands.greeting == "step 0  f000:fff0 (linear fffffff0)  jmp far 0xf000:0x0")
        #expect(commands.execute("step").text == "step 1  f000:0000 <real_start>  mov ax, 0x5")
        #expect(commands.execute("until outer").text.hasSuffix("<outer>  push ebp"))
        #expect(commands.execute("until outer_loop").text.contains("  0008:000f"))
    }

    @Test func emptyLinesRepeatMoves() throws {
        let commands = try TestMachine.commands()
        _ = commands.execute("s")
        #expect(commands.execute("").text.hasPrefix("step 2 "))
        #expect(commands.execute("  ").text.hasPrefix("step 3 "))
        _ = commands.execute("break outer")
        #expect(commands.execute("").text.isEmpty)
    }

    @Test func unambiguousBeginningsAreEnough() throws {
        let commands = try TestMachine.commands()
        #expect(commands.execute("ste 2").text.hasPrefix("step 2 "))
        #expect(commands.execute("reg eax").text.hasPrefix("eax "))
        #expect(commands.execute("loc").text.hasPrefix("step 2 "))
        #expect(commands.execute("sy").text == "'sy' is ambiguous: symbols, symbol-file")
    }

    @Test(arguments: [
        "nonsense", "break", "break nowhere", "delete", "delete 7", "delete x", "x/9q 0", "x 0 99999999", "until",
        "page",
        "set", "set eax", "set cs 4", "write", "write 0", "write 0 300", "write/w 0 0x10000", "write/q 0 0", "gdt 9999",
        "idt 300", "ldt", "symbols zzzz", "symbol-file /nonexistent", "step 1 2", "info nothing",
        "help nothing", "info pic 1", "info msr 0x12345", "info tlb 0xdead0000",
        "disassemble/64", "disassemble 0 0", "finish now", "x 1 2 3", "registers xyz", "step -", "continue 1:2:3",
    ])
    func errorsAreOneLine(line: String) throws {
        let commands = try TestMachine.commands()
        let output = commands.execute(line)
        #expect(!output.shouldQuit)
        #expect(!output.text.contains("\n"), "\(output.text)")
        #expect(!output.text.isEmpty)
        #expect(commands.debugger.machine.steps == 0)
    }

    @Test func breakpoints() throws {
        let commands = try TestMachine.commands()
        #expect(commands.execute("info break").text == "no breakpoints")
        #expect(commands.execute("b inner_body").text.hasPrefix("breakpoint 1 at 000f"))
        #expect(commands.execute("b 0:0xf0000").text == "breakpoint 2 at 000f0000 <real_start>")
        #expect(commands.execute("c").text.hasPrefix("breakpoint 2 at 0:0xf0000\nstep 1  f000:0000 <real_start>"))
        #expect(commands.execute("c").text.hasPrefix("breakpoint 1 at inner_body\n"))
        #expect(commands.execute("c").text.hasPrefix("breakpoint 1 at inner_body, hit 2 times\n"))
        _ = commands.execute("disable 2")
        #expect(
            commands.execute("i b").text.split(separator: "\n").map { $0.suffix(18) }.last?.hasSuffix("1 hit, disabled")
                == true)
        _ = commands.execute("delete all")
        #expect(commands.execute("info break").text == "no breakpoints")
    }

    @Test func registers() throws {
        let commands = try at("outer")
        let all = commands.execute("r all").text
        #expect(all.contains("esp 00007ffc"))
        #expect(all.contains("cs   0008  base 00000000  limit ffffffff  code, readable, 32-bit, DPL 0"))
        #expect(all.contains("ss   0010  base 00000000  limit ffffffff  data, writable, 32-bit, DPL 0"))
        #expect(all.contains("  PE"))
        #expect(all.contains("mode protected mode, 32-bit code, privilege level 0"))
        _ = commands.execute("set eax 0x1234")
        #expect(commands.execute("r al $ax eip").text.hasPrefix("al 00000034  52\nax 00001234  4660\neip 000f"))
    }

    @Test func memory() throws {
        let commands = try at("after_store")
        #expect(
            commands.execute("x 0 6").text == "00000000  41 41 41 41 00 00" + String(repeating: " ", count: 32)
                + "AAAA..")
        #expect(commands.execute("x/2w 0").text == "00000000  4141 4141")
        #expect(commands.execute("x/1d 0").text == "00000000  41414141")
        #expect(commands.execute("x/s 0").text == "00000000  \"AAAA\"")
        #expect(commands.execute("x/4c 0").text == "00000000  AAAA")
        _ = commands.execute("write/w 0x500 0x1234 0x5678")
        #expect(commands.execute("xp/4b 0x500").text.hasPrefix("00000500  34 12 78 56"))
        // Goes on behind what was shown.
        _ = commands.execute("x/2b 0x500")
        #expect(commands.execute("").text.hasPrefix("00000502  78 56"))
        let paged = try at("paging_on")
        #expect(paged.execute("x/2b 0x400fff").text.hasPrefix("00400fff  00 ??"))
        #expect(paged.execute("write 0x401000 1").text == "00401000 is not mapped")
    }

    @Test func disassembly() throws {
        let commands = try at("outer")
        let lines = commands.execute("disassemble").text.split(separator: "\n")
        #expect(lines.first == "outer:")
        #expect(lines.dropFirst().first?.hasPrefix("=> 000f") == true)
        #expect(lines.dropFirst().first?.hasSuffix("55                       push ebp") == true)
        #expect(lines.contains { $0.hasSuffix("<inner>") })
        #expect(commands.execute("").text.split(separator: "\n").first != "outer:")
        #expect(commands.execute("u/16 0xf0000 1").text.contains("mov ax, 0x5") == false)
        #expect(commands.execute("dis/16 0xf0000 1").text.hasSuffix("mov ax, 0x5"))
    }

    @Test func tables() throws {
        let commands = try at("outer")
        #expect(
            commands.execute("gdt").text == """
                0008  base 00000000  limit ffffffff  code, readable, 32-bit, DPL 0
                0010  base 00000000  limit ffffffff  data, writable, 32-bit, DPL 0
                0018  base 00001234  limit 00005678  LDT, DPL 0
                """)
        #expect(
            commands.execute("gdt 0x10").text == "0010  base 00000000  limit ffffffff  data, writable, 32-bit, DPL 0")
        #expect(commands.execute("tss").text == "TR is null: there is no task-state segment")
        #expect(commands.execute("page 0x1234").text == "paging is off: linear 00001234 is physical 00001234")
        let real = try TestMachine.commands()
        _ = real.execute("write/d 0x40 0xf0000000")
        #expect(real.execute("idt 0x10").text == "10       f000:0000 <real_start>")
    }

    @Test func pages() throws {
        let commands = try at("paging_on")
        #expect(
            commands.execute("page 0x400123").text == """
                linear 00400123, page directory at 00001000 (CR3)
                PDE 1 at 00001004: 00002007  present, writable, user
                PTE 0 at 00002000: 00005065  present, read-only, user, accessed, dirty
                physical 00005123, user and supervisor, read-only (the supervisor may write: CR0.WP is clear)
                """)
        #expect(
            commands.execute("page 0xf0000").text.hasSuffix(
                "physical 000f0000 in a page of 4 MiB, supervisor only, read and write"))
        #expect(commands.execute("page 0x800000").text.hasSuffix("not mapped: the page-directory entry is not present"))
        #expect(commands.execute("page 0x401000").text.hasSuffix("not mapped: the page-table entry is not present"))
    }

    /// Tables in the format of PAE, laid out by hand.
    @Test func widePages() throws {
        let commands = try at("paging_on")
        let machine = commands.debugger.machine
        func write(_ quadword: UInt64, at address: UInt32) {
            machine.memory.write((0..<8).map { UInt8(truncatingIfNeeded: quadword >> ($0 * 8)) }, at: address)
        }
        let state = machine.processor.state
        state.pointee.cr4 |= ControlRegister.physicalAddressExtension
        state.pointee.modelSpecific.efer = ExtendedFeatureEnable.executeDisable
        state.pointee.pageDirectoryPointers[0] = 0x6000 | 1
        write(0x7000 | 0x23, at: 0x6010)
        write(1 << 63 | 0x5000 | 0x107, at: 0x7000)
        write(0x1_2345_6000 | 5, at: 0x7008)
        write(1 << 40 | 5, at: 0x7010)
        write(0x20_0000 | 0xE3, at: 0x6018)
        #expect(
            commands.execute("page 0x400123").text == """
                linear 00400123, page-directory-pointer table at 00001000 (CR3)
                PDPTE 0 in the processor: 0000000000006001  present
                PDE 2 at 00006010: 0000000000007023  present, writable, supervisor, accessed
                PTE 0 at 00007000: 8000000000005107  present, writable, user, global, not executable
                physical 00005123, supervisor only, read and write, not executable
                """)
        #expect(commands.debugger.physicalAddress(of: 0x40_0123) == 0x5123)
        #expect(machine.physicalAddress(ofLinear: 0x40_0123) == 0x5123)
        #expect(
            commands.execute("page 0x401000").text.hasSuffix(
                """
                physical 123456000, supervisor only, read-only (the supervisor may write: CR0.WP is clear)
                above 4 GiB, where this machine has nothing: reads as ones
                """))
        #expect(machine.physicalAddress(ofLinear: 0x40_1000) == nil)
        #expect(
            commands.execute("page 0x402000").text.hasSuffix(
                "not mapped: a bit of the last entry is set that must be clear"))
        #expect(
            commands.execute("page 0x612345").text.hasSuffix(
                "physical 00212345 in a page of 2 MiB, supervisor only, read and write"))
        #expect(commands.execute("page 0x800000").text.hasSuffix("not mapped: the page-directory entry is not present"))
        #expect(
            commands.execute("page 0x40000000").text.hasSuffix(
                "not mapped: the page-directory-pointer-table entry is not present"))
    }

    @Test func symbolsAndBacktrace() throws {
        let commands = try at("inner_body")
        #expect(commands.execute("symbols").text.hasPrefix("program.elf: "))
        #expect(commands.execute("symbols fibo").text.contains("2 bytes       fibonacci  (program.elf)"))
        let lines = commands.execute("where").text.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[0].hasPrefix("#0   000f"))
        #expect(lines[2].contains("<after_outer>"))
    }

    @Test func helpIsComplete() throws {
        let commands = try TestMachine.commands()
        let text = commands.execute("help").text
        for name in [
            "step", "next", "continue", "until", "finish", "break", "delete", "registers", "memory", "xp",
            "disassemble", "gdt",
            "idt", "ldt", "tss", "page", "symbols", "backtrace", "screen", "devices", "write", "set", "reset", "quit",
            "help",
        ] {
            #expect(text.contains("  " + name), "\(name)")
            #expect(commands.execute("help " + name).text.hasPrefix(name))
        }
    }

    @Test func resetAndQuit() throws {
        let commands = try at("outer")
        #expect(commands.execute("reset").text.contains("f000:fff0 (linear fffffff0)"))
        #expect(commands.execute("devices").text.contains("4096 KiB"))
        #expect(commands.execute("quit").shouldQuit)
        #expect(commands.execute("q").shouldQuit)
    }

    @Test func theMachineRunsThroughTheCallersFunction() throws {
        let machine = try TestMachine.make()
        var calls = 0
        let timeline = Timeline(machine)
        let commands = DebuggerCommands(
            Debugger(timeline) { step in
                calls += 1
                return timeline.run(until: step)
            })
        _ = commands.execute("continue 20")
        #expect(calls > 0)
        #expect(machine.steps == 20)
    }

    /// Whatever is typed, the answer is words.
    @Test func hostileLines() throws {
        let commands = try TestMachine.commands()
        for line in [
            "x/99999999999999999999b 0", "x/65536b 0xffffffff", "step 0", "next 0", "break $", "break :", "u",
            "dis 0xfffffff0 4096",
            "page 0xffffffff", "gdt 0xffff", "idt 0xff", "set eip 0xffffffff", "x/3d 0xfffffffe", "/", "//", "x//",
            "\u{0}",
            "help help help", "break " + String(repeating: "+", count: 1000), "bt 0xffffffffffffffff",
            "write 0xfffffff0 1",
            "continue 0x10", "where 0",
        ] {
            #expect(!commands.execute(line).shouldQuit)
        }
    }
}
