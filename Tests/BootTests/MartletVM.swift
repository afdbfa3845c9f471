import Foundation
import Machine
import Synchronization

/// Our own emulator as an engine: the `Machine` library in this process, with our own firmware.
struct MartletVM: BootEngine {
    /// Ways in which this PC is worse than others.
    var hostility: Machine.Hostility = []
    /// What RAM holds at power-on.
    var memoryFill = Machine.MemoryFill.zeros
    /// CMOS bytes at power-on, by index.
    var cmosOverrides: [UInt8: UInt8] = [:]
    /// A second disk, if any.
    var secondDisk: URL?
    /// A BIOS that is not ours, for which the machine shadows the ROM in RAM.
    var foreignFirmware: URL?

    /// Why our emulator cannot be such a machine, or nil if it can.
    static func impossibility(_ machine: MachineConfiguration) -> String? {
        if machine.medium != .disk { return "it has IDE disks only, and loads no kernels itself" }
        if machine.board != .isapc { return "it is an ISA PC, without PCI" }
        if machine.memory > 3072 { return "it has at most 3 GB of RAM" }
        if machine.processor == .max { return "it has no such processor" }
        return nil
    }

    func start(_ configuration: MachineConfiguration, image: URL) throws -> any BootableMachine {
        if let reason = Self.impossibility(configuration) { throw BootFailure("our emulator: \(reason)") }
        return try MartletMachine(try machineConfiguration(configuration, image: image))
    }

    /// The machine for whoever runs it by itself.
    func machineConfiguration(_ configuration: MachineConfiguration, image: URL) throws -> Machine.Configuration {
        var machine = Machine.Configuration()
        machine.memorySize = configuration.memory << 20
        machine.processorModel = configuration.processor.rawValue
        machine.firmware = [UInt8](try Data(contentsOf: try foreignFirmware ?? BuiltFile.firmware.url()))
        machine.hasShadowRAM = foreignFirmware != nil
        machine.drives = try [image, secondDisk].compactMap(\.self).map { disk in
            Machine.Drive(image: MemoryDisk([UInt8](try Data(contentsOf: disk))), policy: .discard)
        }
        machine.hostility = hostility
        machine.memoryFill = memoryFill
        machine.cmosOverrides = cmosOverrides
        return machine
    }
}

/// A machine on a thread of its own.
///
/// Sendable although `Machine` is not: only that thread uses it; what others see passes through mutexes and the queue.
private final class MartletMachine: BootableMachine, @unchecked Sendable {
    private let machine: Machine
    private let queue: InputQueue
    private let sink = SerialLog()
    private let text = Mutex<[String]>([])
    private let ending = Mutex<String?>(nil)
    private let isStopping = Atomic<Bool>(false)
    private let finished = DispatchSemaphore(value: 0)

    init(_ configuration: Machine.Configuration) throws {
        machine = try Machine(configuration)
        queue = machine.inputQueue
        machine.output = sink
        let thread = Thread { [self] in
            run()
            finished.signal()
        }
        thread.stackSize = 4 << 20
        thread.start()
    }

    private func run() {
        while !isStopping.load(ordering: .relaxed) {
            let result = machine.run(forNanoseconds: 10_000_000)
            publishScreen()
            switch result {
            case .reached, .stopped: continue
            case .tripleFault(let report):
                return end("triple fault at step \(report.step): \(report.chain)")
            default:
                return end("\(result)")
            }
        }
    }

    private func end(_ reason: String) {
        ending.withLock { $0 = reason }
    }

    private func publishScreen() {
        guard let lines = machine.textScreen()?.lines else { return }
        text.withLock { $0 = lines }
    }

    var serialOutput: String { sink.text }
    var isRunning: Bool { ending.withLock { $0 == nil } }
    var lastWords: String { ending.withLock { $0 ?? "" } }

    func send(_ text: String) {
        queue.append(.serial(Array(text.utf8), port: 0))
    }

    func type(_ text: String) {
        queue.append(.text(text))
    }

    func screen() async throws -> [String] { text.withLock { $0 } }

    func stop() {
        isStopping.store(true, ordering: .relaxed)
        queue.requestStop()
        finished.wait()
    }
}
