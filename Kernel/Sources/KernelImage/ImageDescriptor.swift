// What kernel.img says of itself: the contract between mkimage, which writes an image, and the kernel, which checks
// one.
//
// Constraint: the kernel finds the parts of its image (process manager, symbols, payload) before it has allocated
// anything, and must not believe an image that was damaged on its way from a disk. The host's tools read the same
// format and must not have a second opinion of it.
//
// Choice: 64 bytes at a fixed place of the kernel binary, with place, size and CRC-32 of each section and a CRC-32 of
// themselves. This module reads, checks and writes them; it is plain Swift without Foundation or allocation, compiled
// into both. Byte by byte: docs/image-format.md.
//
// Example, in the kernel:
//
//     let descriptor = try ImageDescriptor(image)                 // image: everything from 0x100000
//     try descriptor.check(.payload, in: image)
//     let payload = descriptor[.payload].contents(in: image)

/// A section of the protected-mode part of a kernel image, in file order.
public enum ImageSectionName: UInt8, CaseIterable, Sendable {
    /// The microkernel as it runs, .bss included.
    case kernel
    /// The process manager's ELF file.
    case manager
    /// Addresses and names of the kernel's functions.
    case symbols
    /// The archive of programs and files.
    case payload

    /// The section's name in messages.
    public var description: StaticString {
        switch self {
        case .kernel: "kernel"
        case .manager: "process manager"
        case .symbols: "symbol table"
        case .payload: "payload"
        }
    }
}

/// Where a section lies and what its bytes add up to.
public struct ImageSection: Equatable, Sendable {
    /// Offset from the start of the protected-mode part, in bytes; a multiple of 4096.
    public var offset: UInt32
    /// Size in bytes, without padding.
    public var size: UInt32
    /// CRC-32 of its bytes; for the kernel, of its bytes with the descriptor as zeros.
    public var checksum: UInt32

    public init(offset: UInt32 = 0, size: UInt32 = 0, checksum: UInt32 = 0) {
        self.offset = offset
        self.size = size
        self.checksum = checksum
    }

    /// The section's bytes; nil if they are not all inside `image`, the protected-mode part.
    public func contents(in image: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard let offset = Int(exactly: offset), let size = Int(exactly: size),
            offset <= image.count, size <= image.count - offset
        else { return nil }
        return UnsafeRawBufferPointer(rebasing: image[offset..<(offset + size)])
    }
}

/// What is wrong with a kernel image.
public enum ImageError: Error, Equatable, Sendable {
    /// The image ends before its descriptor does.
    case truncated
    /// There is no descriptor where it should be.
    case noDescriptor
    /// The descriptor has another version than this code knows.
    case unknownVersion
    /// The descriptor's own checksum is wrong.
    case descriptorCorrupt
    /// A section does not begin on a page, overlaps the one before it, or reaches past the image's end.
    case misplaced(ImageSectionName)
    /// A section's checksum is wrong.
    case corrupt(ImageSectionName)
}

/// The image descriptor: 64 bytes at offset 16 of the kernel.
public struct ImageDescriptor: Equatable, Sendable {
    /// "MRTL" as a little-endian number.
    public static var magic: UInt32 { 0x4C54_524D }
    /// The version this code reads and writes.
    public static var version: UInt32 { 1 }
    /// Its place in the protected-mode part, in bytes.
    public static var offset: Int { 16 }
    /// Its size in bytes.
    public static var size: Int { 64 }
    /// Sections begin at multiples of this, in bytes.
    public static var alignment: UInt32 { 4096 }

    public var kernel: ImageSection
    public var manager: ImageSection
    public var symbols: ImageSection
    public var payload: ImageSection
    /// Size of the protected-mode part in bytes, to the end of the payload.
    public var totalSize: UInt32

    public init(
        kernel: ImageSection, manager: ImageSection, symbols: ImageSection, payload: ImageSection, totalSize: UInt32
    ) {
        self.kernel = kernel
        self.manager = manager
        self.symbols = symbols
        self.payload = payload
        self.totalSize = totalSize
    }

    public subscript(name: ImageSectionName) -> ImageSection {
        switch name {
        case .kernel: kernel
        case .manager: manager
        case .symbols: symbols
        case .payload: payload
        }
    }

    /// Reads and checks the descriptor; the sections' contents are checked by ``check(_:in:)``.
    ///
    /// - Parameter image: The protected-mode part. It may be longer than the image, and in memory usually is.
    /// - Throws: `truncated`, `noDescriptor`, `unknownVersion`, `descriptorCorrupt` or `misplaced`.
    public init(_ image: UnsafeRawBufferPointer) throws(ImageError) {
        guard image.count >= Self.offset + Self.size else { throw .truncated }
        let bytes = UnsafeRawBufferPointer(rebasing: image[Self.offset..<(Self.offset + Self.size)])
        // In bounds: every offset below is at most 60, and the buffer has 64 bytes.
        func word(_ offset: Int) -> UInt32 {
            UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        }
        func section(_ offset: Int) -> ImageSection {
            ImageSection(offset: word(offset), size: word(offset + 4), checksum: word(offset + 8))
        }
        guard word(0) == Self.magic else { throw .noDescriptor }
        guard word(60) == CRC32.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<60])) else {
            throw .descriptorCorrupt
        }
        guard word(4) == Self.version else { throw .unknownVersion }
        self.init(
            kernel: section(8), manager: section(20), symbols: section(32), payload: section(44), totalSize: word(56))
        try checkLayout()
    }

    /// Is every section where it may be? In order, page-aligned, inside the image, the kernel first.
    private func checkLayout() throws(ImageError) {
        var end: UInt32 = 0
        for name in ImageSectionName.allCases {
            let section = self[name]
            guard section.offset >= end, section.offset % Self.alignment == 0, section.offset <= totalSize,
                section.size <= totalSize - section.offset
            else { throw .misplaced(name) }
            end = section.offset + section.size
        }
        guard kernel.offset == 0, kernel.size >= UInt32(Self.offset + Self.size) else { throw .misplaced(.kernel) }
    }

    /// Compares a section with its checksum.
    ///
    /// The kernel's can only be checked where it has not run yet (its variables change it).
    ///
    /// - Throws: `truncated` if `image` ends before the section does, `corrupt` if the checksum is wrong.
    public func check(_ name: ImageSectionName, in image: UnsafeRawBufferPointer) throws(ImageError) {
        guard let contents = self[name].contents(in: image) else { throw .truncated }
        let checksum = name == .kernel ? Self.kernelChecksum(contents) : CRC32.checksum(contents)
        guard checksum == self[name].checksum else { throw .corrupt(name) }
    }

    /// The checksum of a kernel binary, which counts the descriptor as zeros.
    public static func kernelChecksum(_ kernel: UnsafeRawBufferPointer) -> UInt32 {
        let start = min(offset, kernel.count)
        let end = min(offset + size, kernel.count)
        var crc = CRC32()
        crc.update(UnsafeRawBufferPointer(rebasing: kernel[..<start]))
        crc.updateZeros(count: end - start)
        crc.update(UnsafeRawBufferPointer(rebasing: kernel[end...]))
        return crc.value
    }
}

#if !hasFeature(Embedded)
    extension ImageDescriptor {
        /// The 64 bytes, with their own checksum.
        public var bytes: [UInt8] {
            var bytes: [UInt8] = []
            func append(_ word: UInt32) {
                withUnsafeBytes(of: word.littleEndian) { bytes += $0 }
            }
            append(Self.magic)
            append(Self.version)
            for name in ImageSectionName.allCases {
                append(self[name].offset)
                append(self[name].size)
                append(self[name].checksum)
            }
            append(totalSize)
            append(bytes.withUnsafeBytes { CRC32.checksum($0) })
            return bytes
        }
    }

    extension ImageError: CustomStringConvertible {
        public var description: String {
            switch self {
            case .truncated: "image is truncated"
            case .noDescriptor: "no image descriptor: this is not a kernel image, or it is damaged"
            case .unknownVersion: "image descriptor of an unknown version"
            case .descriptorCorrupt: "image descriptor is corrupt: checksum"
            case .misplaced(let name): "\(name.description) lies outside the image or overlaps another section"
            case .corrupt(let name): "\(name.description) is corrupt: checksum"
            }
        }
    }
#endif
