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
                    #expect(after.contents(of: new).elementsEqual(before.contents(of: old)))
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

    @Test func `what is no program is refused with words`() {
        #expect(throws: Diagnostic.self) {
            try [UInt8](repeating: 0, count: 100).withUnsafeBytes { try ProgramFile($0) }
        }
    }
}
