import Foundation
import Testing
import ToolchainTestSupport

/// The programs that docs/userland.md tells a reader to write are what the compiler takes.
@Suite struct DocumentationTests {
    /// Blocks of Swift that say which file of the kernel package they are: its path and contents.
    private func programs() throws -> [(path: String, text: String)] {
        let page = try String(contentsOf: BuiltFile.root.appending(path: "docs/userland.md"), encoding: .utf8)
        return page.components(separatedBy: "```swift\n// ").dropFirst().compactMap { block in
            let text = block.components(separatedBy: "```")[0]
            let path = text.prefix { $0 != "\n" }
            return path.hasSuffix(".swift") && text.contains("@main") ? (String(path), "// " + text) : nil
        }
    }

    /// What the toolset tells the Swift compiler.
    private func options() throws -> [String] {
        struct Toolset: Decodable {
            struct Tool: Decodable { let extraCLIOptions: [String] }
            let swiftCompiler: Tool
        }
        let file = BuiltFile.root.appending(path: "Kernel/toolset.json")
        return try JSONDecoder().decode(Toolset.self, from: Data(contentsOf: file)).swiftCompiler.extraCLIOptions
    }

    @Test func `the documented programs compile`() throws {
        let programs = try programs()
        #expect(programs.count >= 5)
        let products = BuiltFile.root.appending(path: "Kernel/.build/i686-unknown-none-elf/release").path
        var arguments = ["-target", "i686-unknown-none-elf", "-parse-as-library", "-swift-version", "6"]
        arguments += try options()
        arguments += ["-I", products + "/Modules"]
        for module in ["CRuntime", "CUser"] {
            arguments += ["-Xcc", "-fmodule-map-file=\(products)/\(module).build/module.modulemap"]
        }
        for (path, text) in programs {
            try Toolchain.withTemporaryDirectory { directory in
                let file = directory.appending(path: "Program.swift")
                try text.write(to: file, atomically: true, encoding: .utf8)
                let said = try Toolchain.diagnostics(
                    "swiftc", arguments + ["-c", file.path, "-o", directory.appending(path: "Program.o").path])
                #expect(!said.contains("error:"), "\(path): \(said)")
                #expect(FileManager.default.fileExists(atPath: directory.appending(path: "Program.o").path))
            }
        }
    }
}
