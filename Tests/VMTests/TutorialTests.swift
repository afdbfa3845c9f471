import Foundation
import ProcessTestSupport
import Testing

/// `docs/find-the-bug.md`: what the page says that the debugger prints, it prints. One after the other, since each
/// builds the page's guest.
@Suite(.serialized)
struct TutorialTests {
    private static let repository = BuiltEmulator.repository

    /// Builds the page's guest, as the page says.
    private func build() throws {
        let process = Process()
        process.executableURL = Self.repository.appendingPathComponent("scripts/build-example.sh")
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }

    /// The lines of the page's blocks of code behind a command.
    private func blocks(behind command: String) throws -> [String] {
        let page = try String(
            contentsOf: Self.repository.appendingPathComponent("docs/find-the-bug.md"), encoding: .utf8)
        let lines = page.components(separatedBy: "\n").filter { $0.hasPrefix("    ") }.map { String($0.dropFirst(4)) }
        let start = try #require(lines.firstIndex { $0.hasPrefix("$ ") && $0.contains(command) })
        return Array(lines[(start + 1)...].prefix { !$0.hasPrefix("$ ") })
    }

    /// A line without what is another firmware's when the firmware changes: the numbers of steps, and where it begins.
    private func comparable(_ line: String) -> String {
        line.replacing(/step [0-9]+/, with: "step N").replacing(/jmp far 0xf000:0x[0-9a-f]+/, with: "jmp far")
    }

    private func vm(_ arguments: [String]) throws -> EmulatorProgram.Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let image = Self.repository.appendingPathComponent("images/find-the-bug.img").path
        return try EmulatorProgram.run(
            ["--console", "none", "--serial", "none", "--snapshot"] + arguments + [image], in: folder)
    }

    @Test func theDebuggerPrintsWhatThePageSays() throws {
        try build()
        let page = try blocks(behind: "--debug")
        let commands = page.filter { $0.hasPrefix("(vm) ") }.map { $0.dropFirst(5) }
        #expect(commands.count >= 10)
        let result = try vm(commands.flatMap { ["--execute", String($0)] })
        #expect(result.code == 1, "the mended guest exits with 0")
        var printed = result.output.components(separatedBy: "\n").map(comparable)[...]
        for (index, line) in page.enumerated() {
            if line == "..." {
                // The page leaves something out, up to what it shows next.
                let next = comparable(page[index + 1])
                printed = printed.drop { $0.trimmingTrailingSpaces != next }
                continue
            }
            #expect(printed.popFirst()?.trimmingTrailingSpaces == comparable(line))
        }
        #expect(printed.joined() == "")
    }

    /// The same guest has source lines of which it is known how often they are executed.
    @Test func coverageCountsSourceLines() throws {
        try build()
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-\(UUID().uuidString).info")
        defer { try? FileManager.default.removeItem(at: file) }
        _ = try vm(["--fast", "--coverage", file.path])
        let info = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init)
        let source = Self.repository.appendingPathComponent("examples/find-the-bug/guest.S").path
        let text = try String(contentsOfFile: source, encoding: .utf8).components(separatedBy: "\n")
        let records = info[(try #require(info.firstIndex(of: "SF:" + source)))...].prefix { $0 != "end_of_record" }
        func count(_ code: String) throws -> Int? {
            let line = try #require(text.firstIndex { $0.contains(code) }) + 1
            return records.first { $0.hasPrefix("DA:\(line),") }.flatMap { Int($0.split(separator: ",")[1]) }
        }
        #expect(try count("mov     ecx, PAGE_SIZE") == 1)
        #expect(try count("rep     stosd") == 4096)
        #expect(try count("add     eax, PAGE_SIZE") == 1024)
        #expect(try count("inc     eax") == 0)
        #expect(try count(".size   main") == nil)
        #expect(records.contains("LF:\(records.filter { $0.hasPrefix("DA:") }.count)"))
    }

    @Test func theGuestDiesAsThePageSays() throws {
        try build()
        let page = try blocks(behind: "vm --fast").joined(separator: "\n")
        let result = try vm(["--fast", "--clock", "946684800"])
        #expect(result.code == 70)
        for text in [
            "#PF page fault, error code 0000", "address 00400000", "<count_messages+0x7>", "00013000: 00000000",
        ] {
            #expect(page.contains(text))
            #expect(result.errors.contains(text))
        }
    }
}

extension String {
    fileprivate var trimmingTrailingSpaces: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
