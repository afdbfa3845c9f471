import EmulatorTestSupport
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
        let directory = try ScratchDirectory()
        let process = try QEMUProcess(
            [
                "-M", machine, "-m", "\(setup.memory)", "-bios", Firmware.rom.path, "-nodefaults", "-vga", "std",
                "-serial", "null", "-no-reboot", "-debugcon", "stdio",
                "-device", "isa-debug-exit,iobase=0x501,iosize=2",
            ] + (try setup.disks.enumerated().flatMap { try arguments(for: $1, number: $0, in: directory.url) }))
        defer { process.stop() }

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
        /// What the monitor writes to a file, as soon as `parse` finds it complete.
        func answer<Contents>(to command: String, parse: (Data) -> Contents?) throws -> Contents {
            let file = try process.answer(to: command)
            var contents: Contents?
            try poll("answer to '\(command)'") {
                contents = FileManager.default.contents(atPath: file.path).flatMap(parse)
                return contents != nil
            }
            guard let contents else { throw HostFailure(description: "no answer to '\(command)'") }
            return contents
        }

        for step in steps {
            switch step {
            case .wait(let text):
                try poll("'\(text)'") {
                    outcome.log = process.output
                    guard let range = outcome.log.dropFirst(seen).range(of: text) else { return false }
                    seen = outcome.log.distance(from: outcome.log.startIndex, to: range.upperBound)
                    return true
                }
            case .press(let key):
                try process.command("sendkey \(QEMU.keyNames[key] ?? key.rawValue)")
            case .capture:
                outcome.cells = try answer(to: "pmemsave 0xb8000 4000") { data in
                    guard data.count == 4000 else { return nil }
                    return stride(from: 0, to: 4000, by: 2).map { cell(code: data[$0], attribute: Int(data[$0 + 1])) }
                }
                outcome.picture = try answer(to: "screendump", parse: portablePixmap)
            case .waitForExit:
                while process.isRunning {
                    guard Date() < deadline else {
                        throw HostFailure(
                            description: "\(testDescription) does not end; the log is:\n\(process.output)")
                    }
                    Thread.sleep(forTimeInterval: 0.02)
                }
            }
        }
        outcome.log = process.output
        return outcome
    }

    private func arguments(for disk: Setup.Disk, number: Int, in directory: URL) throws -> [String] {
        var file = disk.file.path
        if let sector = disk.badSector {
            let rules = directory.appendingPathComponent("blkdebug-\(number).conf")
            try Data("[inject-error]\nevent = \"read_aio\"\nerrno = \"5\"\nsector = \"\(sector)\"\n".utf8).write(
                to: rules)
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
