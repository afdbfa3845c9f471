import Foundation
import ProcessTestSupport

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
    private var clipboardOwner: Process?

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
        try process.runHearingSignals()
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
        clipboardOwner?.terminate()
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
        try run("xdotool", arguments)
    }

    /// Makes `text` the contents of the clipboard, as if it had been copied in another program, which this call starts.
    func copy(_ text: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        // In the foreground: a clipboard lives as long as the program that owns it.
        process.arguments = ["xclip", "-quiet", "-selection", "clipboard", "-in"]
        process.environment = environment
        let pipe = Pipe()
        process.standardInput = pipe
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.runHearingSignals()
        clipboardOwner = process
        try pipe.fileHandleForWriting.write(contentsOf: Data(text.utf8))
        try pipe.fileHandleForWriting.close()
    }

    @discardableResult
    private func run(_ program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.environment = environment
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.runHearingSignals()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(program) \(arguments.joined(separator: " ")) failed")
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The screen as it is now. Only the pixels that are asked for are looked at: a picture is some millions of bytes.
    func picture() throws -> XPicture {
        try XPicture(xwd: Data(contentsOf: folder.appendingPathComponent("Xvfb_screen0")))
    }
}

/// A picture in XWD format (XWDFile.h): 25 big-endian words, the window's name, colour map entries of 12 bytes, pixels.
struct XPicture {
    let width: Int
    let height: Int
    private let bytes: [UInt8]
    private let start: Int
    private let bytesPerLine: Int

    init(xwd: Data) throws {
        let bytes = [UInt8](xwd)
        guard bytes.count > 100 else { throw XServer.Failure(description: "Xvfb's framebuffer is empty") }
        let words = (0..<25).map { index in bytes[index * 4..<index * 4 + 4].reduce(0) { $0 << 8 | Int($1) } }
        self.bytes = bytes
        guard words[1] == 7, words[11] == 32, words[7] == 0 else {
            throw XServer.Failure(description: "Xvfb's framebuffer is in an unknown format")
        }
        (width, height, bytesPerLine) = (words[4], words[5], words[12])
        start = words[0] + words[19] * 12
        guard bytes.count >= start + height * bytesPerLine else {
            throw XServer.Failure(description: "Xvfb's framebuffer is cut off")
        }
    }

    /// 0x00RRGGBB; black outside the picture.
    subscript(x: Int, y: Int) -> UInt32 {
        guard x >= 0, x < width, y >= 0, y < height else { return 0 }
        let at = start + y * bytesPerLine + x * 4
        return UInt32(bytes[at]) | UInt32(bytes[at + 1]) << 8 | UInt32(bytes[at + 2]) << 16
    }
}
