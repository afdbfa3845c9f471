import ProcessTestSupport
import Testing
import ToolchainTestSupport

/// The Swift toolchain's lldb against `vm`.
@Suite(
    .enabled(if: Toolchain.has("lldb"), "the toolchain's lldb does not start here (is its libpython installed?)"),
    .enabled(if: BuiltEmulator.areImagesBuilt, "images/ is empty: run `make image` first"))
struct LLDBSessionTests {
    @Test func toASwiftLineAndBack() throws {
        let emulator = try RunningEmulator()
        let kernel = BuiltEmulator.images.appendingPathComponent("kernel.elf").path
        let output = try emulator.session(
            [Toolchain.path(of: "lldb"), "-x", "-b"], option: "-o",
            [
                "target create \(kernel)", "gdb-remote PLACE", "register read cs_base",
                "breakpoint set -n Kernel_main", "process continue", "register read cr0",
                "watchpoint set expression -l c -w write -s 4 -- &interrupt_descriptor_table", "process continue",
                "process plugin packet monitor where", "process continue --reverse", "process continue --reverse",
                "process detach", "gdb-remote PLACE", "process kill",
            ])
        #expect(output.contains("cs_base = 0xffff0000"), "\(output)")
        #expect(output.contains("stop reason = breakpoint 1.1"))
        #expect(output.contains("-> 23  \t        SerialPort.initialise()"))
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
