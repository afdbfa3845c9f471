// Where the firmware's tests run: anything that can be given the ROM, some disks and RAM, and that tells what came out
// of the debug port and what is on the screen.
//
// A test is a list of steps, so that one description runs in every host. Example: boot without a disk, see the
// complaint, press a key, and see the BIOS begin again:
//
//     try host.run(Setup(), [.wait(for: "Press a key"), .press(.space), .wait(for: "Martlet BIOS"), .capture])

import Foundation
import Machine
import Testing

/// What the machine is made of.
struct Setup {
    /// Megabytes of RAM.
    var memory = 64
    /// IDE disks, first to fourth; changes to them are lost.
    var disks: [Disk] = []

    struct Disk {
        var file: URL
        /// A sector whose reading fails.
        var badSector: UInt64?
    }
}

/// What to do with the running machine, in order.
enum Step {
    /// Until this text is in what the debug port received since the last `wait`.
    case wait(for: String)
    /// A key goes down and up again.
    case press(Key)
    /// Keep the screen as it is now.
    case capture
    /// Until the machine is switched off by the exit port.
    case waitForExit
}

/// What came out.
struct Outcome {
    /// One character on the screen. Colours are red, green and blue in the DAC's six bits.
    struct Cell {
        var code: UInt8
        var foreground: [UInt8]
        var background: [UInt8]
    }

    /// All bytes sent to port 0xE9, as text.
    var log = ""
    /// The 80x25 characters.
    var cells: [Cell] = []
    var picture = Picture(width: 0, height: 0, pixels: [])

    struct Picture {
        var width: Int
        var height: Int
        /// Red, green and blue of each pixel, eight bits each.
        var pixels: [UInt8]
    }

    /// A line of the captured screen, without the blanks at its end.
    func line(_ row: Int) -> String {
        var text = String(cells.dropFirst(row * 80).prefix(80).map { Character(UnicodeScalar($0.code)) })
        while text.last == " " {
            text.removeLast()
        }
        return text
    }

    var screen: String {
        (0..<25).map { line($0) }.joined(separator: "\n")
    }
}

/// A machine that runs the ROM.
protocol FirmwareHost: Sendable, CustomTestStringConvertible {
    func run(_ setup: Setup, _ steps: [Step]) throws -> Outcome
}

struct HostFailure: Error, CustomStringConvertible {
    var description: String
}

/// All machines the tests run on.
let hosts: [any FirmwareHost] = [EmulatedPC(), QEMU(machine: "isapc"), QEMU(machine: "pc")]

/// The built firmware and its test programs.
enum Firmware {
    static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static let rom = repository.appendingPathComponent("images/bios.bin")
    static let symbols = repository.appendingPathComponent("images/bios.elf")
    static let font = repository.appendingPathComponent("Firmware/Font/martlet-8x16.txt")

    /// Runs `scripts/build-firmware.sh tests` once per test run.
    static let built: Result<Void, HostFailure> = {
        let build = Process()
        build.executableURL = URL(fileURLWithPath: "/bin/sh")
        build.arguments = [repository.appendingPathComponent("scripts/build-firmware.sh").path, "tests"]
        // Built with these tests.
        let tool = repository.appendingPathComponent(".build/debug/mkrom").path
        build.environment = ProcessInfo.processInfo.environment.merging(["MKROM": tool]) { $1 }
        let output = Pipe()
        build.standardOutput = output
        build.standardError = output
        do {
            try build.run()
        } catch {
            return .failure(HostFailure(description: "the firmware's build does not start: \(error)"))
        }
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        build.waitUntilExit()
        guard build.terminationStatus == 0 else {
            return .failure(HostFailure(description: "the firmware does not build:\n\(text)"))
        }
        return .success(())
    }()

    /// The disk image of a test program.
    static func program(_ name: String) throws -> URL {
        try built.get()
        return repository.appendingPathComponent("Firmware/.build/tests/\(name).img")
    }

    /// A disk image with the given bytes at its beginning, 1 MB long.
    static func disk(_ bytes: [UInt8], in directory: URL, name: String) throws -> URL {
        var image = Data(bytes)
        image.append(Data(count: (1 << 20) - image.count))
        let file = directory.appendingPathComponent(name)
        try image.write(to: file)
        return file
    }
}
