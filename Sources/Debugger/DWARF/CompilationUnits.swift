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

    /// What the first entry of a unit says.
    private static func entry(
        _ reader: inout DWARFReader, _ offsetSize: Int, _ sections: DWARFSections
    ) throws(DWARFError) -> (table: UInt64, folder: String)? {
        let unit = try DWARFUnit(&reader, offsetSize: offsetSize, sections)
        guard unit.isPlain else { return nil }
        let code = try reader.unsignedLEB()
        guard code != 0 else { return nil }
        var table: UInt64?
        var folder: String?
        for attribute in try abbreviation(code, at: unit.abbreviations, sections).attributes {
            switch (attribute.name, try attribute.read(&reader, unit.form).value) {
            case (lineTable, .number(let offset)): table = offset
            case (self.folder, .string(let path)): folder = path
            default: break
            }
        }
        guard let table, let folder else { return nil }
        return (table, folder)
    }

    private static func abbreviation(
        _ code: UInt64, at offset: UInt64, _ sections: DWARFSections
    ) throws(DWARFError) -> DWARFAbbreviation {
        var reader = try DWARFReader(sections.abbreviations, ".debug_abbrev", at: offset)
        while let abbreviation = try DWARFAbbreviation(&reader) {
            if abbreviation.code == code { return abbreviation }
        }
        throw DWARFError(".debug_abbrev has no code \(code)")
    }
}
