import DebuggerTestSupport
import ELF
import RandomTestSupport
import Testing

@testable import Debugger

/// How the kernel's structures lie in memory, from what the compiler writes into the symbol file.
@Suite(.enabled(if: BuiltImages.exist, "images/ is empty: run `make image` first"))
struct TypeTableTests {
    private func types(_ file: String) throws -> TypeTable {
        let bytes = try BuiltImages.bytes(file)
        return try bytes.withUnsafeBytes { try TypeTable(try ELFFile($0)) }
    }

    /// Those that the debugger reads, with the fields that it cannot do without. Each ends where the compiler says that
    /// it does, or it would have no layout.
    @Test(arguments: [
        ("Thread", ["number", "process", "state", "hasEnded", "kernelStack", "frame", "effectivePriority", "timer"]),
        ("Process", ["number", "isAlive", "space", "capabilities", "threads", "firstThread", "mappings", "account"]),
        ("Account", ["frames", "limit", "parent"]), ("Endpoint", ["senders", "receivers", "notices", "receiver"]),
        ("Notification", ["bits", "waiters", "endpoint"]), ("Queue", ["first", "last"]),
        ("Capability", ["object", "kind", "rights", "badge", "next", "firstChild", "lastChild"]),
        ("MemoryObject", ["pages", "backing"]), ("Mapping", ["address", "pages", "memory"]),
        ("InterruptLines.Line", ["references", "endpoint", "notification", "notice"]),
        ("ReadyQueue", ["queues", "occupied"]), ("TrapFrame", ["eax", "vector", "eip", "cs", "eflags", "esp", "ss"]),
    ])
    func kernelStructures(name: String, fields: [String]) throws {
        let layout = try #require(try types("kernel.elf").layout(named: name))
        let names = layout.fields.map(\.name)
        for field in fields { #expect(names.contains(field), "\(name) has \(names)") }
        var end: UInt32 = 0
        for field in layout.fields {
            #expect(field.offset >= end)
            end = field.offset + field.size
        }
        #expect(end == layout.size)
    }

    @Test func theProcessManagersTable() throws {
        let types = try types("programs/process-manager.elf")
        let entry = try #require(types.layout(named: "ProcessEntry"))
        #expect(entry.fields.map(\.name).contains("name"))
        #expect(types.layout(named: "ShortName")?.size == 28)
        #expect(types.layout(named: "ProcessTable")?.fields.map(\.name) == ["entries"])
    }

    @Test func casesAreInTheOrderOfTheirTags() throws {
        let types = try types("kernel.elf")
        #expect(types.layout(named: "ThreadState")?.cases.prefix(2) == ["created", "ready"])
        #expect(types.layout(named: "ObjectKind")?.cases.first == "none")
    }

    /// A damaged file is an error or has fewer types, and never ends the program.
    @Test func damagedFilesAreSurvived() throws {
        let original = try BuiltImages.bytes("kernel.elf")
        let places: [Range<Int>] = try original.withUnsafeBytes { bytes in
            let sections = try ELFFile(bytes).sections()
            return [".debug_info", ".debug_abbrev"].compactMap { name in
                sections.first { $0.name.description == name }.flatMap { section in
                    section.contents.baseAddress.map { start in
                        let offset = start - (bytes.baseAddress ?? start)
                        return offset..<offset + section.contents.count
                    }
                }
            }
        }
        try #require(places.count == 2)
        var random = SplitMix64(seed: 5)
        var understood = 0
        for round in 0..<40 {
            var bytes = original
            for _ in 0..<(round % 4 + 1) {
                let place = places[round & 1]
                bytes[Int.random(in: place, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let types = bytes.withUnsafeBytes { buffer in (try? ELFFile(buffer)).flatMap { try? TypeTable($0) } }
            for name in types?.names ?? [] { if types?.layout(named: name) != nil { understood += 1 } }
        }
        #expect(understood > 0)
    }
}
