/// A symbol: the name of an address (System V ABI, "Symbol Table").
public struct ELFSymbol {
    /// What a symbol names.
    public struct SymbolType: RawRepresentable, Equatable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Unknown; labels of assembly code are this.
        public static let none = SymbolType(rawValue: 0)
        /// A variable.
        public static let object = SymbolType(rawValue: 1)
        /// A function.
        public static let function = SymbolType(rawValue: 2)
        /// A section.
        public static let section = SymbolType(rawValue: 3)
        /// A source file.
        public static let file = SymbolType(rawValue: 4)
    }

    /// Section index of a symbol that the file does not define.
    public static let undefinedSection: UInt16 = 0
    /// Section index of a symbol whose value is a number, not an address.
    public static let absoluteSection: UInt16 = 0xFFF1

    /// Its name, as the linker knows it (Swift's are mangled).
    public let name: ELFName
    /// Its virtual address, or number.
    public let value: UInt32
    /// The size in bytes of what it names, or 0 if unknown.
    public let size: UInt32
    /// What it names.
    public let type: SymbolType
    /// Whether other files can see it.
    public let isGlobal: Bool
    /// The index of the section that it lies in, or one of the special indices.
    public let sectionIndex: UInt16
}

extension ELFFile {
    /// The symbols of `.symtab`, in file order; empty if the file was stripped.
    ///
    /// - Throws: What is wrong with the sections, the symbol table or a name in it.
    public func symbols() throws(ELFError) -> ELFSymbols {
        let sections = try sections()
        for section in sections where section.type == .symbolTable {
            guard let link = Int(exactly: section.link), link < sections.count,
                sections[link].type == .stringTable
            else { throw .badStringTable }
            return try ELFSymbols(section, ELFStringTable(sections[link].contents))
        }
        return .empty
    }
}

/// The symbols of a file.
public struct ELFSymbols: RandomAccessCollection {
    /// The size of a symbol in bytes.
    public static var entrySize: Int { 16 }

    /// The table; checked by the initialiser.
    private let table: UnsafeRawBufferPointer
    private let names: ELFStringTable

    static var empty: ELFSymbols { ELFSymbols() }

    private init() {
        table = UnsafeRawBufferPointer(start: nil, count: 0)
        names = .empty
    }

    init(_ section: ELFSection, _ names: ELFStringTable) throws(ELFError) {
        guard Int(exactly: section.entrySize) == Self.entrySize, section.contents.count % Self.entrySize == 0 else {
            throw .badSymbolTable
        }
        table = section.contents
        self.names = names
        for index in 0..<endIndex {
            try names.check(table.word(at: index * Self.entrySize))
        }
    }

    public var startIndex: Int { 0 }
    public var endIndex: Int { table.count / Self.entrySize }

    public subscript(index: Int) -> ELFSymbol {
        let at = index * Self.entrySize
        let info = table[at + 12]
        return ELFSymbol(
            name: names[table.word(at: at)],
            value: table.word(at: at + ELFFieldOffset.Symbol.value),
            size: table.word(at: at + 8),
            type: ELFSymbol.SymbolType(rawValue: info & 0xF),
            isGlobal: info >> 4 != 0,
            sectionIndex: table.halfWord(at: at + 14))
    }

    /// The function that an address lies in, or nil.
    ///
    /// A symbol of unknown size (assembly code's) covers everything up to the next symbol. Takes time proportional to
    /// the number of symbols; a debugger that asks often sorts them once instead.
    public func function(containing address: UInt32) -> ELFSymbol? {
        var best: ELFSymbol?
        for symbol in self where symbol.type == .function || symbol.type == .none {
            guard symbol.sectionIndex != ELFSymbol.undefinedSection,
                symbol.sectionIndex != ELFSymbol.absoluteSection,
                !symbol.name.isEmpty, symbol.value <= address
            else { continue }
            if let found = best, found.value > symbol.value { continue }
            best = symbol
        }
        if let found = best, found.size > 0, address - found.value >= found.size { return nil }
        return best
    }
}
