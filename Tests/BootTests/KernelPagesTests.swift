import Foundation
import Machine
import Processor
import Testing

/// How the kernel maps itself, as the page tables of a booted machine say.
@Suite(.serialized) struct KernelPagesTests {
    /// Our emulator at the shell's prompt.
    private func boot(_ processor: MachineConfiguration.Processor) throws -> Machine {
        let configuration = MachineConfiguration(processor: processor, memory: 8)
        let machine = try Machine(
            try MartletVM().machineConfiguration(configuration, image: try BuiltFile.kernelImage.url()))
        let log = SerialLog()
        machine.output = log
        // Two minutes of the machine's time, of which it needs a few seconds.
        for _ in 0..<12_000 where !log.text.contains("\n" + KernelLog.prompt) {
            guard case .reached = machine.run(forNanoseconds: 10_000_000) else { break }
        }
        try #require(log.text.contains("\n" + KernelLog.prompt), "COM1 said: \(log.text)")
        return machine
    }

    /// CR4.PGE (SDM vol. 3A, 2.5).
    private static let pageGlobalEnable: UInt32 = 0x80

    @Test(arguments: [(MachineConfiguration.Processor.pentium3, true), (.i486, false)])
    func `the kernel's pages are global where the processor knows such`(processor: MachineConfiguration.Processor, isGlobal: Bool) throws {
        let machine = try boot(processor)
        #expect((machine.processor.state.pointee.cr4 & Self.pageGlobalEnable != 0) == isGlobal)
        let code = try #require(machine.processor.inspectPage(at: 0x10_0000))
        #expect(code.isPresent && code.page == 0x10_0000)
        #expect((code.tableEntry & PageEntry.global != 0) == isGlobal)
        #expect(code.rights == 0, "neither writable nor the user's")
        #expect(try #require(machine.processor.inspectPage(at: 0)).isPresent == false)
    }
}
