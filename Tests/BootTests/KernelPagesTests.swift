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
    func `the kernel's pages are global where the processor knows such`(
        processor: MachineConfiguration.Processor, isGlobal: Bool
    ) throws {
        let machine = try boot(processor)
        #expect((machine.processor.state.pointee.cr4 & Self.pageGlobalEnable != 0) == isGlobal)
        let code = try #require(machine.processor.inspectPage(at: 0x10_0000))
        #expect(code.isPresent && code.page == 0x10_0000)
        #expect((code.tableEntry & PageEntry.global != 0) == isGlobal)
        #expect(code.rights == 0, "neither writable nor the user's")
        #expect(try #require(machine.processor.inspectPage(at: 0)).isPresent == false)
    }

    /// CR0.WP: read-only pages are that for ring 0 too (SDM vol. 3A, 2.5).
    private static let writeProtect: UInt32 = 0x1_0000

    @Test func `what nobody writes is protected from the kernel itself, and stacks from each other`() throws {
        let machine = try boot(.pentium3)
        #expect(machine.processor.state.pointee.cr0 & Self.writeProtect != 0)
        func page(_ address: UInt32) throws -> (isPresent: Bool, isWritable: Bool, isUser: Bool) {
            let page = try #require(machine.processor.inspectPage(at: address))
            return (page.isPresent, page.rights & PageEntry.writable != 0, page.rights & PageEntry.user != 0)
        }
        // All of the image but the kernel's variables: its text and constants before them, and what lies behind.
        let image = try Data(contentsOf: try BuiltFile.kernelImage.url())
        let end = 0x10_0000 + UInt32(image.count) - 0x1E00
        var protected = 0
        var isVariable: [Bool] = []
        for address in stride(from: UInt32(0x10_0000), to: end & ~4095, by: 4096) {
            let page = try page(address)
            #expect(page.isPresent && !page.isUser)
            if !page.isWritable { protected += 1 }
            if isVariable.last != page.isWritable { isVariable.append(page.isWritable) }
        }
        // The file is padded at its end.
        #expect(isVariable.prefix(3) == [false, true, false])
        #expect(protected * 4096 > image.count * 3 / 4)
        // Kernel stacks from 0x7400000 on: two pages each, under a guard page (docs/memory-map.md).
        for stack in 0..<8 as Range<UInt32> {
            let guardPage = 0x740_0000 + stack * 0x3000
            #expect(try !page(guardPage).isPresent)
            for offset in [0x1000, 0x2000] as [UInt32] {
                let page = try page(guardPage + offset)
                #expect(page.isPresent && page.isWritable && !page.isUser)
            }
        }
    }
}
