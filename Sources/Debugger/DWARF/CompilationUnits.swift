/// The folder that each compilation unit was compiled in, by the offset of its line table.
///
/// Up to DWARF 4 a line table leaves out the folder that its relative paths begin at; the unit's first entry in
/// `.debug_info` has it (`DW_AT_comp_dir`, and `DW_AT_stmt_list` for the line table). The other entries are not read.
enum CompilationUnits {
    private static let lineTable: UInt64 = 0x10
    private static let folder: UInt64 = 0x1B

    static func folders(_ sections: DWARFSections) throws(DWARFError) -> [UInt64: String] {
        var folders: [UInt64: String] = [:]
        var info = try DWARFReader(sections.info, ".debug_info")
        while !info.isAtEnd {
            let (length, offsetSize) = try info.initialLength()
            var unit = try info.part(length)
            if let (table, folder) = try entry(&unit, offsetSize, sections) { folders[table] = folder }
        }
        return folders
    }

    /// What the first entry of a unit says (7.5.1, 7.5.2).
    private static func entry(
        _ reader: inout DWARFReader, _ offsetSize: Int, _ sections: DWARFSections
    ) throws(DWARFError) -> (table: UInt64, folder: String)? {
        let version = try reader.word()
        guard (2...5).contains(version) else { throw DWARFError(".debug_info has the unknown version \(version)") }
        var addressSize = 4
        let abbreviations: UInt64
        if version >= 5 {
            let type = try reader.byte()
            addressSize = Int(try reader.byte())
            abbreviations = try reader.unsigned(offsetSize)
            // Of the types that say more here, none has lines of its own: type units and the like.
            guard type == 1 || type == 3 else { return nil }
        } else {
            abbreviations = try reader.unsigned(offsetSize)
            addressSize = Int(try reader.byte())
        }
        let unit = DWARFForm.Unit(
            sections: sections, version: version, offsetSize: offsetSize, addressSize: addressSize)
        let code = try reader.unsignedLEB()
        guard code != 0 else { return nil }
        var table: UInt64?
        var folder: String?
        for attribute in try attributes(of: code, at: abbreviations, sections) {
            var form = attribute.form
            // DW_FORM_indirect: the form itself is stored with the value. It may not name itself.
            if form.rawValue == 0x16 { form = DWARFForm(rawValue: try reader.unsignedLEB()) }
            let value = try form.read(&reader, unit)
            switch (attribute.name, value) {
            case (lineTable, .number(let offset)): table = offset
            case (self.folder, .string(let path)): folder = path
            default: break
            }
        }
        guard let table, let folder else { return nil }
        return (table, folder)
    }

    /// The attributes of the entries with an abbreviation code (7.5.3).
    private static func attributes(
        of code: UInt64, at offset: UInt64, _ sections: DWARFSections
    ) throws(DWARFError) -> [(name: UInt64, form: DWARFForm)] {
        var reader = try DWARFReader(sections.abbreviations, ".debug_abbrev", at: offset)
        while true {
            let found = try reader.unsignedLEB()
            guard found != 0 else { throw DWARFError(".debug_abbrev has no code \(code)") }
            _ = try reader.unsignedLEB()
            _ = try reader.byte()
            var attributes: [(name: UInt64, form: DWARFForm)] = []
            while true {
                let name = try reader.unsignedLEB()
                let form = DWARFForm(rawValue: try reader.unsignedLEB())
                if form.isImplicit { _ = try reader.signedLEB() }
                if name == 0, form.rawValue == 0 { break }
                if found == code { attributes.append((name, form)) }
            }
            if found == code { return attributes }
        }
    }
}
