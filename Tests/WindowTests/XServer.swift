import Foundation

/// An X server without a screen, whose picture can be read from a file.
///
/// `Xvfb -fbdir` keeps its framebuffer in a file in XWD format: what an application shows can be looked at without a
/// screenshot program.
final class XServer {
    /// The server or a program that talks to it is missing or failed; the text says which.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// `:N`.
    let display: String
    private let process: Process
    private let folder: URL

    init(width: Int, height: Int) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-x-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let announcement = folder.appendingPathComponent("display")
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = [
            "-c", "exec Xvfb -displayfd 3 -fbdir \"$0\" -screen 0 \(width)x\(height)x24 -nolisten tcp 3>\"$0/display\"",
            folder.path,
        ]
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        var number: String?
        for _ in 0..<300 where number == nil && process.isRunning {
            Thread.sleep(forTimeInterval: 0.1)
            if let text = try? String(contentsOf: announcement, encoding: .utf8), text.hasSuffix("\n") {
                number = text.trimmingCharacters(in: .whitespacesAndNewlines)
            }
        }
        guard let number else {
            process.terminate()
            throw Failure(description: "Xvfb did not start")
        }
        display = ":" + number
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }

    /// The environment for a program that is to use this server.
    var environment: [String: String] {
        var environment = ProcessInfo.processInfo.environment
        environment["DISPLAY"] = display
        environment["SDL_VIDEODRIVER"] = "x11"
        environment["XDG_RUNTIME_DIR"] = folder.path
        return environment
    }

    /// Runs `xdotool` and returns what it printed.
    @discardableResult
    func xdotool(_ arguments: String...) throws -> String {
        try run("xdotool", arguments, input: nil)
    }

    /// Makes `text` the contents of the clipboard, as if it had been copied in another program.
    func copy(_ text: String) throws {
        try run("xclip", ["-selection", "clipboard", "-in"], input: text)
    }

    @discardableResult
    private func run(_ program: String, _ arguments: [String], input: String?) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.environment = environment
        // Files, not pipes: xclip leaves a child behind that keeps its standard output open.
        let output = folder.appendingPathComponent("output")
        _ = FileManager.default.createFile(atPath: output.path, contents: nil)
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardInput = input == nil ? FileHandle.nullDevice : pipe
        try process.run()
        if let input {
            try pipe.fileHandleForWriting.write(contentsOf: Data(input.utf8))
            try pipe.fileHandleForWriting.close()
        }
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(program) \(arguments.joined(separator: " ")) failed")
        }
        return try String(contentsOf: output, encoding: .utf8)
    }

    /// What the screen shows: 0x00RRGGBB, row by row.
    func picture() throws -> (width: Int, height: Int, pixels: [UInt32]) {
        let bytes = [UInt8](try Data(contentsOf: folder.appendingPathComponent("Xvfb_screen0")))
        // XWDFile.h: 25 big-endian words, then the window's name, colour map entries of 12 bytes, and the pixels.
        func word(_ index: Int) -> Int { bytes[index * 4..<index * 4 + 4].reduce(0) { $0 << 8 | Int($1) } }
        guard bytes.count > 100, word(1) == 7, word(11) == 32, word(7) == 0 else {
            throw Failure(description: "Xvfb's framebuffer is in an unknown format")
        }
        let (width, height, bytesPerLine) = (word(4), word(5), word(12))
        let start = word(0) + word(19) * 12
        guard bytes.count >= start + height * bytesPerLine else { throw Failure(description: "framebuffer is cut") }
        var pixels: [UInt32] = []
        pixels.reserveCapacity(width * height)
        for row in 0..<height {
            for column in 0..<width {
                let at = start + row * bytesPerLine + column * 4
                pixels.append(UInt32(bytes[at]) | UInt32(bytes[at + 1]) << 8 | UInt32(bytes[at + 2]) << 16)
            }
        }
        return (width, height, pixels)
    }
}
