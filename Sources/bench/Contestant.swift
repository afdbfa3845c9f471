import Foundation
import Synchronization

/// A process that reads commands and answers with a result and a prompt: an emulator that runs the image, or the native
/// program.
///
/// What a command costs is the processor time of the process, not the time that passes: other work on the host does not
/// count then. While a contestant is not its turn it is stopped by a signal, because a guest waits for its next command
/// by asking again and again.
final class Contestant {
    let name: String
    private let process = Process()
    private let terminal: PseudoTerminal?
    private let prompt: [UInt8]
    private let input: Int32
    private let output: Int32
    private var clock = clockid_t()

    /// How many seconds a command may take before the contestant counts as hung: of its own time, and in all.
    private static let patience = (own: 20.0, all: 240.0)

    /// Starts the process; `terminal` is what it uses as a serial line instead of its standard input and output.
    init(
        _ name: String, program: Workload.Program, arguments: [String], environment: [String: String] = [:],
        terminal: PseudoTerminal? = nil, folder: URL? = nil
    ) throws {
        self.name = name
        self.terminal = terminal
        prompt = Array(program.prompt.utf8)
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        if let folder { process.currentDirectoryURL = folder }
        process.standardError = FileHandle.nullDevice
        if let terminal {
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            input = terminal.descriptor
            output = terminal.descriptor
        } else {
            let (toProcess, fromProcess) = (Pipe(), Pipe())
            process.standardInput = toProcess
            process.standardOutput = fromProcess
            // The pipes live as long as the process object, which holds them.
            input = toProcess.fileHandleForWriting.fileDescriptor
            output = fromProcess.fileHandleForReading.fileDescriptor
        }
        try process.run()
        Self.running.withLock { _ = $0.insert(process.processIdentifier) }
        guard clock_getcpuclockid(process.processIdentifier, &clock) == 0 else {
            throw BenchFailure("\(name) ended at once")
        }
        _ = try waitForPrompt()
        kill(process.processIdentifier, SIGSTOP)
    }

    deinit {
        if process.isRunning {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        Self.running.withLock { _ = $0.remove(process.processIdentifier) }
    }

    private static let running = Mutex<Set<Int32>>([])

    /// Ends all contestants, of which some may be stopped and would never notice that this program is gone.
    static func endAll() {
        running.withLock { for identifier in $0 { kill(identifier, SIGKILL) } }
    }

    /// Has `command` executed.
    func run(_ command: String) throws -> Cost {
        let start = processorSeconds
        kill(process.processIdentifier, SIGCONT)
        var bytes = Array((command + "\r").utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
            guard written > 0 else { throw BenchFailure("\(name) takes no commands any more") }
            bytes = bytes.dropFirst(written)
        }
        let answer = try waitForPrompt()
        kill(process.processIdentifier, SIGSTOP)
        let lines = answer.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
        var steps: UInt64 = 0
        if let line = lines.last(where: { $0.hasPrefix("steps ") }) { steps = UInt64(line.dropFirst(6)) ?? 0 }
        guard let line = lines.last(where: { $0.contains("0x") }), !line.contains("exception"),
            let digits = line.components(separatedBy: "0x").last, let result = UInt32(digits, radix: 16)
        else {
            throw WorkloadFailure(reason: lines.last { !$0.hasPrefix("steps ") } ?? "no answer")
        }
        return Cost(seconds: processorSeconds - start, steps: steps, result: result)
    }

    /// What the process has used so far, all its threads together.
    private var processorSeconds: Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// What the contestant says before its next prompt.
    private func waitForPrompt() throws -> String {
        var seen: [UInt8] = []
        let deadline = ContinuousClock.now + .seconds(Self.patience.all)
        let ownDeadline = processorSeconds + Self.patience.own
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !seen.suffix(prompt.count).elementsEqual(prompt) {
            guard ContinuousClock.now < deadline, processorSeconds < ownDeadline else {
                throw BenchFailure("\(name) does not answer")
            }
            var request = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
            guard poll(&request, 1, 1000) > 0 else { continue }
            let count = read(output, &buffer, buffer.count)
            guard count > 0 else {
                throw BenchFailure("\(name) ended: \(String(decoding: seen.suffix(200), as: UTF8.self))")
            }
            seen += buffer[..<count]
        }
        return String(decoding: seen.dropLast(prompt.count), as: UTF8.self)
    }
}

/// What some work cost.
struct Cost {
    var seconds: Double
    /// Steps of our machine (retired instructions); 0 where nobody counts them.
    var steps: UInt64
    /// What the workload computed.
    var result: UInt32
}

/// The contestant cannot do this workload, but goes on.
struct WorkloadFailure: Error {
    let reason: String
}

/// A contestant cannot go on. ``description`` is a line for the user.
struct BenchFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
