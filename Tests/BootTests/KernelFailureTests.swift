import Foundation
import Testing

/// What the kernel says when it fails itself, provoked by the boot option `fail=`.
@Suite(.serialized) struct KernelFailureTests {
    private func report(_ kind: String, processor: MachineConfiguration.Processor) async throws -> String {
        let configuration = MachineConfiguration(medium: .kernel, processor: processor)
        let image = try BuiltFile.kernelImage.url()
        return try await withMachine(QEMU(arguments: ["-append", "fail=\(kind)"]), configuration, image: image) {
            machine in
            try await machine.wait(for: " + ")
            // Halted for good: nothing more comes.
            try await Task.sleep(for: .milliseconds(500))
            return machine.serialOutput
        }
    }

    @Test(arguments: [MachineConfiguration.Processor.i486, .max])
    func pageFaultIsReportedWithSymbols(processor: MachineConfiguration.Processor) async throws {
        let log = try await report("page", processor: processor)
        #expect(
            log.contains("kernel failure: page fault (14), error code 0000: kernel read of a page that is not mapped"))
        #expect(log.contains("cr2 0x00000000"))
        #expect(log.contains("memory_read32 + "))
        #expect(log.contains("KernelStart.begin() + "))
        #expect(!log.contains(KernelLog.prompt))
    }

    @Test(arguments: [MachineConfiguration.Processor.i486, .max])
    func stackOverflowIsReportedOnAnotherStack(processor: MachineConfiguration.Processor) async throws {
        let log = try await report("stack", processor: processor)
        #expect(log.contains("kernel failure: double fault (8)"))
        #expect(log.contains("exhaust_stack + "))
    }
}
