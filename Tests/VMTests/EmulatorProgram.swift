import Foundation
import ProcessTestSupport

/// The program `vm` as this build made it.
enum EmulatorProgram {
    typealias Result = (code: Int32, output: String, errors: String)

    /// Runs the program, or another one that starts it, with `input` at its standard input and waits for its end.
    static func run(
        _ arguments: [String], program: URL = BuiltEmulator.executable, input: String = "", in folder: URL
    ) throws -> Result {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.currentDirectoryURL = folder
        let output = folder.appendingPathComponent(".stdout")
        let errors = folder.appendingPathComponent(".stderr")
        let inputFile = folder.appendingPathComponent(".stdin")
        try Data(input.utf8).write(to: inputFile)
        process.standardInput = try FileHandle(forReadingFrom: inputFile)
        for file in [output, errors] { _ = FileManager.default.createFile(atPath: file.path, contents: nil) }
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        process.waitUntilExit()
        return (
            process.terminationStatus, try String(contentsOf: output, encoding: .utf8),
            try String(contentsOf: errors, encoding: .utf8)
        )
    }
}
