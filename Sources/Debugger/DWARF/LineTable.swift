import ELF

/// A place in a program's source.
public struct SourceLocation: Sendable, Equatable, Hashable, CustomStringConvertible {
    /// The path that the compiler was given, made absolute; the file may be elsewhere now, or nowhere.
    public let path: String
    /// From 1 on.
    public let line: Int
    /// From 1 on; 0 if unknown.
    public let column: Int

    public init(path: String, line: Int, column: Int = 0) {
        self.path = path
        self.line = line
        self.column = column
    }

    /// The last part of the path.
    public var fileName: String {
        String(path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...])
    }

    /// `Scheduler.swift:62`.
    public var description: String { "\(fileName):\(line)" }

    /// The parts of `FILE:LINE`; nil if the text is no such thing.
    static func parse(_ text: String) -> (file: String, line: Int)? {
        guard let colon = text.lastIndex(of: ":"), colon > text.startIndex else { return nil }
        let digits = text[text.index(after: colon)...]
        guard !digits.isEmpty, digits.allSatisfy({ ("0"..."9").contains($0) }), let line = Int(digits) else {
            return nil
        }
        return (String(text[..<colon]), line)
    }
}

/// Which source line an instruction was made of: the contents of a file's `.debug_line`.
///
/// **Constraint.** A symbol file has thousands of rows, and may be damaged or hostile. Linkers leave the lines of code
/// that they threw away, at address 0 or so. Optimised code mixes lines, and has instructions that belong to none.
///
/// **Choice.** All rows that lie in the program's memory are kept in one array in ascending order, so that a question
/// is a binary search. A row covers the addresses up to the next one. Line 0, and what the compiler made up, is "no
/// line".
///
/// **Example.** `break Queue.swift:20` asks for the addresses of a line: the rows with that line where another line was
/// before.
public struct LineTable: Sendable {
    struct Row: Sendable {
        let address: UInt32
        /// 0: no line.
        let line: UInt32
        /// Index into ``files``.
        let file: Int32
        let column: UInt16
        /// A good place for a breakpoint, says the compiler.
        let isStatement: Bool
        /// The function's arguments and frame are in place.
        let isPrologueEnd: Bool
        /// Not a row, but the end of the one before.
        let isEnd: Bool
    }

    /// Paths, each once.
    public private(set) var files: [String] = []
    /// In ascending order of addresses.
    private(set) var rows: [Row] = []

    public init() {}

    /// Reads the line tables of a file. Rows outside of `ranges` belong to code that the linker left out.
    ///
    /// - Throws: what is wrong with the first damaged unit.
    init(_ file: ELFFile, within ranges: [ClosedRange<UInt32>]) throws(DWARFError) {
        let sections = try DWARFSections(file)
        guard !sections.line.isEmpty else { return }
        let folders = try CompilationUnits.folders(sections)
        var sequences: [[Row]] = []
        var numbers: [String: Int32] = [:]
        var reader = try DWARFReader(sections.line, ".debug_line")
        while !reader.isAtEnd {
            let start = UInt64(reader.offset)
            let (length, offsetSize) = try reader.initialLength()
            var unit = try reader.part(length)
            let program = try LineProgram(&unit, offsetSize: offsetSize, folder: folders[start], sections)
            try program.run(&unit) { rows in
                guard let first = rows.first, ranges.contains(where: { $0.contains(first.address) }),
                    // A sequence that goes back is damaged, and would make the order of all rows wrong.
                    zip(rows, rows.dropFirst()).allSatisfy({ $0.address <= $1.address })
                else { return }
                sequences.append(rows.map { Self.row($0, program, &numbers, &files) })
            }
        }
        sequences.sort { ($0.first?.address ?? 0) < ($1.first?.address ?? 0) }
        for sequence in sequences {
            // Sequences that overlap are damaged as well: the first counts.
            guard (rows.last?.address ?? 0) <= (sequence.first?.address ?? 0) else { continue }
            rows += sequence
        }
    }

    private static func row(
        _ row: LineProgram.Row, _ program: LineProgram, _ numbers: inout [String: Int32], _ files: inout [String]
    ) -> Row {
        var line = row.line
        var number: Int32 = -1
        if let index = Int(exactly: row.file), program.files.indices.contains(index), let path = program.files[index] {
            number = numbers[path] ?? Int32(truncatingIfNeeded: files.count)
            if Int(number) == files.count {
                numbers[path] = number
                files.append(path)
            }
        } else {
            line = 0
        }
        return Row(
            address: row.address, line: line, file: number, column: UInt16(clamping: row.column),
            isStatement: row.isStatement, isPrologueEnd: row.isPrologueEnd, isEnd: row.isEnd)
    }

    // MARK: From an address to its line

    /// A row and the addresses that it covers.
    public struct Match: Sendable, Equatable {
        public let location: SourceLocation
        /// The row's addresses.
        public let addresses: Range<UInt32>
        /// The compiler recommends its first address for breakpoints: a statement begins there.
        public let isStatement: Bool
    }

    /// The line of an address; nil if there is none.
    public func match(_ address: UInt32) -> Match? {
        guard let index = index(of: address) else { return nil }
        let row = rows[index]
        guard row.line != 0, files.indices.contains(Int(row.file)) else { return nil }
        let end = index + 1 < rows.count ? rows[index + 1].address : address &+ 1
        guard row.address < end else { return nil }
        return Match(location: location(row), addresses: row.address..<end, isStatement: row.isStatement)
    }

    /// Whether the compiler says anything about an address, and be it that it belongs to no line.
    public func covers(_ address: UInt32) -> Bool { index(of: address) != nil }

    /// The last row at or before `address`; of several at one address the last, which is the one that holds.
    private func index(of address: UInt32) -> Int? {
        let behind = firstIndex(after: address)
        guard behind > 0, !rows[behind - 1].isEnd else { return nil }
        return behind - 1
    }

    private func firstIndex(after address: UInt32) -> Int {
        var low = 0
        var high = rows.count
        while low < high {
            let middle = (low + high) / 2
            if rows[middle].address <= address { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func location(_ row: Row) -> SourceLocation {
        SourceLocation(path: files[Int(row.file)], line: Int(row.line), column: Int(row.column))
    }

    /// Every line that has code, in the order of addresses; several times if it has several pieces.
    var allLocations: some Sequence<SourceLocation> {
        rows.lazy.filter { [files] in $0.line != 0 && !$0.isEnd && files.indices.contains(Int($0.file)) }
            .map { location($0) }
    }

    /// Where the body of the function at `addresses` begins, its arguments and frame being in place; nil if the
    /// compiler does not say.
    public func prologueEnd(in addresses: Range<UInt32>) -> UInt32? {
        guard let first = index(of: addresses.lowerBound) else { return nil }
        return rows[first...].prefix { $0.address < addresses.upperBound }.first {
            $0.isPrologueEnd && addresses.contains($0.address)
        }?.address
    }

    // MARK: From a line to its addresses

    /// The files that somebody means by `name`: a whole path, or its last parts (`Queue.swift`, `IPC/Queue.swift`).
    public func files(named name: String) -> [String] {
        files.filter { $0 == name || !name.isEmpty && $0.hasSuffix("/" + name) }
    }

    /// Where the code of a line begins: at one address, or at several if the line is part of a generic or inlined
    /// function. If the line has no code, that of the next line in the file that has some. Ascending.
    ///
    /// `function` tells functions apart: the address at which the function of an address begins.
    public func addresses(
        ofLine line: Int, in path: String, function: (UInt32) -> UInt32?
    ) -> (line: Int, addresses: [UInt32])? {
        guard let number = files.firstIndex(of: path), let wanted = UInt32(exactly: max(1, line)) else { return nil }
        let file = Int32(truncatingIfNeeded: number)
        let candidates = rows.lazy.filter { $0.file == file && $0.isStatement && !$0.isEnd && $0.line >= wanted }
        guard let best = candidates.map(\.line).min() else { return nil }
        // Of the rows of a line in a function, those count that have the column of the first: copies of an inlined
        // function begin with the same, the rest of a statement behind a call does not.
        var columns: [UInt32: UInt16] = [:]
        var addresses: [UInt32] = []
        for (index, row) in rows.enumerated()
        where row.file == file && row.line == best && row.isStatement && !row.isEnd {
            if index > 0, rows[index - 1].line == best, rows[index - 1].file == file, !rows[index - 1].isEnd {
                continue
            }
            let function = function(row.address) ?? 0
            if columns[function] == nil { columns[function] = row.column }
            if columns[function] == row.column, addresses.last != row.address { addresses.append(row.address) }
        }
        return (Int(best), addresses)
    }
}
