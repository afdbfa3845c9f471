import ELF

/// The names of addresses, from any number of ELF files: kernel, process manager, programs, firmware.
public struct SymbolTable: Sendable {
    /// A named place.
    public struct Symbol: Sendable, Equatable {
        public enum Kind: Sendable { case function, variable, label }

        /// Its name as the source has it: Swift names demangled and shortened (``Demangler``).
        public let name: String
        /// Its name as the linker knows it.
        public let linkName: String
        /// Linear address.
        public let address: UInt32
        /// In bytes; 0 if unknown.
        public let size: UInt32
        public let kind: Kind
        /// The name of the file that it comes from.
        public let module: String
        /// The same without `.elf`.
        var moduleName: String { SymbolTable.shortName(ofModule: module) }
    }

    /// A symbol and how far behind its address another one lies.
    public struct Match: Sendable, Equatable, CustomStringConvertible {
        public let symbol: Symbol
        public let offset: UInt32

        /// `kernelMain+0x10`.
        public var description: String {
            offset == 0 ? symbol.name : "\(symbol.name)+\(offset.hexadecimal)"
        }
    }

    /// A name that several symbols have. ``description`` is a line for the user.
    public struct Ambiguity: Error, CustomStringConvertible, Equatable {
        public let description: String
    }

    /// What one file says.
    struct Module: Sendable {
        let name: String
        /// Its names count only where no other file has them.
        var isSecond = false
        /// In ascending order of addresses.
        var symbols: [Symbol] = []
        /// Where the file's sections are in memory: no symbol reaches beyond.
        var ranges: [ClosedRange<UInt32>] = []
        /// Code as the file has it, to tell whether it is in memory.
        var code: [(address: UInt32, bytes: [UInt8])] = []
        /// Source lines.
        var lines = LineTable()
        /// Where callers are found.
        var frames = CallFrameTable()
        /// What is wrong with the debugging information, in words.
        var problems: [String] = []
        /// The whole file, for what is read when somebody asks (``ProgramLayout``); empty if it describes no types.
        var file: [UInt8] = []
        var hasTypes = false
    }

    /// Reads linear memory: address and count; nil for a byte that is not there.
    public typealias MemoryReader = (UInt32, Int) -> [UInt8?]

    private(set) var modules: [Module] = []

    public init() {}

    /// The number of symbols.
    public var count: Int { modules.reduce(0) { $0 + $1.symbols.count } }
    /// The names of the files that were loaded.
    public var moduleNames: [String] { modules.map(\.name) }

    /// The names of the files that programs of a kernel may have been loaded from: all but those with the kernel's or
    /// the firmware's addresses.
    var programs: [String] {
        modules.filter { module in module.code.contains { $0.address >= 0x0800_0000 && $0.address < 0xC000_0000 } }
            .map(\.name)
    }

    /// A file's name without `.elf`, which is what the program is called.
    static func shortName(ofModule name: String) -> String { name.hasSuffix(".elf") ? String(name.dropLast(4)) : name }

    // MARK: Loading

    /// Adds the symbols of an ELF file. A file of the same name that was added before is replaced.
    ///
    /// - Parameter isSecond: nobody has asked for the file: where somebody types a name or a source file that others
    ///   have as well, theirs is meant. Addresses are looked up in it as in any other.
    public mutating func load(_ bytes: [UInt8], name: String, isSecond: Bool = false) throws(ELFError) {
        let module: Result<Module, ELFError> = bytes.withUnsafeBytes { buffer in
            do throws(ELFError) {
                return .success(try Self.module(try ELFFile(buffer), name: name))
            } catch {
                return .failure(error)
            }
        }
        var loaded = try module.get()
        if loaded.hasTypes { loaded.file = bytes }
        loaded.isSecond = isSecond
        modules.removeAll { $0.name == name }
        modules.append(loaded)
    }

    private static func module(_ file: ELFFile, name: String) throws(ELFError) -> Module {
        var module = Module(name: name)
        module.hasTypes = try file.sections().first(named: ".debug_info") != nil
        for section in try file.sections()
        where section.flags.contains(.allocate) && section.size > 0
            && section.address &+ (section.size - 1) >= section.address
        {
            module.ranges.append(section.address...section.address + (section.size - 1))
        }
        for segment in file.segments where segment.type == .load && segment.flags.contains(.execute) {
            let contents = Array(file.contents(of: segment))
            module.code.append((segment.virtualAddress, contents))
            // Code that runs elsewhere than it was linked for: a ROM's, whose symbols are then linear addresses.
            if segment.physicalAddress != segment.virtualAddress {
                module.code.append((segment.physicalAddress, contents))
            }
        }
        for symbol in try file.symbols() {
            guard symbol.sectionIndex != ELFSymbol.undefinedSection, symbol.sectionIndex != ELFSymbol.absoluteSection,
                !symbol.name.isEmpty
            else { continue }
            let kind: Symbol.Kind
            switch symbol.type {
            case .function: kind = .function
            case .object: kind = .variable
            case .none: kind = .label
            default: continue
            }
            let linkName = symbol.name.description
            module.symbols.append(
                Symbol(
                    name: Demangler.shortName(of: linkName), linkName: linkName, address: symbol.value,
                    size: symbol.size,
                    kind: kind, module: name))
        }
        // Of several names for an address the lookup finds the last: a function's rather than a label's.
        module.symbols.sort {
            ($0.address, $0.kind.rank, $1.linkName) < ($1.address, $1.kind.rank, $0.linkName)
        }
        do throws(DWARFError) {
            module.lines = try LineTable(file, within: module.ranges)
        } catch {
            // Names are worth having without lines.
            module.problems.append("no source lines: \(error.description)")
        }
        do throws(DWARFError) {
            module.frames = try CallFrameTable(file, within: module.ranges)
        } catch {
            module.problems.append("backtraces go by frame pointers only: \(error.description)")
        }
        return module
    }

    // MARK: From an address to its name

    /// The symbol that `address` lies in.
    ///
    /// - Parameter memory: reads linear memory; where several files claim the address, it decides whose code is there.
    func nearest(to address: UInt32, memory: MemoryReader) -> Match? {
        owner(of: address, by: { $0.match(address) }, memory: memory)?.claim
    }

    /// Where callers and registers are found at an address, by the file whose code is in memory there.
    func frameRow(at address: UInt32, memory: MemoryReader) -> CallFrameTable.Row? {
        owner(of: address, by: { $0.frames.row(at: address) }, memory: memory)?.claim
    }

    // MARK: From a name to its address

    /// The symbol of a name: exact, or without the argument labels, or the last part of it (`allocate` for
    /// `FrameAllocator.allocate(count:)`); nil if there is none. `MODULE!NAME` is one of a file, whose name may be
    /// without `.elf`.
    ///
    /// - Parameter memory: reads linear memory; of several symbols, the one whose code is there is meant.
    public func symbol(named name: String, memory: MemoryReader? = nil) throws(Ambiguity) -> Symbol? {
        if let separator = name.firstIndex(of: "!") {
            let modules = modules(named: String(name[..<separator]))
            if !modules.isEmpty {
                return try Self.symbol(named: String(name[name.index(after: separator)...]), in: modules) { _ in true }
            }
        }
        for modules in modulesByRank {
            let found = try Self.symbol(named: name, in: modules) { symbol in
                memory.map { isInMemory(symbol.module, at: symbol.address, memory: $0) } ?? true
            }
            if let found { return found }
        }
        return nil
    }

    /// The files that somebody means by a name with or without `.elf`.
    func modules(named name: String) -> [Module] { modules.filter { $0.name == name || $0.name == name + ".elf" } }

    /// The files that somebody has asked for, then the others.
    var modulesByRank: [[Module]] { [modules.filter { !$0.isSecond }, modules.filter(\.isSecond)] }

    /// - Parameter isThere: which of several symbols are meant; all of them if this leaves none.
    private static func symbol(
        named name: String, in modules: [Module], isThere: (Symbol) -> Bool
    ) throws(Ambiguity) -> Symbol? {
        let tests: [(Symbol) -> Bool] = [
            { $0.name == name }, { $0.linkName == name }, { Self.baseName($0.name) == name },
            { Self.baseName($0.name).hasSuffix("." + name) },
        ]
        for test in tests {
            var found = modules.flatMap { $0.symbols.filter(test) }
            if isAmbiguous(found) {
                let present = found.filter(isThere)
                if !present.isEmpty { found = present }
            }
            if isAmbiguous(found) {
                let names = found.prefix(4).map { "\($0.moduleName)!\($0.name) (\($0.address.hexadecimal))" }
                let more = found.count > 4 ? " and \(found.count - 4) more" : ""
                throw Ambiguity(description: "'\(name)' is ambiguous: " + names.joined(separator: ", ") + more)
            }
            if let symbol = found.first { return symbol }
        }
        return nil
    }

    private static func isAmbiguous(_ symbols: [Symbol]) -> Bool { Set(symbols.map(\.address)).count > 1 }

    /// The name before the argument labels.
    private static func baseName(_ name: String) -> String {
        guard let parenthesis = name.firstIndex(of: "("), parenthesis > name.startIndex else { return name }
        return String(name[..<parenthesis])
    }

    /// All symbols whose name contains `pattern`, capital letters or not, in ascending order of addresses.
    public func search(_ pattern: String) -> [Symbol] {
        let pattern = pattern.lowercased()
        return modules.flatMap(\.symbols).filter {
            pattern.isEmpty || $0.name.lowercased().contains(pattern) || $0.linkName.lowercased().contains(pattern)
        }.sorted { ($0.address, $0.name) < ($1.address, $1.name) }
    }
}

extension SymbolTable.Symbol.Kind {
    fileprivate var rank: Int {
        switch self {
        case .label: 0
        case .variable: 1
        case .function: 2
        }
    }
}

extension SymbolTable.Module {
    /// The last symbol at or before `address`, if `address` can belong to it.
    func match(_ address: UInt32) -> SymbolTable.Match? {
        // The first symbol behind the address.
        var low = 0
        var high = symbols.count
        while low < high {
            let middle = (low + high) / 2
            if symbols[middle].address <= address { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return nil }
        // A label names its own address; behind it, the function that it is in says more.
        let last = symbols[low - 1]
        var symbol = last
        if last.size == 0, last.address != address {
            let enclosing = symbols[max(0, low - 64)..<low].last {
                $0.kind == .function && $0.size > 0 && address - $0.address < $0.size
            }
            symbol = enclosing ?? last
        }
        let offset = address - symbol.address
        if symbol.size > 0, offset >= symbol.size { return nil }
        // The end of a section ends a symbol of unknown size; a ROM's symbols lie outside of all sections.
        if symbol.size == 0, offset > 0 {
            if let range = ranges.first(where: { $0.contains(symbol.address) }) {
                guard range.contains(address) else { return nil }
            } else if offset > 0x1000 {
                return nil
            }
        }
        return SymbolTable.Match(symbol: symbol, offset: offset)
    }
}
