import ELF
import Foundation
import ToolSupport

/// Makes the symbol table of an image from the kernel's ELF file.
enum SymbolTable {
    /// The functions of an executable, in ascending order, one for each address, as the linker named them.
    ///
    /// - Throws: A `Diagnostic` without the file's name.
    static func functions(_ bytes: UnsafeRawBufferPointer) throws -> [(address: UInt32, name: String)] {
        do {
            let file = try ELFFile(bytes)
            let sections = try file.sections()
            var best: [UInt32: (rank: Int, name: String)] = [:]
            for symbol in try file.symbols() {
                guard symbol.type == .function || symbol.type == .none, !symbol.name.isEmpty,
                    sections.indices.contains(Int(symbol.sectionIndex)),
                    sections[Int(symbol.sectionIndex)].flags.contains(.execute)
                else { continue }
                // Of several names of a place the best one is a function's, then one that other files know.
                let rank = (symbol.type == .function ? 2 : 0) + (symbol.isGlobal ? 1 : 0)
                if let found = best[symbol.value], found.rank >= rank { continue }
                best[symbol.value] = (rank, String(decoding: symbol.name.bytes, as: UTF8.self))
            }
            return best.sorted { $0.key < $1.key }.map { ($0.key, $0.value.name) }
        } catch {
            throw Diagnostic("\(error)")
        }
    }

    /// The section's bytes (docs/image-format.md, "Symbol table").
    static func encode(_ symbols: [(address: UInt32, name: String)]) -> [UInt8] {
        var table: [UInt8] = []
        var names: [UInt8] = []
        table.append(words: [UInt32(truncatingIfNeeded: symbols.count)])
        let namesOffset = 4 + 8 * symbols.count
        for symbol in symbols {
            table.append(words: [symbol.address, UInt32(truncatingIfNeeded: namesOffset + names.count)])
            names += symbol.name.utf8.filter { $0 != 0 }
            names.append(0)
        }
        return table + names
    }

    /// Turns the linker's names into readable ones with the toolchain's `swift demangle`, run once as a filter.
    ///
    /// - Throws: A `Diagnostic` if the filter cannot be run or answers something else than a line for each line.
    static func demangle(_ names: [String]) throws -> [String] {
        guard !names.isEmpty else { return [] }
        // A file, not a pipe, as input: nobody has to write while somebody else has to read.
        let input = FileManager.default.temporaryDirectory.appendingPathComponent("mkimage-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: input) }
        do {
            try Data(names.map { $0 + "\n" }.joined().utf8).write(to: input)
            let output = Pipe()
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["swift", "demangle", "--simplified"]
            process.standardInput = try FileHandle(forReadingFrom: input)
            process.standardOutput = output
            try process.run()
            let answer = output.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            let lines = String(decoding: answer, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            guard process.terminationStatus == 0, lines.count == names.count + 1 else {
                throw Diagnostic("'swift demangle' failed")
            }
            return lines.dropLast().map(String.init)
        } catch let error as Diagnostic {
            throw error
        } catch {
            throw Diagnostic("'swift demangle' cannot be run: \(error.localizedDescription)")
        }
    }
}
