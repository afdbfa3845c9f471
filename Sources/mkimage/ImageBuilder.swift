import KernelImage
import ToolSupport
import USTAR

/// Puts an image together.
struct ImageBuilder {
    let manifest: Manifest

    init(_ manifest: Manifest) {
        self.manifest = manifest
    }

    /// The whole image.
    ///
    /// - Throws: A `Diagnostic` that names the part that is missing or wrong.
    func build() throws -> [UInt8] {
        let boot = try part(manifest.boot, BootCode.init)
        let (kernel, functions) = try part(manifest.kernel) { bytes in
            try bytes.withUnsafeBytes { (try flatKernel($0), try SymbolTable.functions($0)) }
        }
        let names = try SymbolTable.demangle(functions.map(\.name))
        let symbols = zip(functions, names).map { (address: $0.address, name: $1) }
        let manager = try part(manifest.processManager) { try $0.withUnsafeBytes { try strippedProgram($0) } }
        return try Self.assemble(
            boot: boot, kernel: kernel, manager: manager, symbols: SymbolTable.encode(symbols), payload: try payload())
    }

    /// The archive of programs and files, in the order of their paths.
    private func payload() throws -> [UInt8] {
        var archive = USTARWriter()
        var contents: [(path: String, bytes: [UInt8], mode: Int)] = []
        let programs = try manifest.programs.map { path, source in
            (path: path, file: try part(source) { try $0.withUnsafeBytes { try ProgramFile($0) } })
        }
        // The names of all programs in one go: running the filter is what takes time.
        var names = try SymbolTable.demangle(programs.flatMap { $0.file.functions.map(\.name) })[...]
        for (path, file) in programs {
            contents.append((path, file.bytes(names: Array(names.prefix(file.functions.count))), 0o755))
            names = names.dropFirst(file.functions.count)
        }
        for (path, source) in manifest.files {
            contents.append((path, try readFile(source), 0o644))
        }
        for file in contents.sorted(by: { $0.path < $1.path }) {
            do {
                // Programs begin at a page, as their segments do in memory: so they can be mapped where they lie.
                let alignment = file.mode & 0o111 != 0 ? Int(ImageDescriptor.alignment) : USTARArchive.blockSize
                try archive.addFile(file.path, contents: file.bytes, mode: file.mode, alignment: alignment)
            } catch {
                throw Diagnostic("payload: \(error)")
            }
        }
        return archive.finish()
    }

    /// Lays the parts out and describes them.
    ///
    /// - Throws: A `Diagnostic` if the kernel has no room for the descriptor, or the image no room below 4 GB.
    static func assemble(
        boot: BootCode, kernel: [UInt8], manager: [UInt8], symbols: [UInt8], payload: [UInt8]
    ) throws -> [UInt8] {
        let place = ImageDescriptor.offset..<(ImageDescriptor.offset + ImageDescriptor.size)
        guard kernel.count >= place.upperBound, kernel[place].allSatisfy({ $0 == 0 }) else {
            throw Diagnostic("the kernel has no room for the image descriptor: its bytes 16 to 79 must be zero")
        }
        var image: [UInt8] = []
        func append(_ bytes: [UInt8], checksum: (UnsafeRawBufferPointer) -> UInt32) -> ImageSection {
            image += [UInt8](repeating: 0, count: padding(image.count, to: Int(ImageDescriptor.alignment)))
            defer { image += bytes }
            return ImageSection(
                offset: UInt32(truncatingIfNeeded: image.count), size: UInt32(truncatingIfNeeded: bytes.count),
                checksum: bytes.withUnsafeBytes(checksum))
        }
        let descriptor = ImageDescriptor(
            kernel: append(kernel, checksum: ImageDescriptor.kernelChecksum),
            manager: append(manager, checksum: CRC32.checksum),
            symbols: append(symbols, checksum: CRC32.checksum),
            payload: append(payload, checksum: CRC32.checksum),
            totalSize: 0)
        guard let size = UInt32(exactly: image.count), size < 0x0800_0000 else {
            throw Diagnostic("the image is larger than the kernel's part of the address space, 128 MB")
        }
        var complete = descriptor
        complete.totalSize = size
        image.replaceSubrange(place, with: complete.bytes)

        // BIOSes make a geometry of 16 heads and 63 sectors for a disk that brings none, and cannot read by cylinder,
        // head and sector what follows the last whole cylinder: so the image ends with a cylinder.
        image += [UInt8](repeating: 0, count: padding(boot.bytes.count + image.count, to: BootCode.cylinderSize))
        var boot = boot
        // GRUB reads the file to its end, padding included, into the memory that the header asks for.
        let memorySize = UInt32(
            truncatingIfNeeded: image.count + padding(image.count, to: Int(ImageDescriptor.alignment)))
        boot.complete(protectedModeSize: size, memorySize: memorySize)
        return boot.bytes + image
    }

    /// How many bytes are missing to a multiple of `alignment`.
    private static func padding(_ count: Int, to alignment: Int) -> Int {
        (alignment - count % alignment) % alignment
    }

    /// Makes something of a file, and puts the file's name before what is wrong with it.
    private func part<Part>(_ path: String, _ make: ([UInt8]) throws -> Part) throws -> Part {
        let bytes = try readFile(path)
        do {
            return try make(bytes)
        } catch let error as Diagnostic {
            throw Diagnostic("\(path): \(error)")
        }
    }
}
