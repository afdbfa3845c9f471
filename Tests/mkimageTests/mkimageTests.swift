import ELF
import Foundation
import KernelImage
import Testing
import ToolSupport
import USTAR

@testable import mkimage

@Suite struct ImageTests {
    @Test func containsItsParts() throws {
        let parts = try TestParts()
        let image = try parts.image()
        try Array(image[1536...]).withUnsafeBytes { bytes in
            let descriptor = try ImageDescriptor(bytes)
            let kernel = try #require(descriptor.kernel.contents(in: bytes))
            #expect(kernel.count == 200 + 4096)  // .bss included
            #expect(kernel[80..<200].allSatisfy { $0 == 0xF4 })
            #expect(kernel[200...].allSatisfy { $0 == 0 })

            let manager = try ELFFile(try #require(descriptor.manager.contents(in: bytes)))
            #expect(manager.bytes.count == 88)  // headers and four bytes of code, nothing of what follows
            #expect(try manager.sections().isEmpty)
            #expect(manager.contents(of: manager.segments[0]).elementsEqual([0xCD, 0x80, 0xEB, 0xFE]))

            let payload = try USTARArchive(try #require(descriptor.payload.contents(in: bytes)))
            #expect(payload.map { $0.path.description } == ["bin/shell", "etc/motd"])
            let motd = try #require(payload.file(at: "etc/motd".utf8))
            #expect(motd.contents.elementsEqual("hello\n".utf8))
            // A program begins at a page of the image, and so of memory.
            let shell = try #require(payload.file(at: "bin/shell".utf8)?.contents.baseAddress)
            #expect((shell - bytes.baseAddress!) % 4096 == 0)
        }
    }

    @Test func endsWithAWholeCylinder() throws {
        #expect(try TestParts().image().count % (16 * 63 * 512) == 0)
    }

    @Test func headerTellsLoadersTheSize() throws {
        let image = try TestParts().image()
        let boot = try BootCode(image)
        let descriptor = try Array(image[1536...]).withUnsafeBytes { try ImageDescriptor($0) }
        #expect(boot.word(at: BootCode.Offset.systemSize) == (descriptor.totalSize + 15) / 16)
        // GRUB reads the whole file to 1 MB: the memory it sets aside must hold the padding too.
        #expect(Int(boot.word(at: BootCode.Offset.initialSize)) >= image.count - boot.bytes.count)
    }

    @Test func equalPartsMakeEqualImages() throws {
        #expect(try TestParts().image() == TestParts().image())
    }

    @Test func reportNamesEveryPart() throws {
        let report = try ImageListing(try TestParts().image()).report(name: "kernel.img")
        for part in ["boot sector", "setup code", "kernel", "process manager", "symbol table", "payload", "bin/shell"] {
            #expect(report.contains(part))
        }
    }
}

@Suite struct CorruptionTests {
    /// Every byte that no boot loader, BIOS or partition editor may change, in the small parts and at the edges of all.
    @Test func everyChangedByteIsNoticed() throws {
        let image = try TestParts().image()
        let foreign = [0x03..<0x3E, 0x1B8..<0x1FE]
        let end = 1536 + Int(try Array(image[1536...]).withUnsafeBytes { try ImageDescriptor($0) }.totalSize)
        let samples = Array(0..<1700) + Array(1536 + 4096..<1536 + 4400) + Array(end - 1600..<end)
        let sections = try Array(image[1536...]).withUnsafeBytes { try ImageDescriptor($0) }
        for offset in samples where !foreign.contains(where: { $0.contains(offset) }) {
            // What lies between two sections belongs to nobody.
            let inImage = offset - 1536
            let belongs =
                inImage < 0
                || ImageSectionName.allCases.contains { name in
                    let section = sections[name]
                    return Int(section.offset)..<Int(section.offset + section.size) ~= inImage
                }
            guard belongs else { continue }
            var changed = image
            changed[offset] ^= 0x40
            #expect(throws: Diagnostic.self, "byte \(offset)") { try ImageListing(changed) }
        }
    }

    @Test func whatOthersWriteIsNoCorruption() throws {
        var image = try TestParts().image()
        for offset in Array(0x03..<0x3E) + Array(0x1B8..<0x1F1) { image[offset] = 0xA5 }
        _ = try ImageListing(image)
    }

    @Test(arguments: [0, 511, 1024, 1535, 1600, 5000, 8192, 16384])
    func everyTruncationIsNoticed(length: Int) throws {
        let image = try TestParts().image()
        #expect(diagnostic { _ = try ImageListing(Array(image[..<length])) } != nil)
    }

    @Test func messagesNameThePart() throws {
        let image = try TestParts().image()
        func message(flipping offset: Int) -> String? {
            var changed = image
            changed[offset] ^= 1
            return diagnostic { _ = try ImageListing(changed) }
        }
        #expect(message(flipping: 0x100) == "boot sector or setup header is corrupt: checksum")
        #expect(message(flipping: 0x400) == "setup code is corrupt: checksum")
        #expect(message(flipping: 1536 + 100) == "kernel is corrupt: checksum")
        #expect(message(flipping: 1536 + 20) == "image descriptor is corrupt: checksum")
        #expect(message(flipping: 1536 + 8192 + 3) == "process manager is corrupt: checksum")
        #expect(diagnostic { _ = try ImageListing(Array(image[..<20_000])) } == "image is truncated")
    }
}

@Suite struct PartTests {
    @Test func kernelMustBeginAtOneMegabyte() throws {
        let low = TestParts.executable(address: 0x9_0000, code: [UInt8](repeating: 0, count: 100))
        #expect(diagnostic { _ = try low.withUnsafeBytes { try flatKernel($0) } }?.contains("outside") == true)
        let high = TestParts.executable(address: 0x10_1000, code: [UInt8](repeating: 0, count: 100))
        #expect(diagnostic { _ = try high.withUnsafeBytes { try flatKernel($0) } }?.contains("entry point") == true)
    }

    @Test func kernelMustHaveRoomForTheDescriptor() throws {
        let kernel = [UInt8](repeating: 0x90, count: 100)
        #expect(
            diagnostic {
                _ = try ImageBuilder.assemble(
                    boot: BootCode(TestParts.boot()), kernel: kernel, manager: [], symbols: [], payload: [])
            }?.contains("image descriptor") == true)
    }

    @Test func symbolTableIsWhatTheKernelReads() throws {
        let table = SymbolTable.encode([(0x10_0000, "start"), (0x10_0040, "Kernel.run()")])
        try table.withUnsafeBytes { bytes in
            let symbols = try #require(ImageSymbols(bytes))
            #expect(symbols.count == 2)
            #expect(symbols.index(containing: 0xF_FFFF) == nil)
            #expect(symbols.index(containing: 0x10_003F) == 0)
            let index = try #require(symbols.index(containing: 0x10_1000))
            #expect(String(decoding: symbols.name(index), as: UTF8.self) == "Kernel.run()")
        }
    }

    @Test func malformedSymbolTablesAreRefused() {
        func accepts(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes { ImageSymbols($0) != nil } }
        #expect(accepts([0, 0, 0, 0]))
        #expect(!accepts([]))
        #expect(!accepts([255, 255, 255, 255]))
        #expect(!accepts([1, 0, 0, 0, 0, 0, 0, 0, 12, 0, 0, 0]))  // the name would begin at the end
        #expect(!accepts([1, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0]))  // the name would lie in the table
        #expect(!accepts([1, 0, 0, 0, 0, 0, 0, 0, 12, 0, 0, 0, 65]))  // the name does not end
        #expect(accepts([1, 0, 0, 0, 0, 0, 0, 0, 12, 0, 0, 0, 0]))
    }

    @Test func swiftNamesBecomeReadable() throws {
        let names = try SymbolTable.demangle(["$sSi1poiyS2i_SitFZ", "kernel_start"])
        #expect(names == ["static Int.+ infix(_:_:)", "kernel_start"])
    }
}

@Suite struct ManifestTests {
    private func message(edit: (inout String) -> Void) throws -> String? {
        let parts = try TestParts()
        let path = try parts.manifest(edit: edit)
        let message = diagnostic { _ = try ImageBuilder(Manifest(contentsOf: path)).build() }
        // In one line, and the directory's random name does not matter here.
        #expect(message?.contains("\n") != true)
        return message?.replacingOccurrences(of: parts.directory.path + "/", with: "")
    }

    @Test func pathsAreRelativeToTheManifest() throws {
        #expect(try message { _ in } == nil)
    }

    @Test func missingKey() throws {
        let message = try message { $0 = $0.replacingOccurrences(of: "\"kernel\": \"kernel\",", with: "") }
        #expect(message == "kernel.json: key 'kernel' is missing")
    }

    @Test func unknownKey() throws {
        let message = try message { $0 = $0.replacingOccurrences(of: "\"files\"", with: "\"fils\"") }
        #expect(message?.hasPrefix("kernel.json: 'fils': unknown key; known are ") == true)
    }

    @Test func wrongType() throws {
        let message = try message { $0 = $0.replacingOccurrences(of: "\"boot.bin\"", with: "7") }
        #expect(message?.hasPrefix("kernel.json: 'boot': ") == true)
    }

    @Test(arguments: ["", "{", "[]", "{\"output\": }", "\u{0}"])
    func notAManifest(text: String) throws {
        #expect(try message { $0 = text }?.hasPrefix("kernel.json: ") == true)
    }

    @Test func missingPart() throws {
        let message = try message { $0 = $0.replacingOccurrences(of: "\"manager\"", with: "\"nowhere\"") }
        #expect(message == "nowhere: no such file")
    }

    @Test func partThatIsADirectory() throws {
        let message = try message { $0 = $0.replacingOccurrences(of: "\"boot.bin\"", with: "\".\"") }
        #expect(message?.hasSuffix(": is a directory") == true)
    }

    @Test func programThatIsNoProgram() throws {
        let message = try message { $0 = $0.replacingOccurrences(of: "\"shell\"", with: "\"motd\"") }
        #expect(message == "motd: not an ELF file")
    }

    @Test func pathThatNoArchiveHas() throws {
        let message = try message { $0 = $0.replacingOccurrences(of: "etc/motd", with: "/etc/../motd") }
        #expect(message?.hasPrefix("payload: ") == true)
    }

    @Test func missingManifest() {
        #expect(diagnostic { _ = try Manifest(contentsOf: "nowhere.json") } == "nowhere.json: no such file")
    }
}
