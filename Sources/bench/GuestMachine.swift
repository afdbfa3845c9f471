import Foundation
import Machine

/// Our machine with a guest that takes commands on its first serial line.
struct GuestMachine {
    let machine: Machine
    private let prompt: [UInt8]
    private let line = SerialLine()

    /// - Parameter prompt: What the guest prints when it wants a command.
    init(image: String, firmware: String, cpu: String?, prompt: String) throws {
        var configuration = Machine.Configuration()
        configuration.firmware = [UInt8](try Data(contentsOf: URL(fileURLWithPath: firmware)))
        configuration.drives = [Machine.Drive(image: try FileDisk(path: image, readOnly: true), policy: .discard)]
        if let cpu { configuration.processorModel = cpu }
        machine = try Machine(configuration)
        self.prompt = Array(prompt.utf8)
        machine.output = line
    }

    /// Runs until the guest wants a command; returns what it has sent before the prompt.
    ///
    /// - Parameters:
    ///   - limit: The step at which that is taken for a failure.
    ///   - run: How the machine is run up to a step; nil: by itself.
    func waitForPrompt(limit: UInt64 = .max, run: ((UInt64) -> RunResult)? = nil) throws -> String {
        while !line.bytes.suffix(prompt.count).elementsEqual(prompt) {
            let next = machine.steps + 20_000
            let result = run?(next) ?? machine.run(until: next)
            guard result == .reached, machine.steps < limit else {
                throw BenchFailure("the guest has not come to its prompt: \(result)")
            }
        }
        defer { line.bytes = [] }
        return String(decoding: line.bytes.dropLast(prompt.count), as: UTF8.self)
    }

    /// Types what ends in a carriage return.
    func type(_ command: [UInt8]) { machine.inject(.serial(command, port: 0)) }

    /// What the guest sent to COM1.
    private final class SerialLine: OutputSink {
        var bytes: [UInt8] = []

        func serialPort(_ port: Int, sent byte: UInt8) { bytes.append(byte) }
    }
}
