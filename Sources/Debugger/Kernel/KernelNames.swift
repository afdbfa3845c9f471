/// The names of processes.
///
/// The kernel knows numbers only: what a process is called is the process manager's business, whose table is in its own
/// memory. Its symbol file says where; without it, a process is called what the symbol file is called whose code it
/// has.
extension KernelView {
    func readNames() -> [UInt32: String] {
        var names: [UInt32: String] = [:]
        for process in processes {
            if process.number == 0 {
                names[0] = "kernel"
            } else if process.address == variable("Processes.manager") {
                names[process.number] = "process-manager"
            } else if let name = programInMemory(of: process) {
                names[process.number] = name
            }
        }
        return names.merging(managerNames()) { $1 }
    }

    /// The name of the symbol file whose code the process has; nil if it is none that is loaded.
    private func programInMemory(of process: KernelProcess) -> String? {
        guard process.directory != 0 else { return nil }
        let modules = debugger.symbols.programs.filter { module in
            debugger.symbols.isInMemory(module, at: 0) { address, count in
                debugger.readMemory(at: address, count: count, directory: process.directory)
            }
        }
        return modules.first.map(SymbolTable.shortName(ofModule:))
    }

    /// What the process manager's table says.
    private func managerNames() -> [UInt32: String] {
        guard let manager = variable("Processes.manager").flatMap({ process(at: $0) }), manager.directory != 0,
            let layout = debugger.managerLayout, let variable = layout.address(of: ProgramLayout.processTable),
            let stride = layout.layout("ProcessEntry")?.stride
        else { return [:] }
        func read(_ address: UInt32, _ count: Int) -> [UInt8?] {
            debugger.readMemory(at: address, count: count, directory: manager.directory)
        }
        guard let table = layout.structure("ProcessTable", at: variable, memory: read),
            let rows = table.pointer("entries.rows"), let count = table.number("entries.count")
        else { return [:] }
        var names: [UInt32: String] = [:]
        for row in 0..<min(count, UInt32(Self.listLimit)) {
            guard let entry = layout.structure("ProcessEntry", at: rows &+ row &* stride, memory: read) else { break }
            guard let number = entry.number("number"), number != 0, let bytes = entry.bytes("name.bytes"),
                let length = entry.number("name.count"), length > 0, length <= bytes.count,
                entry.name("state") != "free"
            else { continue }
            let name = String(decoding: bytes.prefix(Int(length)), as: UTF8.self)
            // It may be anything, if the process manager has gone mad.
            if name.allSatisfy({ $0.isASCII && !$0.isWhitespace && !$0.isNewline }) { names[number] = name }
        }
        return names
    }
}
