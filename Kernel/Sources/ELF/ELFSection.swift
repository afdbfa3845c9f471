/// A section header: a named part of the file, for linkers and debuggers (System V ABI, "Sections").
public struct ELFSection {
    /// What a section holds.
    public struct SectionType: RawRepresentable, Equatable, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        /// Marks an unused header; the first one always is.
        public static let null = SectionType(rawValue: 0)
        /// Contents whose meaning is the program's own: text, data, debug information.
        public static let programBits = SectionType(rawValue: 1)
        /// A symbol table.
        public static let symbolTable = SectionType(rawValue: 2)
        /// A string table.
        public static let stringTable = SectionType(rawValue: 3)
        /// Memory that begins as zero and takes no room in the file (`.bss`).
        public static let noBits = SectionType(rawValue: 8)
    }

    /// What may be done with a section's memory.
    public struct Flags: OptionSet, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        public static let write = Flags(rawValue: 1)
        /// The section is part of the program's memory.
        public static let allocate = Flags(rawValue: 2)
        public static let execute = Flags(rawValue: 4)
    }

    /// Its name, such as `.text`.
    public let name: ELFName
    /// What it holds.
    public let type: SectionType
    /// What may be done with its memory.
    public let flags: Flags
    /// Its first virtual address, or 0 if it is not part of the program's memory.
    public let address: UInt32
    /// Where its contents are in the file, in bytes.
    public let fileOffset: UInt32
    /// Its size in bytes.
    public let size: UInt32
    /// The index of a related section; for a symbol table, of its string table.
    public let link: UInt32
    /// The size of one entry in bytes if it is a table, else 0.
    public let entrySize: UInt32
    /// Its contents; empty for `.noBits` and `.null`.
    public let contents: UnsafeRawBufferPointer
}

extension ELFFile {
    /// The section headers, in file order; empty if the file has none.
    ///
    /// - Throws: What is wrong with any section, its name or the table of names.
    public func sections() throws(ELFError) -> ELFSections {
        try ELFSections(header, bytes)
    }
}

/// The section headers of a file.
public struct ELFSections: RandomAccessCollection {
    /// The size of a section header in bytes.
    public static var entrySize: Int { 40 }

    private let file: UnsafeRawBufferPointer
    /// The table, a whole number of entries; checked by the initialiser.
    private let table: UnsafeRawBufferPointer
    private let names: ELFStringTable

    init(_ header: ELFHeader, _ file: UnsafeRawBufferPointer) throws(ELFError) {
        self.file = file
        guard header.sectionHeaderCount > 0 else {
            // A file with more than 65,279 sections also says 0 here; such a file has no place in this system.
            guard header.sectionHeaderOffset == 0 else { throw .badSectionHeaders }
            table = UnsafeRawBufferPointer(start: nil, count: 0)
            names = .empty
            return
        }
        // 65,535 entries of 40 bytes do not overflow 32 bits.
        guard Int(header.sectionHeaderSize) == Self.entrySize,
            let table = file.slice(
                at: header.sectionHeaderOffset, count: UInt32(header.sectionHeaderCount) * UInt32(Self.entrySize))
        else { throw .badSectionHeaders }
        self.table = table
        for index in 0..<(table.count / Self.entrySize) {
            guard Self.contents(table, index, file) != nil else { throw .sectionOutsideFile }
        }
        let namesIndex = Int(header.sectionNamesIndex)
        if namesIndex == 0 {
            names = .empty
        } else {
            guard namesIndex < Int(header.sectionHeaderCount),
                table.word(at: namesIndex * Self.entrySize + 4) == ELFSection.SectionType.stringTable.rawValue,
                let contents = Self.contents(table, namesIndex, file)
            else { throw .badStringTable }
            names = try ELFStringTable(contents)
        }
        for index in 0..<(table.count / Self.entrySize) {
            try names.check(table.word(at: index * Self.entrySize))
        }
    }

    public var startIndex: Int { 0 }
    public var endIndex: Int { table.count / Self.entrySize }

    public subscript(index: Int) -> ELFSection {
        let at = index * Self.entrySize
        return ELFSection(
            name: names[table.word(at: at)],
            type: ELFSection.SectionType(rawValue: table.word(at: at + 4)),
            flags: ELFSection.Flags(rawValue: table.word(at: at + 8)),
            address: table.word(at: at + ELFFieldOffset.Section.address),
            fileOffset: table.word(at: at + 16),
            size: table.word(at: at + 20),
            link: table.word(at: at + 24),
            entrySize: table.word(at: at + 36),
            contents: Self.contents(table, index, file) ?? UnsafeRawBufferPointer(start: nil, count: 0))
    }

    /// The first section of a name, such as `.symtab`.
    public func first(named name: StaticString) -> ELFSection? {
        for section in self where section.name == name { return section }
        return nil
    }

    /// A section's bytes in the file, or nil if they are not inside it.
    private static func contents(
        _ table: UnsafeRawBufferPointer, _ index: Int, _ file: UnsafeRawBufferPointer
    ) -> UnsafeRawBufferPointer? {
        let at = index * entrySize
        let type = ELFSection.SectionType(rawValue: table.word(at: at + 4))
        if type == .noBits || type == .null { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return file.slice(at: table.word(at: at + 16), count: table.word(at: at + 20))
    }
}
