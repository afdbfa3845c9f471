import ELF

/// What the debugger knows of a program's structures before it has looked at a machine: how types lie in memory, and
/// where variables are. All of it comes from the program's symbol file, by the names that its source has.
///
/// Made once for a symbol file, since reading its types takes a while.
final class ProgramLayout {
    /// The name of the symbol file.
    let module: String
    private let types: TypeTable
    private let variables: [String: UInt32]
    /// Where some functions are, spread over the code.
    let functions: [UInt32]
    private var layouts: [String: TypeTable.Layout?] = [:]

    /// Nil if the file has no variable of a name, by which the program is recognised, or does not describe its types.
    init?(_ module: SymbolTable.Module, with variable: String) {
        guard !module.file.isEmpty, module.symbols.contains(where: { $0.name == variable }) else { return nil }
        let types = module.file.withUnsafeBytes { bytes -> TypeTable? in
            // What is wrong with the file was said when its symbols were loaded.
            (try? ELFFile(bytes)).flatMap { try? TypeTable($0) }
        }
        guard let types else { return nil }
        self.module = module.name
        self.types = types
        var variables: [String: UInt32] = [:]
        for symbol in module.symbols where symbol.kind != .function { variables[symbol.name] = symbol.address }
        self.variables = variables
        let functions = module.symbols.filter { $0.kind == .function && $0.size >= 32 }.map(\.address)
        self.functions = stride(from: 0, to: functions.count, by: max(1, functions.count / 4)).map { functions[$0] }
    }

    /// The variables that only a Martlet kernel and its process manager have.
    static let currentThread = "Scheduler.current"
    static let processTable = "ManagerServer.tableForDebuggers"

    /// Where a static variable is: `Scheduler.current`.
    func address(of variable: String) -> UInt32? { variables[variable] }

    /// The layout of a type; nil if the program has none of that name, or it is not understood.
    func layout(_ type: String) -> TypeTable.Layout? {
        if let known = layouts[type] { return known }
        let layout = types.layout(named: type)
        layouts[type] = layout
        return layout
    }

    func layout(of field: TypeTable.Field) -> TypeTable.Layout? { types.layout(of: field.type) }

    /// A structure at an address; nil if there is no such type, or not all of its memory.
    func structure(_ type: String, at address: UInt32, memory: (UInt32, Int) -> [UInt8?]) -> GuestStructure? {
        guard let shape = layout(type), shape.size <= 0x1000, address &+ shape.size >= address else { return nil }
        let bytes = memory(address, Int(shape.size)).prefix { $0 != nil }.compactMap { $0 }
        guard bytes.count == Int(shape.size) else { return nil }
        return GuestStructure(address: address, layout: shape, bytes: bytes, types: self)
    }
}

extension Debugger {
    /// The kernel's structures, by the first symbol file that has them.
    var kernelLayout: ProgramLayout? { layout(with: ProgramLayout.currentThread) }
    /// The process manager's.
    var managerLayout: ProgramLayout? { layout(with: ProgramLayout.processTable) }

    private func layout(with variable: String) -> ProgramLayout? {
        if let known = knownLayouts[variable] { return known }
        let layout = symbols.modules.lazy.compactMap { ProgramLayout($0, with: variable) }.first
        knownLayouts[variable] = .some(layout)
        return layout
    }
}
