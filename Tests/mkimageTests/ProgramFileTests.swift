import ELF
import ELFTestSupport
import Testing
import ToolSupport

@testable import mkimage

@Suite struct ProgramFileTests {
    @Test func `a program keeps what is loaded and gets readable names`() throws {
        let original = ELFBuilder.program.build()
        let program = try original.withUnsafeBytes { try ProgramFile($0) }
        #expect(program.functions.map(\.name) == ["start", "work", "finish"])
        let bytes = program.bytes(names: ["the start", "static Program.work()", "finish"])
        try original.withUnsafeBytes { original in
            try bytes.withUnsafeBytes { bytes in
                let before = try ELFFile(original)
                let after = try ELFFile(bytes)
                try after.checkExecutable(within: 0x0800_0000...0xBFFF_FFFF)
                #expect(after.header.entry == before.header.entry)
                #expect(after.segments.count == before.segments.count)
                for (old, new) in zip(before.segments, after.segments) {
                    #expect(new.virtualAddress == old.virtualAddress)
                    #expect(new.memorySize == old.memorySize)
                    #expect(after.contents(of: new).starts(with: before.contents(of: old)))
                    #expect(after.contents(of: new).dropFirst(Int(old.fileSize)).allSatisfy { $0 == 0 })
                }
                #expect(try after.sections().map(\.name.description) == ["", ".text", ".symtab", ".strtab"])
                let symbols = try after.symbols()
                #expect(symbols.function(containing: 0x0804_8018)?.name.description == "static Program.work()")
                #expect(symbols.function(containing: 0x0804_8038)?.name.description == "finish")
                // What `mkimage` made it can read again.
                #expect(try SymbolTable.functions(bytes).map(\.address) == program.functions.map(\.address))
            }
        }
    }

    @Test func `a program without symbols is still a program`() throws {
        var builder = ELFBuilder.program
        builder.patches = [(32, 0), (48, 0)]
        let program = try builder.build().withUnsafeBytes { try ProgramFile($0) }
        #expect(program.functions.isEmpty)
        try program.bytes(names: []).withUnsafeBytes { bytes in
            let file = try ELFFile(bytes)
            #expect(try file.symbols().dropFirst().isEmpty)
        }
    }

    @Test func `what follows the last segment in its page is in the file, as zeros`() throws {
        // Memory that goes on for 300 bytes behind the file's part, and for two pages.
        for (memory, expected) in [(300 as UInt32, 300 as UInt32), (8192, 4096)] {
            let path = [UInt8](
                [0x7F, 0x45, 0x4C, 0x46, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 3, 0, 1, 0, 0, 0])
            var bytes = path
            func append(_ words: UInt32...) {
                for word in words {
                    for shift in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
                }
            }
            // Entry, program headers at 52, no sections; header sizes; then one segment of everything, writable.
            append(0x0804_8054, 52, 0, 0, 52 | 32 << 16, 1, 0)
            append(1, 0, 0x0804_8000, 0, 88, 88 + memory, 7, 4096)
            append(0xFEEB_80CD)
            let program = try bytes.withUnsafeBytes { try ProgramFile($0) }.bytes(names: [])
            try program.withUnsafeBytes { program in
                let segment = try ELFFile(program).segments[0]
                #expect(segment.memorySize == 88 + memory)
                #expect(segment.fileSize == min(88 + expected, 4096))
                #expect(program[88..<Int(segment.fileSize)].allSatisfy { $0 == 0 })
            }
        }
    }

    @Test func `what is no program is refused with words`() {
        #expect(throws: Diagnostic.self) {
            try [UInt8](repeating: 0, count: 100).withUnsafeBytes { try ProgramFile($0) }
        }
    }
}
