import Foundation
import ProcessTestSupport

/// A running `qemu-system-i386`: its standard input and output, and its monitor.
///
/// **Constraint.** Tests boot dozens of machines, some of which hang by design, and may be killed themselves; no QEMU
/// may be left behind, and none may wait for a test that does not read.
///
/// **Choice.** All tests start it here. What it prints goes to files, the monitor's commands come from a FIFO, and
/// `timeout` ends it after its time whatever has become of the test. Which device has the standard input and output,
/// the arguments say.
///
/// **Example.** `QEMUProcess(["-m", "16", "-serial", "stdio", "-drive", …], seconds: 60)`, then `output` is what COM1
/// has sent, and `command("sendkey a")` presses a key.
public final class QEMUProcess: @unchecked Sendable {
    // Unchecked: `Process` is a class of Foundation's that may be asked from any thread.
    private let process = Process()
    private let input = Pipe()
    private let monitor: FileHandle
    private let monitorOutput: FileHandle
    private let directory: ScratchDirectory

    /// Why it cannot run here; nil if it can.
    public static var absence: String? {
        BoundedProcess.find("qemu-system-i386") == nil ? "qemu-system-i386 is not installed" : nil
    }

    /// Starts it, without a display and without a network.
    ///
    /// - Parameter seconds: after these it is ended, even if this process is gone by then.
    public init(_ arguments: [String], seconds: Int = 600) throws {
        directory = try ScratchDirectory()
        let path = directory.url.appendingPathComponent("monitor").path
        for suffix in [".in", ".out"] {
            guard mkfifo(path + suffix, 0o600) == 0 else {
                throw BoundedProcess.Failure(description: "cannot make a FIFO at \(path)\(suffix)")
            }
        }
        // Opened for both directions, so that neither side waits for the other. What the monitor says must be read, or
        // QEMU stops to wait for its reader.
        guard let monitor = FileHandle(forUpdatingAtPath: path + ".in"),
            let monitorOutput = FileHandle(forUpdatingAtPath: path + ".out")
        else { throw BoundedProcess.Failure(description: "cannot open \(path).in and .out") }
        self.monitor = monitor
        self.monitorOutput = monitorOutput
        monitorOutput.readabilityHandler = { _ = $0.availableData }
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["timeout", "-k", "5", "\(seconds)", "qemu-system-i386", "-display", "none", "-nic", "none"]
            + ["-chardev", "pipe,id=monitor,path=\(path)", "-mon", "chardev=monitor"] + arguments
        process.standardInput = input
        process.standardOutput = try Self.newFile(outputFile)
        process.standardError = try Self.newFile(errorFile)
        do {
            try process.runHearingSignals()
        } catch {
            throw BoundedProcess.Failure(
                description: "cannot start qemu-system-i386: \(error.localizedDescription)")
        }
    }

    private var outputFile: URL { directory.url.appendingPathComponent("output") }
    private var errorFile: URL { directory.url.appendingPathComponent("errors") }

    private static func newFile(_ url: URL) throws -> FileHandle {
        try Data().write(to: url)
        return try FileHandle(forWritingTo: url)
    }

    private static func text(_ url: URL) -> String {
        String(decoding: FileManager.default.contents(atPath: url.path) ?? Data(), as: UTF8.self)
    }

    /// What came out of the standard output so far.
    public var output: String { Self.text(outputFile) }

    public var isRunning: Bool { process.isRunning }

    /// How it ended and what it complained about; empty while it runs.
    public var lastWords: String {
        process.isRunning ? "" : "exit status \(process.terminationStatus)\n" + Self.text(errorFile)
    }

    /// Writes to the standard input.
    public func send(_ text: String) throws {
        try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
    }

    /// Gives the monitor a command.
    public func command(_ line: String) throws {
        try monitor.write(contentsOf: Data((line + "\n").utf8))
    }

    /// Gives the monitor a command whose last argument is a file that it writes: this one. When the answer is complete,
    /// the caller has to see.
    public func answer(to command: String) throws -> URL {
        let file = directory.url.appendingPathComponent("answer-\(UUID().uuidString)")
        try self.command("\(command) \"\(file.path)\"")
        return file
    }

    public func waitUntilExit() { process.waitUntilExit() }

    /// Ends it, if it still runs.
    public func stop() {
        if process.isRunning { process.terminate() }
        process.waitUntilExit()
        monitorOutput.readabilityHandler = nil
    }
}
