import EmulatorTestSupport
import Foundation
import Testing

/// Images that a bad cable, an interrupted copy or a partition editor may leave behind: each is named in words.
@Suite(.serialized) struct BrokenImageTests {
    /// Offset of the protected-mode part in the image, in bytes: boot sector and 14 sectors of setup code.
    private static let protectedMode = 15 * 512

    /// Boots a changed image from disk, and waits for `message` on screen (where all messages go) or COM1.
    private func expect(
        _ message: String, medium: BootMedium = .disk, change: (inout Data) -> Void
    ) async throws {
        let directory = try ScratchDirectory()
        let image = try BuiltFile.kernelImage.copy(in: directory, change: change)
        try await withMachine(QEMU(), MachineConfiguration(medium: medium), image: image) { machine in
            try await machine.waitForScreen("Martlet: " + message)
        }
    }

    /// Boots an image with one bit wrong in a section other than the kernel, and waits for the kernel's words on COM1.
    ///
    /// - Parameter field: Offset of the section's offset and size in the image descriptor (docs/image-format.md).
    private func expectCorrupt(_ name: String, field: Int, then consequence: String) async throws {
        let directory = try ScratchDirectory()
        let image = try BuiltFile.kernelImage.copy(in: directory) { image in
            let start = Self.protectedMode + 16 + field
            let values = [0, 4].map { word in
                (0..<4).reversed().reduce(0) { $0 << 8 | Int(image[start + word + $1]) }
            }
            image[Self.protectedMode + values[0] + values[1] / 2] ^= 0x10
        }
        try await withMachine(QEMU(), MachineConfiguration(), image: image) { machine in
            try await machine.wait(for: "image: \(name) is corrupt: checksum ")
            try await machine.wait(for: consequence)
        }
    }

    private func flip(_ offset: Int) -> (inout Data) -> Void {
        { $0[offset] ^= 0x10 }
    }

    @Test(arguments: [BootMedium.disk, .floppy1440, .kernel])
    func corruptKernel(medium: BootMedium) async throws {
        try await expect("kernel is corrupt: checksum", medium: medium, change: flip(Self.protectedMode + 5000))
    }

    @Test(arguments: [BootMedium.disk, .kernel])
    func corruptDescriptor(medium: BootMedium) async throws {
        try await expect(
            "image is damaged: checksum of the image descriptor", medium: medium, change: flip(Self.protectedMode + 40))
    }

    @Test func corruptProcessManager() async throws {
        try await expectCorrupt(
            "process manager", field: 20, then: "stopped: the kernel image is corrupt; write it anew")
    }

    @Test func corruptSymbolTable() async throws {
        try await expectCorrupt("symbol table", field: 32, then: "\n" + KernelLog.prompt)
    }

    @Test func corruptPayload() async throws {
        try await expectCorrupt("payload", field: 44, then: "process-manager: the kernel image has no payload")
    }

    @Test func corruptSetupCode() async throws {
        try await expect("setup code is corrupt: checksum", change: flip(0x900))
    }

    @Test func diskThatEndsInsideTheKernel() async throws {
        // Two whole cylinders less than the image, so that the BIOS still finds a geometry: what is missing is the end.
        try await expect("image is truncated: the disk ends before the image does") { image in
            // The image claims to be larger than it is; its own end stays readable.
            image.replaceSubrange(0x26C..<0x270, with: withUnsafeBytes(of: UInt32(0x20_0000).littleEndian, Array.init))
        }
    }

    @Test func imageCutOffInsideTheSetupCode() async throws {
        try await expect("image is truncated or damaged") { image in
            image.replaceSubrange(0x1000..., with: Data(count: image.count - 0x1000))
        }
    }

    @Test func imageWithoutAKernel() async throws {
        try await expect("image is truncated or damaged: no kernel at 1 MB") { image in
            image.replaceSubrange(Self.protectedMode..., with: Data(count: image.count - Self.protectedMode))
        }
    }

    /// A partition editor may clear everything that overlaps the partition table, and write a table.
    @Test func partitionTableInTheBootSector() async throws {
        let directory = try ScratchDirectory()
        let image = try BuiltFile.kernelImage.copy(in: directory) { image in
            image.replaceSubrange(0x03..<0x3E, with: Data(repeating: 0xA5, count: 0x3B))
            image.replaceSubrange(0x1B8..<0x1BE, with: [1, 2, 3, 4, 0, 0])
            image.replaceSubrange(0x1BE..<0x1FE, with: Data(count: 0x40))
            // An active partition of type 83h from sector 2048.
            image.replaceSubrange(0x1BE..<0x1CE, with: [0x80, 0, 33, 2, 0x83, 0, 65, 2, 0, 8, 0, 0, 0, 8, 0, 0])
        }
        try await withMachine(QEMU(), MachineConfiguration(), image: image) { machine in
            try await machine.wait(for: "Martlet ")
        }
    }
}
