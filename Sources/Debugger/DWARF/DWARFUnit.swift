/// What a unit of `.debug_info` begins with (DWARF 5, 7.5.1).
struct DWARFUnit {
    /// What the sizes of values depend on.
    let form: DWARFForm.Unit
    /// Where its abbreviations are in `.debug_abbrev`.
    let abbreviations: UInt64
    /// Whether its entries follow the header at once: of the types that say more, none has lines of its own (type units
    /// and the like).
    let isPlain: Bool

    /// Reads the header from a unit's bytes behind its length.
    init(_ reader: inout DWARFReader, offsetSize: Int, _ sections: DWARFSections) throws(DWARFError) {
        let version = try reader.word()
        guard (2...5).contains(version) else { throw DWARFError(".debug_info has the unknown version \(version)") }
        let addressSize: Int
        if version >= 5 {
            let type = try reader.byte()
            addressSize = Int(try reader.byte())
            abbreviations = try reader.unsigned(offsetSize)
            isPlain = type == 1 || type == 3
        } else {
            abbreviations = try reader.unsigned(offsetSize)
            addressSize = Int(try reader.byte())
            isPlain = true
        }
        form = DWARFForm.Unit(sections: sections, version: version, offsetSize: offsetSize, addressSize: addressSize)
    }
}

/// What the entries with one code are and have (7.5.3).
struct DWARFAbbreviation {
    struct Attribute {
        let name: UInt64
        let form: DWARFForm
        /// The value, where it is stored here (`DWARFForm.isImplicit`).
        let implicit: Int64?

        /// Reads the attribute's value from an entry.
        func read(
            _ reader: inout DWARFReader, _ unit: DWARFForm.Unit
        ) throws(DWARFError) -> (value: DWARFForm.Value, form: DWARFForm) {
            if let implicit { return (.number(UInt64(bitPattern: implicit)), form) }
            // The form that is stored may not be indirect itself.
            let actual = form.isIndirect ? DWARFForm(rawValue: try reader.unsignedLEB()) : form
            return (try actual.read(&reader, unit), actual)
        }

        func skip(_ reader: inout DWARFReader, _ unit: DWARFForm.Unit) throws(DWARFError) {
            let actual = form.isIndirect ? DWARFForm(rawValue: try reader.unsignedLEB()) : form
            try actual.skip(&reader, unit)
        }
    }

    let code: UInt64
    let tag: UInt64
    let hasChildren: Bool
    let attributes: [Attribute]

    /// Reads the next abbreviation; nil at the end of the unit's.
    init?(_ reader: inout DWARFReader) throws(DWARFError) {
        code = try reader.unsignedLEB()
        guard code != 0 else { return nil }
        tag = try reader.unsignedLEB()
        hasChildren = try reader.byte() != 0
        var attributes: [Attribute] = []
        while true {
            let name = try reader.unsignedLEB()
            let form = DWARFForm(rawValue: try reader.unsignedLEB())
            let implicit = form.isImplicit ? try reader.signedLEB() : nil
            if name == 0, form.rawValue == 0 { break }
            attributes.append(Attribute(name: name, form: form, implicit: implicit))
        }
        self.attributes = attributes
    }
}
