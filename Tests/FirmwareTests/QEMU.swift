import Foundation
import Machine
import Testing

/// The firmware under QEMU, whose devices are not ours.
///
/// `isapc` is a PC without PCI. On `pc` the ROM below 1 MB cannot be written, and an APIC stands before the 8259.
struct QEMU: FirmwareHost {
    var machine: String
    /// Keys that QEMU's monitor calls otherwise than we do.
    private static let keyNames: [Key: String] = [.space: "spc", .enter: "ret", .escape: "esc"]
    /// Seconds until a test counts as hung.
    private static let patience = 60.0

    var testDescription: String { "QEMU -M \(machine)" }

    func run(_ setup: Setup, _ steps: [Step]) throws -> Outcome {
        try Firmware.built.get()
        let directory = try TemporaryDirectory()
        let log = directory.url.appendingPathComponent("debug.log")
        try Data().write(to: log)

        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            [
                "qemu-system-i386", "-M", machine, "-m", "\(setup.memory)", "-bios", Firmware.rom.path,
                "-display", "none", "-nodefaults", "-vga", "std", "-serial", "null", "-no-reboot",
                "-debugcon", "file:\(log.path)", "-device", "isa-debug-exit,iobase=0x501,iosize=2",
                "-monitor", "stdio",
            ] + (try setup.disks.enumerated().flatMap { try arguments(for: $1, number: $0, in: directory.url) })
        let monitor = Pipe()
        process.standardInput = monitor
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        defer {
            // SIGKILL, because a child inherits this thread's mask, which may block SIGTERM.
            if process.isRunning {
                kill(process.processIdentifier, SIGKILL)
            }
            process.waitUntilExit()
        }

        var outcome = Outcome()
        var seen = 0
        let deadline = Date(timeIntervalSinceNow: QEMU.patience)
        func poll(_ what: String, until done: () throws -> Bool) throws {
            while try !done() {
                guard Date() < deadline, process.isRunning else {
                    throw HostFailure(description: "\(testDescription): no \(what); the log is:\n\(outcome.log)")
                }
                Thread.sleep(forTimeInterval: 0.02)
            }
        }
        func readLog() {
            outcome.log = String(decoding: FileManager.default.contents(atPath: log.path) ?? Data(), as: UTF8.self)
        }
        func command(_ text: String) throws {
            try monitor.fileHandleForWriting.write(contentsOf: Data("\(text)\n".utf8))
        }
        /// Has the monitor write `name` and reads it as soon as `parse` finds it complete.
        func produce<Contents>(_ name: String, by text: String, parse: (Data) -> Contents?) throws -> Contents {
            let file = directory.url.appendingPathComponent(name)
            try command("\(text) \"\(file.path)\"")
            var contents: Contents?
            try poll("answer to '\(text)'") {
                contents = FileManager.default.contents(atPath: file.path).flatMap(parse)
                return contents != nil
            }
            guard let contents else { throw HostFailure(description: "no \(name)") }
            try FileManager.default.removeItem(at: file)
            return contents
        }

        for step in steps {
            switch step {
            case .wait(let text):
                try poll("'\(text)'") {
                    readLog()
                    guard let range = outcome.log.dropFirst(seen).range(of: text) else { return false }
                    seen = outcome.log.distance(from: outcome.log.startIndex, to: range.upperBound)
                    return true
                }
            case .press(let key):
                try command("sendkey \(QEMU.keyNames[key] ?? key.rawValue)")
            case .capture:
                outcome.cells = try produce("text.bin", by: "pmemsave 0xb8000 4000") { data in
                    guard data.count == 4000 else { return nil }
                    return stride(from: 0, to: 4000, by: 2).map { cell(code: data[$0], attribute: Int(data[$0 + 1])) }
                }
                outcome.picture = try produce("screen.ppm", by: "screendump", parse: portablePixmap)
            case .waitForExit:
                let running = { process.isRunning }
                while running() {
                    guard Date() < deadline else {
                        readLog()
                        throw HostFailure(description: "\(testDescription) does not end; the log is:\n\(outcome.log)")
                    }
                    Thread.sleep(forTimeInterval: 0.02)
                }
            }
        }
        readLog()
        return outcome
    }

    private func arguments(for disk: Setup.Disk, number: Int, in directory: URL) throws -> [String] {
        var file = disk.file.path
        if let sector = disk.badSector {
            let rules = directory.appendingPathComponent("blkdebug-\(number).conf")
            try Data("[inject-error]\nevent = \"read_aio\"\nerrno = \"5\"\nsector = \"\(sector)\"\n".utf8).write(to: rules)
            file = "blkdebug:\(rules.path):\(file)"
        }
        return ["-drive", "if=ide,index=\(number),format=raw,snapshot=on,file=\(file)"]
    }

    /// The sixteen colours of a PC in the DAC's six bits.
    private static let colours: [[UInt8]] = (0..<16).map { number in
        if number == 6 { return [42, 21, 0] }
        let bright: UInt8 = number & 8 != 0 ? 21 : 0
        return [4, 2, 1].map { (number & $0 != 0 ? 42 : 0) + bright }
    }

    private func cell(code: UInt8, attribute: Int) -> Outcome.Cell {
        Outcome.Cell(
            code: code, foreground: QEMU.colours[attribute & 15], background: QEMU.colours[attribute >> 4 & 7])
    }

    /// PPM, binary: "P6", width, height, "255", then the pixels; nil if it is not complete.
    private func portablePixmap(_ data: Data) -> Outcome.Picture? {
        let fields = data.prefix(32).split(maxSplits: 4, whereSeparator: { $0 == 0x0A || $0 == 0x20 })
        guard fields.count == 5, let width = Int(String(decoding: fields[1], as: UTF8.self)),
            let height = Int(String(decoding: fields[2], as: UTF8.self)),
            data.count == fields[4].startIndex + width * height * 3
        else {
            return nil
        }
        return Outcome.Picture(width: width, height: height, pixels: [UInt8](data[fields[4].startIndex...]))
    }
}
