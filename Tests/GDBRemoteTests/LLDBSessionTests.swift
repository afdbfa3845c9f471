import ProcessTestSupport
import Testing
import ToolchainTestSupport

/// The Swift toolchain's lldb against `vm`.
@Suite(
    .enabled(
        if: Toolchain.environmentOfLLDB != nil, "the toolchain's lldb does not start here (is its libpython installed?)"
    ),
    .enabled(if: BuiltEmulator.areImagesBuilt, "images/ is empty: run `make image` first"))
struct LLDBSessionTests {
    private let kernel = BuiltEmulator.images.appendingPathComponent("kernel.elf").path

    private func session(_ emulator: RunningEmulator, _ commands: [String]) throws -> String {
        let environment = (Toolchain.environmentOfLLDB ?? [:]).map { "\($0.key)=\($0.value)" }
        return try emulator.session(
            ["env"] + environment + [Toolchain.path(of: "lldb"), "-x", "-b"], option: "-o", commands)
    }

    /// From the reset vector through the mode switch to a Swift line in the kernel and one in a user program, and
    /// backwards through the same.
    @Test func fromTheResetVectorToAUserProgramAndBack() throws {
        let emulator = try RunningEmulator()
        let shell = BuiltEmulator.programs.appendingPathComponent("shell.elf").path
        let line =
            try BuiltEmulator.line(
                of: "mutating func release(_ frame: UInt32)", in: "Kernel/Sources/KernelLogic/FrameBitmap.swift") + 1
        let output = try session(
            emulator,
            [
                "target create \(kernel)", "target modules add \(shell)",
                "target modules load --file \(shell) --slide 0",
                "gdb-remote PLACE", "breakpoint set --file FrameBitmap.swift --line \(line)", "process continue",
                "frame variable frame", "breakpoint disable 1", "breakpoint set -n Shell.main", "process continue",
                "register read cpl", "frame info", "breakpoint enable 1", "process continue --reverse", "frame info",
                "breakpoint disable 1", "breakpoint disable 2", "process continue --reverse",
            ])
        #expect(output.contains("stop reason = breakpoint 1.1"), "\(output)")
        #expect(output.contains("(UInt32) frame = 16"))
        #expect(output.contains("stop reason = breakpoint 2.1"))
        #expect(output.contains("cpl = 0x00000003"))
        #expect(output.contains("at Shell.swift:"))
        #expect(output.components(separatedBy: "FrameBitmap.swift:\(line)").count >= 3)
        // There lldb's batch mode gives up.
        #expect(output.contains("stop reason = history boundary"))
        #expect(output.components(separatedBy: "->  0xfffffff0: ljmp").count == 3)
    }

    @Test func toASwiftLineAndBack() throws {
        let emulator = try RunningEmulator()
        let output = try session(
            emulator,
            [
                "target create \(kernel)", "gdb-remote PLACE", "register read cs_base",
                "breakpoint set -n Kernel_main", "process continue", "register read cr0",
                "watchpoint set expression -l c -w write -s 4 -- &interrupt_descriptor_table", "process continue",
                "process plugin packet monitor where", "process continue --reverse", "process continue --reverse",
                "process detach", "gdb-remote PLACE", "process kill",
            ])
        #expect(output.contains("cs_base = 0xffff0000"), "\(output)")
        #expect(output.contains("stop reason = breakpoint 1.1"))
        #expect(output.contains("static Kernel.main() at Kernel.swift:"))
        #expect(output.contains("PE = 1"))
        #expect(output.contains("stop reason = watchpoint 1"))
        #expect(output.contains("DescriptorTables.initialise()"))
        #expect(output.components(separatedBy: "stop reason = watchpoint 1").count == 3)
        #expect(output.components(separatedBy: "stop reason = breakpoint 1.1").count >= 3)
        // At the reset vector, at the four above, and after connecting again, which may be before the guest has moved.
        #expect(output.components(separatedBy: "stop reason = ").count == 7, "\(output)")
        #expect(emulator.exitCode() == 0)
    }
}
