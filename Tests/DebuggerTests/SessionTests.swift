import Debugger
import DebuggerTestSupport
import Foundation
import Machine
import Testing
import ToolchainTestSupport

/// What somebody does who follows a machine: whole sessions, forwards and backwards.
@Suite("Sessions", .enabled(if: BuiltImages.exist, "images/ is empty: run `make image` first"))
struct SessionTests {
    private static func commands(disk: [UInt8], memory: Int = 16) throws -> DebuggerCommands {
        var configuration = Machine.Configuration()
        configuration.memorySize = memory << 20
        configuration.firmware = try BuiltImages.bytes("bios.bin")
        configuration.drives = [Machine.Drive(image: MemoryDisk(disk), policy: .discard)]
        let commands = DebuggerCommands(machine: try Machine(configuration))
        for name in ["bios.elf", "kernel.elf", "programs/shell.elf", "programs/process-manager.elf"] {
            try BuiltImages.loadSymbols(name, into: &commands.debugger.symbols)
        }
        commands.debugger.sources.searchPath = [BuiltImages.folder.deletingLastPathComponent().path]
        return commands
    }

    /// The text of a Swift line, to be found wherever it is.
    private static func line(_ text: String, in file: String) throws -> Int {
        let url = BuiltImages.folder.deletingLastPathComponent().appendingPathComponent(file)
        let lines = String(decoding: try Data(contentsOf: url), as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false)
        return try #require(lines.firstIndex { $0.contains(text) }, "\(text) in \(file)") + 1
    }

    /// From the reset vector through the mode switch to a Swift line of the kernel and one of a user program, into the
    /// kernel by a system call, and back through the same.
    @Test func fromTheResetVectorToTheShellAndBack() throws {
        let commands = try Self.commands(disk: try BuiltImages.bytes("kernel.img"))
        let debugger = commands.debugger
        #expect(commands.greeting.hasPrefix("step 0  f000:fff0 (linear fffffff0)  jmp far"))
        var steps: [UInt64] = []
        func expect(_ line: String, _ parts: String...) {
            let text = commands.execute(line).text
            for part in parts { #expect(text.contains(part), "\(line): \(text)") }
            steps.append(debugger.machine.steps)
        }
        expect("until 0:7c00", "0000:7c00")
        let begin = try Self.line("KernelStart.begin()", in: "Kernel/Sources/Kernel/Kernel.swift")
        expect("tbreak Kernel.swift:\(begin)", "breakpoint 1 at ")
        expect("catch mode", "catchpoint 2: changes of mode")
        // The firmware, the loader's unreal mode or the kernel's own switch: the last before the kernel.
        var text = ""
        for _ in 0..<10_000 {
            text = commands.execute("continue").text
            if text.hasPrefix("breakpoint 1") { break }
            #expect(text.hasPrefix("catchpoint 2"))
        }
        #expect(text.contains("Kernel.swift:\(begin)          KernelStart.begin()"))
        let kernel = debugger.machine.steps
        expect("step-line", "step ")
        #expect(debugger.sourceLocation(at: debugger.location.linear)?.path.contains("/Kernel/Sources/") == true)
        expect("delete all")
        // The shell's first line: what it calls.
        let shell = try #require(try debugger.symbols.symbol(named: "Shell.main"))
        expect("tbreak Shell.main", "breakpoint 3 at ")
        expect("continue", "breakpoint 3 at Shell.main", "<Shell.main()>")
        #expect(debugger.location.linear == shell.address)
        #expect(debugger.registers.cpl == 3)
        let user = debugger.machine.steps
        expect("next-line", "Shell.swift:")
        // By a system call into the kernel's Swift code, and its callers.
        expect("tbreak SystemCalls.dispatch", "breakpoint 4 at ")
        expect("continue", "breakpoint 4")
        let backtrace = commands.execute("backtrace").text
        #expect(backtrace.contains("     -- int 0x80, from privilege level 3 and its stack\n"), "\(backtrace)")
        #expect(backtrace.contains("<_start+"), "\(backtrace)")
        #expect(!backtrace.contains("?"), "nothing is a guess: \(backtrace)")
        // Back: out of the kernel, to the shell's line, to the kernel's, to the mode switch, to the beginning.
        for _ in 0..<8 where debugger.registers.cpl == 0 { _ = commands.execute("reverse-finish") }
        #expect(debugger.registers.cpl == 3)
        expect("tbreak Shell.main")
        expect("reverse-continue", "<Shell.main()>")
        #expect(debugger.machine.steps == user)
        expect("tbreak Kernel.swift:\(begin)")
        expect("reverse-continue", "Kernel.swift:\(begin)          KernelStart.begin()")
        #expect(debugger.machine.steps == kernel)
        expect("reverse-next-line", "Kernel.swift:\(begin - 1)")
        expect("catch mode")
        expect("reverse-continue", "next comes cr0: ", "(protected mode begins)")
        #expect(debugger.registers.cr0 & 1 == 0)
        expect("delete all")
        expect("reverse-continue", "this is the beginning of the recording", "f000:fff0")
        #expect(debugger.machine.steps == 0)
    }

    /// A boot sector that somebody has written by hand, in real mode, and the firmware behind its `int`.
    @Test(.enabled(if: TestMachine.isAvailable, "clang or ld.lld is not installed"))
    func aPlainBootSector() throws {
        let program = try Toolchain.assemble(
            """
            .code16
            .type start, @function
            start:
                xor ax, ax
                mov ds, ax
                mov ss, ax
                mov sp, 0x7c00
                mov cx, 3
            next:
                mov ax, 0x0e41
                call show
                loop next
                cli
                hlt
            .type show, @function
            show:
                push bx
                xor bx, bx
                int 0x10
                pop bx
                ret
            .size show, . - show
            """, at: 0x7C00)
        var sector = Array(TestMachine.rom(program).prefix(510))
        sector += [0x55, 0xAA] + [UInt8](repeating: 0, count: 64 << 10)
        let commands = try Self.commands(disk: sector)
        let debugger = commands.debugger
        try debugger.symbols.load(program, name: "boot.elf")
        #expect(commands.execute("break start").text == "breakpoint 1 at 00007c00 <start>")
        #expect(commands.execute("continue").text.contains("0000:7c00 <start>  xor ax, ax"))
        #expect(commands.execute("catch interrupt 0x10 if cx == 2").text == "catchpoint 2: interrupt 0x10 if cx == 2")
        let entry = commands.execute("continue").text
        #expect(entry.hasPrefix("catchpoint 2: software interrupt 0x10\n"))
        #expect(entry.contains("  f000:"))
        let callers = commands.execute("backtrace").text
        #expect(callers.contains("     -- int 0x10\n#1   0000:7c"), "\(callers)")
        #expect(callers.contains("<show+0x"), "\(callers)")
        #expect(commands.execute("finish").text.contains("<show+0x5>  pop bx"))
        #expect(commands.execute("screen").text.contains("AA"))
        #expect(commands.execute("reverse-continue").text.contains("next comes software interrupt 0x10"))
        #expect(debugger.registers.general[1] & 0xFFFF == 2)
        #expect(commands.execute("reverse-step").text.contains("xor bx, bx"))
    }

    /// GRUB's stages, of which there are no symbols: real mode, its switches to protected mode and back.
    @Test(.enabled(if: GRUB.isAvailable, "grub-mkrescue or its PC modules are not installed"))
    func grubInRealMode() throws {
        let disc = try GRUB.disc(kernel: try BuiltImages.bytes("kernel.img"))
        let commands = try Self.commands(disk: disc, memory: 64)
        let debugger = commands.debugger
        #expect(commands.execute("until 0:7c00").text.contains("  0000:7c00  "))
        #expect(commands.execute("disassemble").text.contains("=> 00007c00"))
        #expect(commands.execute("catch mode").text == "catchpoint 1: changes of mode")
        let first = commands.execute("continue").text
        #expect(first.contains("(protected mode begins)"), "\(first)")
        let switched = debugger.machine.steps
        // Back and forth between the modes, as GRUB calls the firmware.
        let second = commands.execute("continue").text
        #expect(second.contains("(protected mode ends)"), "\(second)")
        let ended = debugger.machine.steps
        #expect(commands.execute("catch interrupt 0x13").text == "catchpoint 2: interrupt 0x13")
        #expect(commands.execute("disable 1").text.isEmpty)
        #expect(commands.execute("continue").text.hasPrefix("catchpoint 2: software interrupt 0x13\n"))
        #expect(debugger.usesRealModeVectors)
        #expect(commands.execute("backtrace").text.contains("     -- int 0x13\n"))
        _ = commands.execute("delete all")
        _ = commands.execute("catch mode")
        // Backwards through the same switches.
        _ = commands.execute("goto \(ended)")
        #expect(commands.execute("reverse-continue").text.contains("(protected mode ends)"))
        let back = commands.execute("reverse-continue")
        #expect(back.text.contains("(protected mode begins)"))
        #expect(debugger.machine.steps == switched - 1)
        #expect(debugger.registers.cr0 & 1 == 0)
    }
}

/// A disc with GRUB, as `grub-mkrescue` makes it, which boots from a hard disk as well.
private enum GRUB {
    static var isAvailable: Bool {
        Toolchain.has("grub-mkrescue") && Toolchain.has("xorriso")
            && FileManager.default.fileExists(atPath: "/usr/lib/grub/i386-pc/linux16.mod")
    }

    static func disc(kernel: [UInt8]) throws -> [UInt8] {
        try Toolchain.withTemporaryDirectory { folder in
            let tree = folder.appendingPathComponent("tree")
            let boot = tree.appendingPathComponent("boot/grub")
            try FileManager.default.createDirectory(at: boot, withIntermediateDirectories: true)
            try Data(kernel).write(to: tree.appendingPathComponent("boot/kernel.img"))
            let menu = "set timeout=0\nmenuentry \"kernel\" { linux16 /boot/kernel.img }\n"
            try Data(menu.utf8).write(to: boot.appendingPathComponent("grub.cfg"))
            let disc = folder.appendingPathComponent("disc.iso")
            try Toolchain.run("grub-mkrescue", ["-o", disc.path, tree.path])
            return [UInt8](try Data(contentsOf: disc))
        }
    }
}
