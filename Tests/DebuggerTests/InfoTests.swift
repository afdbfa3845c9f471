import Debugger
import DebuggerTestSupport
import Foundation
import JSON
import Machine
import Processor
import Testing

/// `info`, and the values behind it.
@Suite("Info", .enabled(if: TestMachine.isAvailable, "clang or ld.lld is not installed"))
struct InfoTests {
    private func commands(at symbol: String) throws -> DebuggerCommands {
        let commands = try TestMachine.commands()
        _ = commands.execute("until " + symbol)
        return commands
    }

    // MARK: Tables

    @Test func mappedRanges() throws {
        let commands = try commands(at: "paging_on")
        let ranges = try #require(commands.debugger.mappedRanges())
        #expect(ranges.count == 2)
        #expect(ranges.first?.start == 0 && ranges.first?.size == 4 << 20 && ranges.first?.isLarge == true)
        #expect(ranges.first?.isWritable == true && ranges.first?.isUser == false)
        #expect(ranges.last?.start == 0x40_0000 && ranges.last?.size == 4096 && ranges.last?.physical == 0x5000)
        #expect(ranges.last?.isWritable == false && ranges.last?.isUser == true)
        let output = commands.execute("info pages")
        #expect(
            output.text.hasPrefix(
                "00000000-003fffff     4096 KiB  physical 00000000         supervisor, read-write, large"))
        #expect(output.text.hasSuffix("2 ranges, 4100 KiB are mapped"))
        #expect(output.values["ranges"]?.array?.count == 2)
        #expect(commands.execute("info pages 0x400000").text.hasPrefix("00400000-00400fff"))
        #expect(try self.commands(at: "outer").execute("info pages").text.hasPrefix("paging is off"))
    }

    /// Two megabytes by one entry, a page by a table, and a gigabyte that is not there; all of it as PAE has it.
    @Test func mappedRangesWithPAE() throws {
        let debugger = try BrokenGuest.run(
            """
            mov dword ptr [0x1000], 0x2001
            mov dword ptr [0x1018], 0x3001
            mov dword ptr [0x2000], 0x87
            mov dword ptr [0x3008], 0x6007
            mov dword ptr [0x6000], 0x7005
            mov dword ptr [0x6008], 0x9005
            mov eax, 0x1000
            mov cr3, eax
            mov eax, cr4
            or al, 0x20
            mov cr4, eax
            mov eax, cr0
            or eax, 0x80000000
            mov cr0, eax
            hlt
            """)
        let ranges = try #require(debugger.mappedRanges())
        #expect(ranges.map(\.start) == [0, 0xC020_0000])
        #expect(ranges.map(\.size) == [2 << 20, 8192])
        #expect(ranges.map(\.isContiguous) == [true, false])
        #expect(ranges.map(\.isLarge) == [true, false])
        #expect(DebuggerCommands(debugger).execute("info map").text.contains("scattered from 00007000"))
    }

    @Test func translationsAndStaleOnes() throws {
        let commands = try commands(at: "paging_on")
        _ = commands.execute("step 2")
        #expect(
            commands.execute("info tlb").text.contains(
                "data, for levels 0-2, supervisor, read-write, dirty, large page"))
        #expect(!commands.execute("info tlb").text.contains("STALE"))
        // The page tables change; the TLB does not notice.
        commands.debugger.writePhysicalMemory([0, 0, 0, 0], at: 0x1000)
        let entries = commands.debugger.machine.processor.cachedTranslations
        #expect(entries.contains { commands.debugger.isStale($0) })
        #expect(commands.execute("info tlb 0x5000").text.contains("STALE"))
    }

    @Test func gatesLeadToSymbols() throws {
        let debugger = try BrokenGuest.run(
            BrokenGuest.loadInterruptTable + """
                mov dword ptr [0x5020], offset there        # EIP and CS of the TSS
                mov dword ptr [0x504C], 8
                mov dword ptr [0x4018], 0x00300000          # a task gate
                mov dword ptr [0x401C], 0x8500
                mov dword ptr [0x4020], offset there        # a call gate with 3 parameters
                and dword ptr [0x4020], 0xFFFF
                or dword ptr [0x4020], 0x80000
                mov dword ptr [0x4024], 0x000FEC03
                cli
                there: hlt
                handler: nop
                """ + BrokenGuest.interruptTable([13]))
        let commands = DebuggerCommands(debugger)
        #expect(commands.execute("gdt 0x20").text.contains("32-bit call gate to 0008:000f"))
        #expect(commands.execute("gdt 0x20").text.contains("<there>, 3 parameters, DPL 3"))
        #expect(commands.execute("gdt 0x18").text.contains("task gate to 0030, DPL 0, task at 0008:000f"))
        #expect(commands.execute("gdt 0x30").text.contains("<there>"))
        let gate = commands.execute("idt 13")
        #expect(gate.text.contains("32-bit interrupt gate to 0008:000f") && gate.text.contains("<handler>"))
        #expect(gate.values["entries"]?.array?.first?["symbol"] == "handler")
    }

    @Test func theMapOfPorts() throws {
        let debugger = try BrokenGuest.run(
            """
            mov dword ptr [0x5066], 0x68
            mov dword ptr [0x5068], 0xFFFFFFFF
            mov dword ptr [0x506C], 0xFFFF0FFF
            mov word ptr [0x4030], 0x6F                  # limit: map of 8 bytes, the last of which cannot be used
            mov ax, 0x30
            ltr ax
            hlt
            """)
        #expect(debugger.openPorts == [0x2C...0x2F])
        #expect(DebuggerCommands(debugger).execute("tss").text.contains("opens these ports to every level: 002c-002f"))
    }

    // MARK: Processor

    @Test func numbersOfTheFPU() {
        #expect(NumberText.extended(significand: 1 << 63, signExponent: 0x3FFF) == "1.0")
        #expect(NumberText.extended(significand: 0xC90F_DAA2_2168_C235, signExponent: 0xC000) == "-3.141592653589793")
        #expect(NumberText.extended(significand: 1 << 63, signExponent: 0x7FFF) == "infinity")
        #expect(NumberText.extended(significand: 0xC000_0000_0000_0000, signExponent: 0xFFFF) == "-NaN")
        #expect(NumberText.extended(significand: 1 << 63, signExponent: 0x7FFE) == "1.0 * 2^16383")
        #expect(NumberText.extended(significand: 0, signExponent: 0x8000) == "-0.0")
    }

    @Test func registersOfTheProcessor() throws {
        let commands = try commands(at: "outer")
        #expect(commands.execute("info msr 0x1b").text.hasSuffix("APIC base"))
        #expect(commands.execute("info msr").text.contains("c0000080  0000000000000000  EFER"))
        #expect(commands.execute("info cpuid").text.hasPrefix("pentium4: family 15, model 4, stepping 1"))
        #expect(commands.execute("info cpuid").text.contains("SSE2"))
        #expect(commands.execute("info fpu").text.contains("rounding to nearest"))
        #expect(commands.execute("info sse").text.contains("mxcsr 00001f80"))
        #expect(commands.execute("info sse").values["xmm"]?.array?.count == 8)
    }

    // MARK: Chips

    @Test func chipsInWords() throws {
        let debugger = Debugger(try TravelGuest.make())
        let commands = DebuggerCommands(debugger)
        debugger.continue(until: 5000)
        let pic = commands.execute("info pic").text
        #expect(pic.hasPrefix("pic        two Intel 8259A interrupt controllers; ports 20-21 a0-a1 4d0-4d1"))
        #expect(pic.contains("master.imr       fc    masked: IRQ 2 3 4 5 6 7"))
        #expect(pic.contains("IRQ 0-7 are vectors 0x8-0xf"))
        let pit = commands.execute("info timer").text
        #expect(pit.contains("rate generator, for IRQ 0"))
        #expect(pit.contains("counter0.reload  238   5013.37 times a second"))
        #expect(commands.execute("info kbc").text.contains("IRQ 1 on"))
        #expect(commands.execute("info ide0").text.contains("128 sectors"))
        #expect(commands.execute("info ide").text.contains("no drive is connected"))
        #expect(commands.execute("info rtc").text.contains("time             00:00:00"))
        #expect(commands.execute("info com1").text.contains("9600 baud"))
        #expect(commands.execute("info events").text.contains("edge of timer channel 0 (IRQ 0)"))
        let events = debugger.machine.scheduledEvents
        #expect(events.map(\.nanoseconds) == events.map(\.nanoseconds).sorted())
        #expect(events.allSatisfy { $0.step >= debugger.machine.steps })
        let values = commands.execute("info pic").values["chips"]?.array?.first
        #expect(values?["registers"]?["master.imr"] == 0xFC)
        #expect(debugger.machine.chipName(atPort: 0x21) == "pic")
        #expect(debugger.machine.chipName(atPort: 0x22) == nil)
    }

    /// The event queue tells the truth: at that step the timer's interrupt is requested, and not before.
    @Test func eventsComeWhenTheyAreSaidTo() throws {
        let debugger = try BrokenGuest.run(
            "mov al, 0x34\nout 0x43, al\nmov al, 238\nout 0x40, al\nxor al, al\nout 0x40, al\nwait: jmp wait\n",
            steps: 5000)
        let event = try #require(debugger.machine.scheduledEvents.first { $0.name == "timer" })
        debugger.continue(until: event.step - 1)
        #expect(debugger.machine.scheduledEvents.first { $0.name == "timer" }?.step == event.step)
        debugger.continue(until: event.step)
        #expect(debugger.machine.scheduledEvents.first { $0.name == "timer" }?.step != event.step)
    }

    @Test func lookingChangesNothing() throws {
        let debugger = Debugger(try TravelGuest.make())
        let commands = DebuggerCommands(debugger)
        for steps: UInt64 in [100, 5000, 100_000] {
            debugger.continue(until: steps)
            let digest = debugger.machine.stateDigest()
            let topics = [
                "pages", "tlb", "e820", "msr", "cpuid", "fpu", "sse", "events", "chips", "system", "gdt", "idt", "tss",
            ]
            for topic in topics + debugger.machine.chips.map(\.name) { _ = commands.execute("info " + topic) }
            #expect(debugger.machine.stateDigest() == digest)
        }
    }

    @Test func topics() throws {
        let commands = try TestMachine.commands()
        let list = commands.execute("info").text
        for topic in ["breakpoints", "pages", "tlb", "e820", "events", "pic", "ide0", "idt", "tss"] {
            #expect(list.contains(topic))
        }
        #expect(commands.execute("info nothing").isError)
        #expect(commands.execute("info e820").isError, "this ROM has no such service")
        #expect(commands.completions(of: "info pi") == ["pic", "pit"])
    }

    /// Our own BIOS, asked when it has handed over to the boot sector, and long after.
    @Test(.enabled(if: BuiltImages.exist, "images/ is empty: run `make image` first"))
    func theFirmwareIsAsked() throws {
        var configuration = Machine.Configuration()
        configuration.memorySize = 16 << 20
        configuration.firmware = try BuiltImages.bytes("bios.bin")
        configuration.drives = [Machine.Drive(image: MemoryDisk(try BuiltImages.bytes("kernel.img")), policy: .discard)]
        let debugger = Debugger(try Machine(configuration))
        #expect(throws: Debugger.FirmwareSilence.self) { try debugger.firmwareMap() }
        debugger.run(toAddress: 0x7C00)
        let digest = debugger.machine.stateDigest()
        let map = try debugger.firmwareMap()
        #expect(map.first == Debugger.FirmwareRange(base: 0, length: 0x9FC00, type: 1))
        #expect(map.contains(Debugger.FirmwareRange(base: 0x10_0000, length: 15 << 20, type: 1)))
        #expect(debugger.machine.stateDigest() == digest)
        debugger.continue(until: 30_000_000)
        #expect(try debugger.firmwareMap() == map, "in the middle of the kernel")
    }
}
