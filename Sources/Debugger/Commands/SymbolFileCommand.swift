import ELF
import Foundation

extension DebuggerCommand {
    static let symbolFile = DebuggerCommand(
        "symbol-file", usage: "symbol-file PATH", summary: "load the symbols of an ELF file",
        details: "The file keeps those of other files; loading a file again replaces its own.", group: .other
    ) { (commands, arguments) throws(CommandError) in
        guard !arguments.words.isEmpty else { throw CommandError("which file? 'symbol-file PATH'") }
        let count = try commands.loadSymbols(arguments.text)
        let name = URL(fileURLWithPath: arguments.text).lastPathComponent
        let problems = commands.debugger.symbols.problems.filter { $0.module == name }.map(\.problem)
        return Output(["\(count) symbols"] + problems)
    }
}

extension DebuggerCommands {
    /// Loads the symbols of the ELF file at `path`; returns how many there are.
    fileprivate func loadSymbols(_ path: String) throws(CommandError) -> Int {
        guard let data = FileManager.default.contents(atPath: path) else { throw CommandError("cannot read '\(path)'") }
        let before = debugger.symbols.count
        do throws(ELFError) {
            try debugger.symbols.load([UInt8](data), name: URL(fileURLWithPath: path).lastPathComponent)
        } catch {
            throw CommandError("'\(path)': \(error.description)")
        }
        return debugger.symbols.count - before
    }
}
