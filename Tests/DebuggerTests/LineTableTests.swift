import DebuggerTestSupport
import ELF
import Foundation
import RandomTestSupport
import Testing
import ToolchainTestSupport

@testable import Debugger

@Suite("Line tables", .enabled(if: SourceGuest.isAvailable, "clang or ld.lld is not installed"))
struct LineTableTests {
    private static func load(_ bytes: [UInt8]) throws -> SymbolTable.Module {
        var table = SymbolTable()
        try table.load(bytes, name: "file.elf")
        return try #require(table.modules.first)
    }

    /// The rows of a file as LLVM reads them: address, line, column, whether it is a statement.
    private static func dump(_ path: String) throws -> [(address: UInt32, line: Int, column: Int, isStatement: Bool)] {
        String(decoding: try Toolchain.run("llvm-dwarfdump", ["--debug-line", path]), as: UTF8.self)
            .split(separator: "\n").compactMap { text in
                let words = text.split(separator: " ")
                guard words.count >= 6, words[0].hasPrefix("0x"), !words.contains("end_sequence"),
                    let address = UInt32(words[0].dropFirst(2), radix: 16), let line = Int(words[1]),
                    let column = Int(words[2])
                else { return nil }
                return (address, line, column, words.contains("is_stmt"))
            }
    }

    private static func compare(_ path: String) throws {
        let module = try load([UInt8](try Data(contentsOf: URL(fileURLWithPath: path))))
        #expect(module.problems.isEmpty)
        let rows = try dump(path).filter { row in module.ranges.contains { $0.contains(row.address) } }
        try #require(rows.count > 10)
        // Of several rows at one address the last holds.
        var last: [UInt32: (line: Int, column: Int, isStatement: Bool)] = [:]
        for row in rows { last[row.address] = (row.line, row.column, row.isStatement) }
        for (address, row) in last {
            guard let match = module.lines.match(address) else {
                // No line, or a file that the compiler made up.
                continue
            }
            #expect(match.location.line == row.line, "\(address.hexadecimal)")
            #expect(match.location.column == row.column, "\(address.hexadecimal)")
            #expect(match.isStatement == row.isStatement, "\(address.hexadecimal)")
            #expect(match.addresses.lowerBound == address)
        }
        let found = last.filter { module.lines.match($0.key) != nil }.count
        #expect(found >= last.filter { $0.value.line > 0 }.count * 9 / 10, "nearly all rows have a file")
    }

    @Test(
        .enabled(if: Toolchain.has("llvm-dwarfdump"), "llvm-dwarfdump is not installed"), arguments: [2, 3, 4, 5])
    func asLLVMReadsThem(version: Int) throws {
        for optimised in [false, true] {
            try SourceGuest.with(dwarf: version, optimised: optimised) { guest in
                try Self.compare(guest.folder.appendingPathComponent("program.elf").path)
            }
        }
    }

    @Test(
        .enabled(if: Toolchain.has("llvm-dwarfdump"), "llvm-dwarfdump is not installed"),
        .enabled(if: BuiltImages.exist, "images/ is empty: run `make image` first"),
        arguments: ["kernel.elf", "bios.elf", "programs/shell.elf", "programs/process-manager.elf"])
    func thoseOfTheToolchain(name: String) throws {
        try Self.compare(BuiltImages.folder.appendingPathComponent(name).path)
    }

    @Test(arguments: [4, 5]) func fromLinesToAddresses(version: Int) throws {
        try SourceGuest.with(dwarf: version) { guest in
            let module = try Self.load(guest.program)
            let path = guest.folder.appendingPathComponent("program.c").path
            #expect(module.lines.files == [path])
            #expect(module.lines.files(named: "program.c") == [path])
            #expect(module.lines.files(named: "gram.c").isEmpty)
            let line = SourceGuest.line("int result")
            let found = try #require(
                module.lines.addresses(ofLine: line, in: path) { module.match($0)?.symbol.address })
            #expect(found.line == line)
            #expect(found.addresses.count == 1)
            #expect(module.match(found.addresses[0])?.symbol.name == "square")
            #expect(module.lines.addresses(ofLine: 1000, in: path) { _ in nil } == nil)
            #expect(module.lines.addresses(ofLine: -5, in: path) { _ in nil }?.line == SourceGuest.line("int square"))
        }
    }

    /// Whatever is in the file, it is read or refused, and asked without harm.
    @Test(arguments: [4, 5]) func damagedFiles(version: Int) throws {
        try SourceGuest.with(dwarf: version) { guest in
            var random = SplitMix64(seed: UInt64(version))
            let sections = try guest.program.withUnsafeBytes { bytes in
                try ELFFile(bytes).sections().filter { $0.name.description.hasPrefix(".debug") }
                    .map { Int($0.fileOffset)..<Int($0.fileOffset) + Int($0.size) }
            }
            try #require(!sections.isEmpty)
            var refused = 0
            for _ in 0..<1500 {
                var bytes = guest.program
                for _ in 0..<Int.random(in: 1...8, using: &random) {
                    guard let section = sections.filter({ !$0.isEmpty }).randomElement(using: &random) else { continue }
                    bytes[Int.random(in: section, using: &random)] =
                        Bool.random(using: &random) ? .random(in: 0...255, using: &random) : 0xFF
                }
                let module = try Self.load(bytes)
                if !module.problems.isEmpty { refused += 1 }
                for _ in 0..<4 {
                    let address = UInt32.random(in: 0xF_0000...0xF_0200, using: &random)
                    _ = module.lines.match(address)
                    _ = module.lines.prologueEnd(in: address..<address + 100)
                }
                for path in module.lines.files.prefix(2) {
                    _ = module.lines.addresses(ofLine: 3, in: path) { _ in nil }
                }
            }
            #expect(refused > 0)
        }
    }

    /// Every prefix of every section is an error or a shorter table.
    @Test func truncatedSections() throws {
        try SourceGuest.with { guest in
            try guest.program.withUnsafeBytes { bytes in
                let line = try #require(try ELFFile(bytes).sections().first(named: ".debug_line")).contents
                for count in 0..<line.count {
                    var reader = try DWARFReader(UnsafeRawBufferPointer(rebasing: line[..<count]), ".debug_line")
                    #expect(throws: DWARFError.self) {
                        let (length, _) = try reader.initialLength()
                        _ = try reader.part(length)
                    }
                }
            }
        }
    }
}
