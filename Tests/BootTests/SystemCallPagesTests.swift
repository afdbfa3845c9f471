import Foundation
import KernelABI
import Testing

/// One system call, one number, one page, one source file, one place in the self-test and in the fuzzer: what must be
/// there when somebody adds one.
@Suite struct SystemCallPagesTests {
    private static let kernel = BuiltFile.root.appendingPathComponent("Kernel/Sources")

    /// All Swift sources of a target of the kernel package.
    private func sources(of target: String) throws -> String {
        let directory = Self.kernel.appendingPathComponent(target)
        return try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "swift" }
            .map { try String(contentsOf: $0, encoding: .utf8) }.joined()
    }

    @Test func `every call has its page, with its name and number`() throws {
        #expect(!SystemCallPage.calls.isEmpty)
        let overview = try String(
            contentsOf: SystemCallPage.directory.appendingPathComponent("README.md"), encoding: .utf8)
        for call in SystemCallPage.calls {
            let page = try SystemCallPage(call)
            #expect(page.text.hasPrefix("# \(page.name)\n"))
            #expect(overview.contains("| [\(page.name)](\(SystemCallPage.fileName(call))) | \(call.rawValue) |"))
            let register = try #require(page.text.split(separator: "\n").first { $0.contains("EAX  |") })
            let fields = register.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            #expect(fields.last == "\(call.rawValue)", "\(page.name): \(register)")
            for heading in ["Registers", "Result", "Errors", "Cost"] {
                #expect(page.section(heading) != nil, "\(page.name) has no \(heading)")
            }
            _ = try page.documentedErrors()
        }
        let files = try FileManager.default.contentsOfDirectory(atPath: SystemCallPage.directory.path)
        #expect(Set(files) == Set(SystemCallPage.calls.map(SystemCallPage.fileName) + ["README.md"]))
    }

    @Test func `the table of errors is that of the code`() throws {
        let overview = try String(
            contentsOf: SystemCallPage.directory.appendingPathComponent("README.md"), encoding: .utf8)
        for error in SystemCallPage.errors { #expect(overview.contains("\n| \(error.rawValue) | `\(error)` |")) }
        let rows = overview.split(separator: "\n").filter { $0.hasPrefix("| -") }
        #expect(rows.count == SystemCallPage.errors.count)
    }

    @Test func `every call has a source file, a self-test and a place in the fuzzer`() throws {
        let tests = try sources(of: "SelfTest"), fuzzer = try sources(of: "Fuzz")
        for call in SystemCallPage.calls {
            let name = "\(call)"
            let file = Self.kernel.appendingPathComponent(
                "Kernel/SystemCalls/\(name.prefix(1).uppercased())\(name.dropFirst()).swift")
            let source = try String(contentsOf: file, encoding: .utf8)
            #expect(source.contains("static func \(name)(_ caller: Caller)"))
            #expect(tests.contains(try Regex("\\.\(name)\\b")), "no test of \(name)")
            #expect(fuzzer.contains(try Regex("\\.\(name)\\b")), "the fuzzer does not know \(name)")
        }
        // The fuzzer's numbers.
        #expect(SystemCall.numbers == 1..<UInt32(SystemCallPage.calls.count + 1))
        #expect(SystemCallPage.calls.map(\.rawValue) == Array(SystemCall.numbers))
    }
}
