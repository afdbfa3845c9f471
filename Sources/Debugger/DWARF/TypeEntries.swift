/// The entries of `.debug_info` that describe types (DWARF 5, chapter 5 and 7.5), by their offsets; those of functions
/// and variables are stepped over.
struct TypeEntries {
    struct Entry {
        let tag: Tag
        var name: String?
        /// The mangled name, which Swift's types have as well.
        var linkName: String?
        /// Bytes; nil if the entry does not say.
        var size: UInt64?
        /// What a member, an alias, or the elements of an array are.
        var type: UInt64?
        /// The generic type that this is one of.
        var specification: UInt64?
        var isDeclaration = false
        /// Elements of an array.
        var count: UInt64?
        /// Members, cases, dimensions: offsets.
        var children: [UInt64] = []
    }

    enum Tag: UInt64 {
        case array = 0x01
        case classType = 0x02
        case enumeration = 0x04
        case member = 0x0D
        case pointer = 0x0F
        case structure = 0x13
        case alias = 0x16
        case variant = 0x19
        case subrange = 0x21
        case base = 0x24
        case constant = 0x26
        case enumerator = 0x28
        case variantPart = 0x33
        case volatile = 0x35
    }

    private(set) var entries: [UInt64: Entry] = [:]
    /// In the order of the file.
    private(set) var offsets: [UInt64] = []

    init(_ sections: DWARFSections) throws(DWARFError) {
        var info = try DWARFReader(sections.info, ".debug_info")
        while !info.isAtEnd {
            let start = UInt64(info.offset)
            let (length, offsetSize) = try info.initialLength()
            let contents = UInt64(info.offset)
            var reader = try info.part(length)
            let unit = try DWARFUnit(&reader, offsetSize: offsetSize, sections)
            guard unit.isPlain else { continue }
            var abbreviations: [UInt64: DWARFAbbreviation] = [:]
            var table = try DWARFReader(sections.abbreviations, ".debug_abbrev", at: unit.abbreviations)
            while let abbreviation = try DWARFAbbreviation(&table) { abbreviations[abbreviation.code] = abbreviation }
            try read(&reader, unit.form, abbreviations, unitStart: start, contents: contents)
        }
    }

    /// Reads the tree of a unit, in which a code of 0 ends the children of an entry.
    private mutating func read(
        _ reader: inout DWARFReader, _ unit: DWARFForm.Unit, _ abbreviations: [UInt64: DWARFAbbreviation],
        unitStart: UInt64, contents: UInt64
    ) throws(DWARFError) {
        // The entries that the one at hand lies in; nil for those that nobody wants.
        var parents: [UInt64?] = []
        while !reader.isAtEnd {
            let offset = contents + UInt64(reader.offset)
            let code = try reader.unsignedLEB()
            guard code != 0 else {
                _ = parents.popLast()
                continue
            }
            guard let abbreviation = abbreviations[code] else { throw DWARFError(".debug_abbrev has no code \(code)") }
            let tag = Tag(rawValue: abbreviation.tag)
            if let tag {
                let entry = try Self.entry(&reader, unit, abbreviation, tag, unitStart: unitStart)
                if let parent = parents.last ?? nil { entries[parent]?.children.append(offset) }
                entries[offset] = entry
                offsets.append(offset)
            } else {
                for attribute in abbreviation.attributes { try attribute.skip(&reader, unit) }
            }
            if abbreviation.hasChildren { parents.append(tag == nil ? nil : offset) }
        }
    }

    private static func entry(
        _ reader: inout DWARFReader, _ unit: DWARFForm.Unit, _ abbreviation: DWARFAbbreviation, _ tag: Tag,
        unitStart: UInt64
    ) throws(DWARFError) -> Entry {
        var entry = Entry(tag: tag)
        for attribute in abbreviation.attributes {
            let (value, form) = try attribute.read(&reader, unit)
            switch (attribute.name, value) {
            case (0x03, .string(let name)): entry.name = name  // DW_AT_name
            case (0x6E, .string(let name)): entry.linkName = name  // DW_AT_linkage_name
            case (0x0B, .number(let size)): entry.size = size  // DW_AT_byte_size
            case (0x37, .number(let count)): entry.count = count  // DW_AT_count
            case (0x2F, .number(let last)): entry.count = last &+ 1  // DW_AT_upper_bound
            case (0x3C, .number(let flag)): entry.isDeclaration = flag != 0  // DW_AT_declaration
            case (0x49, .number(let offset)):  // DW_AT_type
                entry.type = form.isRelativeToUnit ? unitStart &+ offset : offset
            case (0x47, .number(let offset)):  // DW_AT_specification
                entry.specification = form.isRelativeToUnit ? unitStart &+ offset : offset
            default: break
            }
        }
        return entry
    }
}
