import EmulatorTestSupport
import Foundation
import ProcessTestSupport

/// `vm --gdb`, running.
final class RunningEmulator {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let process = Process()
    let scratch: ScratchDirectory
    /// Where it says that it listens.
    let place: String
    /// What the guest sends to COM1.
    private let serialFile: URL

    /// Boots the kernel's image. `address`: for `--gdb`; without one a free port of loopback.
    init(_ arguments: [String] = [], address: String? = nil) throws {
        scratch = try ScratchDirectory()
        serialFile = scratch.url.appendingPathComponent("serial")
        let errors = Pipe()
        process.executableURL = BuiltEmulator.executable
        process.currentDirectoryURL = BuiltEmulator.repository
        process.arguments =
            [
                "--gdb", address ?? "0", "--console", "none", "--serial", serialFile.path, "--snapshot", "--fast",
                "kernel.img",
            ] + arguments
        process.standardInput = FileHandle.nullDevice
        process.standardError = errors
        try process.runHearingSignals()
        var line: [UInt8] = []
        while let byte = try errors.fileHandleForReading.read(upToCount: 1)?.first, byte != 0x0A { line.append(byte) }
        let text = String(decoding: line, as: UTF8.self)
        guard let place = text.components(separatedBy: "listening at ").dropFirst().first else {
            throw Failure(description: "vm said '\(text)'")
        }
        self.place = place
    }

    deinit { process.terminate() }

    /// What has come out of COM1 so far.
    var serial: String { (try? String(contentsOf: serialFile, encoding: .utf8)) ?? "" }

    /// Waits until the guest has said something; half a minute at most.
    func waits(for text: String) -> Bool {
        for _ in 0..<300 {
            if serial.contains(text) { return true }
            Thread.sleep(forTimeInterval: 0.1)
        }
        return false
    }

    /// The exit code; nil if there is none within half a minute.
    func exitCode() -> Int32? {
        for _ in 0..<300 {
            if !process.isRunning { return process.terminationStatus }
            Thread.sleep(forTimeInterval: 0.1)
        }
        return nil
    }

    /// What a debugger says to commands; what stands for the stub's place in them is replaced. Two minutes at most.
    func session(_ program: [String], option: String, _ commands: [String]) throws -> String {
        let commands = commands.flatMap { [option, $0.replacingOccurrences(of: "PLACE", with: place)] }
        // gdb says some things, as what monitor commands print, on standard error.
        let (output, _) = try BoundedProcess.run(
            ["sh", "-c", "exec \"$@\" 2>&1", "sh"] + program + commands, seconds: 120, in: scratch.url)
        return String(decoding: output, as: UTF8.self)
    }

    func gdb(_ commands: [String], script: Bool = true) throws -> String {
        let path = BuiltEmulator.repository.appendingPathComponent("scripts/martlet.gdb").path
        return try session(["gdb", "-batch", "-nx"] + (script ? ["-x", path] : []), option: "-ex", commands)
    }
}
