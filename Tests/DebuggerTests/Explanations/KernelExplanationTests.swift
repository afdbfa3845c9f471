import Debugger
import DebuggerTestSupport
import Foundation
import Machine
import Testing

/// Our own kernel, broken on purpose by its boot options: it reports itself and halts, and the machine still knows why.
@Suite(.enabled(if: BuiltImages.exist, "images/ is empty: run `make image` first"))
struct KernelExplanationTests {
    /// A debugger of a machine whose kernel was started with a command line, and has halted.
    private func halted(_ commandLine: String) throws -> Debugger {
        // Where a loader would leave it: in memory that nobody uses, and its address in the setup header
        // (the Linux/x86 boot protocol's cmd_line_ptr).
        let address: UInt32 = 0x600
        var image = try BuiltImages.bytes("kernel.img")
        for index in 0..<4 { image[0x228 + index] = UInt8(truncatingIfNeeded: address >> UInt32(8 * index)) }
        var configuration = Machine.Configuration()
        configuration.memorySize = 16 << 20
        configuration.firmware = try BuiltImages.bytes("bios.bin")
        configuration.drives = [Machine.Drive(image: MemoryDisk(image), policy: .discard)]
        let debugger = Debugger(try Machine(configuration))
        try debugger.symbols.load(try BuiltImages.bytes("kernel.elf"), name: "kernel.elf")
        debugger.run(toAddress: 0x7C00)
        debugger.writePhysicalMemory(Array(commandLine.utf8) + [0], at: address)
        let stop = debugger.continue(until: 1_000_000_000)
        try #require(stop.reason == .halted, "\(stop)")
        return debugger
    }

    @Test func aPageFaultInTheKernel() throws {
        let explanation = try halted("fail=page").explain()
        #expect(explanation.occasion == .halted)
        let causes = explanation.findings.map(\.cause)
        #expect(causes.contains(.lastException))
        #expect(causes.contains(.nullPointer), "\(explanation.text)")
        #expect(explanation.text.contains("the last exception was #PF page fault, address 00000000,"))
        #expect(explanation.text.contains("<memory_read32"))
        #expect(explanation.text.contains("through a null pointer"))
    }

    @Test func aStackOverflowInTheKernel() throws {
        let explanation = try halted("fail=stack").explain()
        #expect(explanation.occasion == .halted)
        let causes = explanation.findings.map(\.cause)
        #expect(causes.contains(.stackOverflow), "\(explanation.text)")
        #expect(causes.contains(.recursion))
        #expect(explanation.text.contains("exhaust_stack is at least 6"))
    }
}
