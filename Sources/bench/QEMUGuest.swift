import Foundation

/// QEMU's PC with its translator (TCG), in a process of its own, serial line on pipes.
final class QEMUGuest: Guest {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    let version: String

    init(image: String) throws {
        version = try Self.askVersion()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "qemu-system-i386", "-accel", "tcg", "-M", "pc", "-m", "64", "-display", "none", "-monitor", "none",
            "-serial", "stdio", "-drive", "file=\(image),format=raw,if=ide,snapshot=on",
        ]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        try waitForPrompt()
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
    }

    func run(_ command: String) throws -> Cost {
        let start = ContinuousClock.now
        try input.fileHandleForWriting.write(contentsOf: Data((command + "\r").utf8))
        try waitForPrompt()
        return Cost(seconds: (ContinuousClock.now - start) / .seconds(1), steps: 0)
    }

    private func waitForPrompt() throws {
        var seen = Data()
        let prompt = Data("\nmartlet> ".utf8)
        while seen.suffix(prompt.count) != prompt {
            let new = output.fileHandleForReading.availableData
            guard !new.isEmpty else { throw GuestFailure(description: "QEMU ended: \(String(decoding: seen, as: UTF8.self))") }
            seen += new
        }
    }

    private static func askVersion() throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["qemu-system-i386", "--version"]
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard let version = text.split(whereSeparator: { $0 == " " || $0 == "\n" }).first(where: { $0.first?.isNumber ?? false })
        else { throw GuestFailure(description: "qemu-system-i386 is not there; 'make bench' installs it") }
        return String(version)
    }
}
