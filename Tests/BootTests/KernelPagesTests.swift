import Foundation
import Machine
import Processor
import Testing

/// How the kernel maps itself, as the page tables of a booted machine say.
@Suite(.serialized) struct KernelPagesTests {
    /// Our emulator at the shell's prompt.
    private func boot(_ processor: String) throws -> Machine {
        var configuration = Machine.Configuration()
        configuration.memorySize = 8 << 20
        configuration.processorModel = processor
        configuration.firmware = [UInt8](try Data(contentsOf: try BuiltFile.firmware.url()))
        let image = [UInt8](try Data(contentsOf: try BuiltFile.kernelImage.url()))
        configuration.drives = [Machine.Drive(image: MemoryDisk(image), policy: .discard)]
        let machine = try Machine(configuration)
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

    @Test(arguments: [("pentium3", true), ("486", false)])
    func `the kernel's pages are global where the processor knows such`(processor: String, isGlobal: Bool) throws {
        let machine = try boot(processor)
        #expect((machine.processor.state.pointee.cr4 & Self.pageGlobalEnable != 0) == isGlobal)
        let code = try #require(machine.processor.inspectPage(at: 0x10_0000))
        #expect(code.isPresent && code.page == 0x10_0000)
        #expect((code.tableEntry & PageEntry.global != 0) == isGlobal)
        #expect(code.rights == 0, "neither writable nor the user's")
        #expect(try #require(machine.processor.inspectPage(at: 0)).isPresent == false)
    }
}
