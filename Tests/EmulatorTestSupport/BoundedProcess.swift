import Foundation

/// Runs a program to its end, or to the end of its time.
public enum BoundedProcess {
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// The path of a program of that name, if it is installed.
    public static func find(_ name: String) -> String? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/usr/local/bin").split(separator: ":")
        return folders.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// What the program wrote to its standard output, and its exit status.
    ///
    /// - Parameters:
    ///   - seconds: after these it is killed, even if this process is gone by then.
    ///   - input: what it reads from its standard input.
    public static func run(
        _ arguments: [String], seconds: Int, input: String = "", in directory: URL
    ) throws -> (output: [UInt8], status: Int32) {
        // Files, not pipes: nobody has to read while the program runs.
        let name = UUID().uuidString
        let outputFile = directory.appendingPathComponent("\(name).out")
        let inputFile = directory.appendingPathComponent("\(name).in")
        try Data().write(to: outputFile)
        try Data(input.utf8).write(to: inputFile)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["timeout", "-s", "KILL", "\(seconds)"] + arguments
        process.standardInput = try FileHandle(forReadingFrom: inputFile)
        process.standardOutput = try FileHandle(forWritingTo: outputFile)
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return ([UInt8](try Data(contentsOf: outputFile)), process.terminationStatus)
    }
}

/// A directory that disappears with its owner.
public final class ScratchDirectory: Sendable {
    public let url: URL

    public init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }
}
