import ELF
import ToolSupport

/// A program as the payload holds it: what is loaded, and the names of its functions, for whoever reports its crash.
struct ProgramFile {
    /// What is loaded.
    private let loaded: [UInt8]
    /// The segment that is executed.
    private let text: ELFSegment
    /// Its functions, in ascending order, as the linker named them.
    let functions: [(address: UInt32, name: String)]

    /// - Parameter bytes: An executable for user space.
    /// - Throws: A `Diagnostic` without the file's name.
    init(_ bytes: UnsafeRawBufferPointer) throws {
        loaded = try withWholePages(try strippedProgram(bytes))
        functions = try SymbolTable.functions(bytes)
        // `strippedProgram` has checked that the entry point is in such a segment.
        guard
            let text = try ELFFile(bytes).segments.first(where: { $0.type == .load && $0.flags.contains(.execute) })
        else { throw Diagnostic("\(ELFError.entryNotExecutable)") }
        self.text = text
    }

    /// The file, with sections of its own in place of the linker's: the text, and a symbol table of readable names.
    ///
    /// - Parameter names: One for each of `functions`, in their order.
    func bytes(names: [String]) -> [UInt8] {
        var file = loaded
        // Sections and symbols share one string table.
        var strings: [UInt8] = [0]
        func intern(_ name: String) -> UInt32 {
            defer { strings += name.utf8.filter { $0 != 0 } + [0] }
            return UInt32(strings.count)
        }
        let sectionNames = [".text", ".symtab", ".strtab"].map(intern)
        var symbols = [UInt8](repeating: 0, count: ELFSymbols.entrySize)
        for (function, name) in zip(functions, names) {
            // Name, value, size (unknown); then STB_GLOBAL with STT_FUNC, and the section's index.
            symbols.append(words: [intern(name), function.address, 0])
            symbols += [0x12, 0, 1, 0]
        }
        file.align()
        let symbolsOffset = UInt32(file.count)
        file += symbols
        let stringsOffset = UInt32(file.count)
        file += strings
        file.align()
        let headersOffset = UInt32(file.count)
        file += [UInt8](repeating: 0, count: ELFSections.entrySize)
        // Name, type, flags, address, offset, size, link, information, alignment, entry size (System V ABI,
        // "Sections").
        file.append(words: [
            sectionNames[0], 1, 6, text.virtualAddress, text.fileOffset, text.fileSize, 0, 0, 16, 0,
        ])
        file.append(words: [sectionNames[1], 2, 0, 0, symbolsOffset, UInt32(symbols.count), 3, 1, 4, 16])
        file.append(words: [sectionNames[2], 3, 0, 0, stringsOffset, UInt32(strings.count), 0, 0, 1, 0])
        file.setWord(at: ELFFieldOffset.Header.sectionHeaderOffset, headersOffset)
        file.setHalfWord(at: ELFFieldOffset.Header.sectionHeaderSize, UInt16(ELFSections.entrySize))
        file.setHalfWord(at: ELFFieldOffset.Header.sectionHeaderCount, 4)
        file.setHalfWord(at: ELFFieldOffset.Header.sectionNamesIndex, 3)
        return file
    }
}

/// A program whose last segment fills its last page in the file, with the zeros that follow it in memory anyway: so the
/// page can be mapped as it lies there, and is copied only when somebody writes to it.
private func withWholePages(_ program: [UInt8]) throws -> [UInt8] {
    let file = try program.withUnsafeBytes { bytes in
        let file = try ELFFile(bytes)
        return (segments: Array(file.segments), table: Int(file.header.programHeaderOffset))
    }
    let page: UInt32 = 4096
    guard let index = file.segments.lastIndex(where: { $0.type == .load && $0.fileSize > 0 }),
        case let segment = file.segments[index], Int(segment.fileOffset + segment.fileSize) == program.count
    else { return program }
    let rest = (0 &- (segment.virtualAddress &+ segment.fileSize)) & (page - 1)
    let added = min(rest, segment.memorySize - segment.fileSize)
    var padded = program + [UInt8](repeating: 0, count: Int(added))
    padded.setWord(
        at: file.table + index * ELFSegments.entrySize + ELFFieldOffset.Segment.fileSize, segment.fileSize + added)
    return padded
}

extension [UInt8] {
    /// Fills up to a multiple of four bytes.
    fileprivate mutating func align() {
        while count % 4 != 0 { append(0) }
    }
}
