import Foundation
import ProcessTestSupport
import Testing

/// What `vm` makes of where it runs: without a display, without images.
struct SurroundingsTests {
    private func inTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-vm-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder)
    }

    /// `shell` runs with the program as `$0`.
    private func run(_ shell: String, in folder: URL) throws -> EmulatorProgram.Result {
        try EmulatorProgram.run(
            ["-c", shell, BuiltEmulator.executable.path], program: URL(fileURLWithPath: "/bin/sh"), in: folder)
    }

    /// Neither display nor terminal: the machine runs all the same, with COM1 on standard output.
    @Test(arguments: ["unset DISPLAY WAYLAND_DISPLAY", "unset WAYLAND_DISPLAY; DISPLAY=:4077; export DISPLAY"])
    func withoutADisplay(_ setting: String) throws {
        try inTemporaryFolder { folder in
            let image = BuiltEmulator.repository.appendingPathComponent("images/kernel.img").path
            let result = try run("\(setting); exec \"$0\" --snapshot --fast --until 60000000 '\(image)'", in: folder)
            #expect(result.code == 0)
            #expect(result.output.contains("Martlet "))
            #expect(result.output.contains("\r\nmartlet> "))
        }
    }

    @Test func withoutAnImageItSaysWhichCommandBuildsOne() throws {
        try inTemporaryFolder { folder in
            // A copy outside the repository does not find the repository's images.
            let copy = folder.appendingPathComponent("vm")
            try FileManager.default.copyItem(at: BuiltEmulator.executable, to: copy)
            let result = try EmulatorProgram.run([], program: copy, in: folder)
            #expect(result.code == 66)
            #expect(result.errors == "vm: images/kernel.img has not been built yet; 'make image' builds it\n")
        }
    }

    @Test func imagesFolderIsSearched() throws {
        try inTemporaryFolder { folder in
            let images = folder.appendingPathComponent("images")
            try FileManager.default.createDirectory(at: images, withIntermediateDirectories: true)
            try Data(count: 1 << 20).write(to: images.appendingPathComponent("blank.img"))
            let result = try EmulatorProgram.run(
                ["blank.img", "--console", "none", "--fast", "--until", "1000"], in: folder)
            #expect(result.code == 0)
            #expect(result.errors == "")
        }
    }
}
