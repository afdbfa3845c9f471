import EmulatorTestSupport
import Foundation
import ProcessTestSupport
import Testing

/// Debian's gdb against `vm`, booting our kernel from the reset vector.
@Suite(
    .enabled(if: BoundedProcess.find("gdb") != nil, "gdb is not installed"),
    .enabled(if: BuiltEmulator.areImagesBuilt, "images/ is empty: run `make image` first"))
struct GDBSessionTests {
    private let kernel = "file " + BuiltEmulator.images.appendingPathComponent("kernel.elf").path

    /// What stands between two lines that `echo` has left.
    private func part(_ name: String, of output: String) -> String {
        let parts = output.components(separatedBy: "<\(name)>\n")
        return parts.count > 1 ? String(parts[1].components(separatedBy: "<end>").first ?? "") : ""
    }

    private func marked(_ name: String, _ commands: String...) -> [String] {
        ["echo <\(name)>\\n"] + commands + ["echo <end>\\n"]
    }

    /// Without any script, the mode at hand when gdb connects is enough for the firmware and the boot sector.
    @Test func realModeFromTheResetVector() throws {
        let emulator = try RunningEmulator()
        let output = try emulator.gdb(
            ["target remote PLACE"] + marked("reset", "x/i $pc", "print/x $cs", "print/x $cs_base")
                + ["break *0x7c00", "continue"]
                + marked("boot", "print $pc", "x/2xb 0x7dfe", "x/i $pc", "info registers cr0")
                + ["stepi"] + marked("step", "print $pc") + ["reverse-stepi"] + marked("back", "print $pc", "x/i $pc")
                + ["delete", "reverse-continue"] + marked("beginning", "print $pc") + ["kill"],
            script: false)
        #expect(part("reset", of: output).contains("=> 0xfffffff0:\tljmp   $0xf000,$0x"), "\(output)")
        #expect(part("reset", of: output).contains("$1 = 0xf000"))
        #expect(part("reset", of: output).contains("$2 = 0xffff0000"))
        #expect(output.contains("Breakpoint 1, 0x00007c00"))
        #expect(part("boot", of: output).contains("0x7dfe:\t0x55\t0xaa"))
        #expect(part("boot", of: output).contains("=> 0x7c00:\tjmp    0x7c"))
        #expect(part("boot", of: output).contains("[ ET"))
        #expect(!part("step", of: output).contains("0x7c00"))
        #expect(part("back", of: output).contains("=> 0x7c00:\tjmp    0x7c"))
        #expect(output.contains("No more reverse-execution history."))
        #expect(part("beginning", of: output).contains("0xfffffff0"))
        #expect(emulator.exitCode() == 0)
    }

    /// Through the mode switch into Swift, where a watchpoint finds the IDT's first entry; and all the way back.
    @Test func toTheKernelAndBack() throws {
        let emulator = try RunningEmulator()
        let output = try emulator.gdb(
            [kernel, "target remote PLACE", "tbreak *0x7c00", "continue"] + marked("boot", "x/2i $pc")
                + ["tbreak *&Kernel_main", "continue"]
                + marked("kernel", "x/i $pc", "info registers cr0 cs_bits", "print $esp == $sp", "x/1xw $sp")
                + ["watch *(long long *) &interrupt_descriptor_table", "continue"]
                + marked("watched", "print *(long long *) &interrupt_descriptor_table != 0", "info line *$pc")
                + ["reverse-continue"] + marked("before", "print *(long long *) &interrupt_descriptor_table")
                + marked("monitor", "monitor last-write cr0", "monitor idt 0", "monitor nonsense")
                + ["delete", "break *0x7c00", "reverse-continue"] + marked("again", "x/2i $pc", "show architecture")
                + marked("goto", "vm goto 3", "x/i $pc", "print $cs_base + 1") + ["kill"])
        #expect(part("boot", of: output) == part("again", of: output).components(separatedBy: "The target").first)
        #expect(part("boot", of: output).contains("=> 0x7c00:\tjmp    0x7c"))
        #expect(part("kernel", of: output).contains("<Kernel_main>:\tpush   %ebp"), "\(output)")
        #expect(part("kernel", of: output).contains("[ PE"))
        #expect(part("kernel", of: output).contains("0x20"))
        #expect(output.contains("Old value = 0\nNew value = "))
        #expect(part("watched", of: output).contains("$2 = 1"))
        #expect(part("watched", of: output).contains("DescriptorTables.swift"))
        #expect(output.contains("\nNew value = 0\n"))
        #expect(part("before", of: output).contains("$3 = 0"))
        #expect(part("monitor", of: output).contains("mov cr0, "))
        #expect(part("monitor", of: output).contains("there is no command 'nonsense'"))
        #expect(part("again", of: output).contains("\"i8086\""))
        #expect(part("goto", of: output).contains("step 3  f000:"))
        #expect(part("goto", of: output).contains("=> 0xf"))
        #expect(emulator.exitCode() == 0)
    }

    /// The shell, at level 3 in an address space of its own: over a line of Swift, and back. gdb knows `Shell.main()`
    /// by its mangled name only.
    @Test func aSwiftLineOfAUserProgram() throws {
        let emulator = try RunningEmulator()
        let shell = BuiltEmulator.programs.appendingPathComponent("shell.elf").path
        let output = try emulator.gdb(
            ["file \(shell)", "target remote PLACE", "break '$e5ShellAAV4mainyyFZ'", "continue"]
                + marked("line", "print $cpl", "info line *$pc", "print $pc") + ["next"]
                + marked("next", "print $pc == $2") + ["reverse-continue"] + marked("back", "print $pc == $2") + [
                    "kill"
                ])
        #expect(part("line", of: output).contains("$1 = 3"), "\(output)")
        #expect(part("line", of: output).contains("Shell.swift"))
        #expect(part("next", of: output).contains("$3 = 0"))
        #expect(part("back", of: output).contains("$4 = 1"))
    }

    /// One session from the reset vector through the mode switch to a Swift line in the kernel and one in a user
    /// program, and backwards through the same.
    @Test func everythingInOneSession() throws {
        let emulator = try RunningEmulator()
        let shell = BuiltEmulator.programs.appendingPathComponent("shell.elf").path
        let line = try BuiltEmulator.line(
            of: "idt[Int(vector) * 2] =", in: "Kernel/Sources/Kernel/Processor/DescriptorTables.swift")
        let output = try emulator.gdb(
            [kernel, "add-symbol-file \(shell)", "target remote PLACE"] + marked("reset", "x/i $pc")
                + ["tbreak *0x7c00", "continue", "break DescriptorTables.swift:\(line)", "ignore 2 3", "continue"]
                + marked("kernel", "info line *$pc", "print $cpl")
                + ["disable 2", "break '$e5ShellAAV4mainyyFZ'", "continue"]
                + marked("user", "info line *$pc", "print $cpl") + ["enable 2", "reverse-continue"]
                + marked("back", "info line *$pc", "print $cpl") + ["delete", "break *0x7c00"]
                + ["reverse-continue"] + marked("boot", "x/i $pc") + ["delete", "reverse-continue"]
                + marked("beginning", "x/i $pc") + ["kill"])
        #expect(part("reset", of: output).contains("=> 0xfffffff0:\tljmp   $0xf000,$0x"), "\(output)")
        #expect(part("kernel", of: output).contains("Line \(line) of \""), "\(output)")
        #expect(part("kernel", of: output).contains("$1 = 0"))
        #expect(part("user", of: output).contains("Shell.swift\""))
        #expect(part("user", of: output).contains("$2 = 3"))
        #expect(part("back", of: output).contains("Line \(line) of \""))
        #expect(part("back", of: output).contains("$3 = 0"))
        #expect(part("boot", of: output).contains("=> 0x7c00:\tjmp    0x7c"))
        #expect(part("beginning", of: output).contains("=> 0xfffffff0:\tljmp   $0xf000,$0x"))
        #expect(emulator.exitCode() == 0)
    }

    /// Before there is a kernel the processor is the only thread; then the kernel's are all there, with registers,
    /// memory and frames of their own.
    @Test func threadsOfTheKernel() throws {
        let emulator = try RunningEmulator()
        let shell = BuiltEmulator.programs.appendingPathComponent("shell.elf").path
        let output = try emulator.gdb(
            ["file \(shell)", "target remote PLACE"] + marked("before", "info threads")
                + ["break '$e5ShellAAV4mainyyFZ'", "continue"]
                + marked("threads", "info threads") + marked("running", "thread", "print $pc", "print $cr3")
                + marked("frames", "thread apply all bt 1")
                + marked(
                    "other",
                    "python next(t for t in gdb.selected_inferior().threads() if t.name == \"process-manager\").switch()",
                    "print $cpl", "print $cr3", "x/2xb $pc - 2", "print $eip == $pc")
                + marked("changed", "print $edi = 0x1234", "print $edi", "print $st0")
                + ["thread 1"] + marked("idle", "x/i $pc", "print $cpl")
                + ["delete", "reverse-continue"] + marked("beginning", "info threads", "print $pc") + ["kill"])
        #expect(part("before", of: output).contains("\"processor\""), "\(output)")
        let threads = part("threads", of: output)
        for name in ["kernel", "process-manager", "console", "shell"] {
            #expect(threads.contains("\"\(name)\""), "\(threads)")
        }
        #expect(threads.contains("receives at endpoint"))
        let frames = part("frames", of: output)
        #expect(frames.components(separatedBy: "\n#0 ").count > 8, "\(frames)")
        // The process manager waits in a system call, in its own address space.
        let other = part("other", of: output)
        #expect(other.contains("= 3"), "\(output)")
        #expect(other.contains("0xcd\t0x80") || other.contains("0x0f\t0x34"), "\(output)")
        #expect(!other.contains("Cannot access"))
        let running = part("running", of: output).split(separator: " ").last
        #expect(running != nil && !other.contains(" = \(running ?? "")"))
        let changed = part("changed", of: output)
        #expect(changed.components(separatedBy: "= 4660").count == 3, "\(changed)")
        #expect(changed.contains("<unavailable>"))
        #expect(part("idle", of: output).contains("= 0"))
        #expect(part("beginning", of: output).contains("\"processor\""))
        #expect(emulator.exitCode() == 0)
    }

    /// A saved run ends where it was saved, and gdb can walk in it both ways.
    @Test func aRecordingIsReplayed() throws {
        let scratch = try ScratchDirectory()
        let recording = scratch.url.appendingPathComponent("recording").path
        let program = BuiltEmulator.executable.path
        let image = BuiltEmulator.images.appendingPathComponent("kernel.img").path
        let (_, status) = try BoundedProcess.run(
            [program, "--console", "none", "--snapshot", "--until", "700000", "--record", recording, image],
            seconds: 60, in: scratch.url)
        try #require(status == 0)
        let emulator = try RunningEmulator(["--replay", recording])
        let output = try emulator.gdb(
            ["target remote PLACE", "continue"] + marked("end", "monitor location") + ["reverse-continue"]
                + marked("beginning", "monitor location") + ["kill"])
        #expect(output.components(separatedBy: "No more reverse-execution history.").count == 3, "\(output)")
        #expect(part("end", of: output).hasPrefix("step 700000 "))
        #expect(part("beginning", of: output).hasPrefix("step 0 "))
    }

    /// What gdb changes is changed: the boot goes on with it.
    @Test func registersAndMemoryAreChanged() throws {
        let emulator = try RunningEmulator()
        let output = try emulator.gdb(
            ["target remote PLACE", "break *0x7c00", "continue", "set $ecx = 0x12345678", "set $st0 = 1.5"]
                + ["set $xmm1.v4_int32[1] = 7", "set {int} 0x500 = 0x55aa", "set $pc = 0x7c02"]
                + marked("changed", "print/x $cx", "print $st0", "print $xmm1.v4_int32", "x/1xw 0x500", "x/i $pc")
                + marked("refused", "set $cr0 = 1", "set {char} 0xf0000 = 1") + ["kill"])
        let changed = part("changed", of: output)
        #expect(changed.contains("$1 = 0x5678"), "\(output)")
        #expect(changed.contains("$2 = 1.5"))
        #expect(changed.contains("$3 = {0, 7, 0, 0}"))
        #expect(changed.contains("0x500:\t0x000055aa"))
        #expect(changed.contains("=> 0x7c02:"))
        #expect(part("refused", of: output).contains("Could not write register \"cr0\""))
        #expect(part("refused", of: output).contains("Cannot access memory at address 0xf0000"))
    }

    /// The guest boots on after `detach`; who connects later finds it where it is, and its past with it.
    @Test func detachedItRunsAndTakesAnotherClient() throws {
        let emulator = try RunningEmulator()
        let first = try emulator.gdb(["target remote PLACE", "break *0x7c00", "continue", "detach"])
        #expect(first.contains("Breakpoint 1, 0x00007c00"), "\(first)")
        #expect(first.contains("detached"))
        #expect(emulator.waits(for: "martlet> "))
        let second = try emulator.gdb(
            [kernel, "target remote PLACE"] + marked("mode", "print $cs_bits", "info breakpoints")
                + ["break *&Kernel_main", "reverse-continue"] + marked("kernel", "x/i $pc") + ["kill"])
        #expect(part("mode", of: second).contains("$1 = 32"), "\(second)")
        #expect(part("mode", of: second).contains("No breakpoints"))
        #expect(part("kernel", of: second).contains("<Kernel_main>:\tpush   %ebp"))
        #expect(emulator.exitCode() == 0)
    }
}
