import Foundation

// Boot tests: one kernel.img, many machines.
//
// Constraint: what boots on one machine fails on the next for reasons that no unit test knows, and machines can be
// varied in more ways than there is time for. Choice: a machine is a value (`MachineConfiguration`), an emulator of any
// make is a `BootEngine` that starts one, and what the tests see of it is a `BootableMachine`: a serial line, a
// keyboard, a screen. The matrix (`BootMatrix`) covers all pairs of properties, not all combinations. Example:
//
//     try await withMachine(QEMU(), configuration, image) { machine in
//         try await machine.wait(for: "martlet> ")
//         try machine.send("echo hello\r")
//     }

/// Where the machine finds the kernel image.
enum BootMedium: String, CaseIterable {
    /// A hard disk: IDE, or what the board has in its place (AHCI on q35).
    case disk
    /// A USB stick.
    case usb
    /// A 1.44 MB floppy.
    case floppy1440
    /// A 2.88 MB floppy.
    case floppy2880
    /// The emulator itself, as a loader that speaks the 16-bit boot protocol (QEMU's `-kernel`).
    case kernel
    /// GRUB on a CD, by the 32-bit boot protocol.
    case grubLinux
    /// GRUB on a CD, by the 16-bit boot protocol.
    case grubLinux16

    var isFloppy: Bool { self == .floppy1440 || self == .floppy2880 }
    var isGRUB: Bool { self == .grubLinux || self == .grubLinux16 }
}

/// A machine to boot on.
struct MachineConfiguration: Hashable, CustomStringConvertible {
    enum Board: String, CaseIterable { case pc, q35, isapc }
    enum Processor: String, CaseIterable {
        case i486 = "486"
        case pentium, pentium3, max
    }

    var medium = BootMedium.disk
    var board = Board.pc
    var processor = Processor.pentium
    /// RAM in MiB.
    var memory = 16

    var description: String { "\(medium.rawValue), \(board.rawValue), \(processor.rawValue), \(memory) MB" }
}

/// Something that runs machines.
protocol BootEngine: Sendable {
    /// Starts a machine on an image.
    ///
    /// - Throws: `BootFailure` if it cannot be started.
    func start(_ configuration: MachineConfiguration, image: URL) throws -> any BootableMachine
}

/// A machine that runs until it is stopped.
protocol BootableMachine: AnyObject, Sendable {
    /// What has come out of COM1 so far.
    var serialOutput: String { get }
    /// Whether the machine still runs.
    var isRunning: Bool { get }
    /// What the emulator had to say when it ended.
    var lastWords: String { get }
    /// Types on COM1.
    func send(_ text: String) throws
    /// Types on the keyboard: lower-case letters, digits, space, minus and return.
    func type(_ text: String) throws
    /// The 25 lines of the text screen, without spaces at their ends.
    func screen() async throws -> [String]
    /// Ends the machine; it must not outlive the test.
    func stop()
}

/// A machine that did not do what the test waits for.
struct BootFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

extension BootableMachine {
    /// Waits until COM1 has said `text`, not counting the first `start` characters, and answers all it said since.
    ///
    /// The limit is no expectation of speed: it ends tests that would never end.
    @discardableResult
    func wait(for text: String, from start: Int = 0, limit: Duration = .seconds(120)) async throws -> String {
        let deadline = ContinuousClock.now + limit
        while true {
            let running = isRunning
            let output = String(serialOutput.dropFirst(start))
            if output.contains(text) { return output }
            if !running { throw BootFailure("the machine ended before '\(text)': \(lastWords)\nCOM1 said:\n\(output)") }
            if ContinuousClock.now > deadline {
                let lines = (try? await screen())?.filter { !$0.isEmpty }.joined(separator: "\n") ?? "(unknown)"
                throw BootFailure("no '\(text)' within \(limit); COM1 said:\n\(output)\nthe screen shows:\n\(lines)")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Waits until a line of the screen contains `text`.
    func waitForScreen(_ text: String, limit: Duration = .seconds(120)) async throws {
        let deadline = ContinuousClock.now + limit
        while true {
            // On a host with much else to do, the look itself may take until the time is over: then there is another one.
            let isLast = ContinuousClock.now > deadline
            let lines = try await screen()
            if lines.contains(where: { $0.contains(text) }) { return }
            if !isRunning || isLast {
                throw BootFailure(
                    "no '\(text)' on the screen, which shows:\n\(lines.filter { !$0.isEmpty }.joined(separator: "\n"))")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}

/// Runs `body` with a machine, which ends with it.
@discardableResult
func withMachine<Result>(
    _ engine: some BootEngine, _ configuration: MachineConfiguration, image: URL,
    _ body: (any BootableMachine) async throws -> Result
) async throws -> Result {
    let machine = try engine.start(configuration, image: image)
    defer { machine.stop() }
    return try await body(machine)
}
