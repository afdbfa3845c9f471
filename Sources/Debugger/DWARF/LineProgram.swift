/// One compilation unit's line-number program (DWARF 5, 6.2): a header with the names of files, and a program for a
/// small machine that appends rows to a table.
struct LineProgram {
    /// What the machine's registers say at an address.
    struct Row {
        var address: UInt32 = 0
        /// Index into ``files``, as the program counts them.
        var file: UInt64 = 1
        var line: UInt32 = 1
        var column: UInt32 = 0
        var isStatement: Bool
        var isPrologueEnd = false
        /// The first address behind a sequence.
        var isEnd = false
    }

    /// Paths, by the number that rows use; nil where there is none.
    private(set) var files: [String?] = []
    private var minimumLength: UInt64 = 1
    private var defaultIsStatement = true
    private var lineBase: Int64 = 0
    private var lineRange: UInt64 = 1
    private var operandCounts: [UInt8] = []

    /// Reads the header from a unit's bytes behind its length.
    ///
    /// - Parameter folder: where the unit was compiled, for versions before 5.
    init(
        _ reader: inout DWARFReader, offsetSize: Int, folder: String?, _ sections: DWARFSections
    ) throws(DWARFError) {
        let version = try reader.word()
        guard (2...5).contains(version) else { throw DWARFError(".debug_line has the unknown version \(version)") }
        var addressSize = 4
        if version >= 5 {
            addressSize = Int(try reader.byte())
            _ = try reader.byte()
        }
        var header = try reader.part(try reader.unsigned(offsetSize))
        minimumLength = UInt64(try header.byte())
        if version >= 4, try header.byte() > 1 {
            throw DWARFError(".debug_line is of a processor that this one is not")
        }
        defaultIsStatement = try header.byte() != 0
        lineBase = Int64(Int8(bitPattern: try header.byte()))
        lineRange = UInt64(try header.byte())
        guard lineRange > 0 else { throw DWARFError(".debug_line has a line range of 0") }
        let opcodeBase = try header.byte()
        guard opcodeBase > 0 else { throw DWARFError(".debug_line has an opcode base of 0") }
        for _ in 1..<max(1, opcodeBase) { operandCounts.append(try header.byte()) }
        if version >= 5 {
            let unit = DWARFForm.Unit(
                sections: sections, version: version, offsetSize: offsetSize, addressSize: addressSize)
            let folders = try Self.entries(&header, unit).map(\.name)
            files = try Self.entries(&header, unit).map { Self.path($0.name, $0.folder, folders) }
        } else {
            try readOldNames(&header, folder)
        }
    }

    /// The names of versions 2 to 4; folder 0 is the unit's own, file numbers begin at 1.
    private mutating func readOldNames(_ header: inout DWARFReader, _ folder: String?) throws(DWARFError) {
        var folders = [folder ?? ""]
        while true {
            let name = try header.string()
            if name.isEmpty { break }
            folders.append(name)
        }
        files = [nil]
        while true {
            let name = try header.string()
            if name.isEmpty { break }
            let folder = try header.unsignedLEB()
            _ = try header.unsignedLEB()
            _ = try header.unsignedLEB()
            files.append(Self.path(name, folder, folders))
        }
    }

    /// A table of folders or files of version 5: a description of its fields, then the entries.
    private static func entries(
        _ header: inout DWARFReader, _ unit: DWARFForm.Unit
    ) throws(DWARFError) -> [(name: String, folder: UInt64)] {
        var fields: [(content: UInt64, form: DWARFForm)] = []
        for _ in 0..<(try header.byte()) {
            fields.append((try header.unsignedLEB(), DWARFForm(rawValue: try header.unsignedLEB())))
        }
        let count = try header.unsignedLEB()
        // Every entry takes a byte at least, so that a count that fits nowhere ends in an error soon.
        guard count == 0 || !fields.isEmpty else { throw DWARFError(".debug_line has file names without a name") }
        var entries: [(name: String, folder: UInt64)] = []
        for _ in 0..<count {
            let before = header.offset
            var name = ""
            var folder: UInt64 = 0
            for field in fields {
                switch (field.content, try field.form.read(&header, unit)) {
                case (1, .string(let text)): name = text
                case (2, .number(let number)): folder = number
                default: break
                }
            }
            guard header.offset > before else { throw DWARFError(".debug_line has file names without a name") }
            entries.append((name, folder))
        }
        return entries
    }

    /// A whole path; nil for what is no file (`<compiler-generated>`, `<stdin>`).
    private static func path(_ name: String, _ folder: UInt64, _ folders: [String]) -> String? {
        guard !name.isEmpty, !(name.hasPrefix("<") && name.hasSuffix(">")) else { return nil }
        func joined(_ folder: String, _ name: String) -> String {
            folder.isEmpty || name.hasPrefix("/") ? name : folder + "/" + name
        }
        let index = Int(exactly: folder).flatMap { folders.indices.contains($0) ? $0 : nil }
        return joined(folders.first ?? "", joined(index.map { folders[$0] } ?? "", name))
    }

    // MARK: The machine (6.2.5)

    /// Runs the program in the rest of the unit, and hands out its sequences.
    func run(_ reader: inout DWARFReader, sequence: ([Row]) -> Void) throws(DWARFError) {
        var row = Row(isStatement: defaultIsStatement)
        var rows: [Row] = []
        func append() {
            rows.append(row)
            row.isPrologueEnd = false
        }
        func advance(_ operations: UInt64) {
            row.address = row.address &+ UInt32(truncatingIfNeeded: operations &* minimumLength)
        }
        func advanceLine(_ difference: Int64) {
            row.line = UInt32(truncatingIfNeeded: Int64(row.line) &+ difference)
        }
        let opcodeBase = UInt64(operandCounts.count) + 1
        while !reader.isAtEnd {
            let opcode = UInt64(try reader.byte())
            if opcode >= opcodeBase {
                let adjusted = opcode - opcodeBase
                advance(adjusted / lineRange)
                advanceLine(lineBase + Int64(adjusted % lineRange))
                append()
                continue
            }
            switch opcode {
            case 0:
                var operation = try reader.part(try reader.unsignedLEB())
                // An empty operation does nothing.
                guard !operation.isAtEnd else { continue }
                switch try operation.byte() {
                case 1:
                    row.isEnd = true
                    rows.append(row)
                    sequence(rows)
                    rows = []
                    row = Row(isStatement: defaultIsStatement)
                case 2: row.address = UInt32(truncatingIfNeeded: try operation.unsigned(4))
                default: break
                }
            case 1: append()
            case 2: advance(try reader.unsignedLEB())
            case 3: advanceLine(try reader.signedLEB())
            case 4: row.file = try reader.unsignedLEB()
            case 5: row.column = UInt32(truncatingIfNeeded: try reader.unsignedLEB())
            case 6: row.isStatement.toggle()
            case 8: advance((255 - opcodeBase) / lineRange)
            case 9: row.address = row.address &+ UInt32(try reader.word())
            case 10: row.isPrologueEnd = true
            default:
                // Basic blocks, epilogues, instruction sets, and what is not known, with as many operands as it says.
                for _ in 0..<operandCounts[Int(opcode) - 1] { _ = try reader.unsignedLEB() }
            }
        }
    }
}
