import Foundation
import ProcessTestSupport
import Testing

/// A person at the window, played by xdotool under Xvfb: types, pastes, resizes, and looks at the pixels.
@Suite(.serialized)
struct WindowTests {
    /// An emulator in a window on a server of its own.
    private final class Session {
        let server: XServer
        let reader: ScreenReader
        let emulator = Process()
        var window = ""

        init() throws {
            server = try XServer(width: 1600, height: 900)
            let font = BuiltEmulator.repository.appendingPathComponent("Firmware/Font/martlet-8x16.txt")
            reader = try ScreenReader(fontFile: font)
            emulator.executableURL = BuiltEmulator.executable
            let image = BuiltEmulator.images.appendingPathComponent("kernel.img")
            emulator.arguments = ["--console", "sdl", "--snapshot", image.path]
            emulator.environment = server.environment
            emulator.standardInput = FileHandle.nullDevice
            do {
                try emulator.runHearingSignals()
                window = try server.xdotool("search", "--sync", "--onlyvisible", "--name", "Martlet")
                    .split(separator: "\n").first.map(String.init) ?? ""
                try server.xdotool("windowfocus", "--sync", window)
            } catch {
                stop()
                throw error
            }
        }

        func stop() {
            if emulator.isRunning {
                emulator.terminate()
                emulator.waitUntilExit()
            }
            server.stop()
        }

        /// The text in the window, where the picture is drawn `scale` times as large and centred.
        func lines(scale: Int) throws -> [String] {
            var geometry: [String: Int] = [:]
            for line in try server.xdotool("getwindowgeometry", "--shell", window).split(separator: "\n") {
                let parts = line.split(separator: "=")
                if parts.count == 2 { geometry[String(parts[0])] = Int(parts[1]) }
            }
            let (x, y) = (geometry["X"] ?? 0, geometry["Y"] ?? 0)
            let (width, height) = (geometry["WIDTH"] ?? 0, geometry["HEIGHT"] ?? 0)
            return reader.lines(
                in: try server.picture(), left: x + (width - 720 * scale) / 2, top: y + (height - 400 * scale) / 2,
                scale: scale)
        }

        /// Waits until a line of the screen is as wanted; returns the screen either way.
        func screen(scale: Int = 1, until isWanted: (String) -> Bool) throws -> [String] {
            var lines: [String] = []
            for _ in 0..<600 {
                lines = try self.lines(scale: scale)
                if lines.contains(where: isWanted) || !emulator.isRunning { break }
                Thread.sleep(forTimeInterval: 0.1)
            }
            return lines
        }
    }

    @Test func typingPastingAndResizing() throws {
        let session = try Session()
        defer { session.stop() }

        // The cursor's cell is not readable when it blinks, hence the prefix.
        let booted = try session.screen { $0.hasPrefix("martlet>") }
        try #require(booted.contains { $0.hasPrefix("martlet>") }, "the screen shows: \(booted)")

        let title = try session.server.xdotool("getwindowname", session.window)
        #expect(title.hasPrefix("Martlet: kernel.img, running") || title.hasPrefix("Martlet: kernel.img, idle"))

        try session.server.xdotool("type", "--delay", "40", "echo \"Typed: [x] {Y} ~!@#$%^&*()_+\"")
        try session.server.xdotool("key", "Return")
        let typed = try session.screen { $0 == "Typed: [x] {Y} ~!@#$%^&*()_+" }
        #expect(typed.contains("Typed: [x] {Y} ~!@#$%^&*()_+"), "the screen shows: \(typed)")

        // Faster than a PS/2 keyboard can tell: its 16 bytes are full after a few strokes.
        let quick = "the quick brown fox jumps over the lazy dog 0123456789"
        try session.server.xdotool("type", "--delay", "1", "echo " + quick)
        try session.server.xdotool("key", "Return")
        let hurried = try session.screen { $0 == quick }
        #expect(hurried.contains(quick), "the screen shows: \(hurried)")

        try session.server.copy("echo pasted from the host\n")
        try session.server.xdotool("key", "ctrl+alt+v")
        let pasted = try session.screen { $0 == "pasted from the host" }
        #expect(pasted.contains("pasted from the host"), "the screen shows: \(pasted)")

        // Without a window manager nobody keeps the window on the screen.
        try session.server.xdotool("windowmove", "--sync", session.window, "20", "10")
        try session.server.xdotool("windowsize", "--sync", session.window, "1500", "850")
        let doubled = try session.screen(scale: 2) { $0 == "pasted from the host" }
        #expect(doubled.contains("pasted from the host"), "the screen shows: \(doubled)")
    }
}
