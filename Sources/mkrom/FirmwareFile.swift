import ELF
import ToolSupport

/// The linked firmware: an ELF file, edited in place.
///
/// `ELFFile` reads it and has checked every offset that is written to here.
struct FirmwareFile {
    /// The ROM's size in bytes and its place below 1 MB.
    static let romSize = 0x2_0000
    static let romBase = 0xE_0000

    /// Sections whose addresses are offsets in segment F000.
    private static let realModeSections: Set = [".text16", ".font", ".vector"]
    private static let realModeBase: UInt32 = 0xF_0000

    /// The file's name, for messages.
    private let path: String
    private(set) var bytes: [UInt8]

    /// - Throws: A `Diagnostic` that names the file.
    init(path: String) throws {
        self.path = path
        bytes = try readFile(path)
    }

    /// Replaces a section's bytes; the size must match.
    mutating func replaceContents(ofSection name: StaticString, with contents: [UInt8]) throws {
        let offset = try read { file -> Int? in
            guard let section = try file.sections().first(named: name), section.contents.count == contents.count else {
                return nil
            }
            return Int(section.fileOffset)
        }
        guard let offset else { throw Diagnostic("\(path): has no section \(name) of \(contents.count) bytes") }
        bytes.replaceSubrange(offset..<(offset + contents.count), with: contents)
    }

    /// The ROM: the load segments at their load addresses. The last byte makes the sum of all bytes zero.
    func image() throws -> [UInt8] {
        var image = [UInt8](repeating: 0xFF, count: Self.romSize)
        try read { file in
            for segment in file.segments where segment.type == .load && segment.fileSize > 0 {
                let contents = file.contents(of: segment)
                let start = Int(segment.physicalAddress) - Self.romBase
                guard start >= 0, start + contents.count <= Self.romSize else {
                    let address = String(segment.physicalAddress, radix: 16)
                    throw Diagnostic("\(path): a segment at \(address) lies outside the ROM")
                }
                image.replaceSubrange(start..<(start + contents.count), with: contents)
            }
        }
        image[Self.romSize - 1] = 0
        image[Self.romSize - 1] = 0 &- image.reduce(0, &+)
        return image
    }

    /// Moves sections, segments and symbols of 16-bit code from offsets in segment F000 to linear addresses.
    mutating func moveToLinearAddresses() throws {
        let words = try read(Self.linearAddresses)
        for (offset, value) in words { bytes.setWord(at: offset, value) }
    }

    /// The words of the file to change, and their new values.
    private static func linearAddresses(_ file: ELFFile) throws -> [(offset: Int, value: UInt32)] {
        typealias Field = ELFFieldOffset
        var words = [(offset: Field.Header.entry, value: file.header.entry &+ realModeBase)]
        let sections = try file.sections()
        let moved = sections.map { realModeSections.contains($0.name.description) }
        for (index, section) in sections.enumerated() where moved[index] {
            let header = Int(file.header.sectionHeaderOffset) + index * ELFSections.entrySize
            words.append((header + Field.Section.address, section.address &+ realModeBase))
        }
        if let table = sections.first(where: { $0.type == .symbolTable }) {
            for (index, symbol) in try file.symbols().enumerated() {
                let section = Int(symbol.sectionIndex)
                guard moved.indices.contains(section), moved[section] else { continue }
                let entry = Int(table.fileOffset) + index * ELFSymbols.entrySize
                words.append((entry + Field.Symbol.value, symbol.value &+ realModeBase))
            }
        }
        for (index, segment) in file.segments.enumerated() where segment.type == .load {
            guard segment.physicalAddress &- segment.virtualAddress == realModeBase else { continue }
            let header = Int(file.header.programHeaderOffset) + index * ELFSegments.entrySize
            words.append((header + Field.Segment.virtualAddress, segment.physicalAddress))
        }
        return words
    }

    /// Reads something of the file, and puts the file's name before what is wrong with it.
    private func read<Result>(_ body: (ELFFile) throws -> Result) throws -> Result {
        try bytes.withUnsafeBytes { bytes in
            do {
                return try body(ELFFile(bytes))
            } catch let error as ELFError {
                throw Diagnostic("\(path): \(error)")
            }
        }
    }
}
