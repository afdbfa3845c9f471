import Console
import DebugAdapter
import Debugger
import Foundation
import GDBRemote
import Machine
import Synchronization
import Terminal

/// One run of the program: a machine, a console, and who drives the machine (nobody but the clock, or a debugger).
///
/// Sendable although the machine is not: from the start of the machine's thread to its end only that thread uses it.
final class Session: @unchecked Sendable {
    private let options: VM
    private let machine: Machine
    private let display = Display()
    private let console: OpenConsole
    private let imagePath: String
    private let symbols: SymbolTable
    private let debuggerOptions: DebuggerOptions
    private let hostOutput: HostOutput
    /// Set when the person has left the console.
    private let isLeaving = Atomic<Bool>(false)
    /// Set when Ctrl+C was pressed while gdb is the one to stop the machine.
    private let isInterrupted = Atomic<Bool>(false)
    /// The signal that has ended a run without a console; 0: none.
    private let endSignal = Atomic<Int32>(0)
    /// Where gdb connects, if it may.
    private let stub: StubServer?
    /// The terminal of the full-screen debugger, if that is asked for, and its keyboard.
    private let screen: (terminal: Terminal, keyboard: Keyboard)?
    /// The development environment that moves the machine, if one does.
    private let adapter: AdapterServer?
    /// The run that is to be repeated, if one is.
    private let recording: Recording?
    /// What to say when the console is gone and the terminal is free.
    private var closingWords: [String] = []
    /// Why the guest stands still, while it does and there is a console to look at.
    private var lastWords: String?

    /// A console that is there.
    private enum OpenConsole {
        case none
        case window(SDLConsole)
        case terminal(TerminalConsole)
    }

    /// Opens everything that the run needs, so that what cannot be opened is known before the machine starts.
    init(options: VM) throws(HostFailure) {
        self.options = options
        imagePath = try ImageFinder.image(options.image)
        let disks = [imagePath] + options.disk
        if !options.snapshot && options.replay == nil { try HostFiles.checkAreDifferent(disks) }
        if let path = options.screenshot { try HostFiles.checkIsWritable(path, sparing: disks) }
        symbols = try Self.symbols(options, imagePath: imagePath)
        debuggerOptions = try DebuggerOptions(options)
        for path in [options.record, options.traceFile, options.profile, options.coverage].compactMap(\.self) {
            try HostFiles.checkIsWritable(path, sparing: disks)
        }
        recording = try options.replay.map { path throws(HostFailure) in try Replay.read(path, options) }
        do {
            machine = try Machine(try Self.configuration(options, disks: disks, recording: recording))
            try recording?.start(machine)
        } catch let failure as HostFailure {
            throw failure
        } catch {
            throw HostFailure("\(error)")
        }
        let name = URL(fileURLWithPath: imagePath).lastPathComponent
        screen =
            options.debug == .tui
            ? (try ScreenDebugger.openTerminal(), Keyboard(guest: machine.inputQueue)) : nil
        do throws(ListeningFailure) {
            let input = machine.inputQueue
            stub = try options.gdb.map { choice throws(ListeningFailure) in
                try StubServer(choice.address, input: input)
            }
        } catch {
            throw HostFailure(error.description)
        }
        adapter = try Self.adapter(options, machine.inputQueue)
        // Before a console has the terminal.
        if let stub { HostOutput.complain("gdb: listening at \(stub.description)") }
        console = try Self.open(options, display: display, input: machine.inputQueue, name: name)
        var defaultSerial = SerialChoice.none
        if case .none = console, !options.debugs, options.dap != .standardStreams { defaultSerial = .stdio }
        let serial = options.serial ?? defaultSerial
        let serialFile: FileHandle? =
            switch serial {
            case .none: nil
            case .stdio: .standardOutput
            case .file(let path): try HostFiles.openForWriting(path, sparing: disks)
            }
        var debugConsole: FileHandle?
        if let path = options.debugConsole { debugConsole = try HostFiles.openForWriting(path, sparing: disks) }
        hostOutput = HostOutput(serial: serialFile, debugConsole: debugConsole)
        machine.output = hostOutput
        if serial == .stdio { StandardInput.forward(to: machine.inputQueue) }
    }

    private static func adapter(_ options: VM, _ input: InputQueue) throws(HostFailure) -> AdapterServer? {
        guard let choice = options.dap else { return nil }
        guard case .port(let port) = choice else { return AdapterServer(atStandardStreams: input) }
        do {
            return try AdapterServer(port: port, input: input) {
                HostOutput.complain("debug adapter: listening at 127.0.0.1:\($0)")
            }
        } catch {
            throw HostFailure(error.description)
        }
    }

    /// Opens the console that was asked for; `auto` takes the first that can be had.
    private static func open(
        _ options: VM, display: Display, input: InputQueue, name: String
    ) throws(HostFailure) -> OpenConsole {
        let environment = ProcessInfo.processInfo.environment
        let hasDisplay = ["DISPLAY", "WAYLAND_DISPLAY"].contains { !(environment[$0] ?? "").isEmpty }
        do {
            switch options.console {
            case .none: return .none
            case .sdl: return .window(try SDLConsole(display: display, input: input, name: name))
            case .terminal: return .terminal(try TerminalConsole(display: display, input: input, name: name))
            case .auto: break
            }
            if hasDisplay {
                do {
                    return .window(try SDLConsole(display: display, input: input, name: name))
                } catch {
                    HostOutput.complain("\(error)")
                }
            }
            // The debugger's prompt needs the terminal for itself, and so does the serial line.
            guard TerminalConsole.isAvailable, !options.needsTerminal else { return .none }
            return .terminal(try TerminalConsole(display: display, input: input, name: name))
        } catch {
            throw HostFailure("\(error)")
        }
    }

    private static func configuration(
        _ options: VM, disks: [String], recording: Recording?
    ) throws -> Machine.Configuration {
        var configuration = Machine.Configuration()
        configuration.memorySize = options.memory.bytes
        configuration.processorModel = options.cpu
        configuration.nanosecondsPerStep = options.nanosecondsPerStep
        if let clock = options.clock {
            configuration.clockStart = .fixed(secondsSince1970: clock)
        } else if !options.isBatch {
            configuration.clockStart = .host
        }
        let firmwarePath = try options.firmware ?? ImageFinder.product("bios.bin")
        configuration.firmware = try HostFiles.read(firmwarePath, limit: 512 << 10)
        if let recording {
            let images = try disks.map { try FileDisk(path: $0, readOnly: true) }
            return try recording.configuration(firmware: configuration.firmware, images: images)
        }
        configuration.hasShadowRAM = options.shadowRam
        configuration.drives = try disks.map { path in
            Machine.Drive(
                image: try FileDisk(path: path, readOnly: options.snapshot),
                policy: options.snapshot ? .discard : .writeThrough)
        }
        return configuration
    }

    /// The symbols of the ELF files that were asked for, and of those that lie beside the image: an unusable one of
    /// these is only worth a warning.
    private static func symbols(_ options: VM, imagePath: String) throws(HostFailure) -> SymbolTable {
        var symbols = SymbolTable()
        func tryToLoad(_ paths: [String], isSecond: Bool) {
            for path in paths {
                do {
                    try load(path, into: &symbols, isSecond: isSecond)
                } catch {
                    HostOutput.complain("warning: no symbols: \(error)")
                }
            }
        }
        tryToLoad(ImageFinder.symbolFiles(besideImage: imagePath), isSecond: false)
        tryToLoad(ImageFinder.programSymbolFiles(besideImage: imagePath), isSecond: true)
        for path in options.symbols { try load(path, into: &symbols) }
        for (module, problem) in symbols.problems { HostOutput.complain("warning: '\(module)': \(problem)") }
        return symbols
    }

    private static func load(
        _ path: String, into symbols: inout SymbolTable, isSecond: Bool = false
    ) throws(HostFailure) {
        let contents = try HostFiles.read(path, limit: 64 << 20)
        do {
            try symbols.load(contents, name: URL(fileURLWithPath: path).lastPathComponent, isSecond: isSecond)
        } catch {
            throw HostFailure("'\(path)': \(error)")
        }
    }

    /// Where sources may be: as asked for, and around the image, which in the repository lies in `images/`.
    private var sourceFolders: [String] {
        let folder = URL(fileURLWithPath: imagePath).deletingLastPathComponent()
        return options.sourcePath + [folder.path, folder.deletingLastPathComponent().path]
    }

    /// Runs the machine to its end and returns the program's exit code.
    func run() throws(HostFailure) -> Int32 {
        let code =
            switch console {
            case .window(let window): driveBeside { window.run() }
            case .terminal(let terminal): driveBeside { terminal.run() }
            case .none: drive()
            }
        if let path = options.screenshot {
            do {
                try Screenshot.write(machine.frame(), to: path)
            } catch {
                throw HostFailure("\(error)")
            }
        }
        if let lastWords { HostOutput.complain(lastWords) }
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

    /// Runs the machine until it ends or the person leaves, and saves the recording. Returns the exit code.
    private func drive() -> Int32 {
        // Always: whoever stops somewhere wants to know what happened before.
        let timeline = Timeline(machine, memoryLimit: options.historyMemory.bytes)
        if let recording { timeline.expectRecording(until: recording.end) }
        defer { save(timeline) }
        var screenDebugger: ScreenDebugger?
        var measurements: Measurements?
        let runner = MachineRunner(
            machine, display: hasConsole ? display : nil, isPaced: !options.fast && !options.isBatch
        ) { step in
            defer { screenDebugger?.guestHasRun() }
            return measurements?.run(until: step) ?? timeline.run(until: step)
        }
        let interrupt = SignalAction(SIGINT) { [self] in
            if let screen { return screen.keyboard.interrupt() }
            // At the prompt it asks for a stop; gdb has its own key for that.
            if stub != nil { isInterrupted.store(true, ordering: .relaxed) }
            machine.inputQueue.requestStop()
        }
        defer { interrupt.cancel() }
        // Who ends the program from outside still gets recording, measurements and disks. A console sees to that itself.
        let signals = hasConsole || screen != nil ? [] : [SIGTERM, SIGHUP].filter { !SignalAction.isIgnored($0) }
        let endings = signals.map { number in
            SignalAction(number) { [self] in
                endSignal.store(number, ordering: .relaxed)
                isLeaving.store(true, ordering: .relaxed)
                machine.inputQueue.requestStop()
            }
        }
        defer { endings.forEach { $0.cancel() } }
        let commands = DebuggerCommands(Debugger(timeline) { runner.run(until: $0) })
        commands.debugger.symbols = symbols
        commands.debugger.sources.searchPath = sourceFolders
        do {
            measurements = try Measurements(options, commands.debugger)
        } catch {
            closingWords.append(error.description)
            return HostFailure.exitCode
        }
        defer { closingWords += measurements?.finish() ?? [] }
        if let screen {
            let debugger = ScreenDebugger(
                commands, screen.terminal, screen.keyboard, debuggerOptions, showScreen: runner.showScreen,
                isLeaving: { [self] in isLeaving.load(ordering: .relaxed) })
            screenDebugger = debugger
            machine.output = debugger.output(besides: hostOutput, serialIsShown: options.serial == nil)
            return debugger.run()
        }
        let prompt = DebuggerPrompt(commands, runner, debuggerOptions) { [self] in isLeaving.load(ordering: .relaxed) }
        if options.debugs { return prompt.run(isInteractive: options.debug != nil) }
        if let adapter {
            let code = adapter.serve(commands, didMove: runner.showScreen) { [self] in
                isLeaving.load(ordering: .relaxed)
            }
            if let code { return code }
        }
        func serve(isRunning: Bool) -> Int32? { self.serve(commands, runner, isRunning: isRunning) }
        defer { stub?.close() }
        if stub != nil, !options.gdbRun, let code = serve(isRunning: false) { return code }
        var last: (step: UInt64, delivered: Int)?
        var explainedHalt: UInt64?
        while true {
            if explainedHalt != machine.steps { lastWords = nil }
            let end = min(options.until ?? .max, recording?.end ?? .max)
            let result = measurements?.lookingOn { runner.run(until: end) } ?? runner.run(until: end)
            // In a recording it is known what came next, unless nothing did.
            let here = (machine.steps, machine.deliveredInput)
            if timeline.isInPast, result.endsTheGuest, last.map({ $0 != here }) ?? true {
                last = here
                continue
            }
            switch result {
            case .reached:
                if let recording, machine.steps >= recording.end { showEnd(of: recording) }
                return 0
            case .exited(let code):
                return code
            case .stopped:
                if stub != nil {
                    guard let code = serve(isRunning: true) else { continue }
                    return code
                }
                let signal = endSignal.load(ordering: .relaxed)
                return signal != 0 ? 128 + signal : isLeaving.load(ordering: .relaxed) ? 0 : 128 + SIGINT
            case .breakpoint, .watchpoint:
                // Nobody sets any here; going on past one is all there is to do.
                _ = timeline.step()
            case .halted:
                guard hasConsole || stub != nil else {
                    closingWords.append(prompt.explain())
                    return 0
                }
                if explainedHalt != machine.steps {
                    explainedHalt = machine.steps
                    lastWords = prompt.explain()
                }
                // The last words stay on the screen until the person leaves, or presses reset.
                Thread.sleep(forTimeInterval: 0.02)
            case .tripleFault:
                switch options.onTripleFault {
                case .stop:
                    closingWords.append(prompt.explain())
                    return Self.tripleFaultCode
                case .reset:
                    HostOutput.complain(prompt.explain())
                    // Recorded, unlike `reset()`.
                    machine.inject(.resetButton)
                case .debug:
                    HostOutput.complain(prompt.explain())
                    guard stub != nil else { return prompt.run(isInteractive: true) }
                    if let code = serve(isRunning: false) { return code }
                }
            }
        }
    }

    /// Lets gdb have the machine, until it is to go on (nil) or to end (the exit code).
    private func serve(_ commands: DebuggerCommands, _ runner: MachineRunner, isRunning: Bool) -> Int32? {
        guard let stub else { return nil }
        let ending = stub.serve(
            commands, isRunning: isRunning, didMove: runner.showScreen,
            isLeaving: { [self] in isLeaving.load(ordering: .relaxed) || isInterrupted.load(ordering: .relaxed) })
        switch ending {
        case .goesOn: return nil
        case .ended(let code): return isInterrupted.load(ordering: .relaxed) ? 128 + SIGINT : code
        }
    }

    /// The end of a replay: says if it went another way than the recorded run, and leaves the picture to those who
    /// look.
    private func showEnd(of recording: Recording) {
        if machine.stateDigest() != recording.endDigest {
            closingWords.append("warning: the replay has ended in another state than the recording")
        }
        while hasConsole, !isLeaving.load(ordering: .relaxed) { Thread.sleep(forTimeInterval: 0.02) }
    }

    /// Writes the recording, if one was asked for.
    private func save(_ timeline: Timeline) {
        guard let path = options.record else { return }
        if let failure = Replay.write(timeline.recording, to: path) { closingWords.append(failure) }
    }

    private var hasConsole: Bool {
        if case .none = console { false } else { true }
    }

    /// EX_SOFTWARE. Even, so that it is never a guest's exit code.
    static let tripleFaultCode: Int32 = 70
}

extension RunResult {
    /// The guest does not go on by itself.
    fileprivate var endsTheGuest: Bool {
        switch self {
        case .halted, .exited, .tripleFault: true
        case .reached, .breakpoint, .watchpoint, .stopped: false
        }
    }
}
