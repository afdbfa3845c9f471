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
        let guest = try GuestMachine(image: image, firmware: firmware, cpu: cpu, prompt: prompt)
        var steps: UInt64 = 0
        while true {
            let answer = try guest.waitForPrompt()
            FileHandle.standardOutput.write(Data("\(answer)\nsteps \(guest.machine.steps &- steps)\(prompt)".utf8))
            guard let command = readCommand() else { return }
            steps = guest.machine.steps
            guest.type(command)
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
}
