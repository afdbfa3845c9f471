import Foundation
import Machine

/// Our emulator, in this process: without console and without pacing.
final class MartletGuest: Guest {
    private let machine: Machine
    private let screen = SerialLog()

    /// What the guest sent to COM1.
    private final class SerialLog: OutputSink {
        var bytes: [UInt8] = []

        func serialPort(_ port: Int, sent byte: UInt8) { bytes.append(byte) }
    }

    init(image: String, firmware: String) throws {
        var configuration = Machine.Configuration()
        configuration.firmware = [UInt8](try Data(contentsOf: URL(fileURLWithPath: firmware)))
        configuration.drives = [Machine.Drive(image: try FileDisk(path: image, readOnly: true), policy: .discard)]
        machine = try Machine(configuration)
        machine.output = screen
        try waitForPrompt()
    }

    func run(_ command: String) throws -> Cost {
        screen.bytes = []
        let steps = machine.steps
        let start = ContinuousClock.now
        machine.inject(.serial(Array((command + "\r").utf8), port: 0))
        try waitForPrompt()
        return Cost(seconds: (ContinuousClock.now - start) / .seconds(1), steps: machine.steps - steps)
    }

    private func waitForPrompt() throws {
        let prompt = Array("\nmartlet> ".utf8)
        while !screen.bytes.suffix(prompt.count).elementsEqual(prompt) {
            let result = machine.run(forNanoseconds: 1_000_000)
            guard result == .reached else { throw GuestFailure(description: "our machine stopped: \(result)") }
        }
    }
}
