import Console
import Foundation
import Machine
import Synchronization

/// One run of the program: a machine, a console, and who drives the machine (nobody but the clock, or a debugger).
///
/// Sendable although the machine is not: from the start of the machine's thread to its end only that thread uses it.
final class Session: @unchecked Sendable {
    private let options: VM
    private let machine: Machine
    private let display = Display()
    private let console: ConsoleChoice
    private let imagePath: String
    /// Set when the person has left the console.
    private let isLeaving = Atomic<Bool>(false)
    /// What to say when the console is gone and the terminal is free.
    private var closingWords: [String] = []

    init(options: VM) throws(HostFailure) {
        self.options = options
        console = Self.resolve(options.console, debug: options.debug)
        do {
            imagePath = try ImageFinder.image(options.image)
            machine = try Machine(try Self.configuration(options, imagePath: imagePath))
        } catch let failure as HostFailure {
            throw failure
        } catch {
            throw HostFailure("\(error)")
        }
        let serial = options.serial ?? (console == .none && !options.debug ? .stdio : SerialChoice.none)
        let serialFile: FileHandle? =
            switch serial {
            case .none: nil
            case .stdio: .standardOutput
            case .file(let path): try HostOutput.file(path)
            }
        var debugConsole: FileHandle?
        if let path = options.debugConsole { debugConsole = try HostOutput.file(path) }
        machine.output = HostOutput(serial: serialFile, debugConsole: debugConsole)
        if serial == .stdio { StandardInput.forward(to: machine.inputQueue) }
    }

    private static func resolve(_ choice: ConsoleChoice, debug: Bool) -> ConsoleChoice {
        guard choice == .auto else { return choice }
        let environment = ProcessInfo.processInfo.environment
        let hasDisplay = ["DISPLAY", "WAYLAND_DISPLAY"].contains { !(environment[$0] ?? "").isEmpty }
        if hasDisplay { return .sdl }
        return TerminalConsole.isAvailable && !debug ? .terminal : .none
    }

    private static func configuration(
        _ options: VM, imagePath: String
    ) throws -> Machine.Configuration {
        var configuration = Machine.Configuration()
        configuration.memorySize = options.memory.bytes
        configuration.processorModel = options.cpu
        configuration.nanosecondsPerStep = options.nanosecondsPerStep
        configuration.clockStart = .host
        let firmwarePath = try options.firmware ?? ImageFinder.product("bios.bin")
        configuration.firmware = try read(firmwarePath, limit: 512 << 10)
        configuration.hasShadowRAM = options.shadowRam
        configuration.drives = try ([imagePath] + options.disk).map { path in
            Machine.Drive(
                image: try FileDisk(path: path, readOnly: options.snapshot),
                policy: options.snapshot ? .discard : .writeThrough)
        }
        return configuration
    }

    /// The contents of a file of at most `limit` bytes.
    private static func read(_ path: String, limit: Int) throws(HostFailure) -> [UInt8] {
        let contents: Data
        do {
            contents = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw HostFailure("cannot read '\(path)': \(HostError.describe(error))")
        }
        guard !contents.isEmpty else { throw HostFailure("'\(path)' is empty") }
        guard contents.count <= limit else {
            throw HostFailure("'\(path)' is too large for a BIOS ROM: \(contents.count) bytes, at most \(limit)")
        }
        return [UInt8](contents)
    }

    /// Runs the machine to its end and returns the program's exit code.
    func run() throws(HostFailure) -> Int32 {
        let name = URL(fileURLWithPath: imagePath).lastPathComponent
        let code: Int32
        do {
            switch console {
            case .sdl:
                let window = try SDLConsole(display: display, input: machine.inputQueue, name: name)
                code = driveBeside { window.run() }
            case .terminal:
                let terminal = try TerminalConsole(display: display, input: machine.inputQueue, name: name)
                code = driveBeside { terminal.run() }
            case .none, .auto:
                code = drive()
            }
            if let path = options.screenshot { try Screenshot.write(machine.frame(), to: path) }
        } catch {
            throw HostFailure("\(error)")
        }
        for line in closingWords { HostOutput.complain(line) }
        return code
    }

    /// Drives the machine on a thread of its own while `console` runs on this one, which window systems require to be
    /// the main thread. Returns the exit code.
    private func driveBeside(_ console: () -> Int32?) -> Int32 {
        let finished = DispatchSemaphore(value: 0)
        let thread = Thread { [self] in
            display.finish(code: drive())
            finished.signal()
        }
        thread.name = "machine"
        thread.start()
        let code = console()
        isLeaving.store(true, ordering: .relaxed)
        machine.inputQueue.requestStop()
        finished.wait()
        return code ?? 0
    }

    /// Runs the machine until it ends or the person leaves. Returns the exit code.
    private func drive() -> Int32 {
        let runner = MachineRunner(
            machine, display: console == .none ? nil : display, isPaced: !options.fast)
        let symbolFiles = ImageFinder.symbolFiles(besideImage: imagePath) + options.symbols
        let interrupt = InterruptKey(machine.inputQueue)
        defer { interrupt.cancel() }
        let prompt = DebuggerPrompt(runner, symbolFiles: symbolFiles) { [self] in isLeaving.load(ordering: .relaxed) }
        if options.debug { return prompt.run() }
        while true {
            switch runner.run(until: options.until ?? .max) {
            case .reached:
                return 0
            case .exited(let code):
                return code
            case .stopped:
                return isLeaving.load(ordering: .relaxed) ? 0 : 128 + SIGINT
            case .breakpoint:
                // Nobody sets breakpoints here; going on past one is all there is to do.
                _ = machine.step()
            case .halted:
                guard console != .none else {
                    closingWords.append("the guest halted the processor with interrupts disabled.")
                    return 0
                }
                // The last words stay on the screen until the person leaves, or presses reset.
                Thread.sleep(forTimeInterval: 0.02)
            case .tripleFault(let report):
                switch options.onTripleFault {
                case .stop:
                    closingWords.append(prompt.explain(report))
                    return Self.tripleFaultCode
                case .reset:
                    HostOutput.complain(prompt.explain(report))
                    machine.reset()
                case .debug:
                    HostOutput.complain(prompt.explain(report))
                    return prompt.run()
                }
            }
        }
    }

    /// EX_SOFTWARE. Even, so that it is never a guest's exit code.
    private static let tripleFaultCode: Int32 = 70
}
