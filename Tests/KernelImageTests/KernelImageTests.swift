import KernelImage
import Testing

@Suite struct CRC32Tests {
    private func crc(_ bytes: some Sequence<UInt8>) -> UInt32 { Array(bytes).withUnsafeBytes { CRC32.checksum($0) } }

    @Test func isTheChecksumOfZlib() {
        #expect(crc("123456789".utf8) == 0xCBF4_3926)  // the check value of every catalogue of CRCs
        #expect(crc([]) == 0)
        #expect(crc("The quick brown fox jumps over the lazy dog".utf8) == 0x414F_A339)
    }

    @Test func piecesAddUp() {
        var pieces = CRC32()
        Array("1234".utf8).withUnsafeBytes { pieces.update($0) }
        Array("56789".utf8).withUnsafeBytes { pieces.update($0) }
        #expect(pieces.value == 0xCBF4_3926)
    }

    @Test func zerosCountAsBytes() {
        var zeros = CRC32()
        zeros.updateZeros(count: 64)
        #expect(zeros.value == crc([UInt8](repeating: 0, count: 64)))
    }
}

@Suite struct ImageDescriptorTests {
    /// A kernel of a page, and a page for each of the other sections.
    private static func image(edit: (inout ImageDescriptor) -> Void = { _ in }) -> [UInt8] {
        var image = [UInt8](repeating: 0x90, count: 4 * 4096)
        var descriptor = ImageDescriptor(
            kernel: ImageSection(offset: 0, size: 4096), manager: ImageSection(offset: 4096, size: 100),
            symbols: ImageSection(offset: 8192, size: 0), payload: ImageSection(offset: 12288, size: 4000),
            totalSize: 16288)
        image.withUnsafeBytes { bytes in
            descriptor.kernel.checksum = ImageDescriptor.kernelChecksum(.init(rebasing: bytes[..<4096]))
            descriptor.manager.checksum = CRC32.checksum(.init(rebasing: bytes[4096..<4196]))
            descriptor.payload.checksum = CRC32.checksum(.init(rebasing: bytes[12288..<16288]))
        }
        edit(&descriptor)
        image.replaceSubrange(16..<80, with: descriptor.bytes)
        return image
    }

    private func error(_ image: [UInt8]) -> ImageError? {
        image.withUnsafeBytes { bytes -> ImageError? in
            do throws(ImageError) {
                let descriptor = try ImageDescriptor(bytes)
                for name in ImageSectionName.allCases { try descriptor.check(name, in: bytes) }
                return nil
            } catch {
                return error
            }
        }
    }

    @Test func acceptsWhatItWrote() {
        #expect(error(Self.image()) == nil)
    }

    @Test func everyFlippedBitIsNoticed() {
        let good = Self.image()
        // Every bit of the descriptor, and one in each section's first and last byte.
        for byte in Array(16..<80) + [0, 15, 80, 4095, 4096, 4195, 12288, 16287] {
            for bit in 0..<8 {
                var image = good
                image[byte] ^= 1 << bit
                #expect(error(image) != nil, "byte \(byte) bit \(bit)")
            }
        }
    }

    @Test func namesTheBrokenSection() {
        var image = Self.image()
        image[100] ^= 1
        #expect(error(image) == .corrupt(.kernel))
        image = Self.image()
        image[4100] ^= 1
        #expect(error(image) == .corrupt(.manager))
        image = Self.image()
        image[13000] ^= 1
        #expect(error(image) == .corrupt(.payload))
    }

    @Test func refusesWhatDoesNotFit() {
        #expect(error([]) == .truncated)
        #expect(error(Array(Self.image()[..<79])) == .truncated)
        #expect(error(Array(Self.image()[..<16000])) == .truncated)
        #expect(error([UInt8](repeating: 0, count: 4096)) == .noDescriptor)
        #expect(error(Self.image { $0.payload.size = .max }) == .misplaced(.payload))
        #expect(error(Self.image { $0.payload.offset = .max & ~4095 }) == .misplaced(.payload))
        #expect(error(Self.image { $0.manager.offset = 0 }) == .misplaced(.manager))
        #expect(error(Self.image { $0.manager.offset = 4097 }) == .misplaced(.manager))
        #expect(error(Self.image { $0.kernel.size = 79 }) == .misplaced(.kernel))
        #expect(error(Self.image { $0.totalSize = 0 }) == .misplaced(.kernel))
    }
}

@Suite struct BootRecordTests {
    private func record(_ bytes: [UInt8]) -> BootRecord? {
        var page = [UInt8](repeating: 0, count: 4096)
        page.replaceSubrange(0xD0..<(0xD0 + bytes.count), with: bytes)
        return page.withUnsafeBytes { BootRecord($0) }
    }

    @Test func readsWhatTheSetupCodeWrites() {
        let record = record(Array("MTBI".utf8) + [1, 0x80, 2, 3, 4, 0, 0x7F, 0x02])
        #expect(record?.path == .bootSector)
        #expect(record?.drive == 0x80)
        #expect(record?.diskAccess == .extensions)
        #expect(record?.a20Method == .keyboardController)
        #expect(record?.mapSource == .cmos)
        #expect(record?.conventionalKilobytes == 639)
    }

    @Test func zerosOrUnknownValuesAreNoRecord() {
        #expect(record([]) == nil)
        #expect(record(Array("MTBI".utf8) + [9, 0x80, 2, 3, 4]) == nil)
        #expect(BootRecord(UnsafeRawBufferPointer(start: nil, count: 0)) == nil)
    }
}
