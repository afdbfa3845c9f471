import EmulatorTestSupport
import Foundation

/// QEMU's `qemu-system-i386` as an engine.
struct QEMU: BootEngine {
    /// A firmware in place of SeaBIOS, if any.
    var firmware: URL?
    /// Further arguments.
    var arguments: [String] = []
    /// Whether a reset starts the machine again, and does not end it.
    var allowsReset = false

    func start(_ configuration: MachineConfiguration, image: URL) throws -> any BootableMachine {
        let directory = try ScratchDirectory()
        var arguments = [
            "-M", configuration.board.rawValue, "-cpu", configuration.processor.rawValue,
            "-m", String(configuration.memory),
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

/// A running QEMU, whose COM1 is its standard input and output.
private final class QEMUMachine: BootableMachine {
    private let process: QEMUProcess
    /// Holds the images.
    private let directory: ScratchDirectory

    init(_ arguments: [String], _ directory: ScratchDirectory) throws {
        process = try QEMUProcess(["-serial", "stdio"] + arguments)
        self.directory = directory
    }

    var serialOutput: String { process.output }

    var isRunning: Bool { process.isRunning }

    var lastWords: String { process.lastWords }

    func send(_ text: String) throws { try process.send(text) }

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
            try process.command("sendkey \(key)")
        }
    }

    func screen() async throws -> [String] {
        let file = try process.answer(to: "pmemsave 0xb8000 4000")
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

    func stop() { process.stop() }
}
