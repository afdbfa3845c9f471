import Foundation
import Testing

/// What `vm` says to wrong options and unusable files: one clear line and a non-zero exit code, never a stack trace.
struct CommandLineTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-vm-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    /// Runs `vm` in the temporary folder. What it prints comes back with its exit code.
    private func vm(_ arguments: String...) throws -> (code: Int32, output: String, errors: String) {
        defer { try? FileManager.default.removeItem(at: folder) }
        return try EmulatorProgram.run(arguments, in: folder)
    }

    private func file(_ name: String, bytes: Int) throws -> String {
        let url = folder.appendingPathComponent(name)
        try Data(count: bytes).write(to: url)
        return url.path
    }

    @Test func helpNamesTheOptions() throws {
        let result = try vm("--help")
        #expect(result.code == 0)
        for option in [
            "--memory", "--disk", "--snapshot", "--firmware", "--console", "--serial", "--debug", "--gdb", "--until",
        ] {
            #expect(result.output.contains(option))
        }
    }

    @Test(arguments: [
        ["--memory", "0"], ["--memory", "4G"], ["--memory", "lots"], ["--memory", "1M1"], ["--memory", "99999999999G"],
        ["--cpu", "z80"], ["--console", "hologram"], ["--until", "soon"], ["--until", "-1"], ["--ns-per-step", "0"],
        ["--on-triple-fault", "panic"], ["--no-such-option"], ["--console", "terminal", "--serial", "stdio"],
        ["one.img", "two.img"], ["--gdb", "port"], ["--gdb", "65536"], ["--gdb", "1234", "--debug"], ["--gdb-run"],
        ["--debug=nonsense"], ["--debug=tui", "--serial", "stdio"], ["--debug=tui", "--console", "terminal"],
        ["--debug=tui", "--json"], ["--debug=tui", "--gdb", "1234"],
    ])
    func wrongOptionsAreUsageErrors(_ arguments: [String]) throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let result = try EmulatorProgram.run(arguments, in: folder)
        #expect(result.code == 64)
        #expect(result.errors.hasPrefix("Error: "))
        #expect(!result.errors.contains("Fatal error"))
    }

    @Test func missingImage() throws {
        let result = try vm("nowhere.img", "--console", "none")
        #expect(result.code == 66)
        #expect(result.errors == "vm: there is no file 'nowhere.img', neither here nor in images/\n")
    }

    @Test func missingImageByPath() throws {
        let result = try vm("some/folder/nowhere.img", "--console", "none")
        #expect(result.code == 66)
        #expect(result.errors == "vm: there is no file 'some/folder/nowhere.img'\n")
    }

    @Test func emptyImage() throws {
        let result = try vm(try file("empty.img", bytes: 0), "--console", "none")
        #expect(result.code == 66)
        #expect(result.errors.hasPrefix("vm: ") && result.errors.contains("empty.img"))
        #expect(result.errors.split(separator: "\n").count == 1)
    }

    @Test func folderInsteadOfImage() throws {
        let result = try vm(folder.path, "--console", "none")
        #expect(result.code == 66)
        #expect(result.errors.hasPrefix("vm: ") && result.errors.split(separator: "\n").count == 1)
    }

    @Test func oversizedFirmware() throws {
        let image = try file("disk.img", bytes: 1 << 20)
        let firmware = try file("big.bin", bytes: 1 << 20)
        let result = try vm(image, "--firmware", firmware, "--console", "none")
        #expect(result.code == 66)
        #expect(result.errors.contains("big.bin") && result.errors.contains("too large"))
        #expect(result.errors.split(separator: "\n").count == 1)
    }

    @Test func unwritableSerialFile() throws {
        let image = try file("disk.img", bytes: 1 << 20)
        let result = try vm(image, "--console", "none", "--serial", "/nonexistent/folder/log")
        #expect(result.code == 66)
        #expect(result.errors == "vm: cannot write '/nonexistent/folder/log': No such file or directory\n")
    }

    /// The option's value is optional; what follows is the image.
    @Test func theDebuggersFaceIsChosen() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let image = try file("disk.img", bytes: 1 << 20)
        for options in [
            ["--debug", image], [image, "--debug"], ["--debug=prompt", image], ["--debug", "--fast", image],
        ] {
            let result = try EmulatorProgram.run(options + ["--console", "none"], input: "quit\n", in: folder)
            #expect(result.code == 0, "\(options)")
            #expect(result.output.contains("step 0  f000:fff0"), "\(options)")
        }
        let result = try EmulatorProgram.run(["--debug=tui", image, "--console", "none"], in: folder)
        #expect(result.code == 66)
        #expect(result.errors == "vm: --debug=tui needs a terminal as standard input and output; --debug needs none\n")
    }

    @Test func terminalConsoleWithoutATerminal() throws {
        let image = try file("disk.img", bytes: 1 << 20)
        let result = try vm(image, "--console", "terminal")
        #expect(result.code == 66)
        #expect(result.errors.contains("needs a terminal"))
    }
}
