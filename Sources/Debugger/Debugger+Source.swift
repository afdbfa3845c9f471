import Machine

/// Source lines: between addresses and places in files, respecting that only the code counts that memory holds.
extension Debugger {
    /// The line of a linear address; nil if the code there has none.
    public func line(at linear: UInt32) -> LineTable.Match? {
        symbols.line(at: linear) { address, count in readMemory(at: address, count: count) }
    }

    /// The place in the source of a linear address.
    public func sourceLocation(at linear: UInt32) -> SourceLocation? { line(at: linear)?.location }

    /// The text of a source line.
    public func sourceText(of location: SourceLocation) -> SourceFiles.Text { sources.text(of: location) }
}

extension SymbolTable {
    /// Where a line's code is, in one symbol file.
    public struct LinePlace: Sendable, Equatable {
        /// The symbol file's name.
        public let module: String
        public let path: String
        /// The line that was asked for, or the next one that has code.
        public let line: Int
        /// Linear addresses, ascending.
        public let addresses: [UInt32]
    }

    /// What is wrong with each file's debugging information, in words, by the file's name.
    public var problems: [(module: String, problem: String)] {
        modules.flatMap { module in module.problems.map { (module.name, $0) } }
    }

    /// The paths of all source files that there are lines of.
    public var sourceFiles: [String] { Array(Set(modules.flatMap(\.lines.files))).sorted() }

    /// The line of an address, from the file whose code is in memory there.
    func line(at address: UInt32, memory: MemoryReader) -> LineTable.Match? {
        owner(of: address, by: { $0.lines.match(address) }, memory: memory)?.claim
    }

    /// The line table that an address belongs to, if there is one and its code is in memory.
    func lineTable(at address: UInt32, memory: MemoryReader) -> LineTable? {
        owner(of: address, by: { $0.lines.covers(address) ? $0.lines : nil }, memory: memory)?.claim
    }

    /// The paths of source files that somebody means by a path or its last parts, of the symbol files that count.
    public func files(named name: String) -> [String] { Self.files(named: name, in: modules(with: name)) }

    private static func files(named name: String, in modules: [Module]) -> [String] {
        Array(Set(modules.flatMap { $0.lines.files(named: name) })).sorted()
    }

    /// The symbol files that somebody means who names a source file.
    private func modules(with file: String) -> [Module] {
        modulesByRank.first { !Self.files(named: file, in: $0).isEmpty } ?? []
    }

    /// Where the code of a line is, in every symbol file that has it. Empty if no file of that name has lines at or
    /// behind this one.
    ///
    /// - Parameter file: a path, or its last parts. Throws if several files are meant.
    public func places(ofLine line: Int, inFile file: String) throws(Ambiguity) -> [LinePlace] {
        let paths = files(named: file)
        if paths.count > 1 {
            throw Ambiguity(description: "'\(file)' is ambiguous: " + paths.joined(separator: ", "))
        }
        guard let path = paths.first else { return [] }
        return modules(with: file).compactMap { module in
            guard
                let found = module.lines.addresses(
                    ofLine: line, in: path, function: { module.match($0)?.symbol.address })
            else { return nil }
            return LinePlace(module: module.name, path: path, line: found.line, addresses: found.addresses)
        }
    }
}
