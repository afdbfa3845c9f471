import Foundation
import Machine

extension DebuggerCommands {
    /// The words that the last word of `line` can become, in alphabetical order: names of commands, and behind them
    /// files, registers or symbols; for a front end's Tab key.
    public func completions(of line: String) -> [String] {
        let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard let last = words.last else { return [] }
        let names = DebuggerCommand.all.flatMap(\.names).filter { $0.count > 1 && $0.hasPrefix(last) }
        guard words.count > 1, let first = words.first else { return names.sorted() }
        guard let command = try? DebuggerCommand.named(String(first.prefix { $0 != "/" })) else { return [] }
        if command.usage.contains("FILE") || command.usage.contains("PATH") { return Self.files(beginning: last) }
        if command.names.contains("help") { return names.sorted() }
        if command.names.contains("info") {
            let topics = DebuggerCommand.infoTopics.flatMap(\.names) + debugger.machine.chips.map(\.name)
            return (names + topics.filter { $0.hasPrefix(last) }).sorted()
        }
        guard !last.isEmpty else { return [] }
        let sign = last.hasPrefix("$") ? "$" : ""
        let registers =
            RegisterFile.generalNames + RegisterFile.segmentNames + RegisterFile.controlNames + ["eip", "eflags"]
        let symbols = debugger.symbols.search(last).map(\.name)
        return Set(registers.map { sign + $0 } + symbols).filter { $0.hasPrefix(last) }.sorted()
    }

    /// Paths, those of folders with a slash behind them.
    private static func files(beginning word: String) -> [String] {
        let folder = word.lastIndex(of: "/").map { word[...$0] } ?? ""
        let beginning = word.dropFirst(folder.count)
        let path = folder.isEmpty ? "." : String(folder)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.filter { $0.hasPrefix(beginning) && (beginning.hasPrefix(".") || !$0.hasPrefix(".")) }.map {
            name in
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: path + "/" + name, isDirectory: &isFolder)
            return folder + name + (isFolder.boolValue ? "/" : "")
        }.sorted()
    }
}
