import Debugger
import Machine
import Testing

/// Our kernel, booted to the shell's prompt, with somebody at the serial port and a debugger that knows its symbols.
public final class KernelMachine {
    private final class Listener: OutputSink {
        var bytes: [UInt8] = []
        func serialPort(_ port: Int, sent byte: UInt8) { bytes.append(byte) }
    }

    private let listener = Listener()
    public let commands: DebuggerCommands
    public var debugger: Debugger { commands.debugger }
    public var machine: Machine { debugger.machine }

    /// A machine that has not executed anything yet, with the symbols that `vm` loads.
    public init(withSymbols: Bool = true, processor: String? = nil) throws {
        var configuration = Machine.Configuration()
        if let processor { configuration.processorModel = processor }
        configuration.memorySize = 16 << 20
        configuration.firmware = try BuiltImages.bytes("bios.bin")
        configuration.drives = [Machine.Drive(image: MemoryDisk(try BuiltImages.bytes("kernel.img")), policy: .discard)]
        let machine = try Machine(configuration)
        machine.output = listener
        commands = DebuggerCommands(machine: machine)
        guard withSymbols else { return }
        try BuiltImages.loadSymbols("kernel.elf", into: &debugger.symbols)
        for name in try BuiltImages.programs() {
            try BuiltImages.loadSymbols(name, into: &debugger.symbols, isSecond: true)
        }
    }

    /// One that stands at the prompt.
    public static func booted(processor: String? = nil) throws -> KernelMachine {
        let kernel = try KernelMachine(processor: processor)
        try kernel.wait(for: "martlet> ")
        return kernel
    }

    /// What has come out of COM1.
    public var output: String { String(decoding: listener.bytes, as: UTF8.self) }

    /// Lets the machine run until the guest has said something (since `start`, a number of bytes), and then falls idle.
    public func wait(for text: String, since start: Int = 0) throws {
        while !String(decoding: listener.bytes.dropFirst(start), as: UTF8.self).contains(text) {
            try #require(machine.nanoseconds < 60_000_000_000, "\(text) did not come: \(output.suffix(500))")
            debugger.continue(until: machine.steps + 500_000)
        }
        // Who said it has not always come to rest yet.
        debugger.continue(until: machine.steps + 2_000_000)
    }

    /// Types a line, and waits for what shows that it has been done; returns what came out.
    @discardableResult
    public func type(_ line: String, until text: String = "martlet> ") throws -> String {
        let start = listener.bytes.count
        machine.inject(.serial(Array((line + "\r").utf8), port: 0))
        // The echo comes first.
        while true {
            let parts = String(decoding: listener.bytes.dropFirst(start), as: UTF8.self).split(
                separator: line, maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count > 1, parts[1].contains(text) { break }
            try #require(machine.nanoseconds < 60_000_000_000, "\(text) did not come: \(output.suffix(500))")
            debugger.continue(until: machine.steps + 500_000)
        }
        debugger.continue(until: machine.steps + 2_000_000)
        return String(decoding: listener.bytes.dropFirst(start), as: UTF8.self)
    }

    public func view() throws -> KernelView { try debugger.kernelView() }

    /// The process of a name.
    public func process(_ name: String) throws -> KernelProcess {
        let view = try view()
        return try #require(view.processes.first { view.name(ofProcess: $0.number) == name }, "\(name)")
    }

    public func execute(_ line: String) -> DebuggerCommands.Output { commands.execute(line) }
}
