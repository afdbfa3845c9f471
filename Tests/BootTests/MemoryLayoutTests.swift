import Foundation
import Testing

/// The kernel's memory held against docs/memory-map.md, on machines of several sizes: the parts, their order, and that
/// nothing lies between them.
@Suite(.serialized) struct MemoryLayoutTests {
    /// What one `layout:` line says.
    private enum Line: Equatable {
        /// A part: first and last address.
        case part(String, UInt32, UInt32)
        /// A bound between parts.
        case bound(String, UInt32)

        init?(_ text: Substring) {
            let fields = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: true)
            guard fields.count == 3, fields[0] == "layout:" else { return nil }
            let name = fields[2].trimmingCharacters(in: .whitespaces)
            let addresses = fields[1].split(separator: "-").compactMap { UInt32($0.dropFirst(2), radix: 16) }
            switch addresses.count {
            case 1: self = .bound(name, addresses[0])
            case 2: self = .part(name, addresses[0], addresses[1])
            default: return nil
            }
        }

        var name: String {
            switch self {
            case .part(let name, _, _), .bound(let name, _): name
            }
        }
    }

    private func layout(of log: String) -> [Line] {
        log.split(separator: "\r\n").compactMap { Line($0) }
    }

    @Test(arguments: [4, 16, 64, 1024])
    func isTheSeeds(memory: Int) async throws {
        let image = try BuiltFile.kernelImage.url()
        let bytes = try Data(contentsOf: image)
        // docs/image-format.md: the descriptor's total size is 56 bytes into it, and it 16 bytes into the kernel.
        let descriptor = (Int(bytes[0x1F1]) + 1) * 512 + 16
        let totalSize = bytes[(descriptor + 56)..<(descriptor + 60)].reversed().reduce(UInt32(0)) {
            $0 << 8 | UInt32($1)
        }

        let configuration = MachineConfiguration(medium: .kernel, memory: memory)
        let engine = QEMU(arguments: ["-append", "layout"])
        try await withMachine(engine, configuration, image: image) { machine in
            let log = try await machine.wait(for: "\n" + KernelLog.prompt)
            let lines = layout(of: log)
            #expect(
                lines.map(\.name) == [
                    "never mapped", "available for global mappings", "kernel_start", "microkernel and process manager",
                    "payload", "kernel_top", "bios memory map", "kernel memory map", "kernel boot heap",
                    "kernel stack (boot)", "initial page allocations", "kernel_region_top",
                    "available for global mappings", "KLIMIT", "user memory space",
                ])
            // From 0 to 4 GB, each part begins where the one before ends, and the bounds lie between.
            var next: UInt32 = 0
            for line in lines {
                switch line {
                case .part(_, let first, let last):
                    #expect(first == next && last >= first, "\(line)")
                    #expect(first % 4096 == 0 && last % 4096 == 4095, "\(line)")
                    next = last &+ 1
                case .bound(_, let address):
                    #expect(address == next, "\(line)")
                }
            }
            #expect(next == 0)
            #expect(lines.first == .part("never mapped", 0, 0xFFF))
            #expect(lines.contains(.bound("kernel_start", 0x10_0000)))
            #expect(lines.contains(.bound("kernel_top", 0x10_0000 + (totalSize + 4095) & ~4095)))
            #expect(lines.contains(.bound("KLIMIT", 0x800_0000)))

            // The shell's `mem` says the same as the boot option.
            let length = machine.serialOutput.count
            try machine.send("mem\r")
            let answer = try await machine.wait(for: "\n" + KernelLog.prompt, from: length)
            #expect(layout(of: answer) == lines)
        }
    }
}
