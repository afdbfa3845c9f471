import ArgumentParser
import Foundation
import Machine

/// Our emulator as a contestant: a machine whose first serial line is standard input and output. Behind each answer it
/// says how many steps the guest took.
struct Worker: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Runs an image with its serial line on standard input and output.",
        shouldDisplay: false)

    @Argument(help: "The disk image.")
    var image: String

    @Argument(help: "What the guest prints when it wants a command.")
    var prompt: String

    @Option(help: "The BIOS ROM.")
    var firmware: String

    @Option(help: "The processor model.")
    var cpu: String?

    func run() throws {
        var configuration = Machine.Configuration()
        configuration.firmware = [UInt8](try Data(contentsOf: URL(fileURLWithPath: firmware)))
        configuration.drives = [Machine.Drive(image: try FileDisk(path: image, readOnly: true), policy: .discard)]
        if let cpu { configuration.processorModel = cpu }
        let machine = try Machine(configuration)
        let line = SerialLine()
        machine.output = line
        var steps: UInt64 = 0
        while true {
            try waitForPrompt(machine, line)
            let answer = String(decoding: line.bytes.dropLast(prompt.utf8.count), as: UTF8.self)
            FileHandle.standardOutput.write(Data("\(answer)\nsteps \(machine.steps &- steps)\(prompt)".utf8))
            line.bytes = []
            guard let command = readCommand() else { return }
            steps = machine.steps
            machine.inject(.serial(command, port: 0))
        }
    }

    /// What came in up to a carriage return; nil at the end.
    private func readCommand() -> [UInt8]? {
        var command: [UInt8] = []
        while command.last != 0x0D {
            var byte: UInt8 = 0
            guard read(STDIN_FILENO, &byte, 1) == 1 else { return nil }
            command.append(byte)
        }
        return command
    }

    private func waitForPrompt(_ machine: Machine, _ line: SerialLine) throws {
        let prompt = Array(prompt.utf8)
        while !line.bytes.suffix(prompt.count).elementsEqual(prompt) {
            let result = machine.run(forNanoseconds: 200_000)
            guard result == .reached else { throw BenchFailure("our machine stopped: \(result)") }
        }
    }

    /// What the guest sent to COM1.
    private final class SerialLine: OutputSink {
        var bytes: [UInt8] = []

        func serialPort(_ port: Int, sent byte: UInt8) { bytes.append(byte) }
    }
}
