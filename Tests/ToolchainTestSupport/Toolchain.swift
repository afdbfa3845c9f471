import Foundation

/// The programs of the Swift toolchain that tests compare with, or build their material with.
public enum Toolchain {
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// Whether a program is there.
    public static func has(_ tool: String) -> Bool { (try? run(tool, ["--version"])) != nil }

    /// Runs a program and returns what it writes to standard output.
    @discardableResult
    public static func run(_ tool: String, _ arguments: [String]) throws -> Data {
        try launch(path(of: tool), arguments)
    }

    /// Runs a program, whether it succeeds or not, and returns what it writes to standard error.
    public static func diagnostics(_ tool: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [path(of: tool)] + arguments
        let errors = Pipe()
        process.standardOutput = FileHandle.nullDevice
        process.standardError = errors
        try process.run()
        let data = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }

    /// The path of one of the toolchain's programs, or its name.
    public static func path(of tool: String) -> String {
        guard let directory, FileManager.default.isExecutableFile(atPath: directory + "/" + tool) else { return tool }
        return directory + "/" + tool
    }

    /// Calls `body` with a directory that exists as long as the call.
    public static func withTemporaryDirectory<Result>(_ body: (URL) throws -> Result) throws -> Result {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        return try body(directory)
    }

    /// What lldb and lldb-dap need in their environment: they are linked with Python 3.10, which a distribution need
    /// not have; a pyenv's serves then. Nil if they cannot be started.
    public static let environmentOfLLDB: [String: String]? = {
        if has("lldb") { return [:] }
        let home = ProcessInfo.processInfo.environment
        let root = home["PYENV_ROOT"] ?? (home["HOME"] ?? "") + "/.pyenv"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root + "/versions")) ?? []
        for version in versions.sorted() where version.hasPrefix("3.10.") {
            let prefix = "\(root)/versions/\(version)"
            let environment = ["LD_LIBRARY_PATH": prefix + "/lib", "PYTHONHOME": prefix]
            let assignments = environment.map { "\($0.key)=\($0.value)" }
            if (try? launch("env", assignments + [path(of: "lldb"), "--version"])) != nil { return environment }
        }
        return nil
    }()

    /// Assembles and links Intel-syntax source for the i386 into an ELF file whose `.text` begins at `address`.
    public static func assemble(_ source: String, at address: UInt32) throws -> [UInt8] {
        try withTemporaryDirectory { directory in
            let text = directory.appendingPathComponent("program.s")
            let object = directory.appendingPathComponent("program.o")
            let program = directory.appendingPathComponent("program.elf")
            try (".intel_syntax noprefix\n" + source + "\n").write(to: text, atomically: false, encoding: .utf8)
            try run("clang", ["--target=i386-unknown-none", "-c", text.path, "-o", object.path])
            try run(
                "ld.lld",
                [
                    "-m", "elf_i386", "--image-base=0", "-Ttext=0x" + String(address, radix: 16), "-e", "0",
                    object.path,
                    "-o", program.path,
                ])
            return [UInt8](try Data(contentsOf: program))
        }
    }

    /// The directory of the toolchain that runs this test, so that a distribution's older LLVM in `PATH` does not
    /// answer.
    private static let directory: String? = {
        guard let output = try? launch("which", ["swift"]) else { return nil }
        guard let path = String(decoding: output, as: UTF8.self).split(separator: "\n").first else { return nil }
        return URL(fileURLWithPath: String(path)).resolvingSymlinksInPath().deletingLastPathComponent().path
    }()

    private static func launch(_ program: String, _ arguments: [String]) throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(program) ended with status \(process.terminationStatus)")
        }
        return data
    }
}
