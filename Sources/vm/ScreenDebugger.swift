import Console
import Debugger
import Foundation
import Machine
import Synchronization
import TUI
import Terminal

/// The debugger on the whole terminal (`--debug=tui`): keys in, pictures out. What is on them is ``DebuggerScreen``'s.
///
/// The machine's thread draws, also while the guest runs; a thread of its own listens to the keyboard, so that a key
/// stops the guest at any time.
final class ScreenDebugger {
    private let options: DebuggerOptions
    private let terminal: Terminal
    private let keyboard: Keyboard
    private let screen: DebuggerScreen
    private let showScreen: () -> Void
    private let isLeaving: () -> Bool
    private var painter: GridPainter
    private var history = HistoryFile()
    /// When the screen was drawn last, and how long that took.
    private var drawn = ContinuousClock.now
    private var drawing = Duration.zero

    /// - Parameters:
    ///   - keyboard: what is typed; its thread begins with ``run()``.
    ///   - showScreen: brings another window up to date.
    ///   - isLeaving: whether the person has closed the console meanwhile.
    init(
        _ commands: DebuggerCommands, _ terminal: Terminal, _ keyboard: Keyboard, _ options: DebuggerOptions,
        showScreen: @escaping () -> Void, isLeaving: @escaping () -> Bool
    ) {
        self.options = options
        self.terminal = terminal
        self.keyboard = keyboard
        self.showScreen = showScreen
        self.isLeaving = isLeaving
        painter = GridPainter(TerminalAbilities(environment: ProcessInfo.processInfo.environment))
        screen = DebuggerScreen(commands, history: history.history)
        screen.willExecute = { [unowned self] course in
            if course != .quick { draw() }
            drawn = .now
            keyboard.guestRuns(hasKeyboard: course == .typing)
        }
        screen.didExecute = {
            keyboard.guestStands()
            showScreen()
        }
        screen.didEnter = { [unowned self] in history.add($0) }
        screen.redraw = { [unowned self] in painter.invalidate() }
        screen.suspend = { [unowned self] in
            terminal.suspend()
            painter.invalidate()
        }
    }

    /// The terminal of `--debug=tui`.
    static func openTerminal() throws(HostFailure) -> Terminal {
        guard let terminal = Terminal() else {
            throw HostFailure("--debug=tui needs a terminal as standard input and output; --debug needs none")
        }
        let environment = ProcessInfo.processInfo.environment
        guard TerminalAbilities(environment: environment).movesCursor else {
            let name = environment["TERM"] ?? ""
            throw HostFailure(
                "--debug=tui needs a terminal that can move its cursor, and TERM is '\(name)'; --debug works anywhere")
        }
        return terminal
    }

    /// Executes the commands of the command line, then what is typed, until the person leaves. Returns the exit code.
    func run() -> Int32 {
        terminal.enterFullScreen()
        keyboard.listen(to: terminal.input)
        defer {
            keyboard.stop()
            terminal.leaveFullScreen()
        }
        let ending = options.run({ screen.execute($0) }) { screen.execute($0) }
        var size = terminal.size
        while !screen.isFinished, !isLeaving() {
            draw()
            guard let bytes = keyboard.next() else { break }
            if bytes.isEmpty { screen.pause() }
            for byte in bytes where !screen.isFinished { screen.receive(byte) }
            // A terminal that was resized shows anything.
            let newSize = terminal.size
            if newSize != size { painter.invalidate() }
            size = newSize
        }
        if case .failed = ending { return DebuggerOptions.failureCode }
        return 0
    }

    /// To be called whenever the guest has run for a little while.
    func guestHasRun() {
        // Often enough to look alive; the guest has nine tenths of the time at least.
        if .now - drawn > max(.milliseconds(50), drawing * 9) { draw() }
    }

    private func draw() {
        let start = ContinuousClock.now
        defer {
            drawn = .now
            drawing = drawn - start
        }
        if Suspension.takeContinuation() { painter.invalidate() }
        let size = terminal.size
        let bytes = painter.paint(screen.grid(columns: size.columns, rows: size.rows))
        if !bytes.isEmpty { terminal.write(bytes) }
    }
}

extension ScreenDebugger {
    /// The machine's output, where it does not go elsewhere: on the screen.
    func output(besides other: HostOutput, serialIsShown: Bool) -> any OutputSink {
        ScreenOutput(screen, other, serialIsShown: serialIsShown)
    }

    private final class ScreenOutput: OutputSink {
        private let screen: DebuggerScreen
        private let other: HostOutput
        private let serialIsShown: Bool

        init(_ screen: DebuggerScreen, _ other: HostOutput, serialIsShown: Bool) {
            self.screen = screen
            self.other = other
            self.serialIsShown = serialIsShown
        }

        func serialPort(_ port: Int, sent byte: UInt8) {
            if port == 0, serialIsShown { screen.receiveSerial(byte) }
            other.serialPort(port, sent: byte)
        }

        func debugConsole(sent byte: UInt8) { other.debugConsole(sent: byte) }
        func warning(_ message: String) { screen.warn("warning: " + message) }
    }
}
