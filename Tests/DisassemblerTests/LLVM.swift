import Foundation

/// What the Swift toolchain's `llvm-objdump` says about a sequence of bytes.
///
/// LLVM's objdump reads object files only, so the bytes go through the toolchain's assembler as `.byte` directives.
enum LLVM {
    /// An instruction as LLVM sees it.
    struct Line {
        /// Offset from the start of the bytes.
        let address: Int
        let text: String
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Disassembles `bytes`. Addresses begin with 0. A prefix that LLVM puts on a line of its own is one.
    static func disassemble(_ bytes: [UInt8], code32: Bool) throws -> [Line] {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let source = directory.appendingPathComponent("code.s")
        let object = directory.appendingPathComponent("code.o")
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 32) {
            let row = bytes[start..<min(start + 32, bytes.count)]
            text += ".byte " + row.map(String.init).joined(separator: ",") + "\n"
        }
        try text.write(to: source, atomically: false, encoding: .utf8)
        let triple = code32 ? "i386-unknown-none" : "i386-unknown-none-code16"
        _ = try run("clang", ["--target=" + triple, "-c", source.path, "-o", object.path])
        let listing = try run(
            "llvm-objdump",
            [
                "--triple=" + triple, "-M", "intel", "--print-imm-hex", "--no-show-raw-insn", "-D", "-j", ".text",
                object.path,
            ])
        var lines: [Line] = []
        for line in listing.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":"),
                let address = Int(line[..<colon].drop { $0 == " " }, radix: 16)
            else { continue }
            let words = line[line.index(after: colon)...].split { $0 == " " || $0 == "\t" }
            var text = words.joined(separator: " ")
            // `call 0x30 <.text+0x30>`: the name says nothing.
            if let name = text.range(of: " <.text") { text.removeSubrange(name.lowerBound...) }
            lines.append(Line(address: address, text: text))
        }
        return lines
    }

    /// Whether the programs are there; they come with the Swift toolchain.
    static let isAvailable: Bool = (try? run("llvm-objdump", ["--version"])) != nil

    /// The directory of the toolchain that runs this test, so that a distribution's older LLVM in `PATH` does not answer.
    private static let toolDirectory: String? = {
        let swift = try? run("which", ["swift"], inToolchain: false)
        guard let path = swift?.split(separator: "\n").first else { return nil }
        return URL(fileURLWithPath: String(path)).resolvingSymlinksInPath().deletingLastPathComponent().path
    }()

    private static func run(_ tool: String, _ arguments: [String], inToolchain: Bool = true) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        var name = tool
        if inToolchain, let toolDirectory, FileManager.default.isExecutableFile(atPath: toolDirectory + "/" + tool) {
            name = toolDirectory + "/" + tool
        }
        process.arguments = [name] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(tool) ended with status \(process.terminationStatus)")
        }
        return String(decoding: data, as: UTF8.self)
    }
}
