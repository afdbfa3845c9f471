import Foundation

/// Runs a program and answers what it printed.
///
/// - Throws: `BootFailure` with that, if the program fails.
@discardableResult
func runTool(_ arguments: String...) throws -> String {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw BootFailure("\(arguments[0]) failed:\n\(said)") }
    return said
}
