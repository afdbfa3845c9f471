import Debugger
import Foundation

/// Counts instructions by the functions of the kernel's sources that they come from.
///
/// Since the compiler puts functions into each other, symbols say little; but the line table knows which line a piece
/// of code comes from, and the source says in which function that is.
final class InstructionCounter {
    private let debugger: Debugger
    /// The parts that the kernel's code consists of, by address; and how many instructions of each have been executed.
    private var partOfAddress: [UInt32: Int] = [:]
    private var names = ["the programs"]
    private(set) var counts = [0]

    init(_ debugger: Debugger) {
        self.debugger = debugger
    }

    func countProgram() { counts[0] += 1 }

    func countKernel(_ eip: UInt32) { counts[part(eip)] += 1 }

    /// What has been counted since the counts were `before`.
    func spent(since before: [Int]) -> [(name: String, count: Int)] {
        let before = before + Array(repeating: 0, count: counts.count - before.count)
        return zip(names, zip(counts, before)).map { (name: $0, count: $1.0 - $1.1) }.filter { $0.count > 0 }
    }

    /// Whose source an instruction of the kernel is: a file and a function, or a symbol where no line is known.
    private func part(_ eip: UInt32) -> Int {
        if let part = partOfAddress[eip] { return part }
        let name =
            debugger.sourceLocation(at: eip).map { location in
                function(location).map { "`\($0)`, `\(location.fileName)`" } ?? "`\(location.fileName)`"
            }
            ?? debugger.symbol(at: eip).map { "`\($0.symbol.name)`" } ?? "unknown"
        let part = names.firstIndex(of: name) ?? names.count
        if part == names.count {
            names.append(name)
            counts.append(0)
        }
        partOfAddress[eip] = part
        return part
    }

    private var sources: [String: [Substring]] = [:]

    /// The Swift function that a line belongs to: the last one that begins before it.
    private func function(_ location: SourceLocation) -> String? {
        if sources[location.path] == nil {
            let text = (try? String(contentsOfFile: location.path, encoding: .utf8)) ?? ""
            sources[location.path] = text.split(separator: "\n", omittingEmptySubsequences: false)
        }
        guard location.path.hasSuffix(".swift"), let lines = sources[location.path] else { return nil }
        for line in lines.prefix(location.line).reversed() {
            guard let start = line.firstRange(of: "func ") else { continue }
            return String(line[start.upperBound...].prefix { $0.isLetter || $0.isNumber || $0 == "_" })
        }
        return nil
    }
}

/// The rows of a table of counts, most first.
func rows(of parts: [(name: String, count: Int)]) -> [String] {
    parts.sorted { ($1.count, $0.name) < ($0.count, $1.name) }.map { "| \($0.name) | \($0.count) |" }
}
