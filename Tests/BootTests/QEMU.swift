import Foundation
import ProcessTestSupport
import Synchronization

/// QEMU's `qemu-system-i386` as an engine.
struct QEMU: BootEngine {
    /// A firmware in place of SeaBIOS, if any.
    var firmware: URL?
    /// Further arguments.
    var arguments: [String] = []
    /// Whether a reset starts the machine again, and does not end it.
    var allowsReset = false

    func start(_ configuration: MachineConfiguration, image: URL) throws -> any BootableMachine {
        let directory = try TemporaryDirectory()
        var arguments = [
            "-M", configuration.board.rawValue, "-cpu", configuration.processor.rawValue,
            "-m", String(configuration.memory), "-nic", "none",
        ]
        if !allowsReset { arguments.append("-no-reboot") }
        if let firmware { arguments += ["-bios", firmware.path] }
        switch configuration.medium {
        case .disk:
            arguments += ["-drive", "file=\(image.path),format=raw,if=ide,snapshot=on"]
        case .usb:
            arguments += ["-drive", "file=\(image.path),format=raw,if=none,id=stick,snapshot=on"]
            arguments += ["-usb", "-device", "usb-storage,drive=stick"]
        case .floppy1440, .floppy2880:
            let floppy = directory.url.appendingPathComponent("floppy.img")
            var bytes = try Data(contentsOf: image)
            let capacity = configuration.medium == .floppy1440 ? 1_474_560 : 2_949_120
            guard bytes.count <= capacity else { throw BootFailure("the image does not fit on a floppy") }
            bytes += Data(count: capacity - bytes.count)
            try bytes.write(to: floppy)
            arguments += ["-drive", "file=\(floppy.path),format=raw,if=floppy,snapshot=on"]
        case .kernel:
            arguments += ["-kernel", image.path]
        case .grubLinux, .grubLinux16:
            let command = configuration.medium == .grubLinux ? "linux" : "linux16"
            arguments += ["-cdrom", try GRUBDisc.make(image: image, command: command, in: directory.url).path]
        }
        return try QEMUMachine(arguments + self.arguments, directory)
    }
}

/// A running QEMU: COM1 is its standard input and output, its monitor a pair of FIFOs.
private final class QEMUMachine: BootableMachine {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private let errors = Pipe()
    private let monitor: FileHandle
    private let monitorOutput: FileHandle
    private let received = Mutex<[UInt8]>([])
    private let directory: TemporaryDirectory

    init(_ arguments: [String], _ directory: TemporaryDirectory) throws {
        self.directory = directory
        let path = directory.url.appendingPathComponent("monitor").path
        for suffix in [".in", ".out"] {
            guard mkfifo(path + suffix, 0o600) == 0 else { throw BootFailure("cannot make a FIFO at \(path)\(suffix)") }
        }
        // Opened for both directions, so that neither side waits for the other. What the monitor says must be read, or
        // QEMU stops to wait for its reader.
        guard let monitor = FileHandle(forUpdatingAtPath: path + ".in"),
            let monitorOutput = FileHandle(forUpdatingAtPath: path + ".out")
        else { throw BootFailure("cannot open \(path).in and .out") }
        self.monitor = monitor
        self.monitorOutput = monitorOutput
        monitorOutput.readabilityHandler = { _ = $0.availableData }

        // `timeout` ends QEMU even if this process is killed and never comes to `stop()`.
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["timeout", "-k", "5", "600", "qemu-system-i386", "-display", "none", "-serial", "stdio"]
            + ["-chardev", "pipe,id=monitor,path=\(path)", "-mon", "chardev=monitor"] + arguments
        process.standardInput = input
        process.standardOutput = output
        process.standardError = errors
        output.fileHandleForReading.readabilityHandler = { [weak self] handle in
            let bytes = handle.availableData
            if bytes.isEmpty { handle.readabilityHandler = nil }
            self?.received.withLock { $0 += bytes }
        }
        do {
            try process.runHearingSignals()
        } catch {
            throw BootFailure("cannot start qemu-system-i386: \(error.localizedDescription)")
        }
    }

    var serialOutput: String { received.withLock { String(decoding: $0, as: UTF8.self) } }

    var isRunning: Bool { process.isRunning }

    var lastWords: String {
        guard !process.isRunning else { return "" }
        let said = String(decoding: errors.fileHandleForReading.availableData, as: UTF8.self)
        return "exit status \(process.terminationStatus)\n" + said
    }

    func send(_ text: String) throws {
        try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
    }

    func type(_ text: String) throws {
        for character in text {
            let key: String
            switch character {
            case "a"..."z", "0"..."9": key = String(character)
            case " ": key = "spc"
            case "-": key = "minus"
            case "\r", "\n": key = "ret"
            default: throw BootFailure("no key for '\(character)'")
            }
            try command("sendkey \(key)")
        }
    }

    func screen() async throws -> [String] {
        let file = directory.url.appendingPathComponent("screen-\(UUID().uuidString)")
        try command("pmemsave 0xb8000 4000 \"\(file.path)\"")
        for _ in 0..<500 {
            if let bytes = try? Data(contentsOf: file), bytes.count == 4000 {
                let characters = stride(from: 0, to: 4000, by: 2).map { bytes[bytes.startIndex + $0] }
                return (0..<25).map { row in
                    let line = String(decoding: characters[(row * 80)..<(row * 80 + 80)], as: UTF8.self)
                    return String(line.reversed().drop { $0 == " " || $0 == "\0" }.reversed())
                }
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw BootFailure("QEMU's monitor does not answer")
    }

    private func command(_ line: String) throws {
        try monitor.write(contentsOf: Data((line + "\n").utf8))
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
        output.fileHandleForReading.readabilityHandler = nil
        monitorOutput.readabilityHandler = nil
    }
}

/// A directory that disappears with its owner.
final class TemporaryDirectory: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }
}
