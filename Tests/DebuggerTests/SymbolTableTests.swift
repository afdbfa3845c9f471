import ELF
import Testing
import ToolchainTestSupport

@testable import Debugger

@Suite("Symbol tables", .enabled(if: TestMachine.isAvailable, "clang or ld.lld is not installed"))
struct SymbolTableTests {
    private static let source = """
        .type first, @function
        first: nop; nop; inside: nop; nop
        .size first, 4
        .type second, @function
        second: ret; ret
        .size second, 2
        .balign 16
        label: hlt
        hlt
        .globl $e4main3fooyyF
        .type $e4main3fooyyF, @function
        $e4main3fooyyF: ret
        .size $e4main3fooyyF, 1
        """

    private func table() throws -> SymbolTable {
        var table = SymbolTable()
        try table.load(try Toolchain.assemble(Self.source, at: 0x10_0000), name: "test.elf")
        return table
    }

    /// Memory that holds nothing of any file.
    private let noMemory: (UInt32, Int) -> [UInt8?] = { Array(repeating: nil, count: $1) }

    /// Memory as the file describes it.
    private func memory(_ table: SymbolTable) -> (UInt32, Int) -> [UInt8?] {
        { address, count in
            (0..<count).map { index in
                for code in table.modules.flatMap(\.code) {
                    let offset = Int(address) + index - Int(code.address)
                    if code.bytes.indices.contains(offset) { return code.bytes[offset] }
                }
                return nil
            }
        }
    }

    @Test func nearest() throws {
        let table = try table()
        let memory = memory(table)
        #expect(table.nearest(to: 0x10_0000, memory: memory)?.description == "first")
        #expect(table.nearest(to: 0x10_0003, memory: memory)?.description == "first+0x3")
        #expect(table.nearest(to: 0x10_0004, memory: memory)?.description == "second")
        // Behind the end of `second`, before `label`.
        #expect(table.nearest(to: 0x10_0008, memory: memory) == nil)
        // A label has no size: it lasts until the next symbol.
        #expect(table.nearest(to: 0x10_0011, memory: memory)?.description == "label+0x1")
        #expect(table.nearest(to: 0x10_0012, memory: memory)?.description == "foo()")
        // Within a function, a label names only its own address.
        #expect(table.nearest(to: 0x10_0002, memory: memory)?.description == "inside")
        #expect(table.nearest(to: 0x10_0013, memory: memory) == nil)
        #expect(table.nearest(to: 0xF_FFFF, memory: memory) == nil)
        #expect(table.nearest(to: 0xFFFF_FFFF, memory: memory) == nil)
    }

    /// Before a program is loaded, its symbols do not name what else is at its addresses.
    @Test func symbolsOfCodeThatIsNotInMemoryAreNotUsed() throws {
        #expect(try table().nearest(to: 0x10_0000, memory: noMemory) == nil)
    }

    /// Two programs at the same address: the one whose code is there gives the name.
    @Test func programsAtTheSameAddress() throws {
        var table = try table()
        let real = memory(table)
        try table.load(
            try Toolchain.assemble(
                ".type other, @function\nother: int3; int3; int3; int3; int3; int3; int3; int3", at: 0x10_0000),
            name: "other.elf")
        #expect(table.nearest(to: 0x10_0000, memory: real)?.symbol.module == "test.elf")
        let traps: (UInt32, Int) -> [UInt8?] = { Array(repeating: 0xCC, count: $1) }
        #expect(table.nearest(to: 0x10_0000, memory: traps)?.symbol.name == "other")
    }

    /// Programs share a library: where the code around an address is the same in both, the rest of it decides.
    @Test func programsWithTheSameCodeAtAnAddress() throws {
        let library = ".fill 64, 1, 0x90\n.type shared, @function\nshared: ret\n.size shared, 1\n.fill 63, 1, 0x90\n"
        func program(_ fill: String) throws -> [UInt8] {
            try Toolchain.assemble(
                library + ".globl own\n.type own, @function\nown:\n.fill 4096, 1, \(fill)", at: 0x800_0000)
        }
        var table = SymbolTable()
        try table.load(try program("0x40"), name: "first.elf")
        try table.load(try program("0x41"), name: "second.elf")
        // The second, but for the pages that it has not used yet, and a byte that somebody has changed.
        let second = table.modules[1].code[0]
        let memory: SymbolTable.MemoryReader = { address, count in
            (0..<count).map { index in
                let offset = Int(address) + index - Int(second.address)
                guard second.bytes.indices.contains(offset), offset < 0x800 || offset >= 0xC00 else { return nil }
                return offset == 0x200 ? 0xCC : second.bytes[offset]
            }
        }
        #expect(table.nearest(to: 0x800_0040, memory: memory)?.symbol.module == "second.elf")
        #expect(table.isInMemory("second.elf", at: 0x800_0040, memory: memory))
        #expect(!table.isInMemory("first.elf", at: 0x800_0040, memory: memory))
    }

    /// Of several symbols of a name, that of the code that is in memory is meant; or the one whose file is named.
    @Test func namesThatSeveralProgramsHave() throws {
        func program(_ fill: String) throws -> [UInt8] {
            try Toolchain.assemble(
                ".fill 64, 1, \(fill)\n.type print, @function\nprint: .fill 64, 1, \(fill)\n.size print, 64",
                at: 0x800_0000)
        }
        var table = SymbolTable()
        try table.load(try program("0x40"), name: "first.elf")
        try table.load(
            try Toolchain.assemble(".fill 64, 1, 0x41\n.type print, @function\nprint: ret", at: 0x800_1000),
            name: "disk-dump.elf")
        #expect(throws: SymbolTable.Ambiguity.self) { try table.symbol(named: "print") }
        #expect(throws: SymbolTable.Ambiguity.self) { try table.symbol(named: "print", memory: noMemory) }
        let symbol = try table.symbol(named: "print") { _, count in Array(repeating: 0x40, count: count) }
        #expect(symbol?.module == "first.elf")
        #expect(try table.symbol(named: "disk-dump!print")?.address == 0x800_1040)
        #expect(try table.symbol(named: "disk-dump.elf!print")?.address == 0x800_1040)
        #expect(try table.symbol(named: "disk-dump!other") == nil)
        #expect(try table.symbol(named: "nobody!print") == nil)
    }

    @Test func names() throws {
        let table = try table()
        #expect(try table.symbol(named: "second")?.address == 0x10_0004)
        #expect(try table.symbol(named: "foo()")?.address == 0x10_0012)
        #expect(try table.symbol(named: "foo")?.address == 0x10_0012)
        #expect(try table.symbol(named: "$e4main3fooyyF")?.address == 0x10_0012)
        #expect(try table.symbol(named: "third") == nil)
        #expect(table.search("IR").map(\.name) == ["first"])
        #expect(table.search("").map(\.name) == ["first", "inside", "second", "label", "foo()"])
    }

    @Test func ambiguousNamesAreErrors() throws {
        var table = try table()
        try table.load(try Toolchain.assemble(".type first, @function\nfirst: ret", at: 0x20_0000), name: "second.elf")
        #expect(throws: SymbolTable.Ambiguity.self) { try table.symbol(named: "first") }
    }

    @Test func aFileLoadedAgainReplacesItself() throws {
        var table = try table()
        let count = table.count
        try table.load(try Toolchain.assemble(Self.source, at: 0x10_0000), name: "test.elf")
        #expect(table.count == count)
    }

    @Test func whatIsNoELFFileIsAnError() {
        var table = SymbolTable()
        #expect(throws: ELFError.self) { try table.load([1, 2, 3], name: "x") }
        #expect(throws: ELFError.self) { try table.load([], name: "x") }
    }
}
