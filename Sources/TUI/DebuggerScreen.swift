import Debugger
import Machine
import Terminal

/// The debugger on a whole screen: code, registers, stack, memory, what the guest shows, and a command line.
///
/// **Constraint.** What such a screen is worth is what a person sees after each key, in every mode of the processor and
/// at every size of the terminal; and terminals differ, are resized, suspended and cut off. So everything that can be
/// wrong for a person must be testable without a terminal.
///
/// **Choice.** This module does no input and no output. Bytes from the keyboard go in (``receive(_:)``), and a picture
/// comes out as a value (``grid(columns:rows:)``); ``GridPainter`` says what to send to the terminal for it. Each part
/// of the screen is a file in `Panes`, with a small state of its own (where it is scrolled to) and a function that
/// draws it from the ``Debugger``, so that nothing on the screen can be older than the machine. Whatever changes the
/// machine is a command of ``DebuggerCommands``: a key is an abbreviation of a line that could be typed.
///
/// No mode is a trap: the last row always says which keys there are, Escape leads back to them, and Ctrl+C stops
/// whatever goes on.
///
/// **Example.**
///
///     let screen = DebuggerScreen(DebuggerCommands(machine: machine))
///     for byte in "s".utf8 { screen.receive(byte) }
///     print(screen.grid(columns: 80, rows: 24).lines.joined(separator: "\n"))
public final class DebuggerScreen {
    public let commands: DebuggerCommands
    var debugger: Debugger { commands.debugger }
    /// Whether the person has left.
    public internal(set) var isFinished = false

    /// Called before every command, and after it.
    public var willExecute: (Course) -> Void = { _ in }
    public var didExecute: () -> Void = {}
    /// Called with every line that was typed, for a history that outlives the program.
    public var didEnter: (String) -> Void = { _ in }
    /// The person wants the shell back for a while.
    public var suspend: () -> Void = {}
    /// The person wants everything drawn again.
    public var redraw: () -> Void = {}

    /// What is to be expected of a command.
    public enum Course: Sendable {
        /// It is over before anybody can look.
        case quick
        /// It may take long; any key is to stop it.
        case long
        /// The guest runs, and has the keyboard.
        case typing
    }

    // What the panes show.
    var code = CodeView()
    var source = SourceView()
    /// The first row of the registers that is shown.
    var firstRegisterRow = 0
    var registerSet = RegisterSet.processor
    var stack = StackView()
    var memory = MemoryView()
    var list = BreakpointView()
    var log = LogView()
    var threadList = ThreadView()
    /// The first line of the help screen that is shown, if it is.
    var help: Int?
    var focus = Pane.code
    /// The pane that has all of the screen.
    var zoomed: Pane?
    var before: Before
    /// As drawn last; nil on a terminal that is too small.
    var layout: Layout?

    /// Who gets the keys.
    var input = Input.keys
    var decoder = ScreenKeyDecoder()
    var editor: PromptEditor
    var history: CommandHistory
    /// The last thing that happened, in words.
    var event = Event()
    /// How a command is being executed, if one is.
    var course: Course?

    enum Input: Equatable {
        case keys
        /// A command is being typed.
        case command
        /// An address is being typed.
        case address(Pane)
        /// Whether to leave is being asked.
        case leaving
    }

    struct Event: Equatable {
        var text = ""
        var isError = false
    }

    public init(_ commands: DebuggerCommands, history: CommandHistory = CommandHistory()) {
        self.commands = commands
        self.history = history
        editor = PromptEditor(prompt: "", width: Self.lineWidth, history: history)
        before = Before(commands.debugger)
        commands.didExecute = { [unowned self] in show($0, echoes: true) }
        commands.didLog = { [unowned self] in log.append([$0], .plain) }
        followCode()
        followMemory()
    }

    /// The editor's own drawing is not used: any width that holds a line does.
    static let lineWidth = 4096

    // MARK: What goes in

    /// Takes a byte from the keyboard.
    public func receive(_ byte: UInt8) {
        if let press = decoder.decode(byte) { handle(press) }
    }

    /// Nothing has been typed for a moment: an escape that came alone was the Escape key.
    public func pause() {
        if let press = decoder.flush() { handle(press) }
    }

    /// The guest has sent something through its first serial port.
    public func receiveSerial(_ byte: UInt8) {
        log.appendSerial(byte)
    }

    /// Something that is worth knowing, but no result of a command.
    public func warn(_ message: String) {
        log.append([message], .error)
        event = Event(text: message, isError: true)
    }

    // MARK: Commands

    /// Executes a line, and shows what it says.
    ///
    /// - Parameter echoes: whether the log is to have the line and all that it says; a key's only what is remarkable.
    @discardableResult
    public func execute(_ line: String, echoes: Bool = true) -> ScriptEnding {
        begin(echoes || !Self.quickCommands.contains(line) ? .long : .quick)
        defer { end() }
        let execution = commands.run(line)
        show(execution, echoes: echoes)
        return execution.output.ending()
    }

    /// Executes the commands of a script.
    public func execute(_ script: Script) -> ScriptEnding {
        begin(.long)
        defer { end() }
        return commands.run(script) { show($0, echoes: true) }
    }

    /// Nobody wants to see that they are being executed.
    private static let quickCommands = ["step", "next", "reverse-step", "reverse-next"]

    /// Lets the guest run, with its screen in sight and the keyboard in its hands.
    func typeIntoGuest() {
        zoomed = .guest
        begin(.typing)
        let execution = commands.run("continue")
        end()
        show(execution, echoes: false)
    }

    private func begin(_ course: Course) {
        before = Before(debugger, memory: shownMemory)
        event = Event()
        self.course = course
        willExecute(course)
    }

    private func end() {
        course = nil
        didExecute()
        // At once: the next key may have been typed already.
        commands.lookingFromSelection {
            followCode()
            followMemory()
        }
        stack.follow()
    }

    private func show(_ execution: Execution, echoes: Bool) {
        let output = execution.output
        let lines =
            execution.text.isEmpty
            ? [] : execution.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        // Where the machine is now, the whole screen says.
        let news = output.stop.map(commands.eventLines) ?? lines
        let style = output.isError ? Style.error : .plain
        if echoes {
            log.append([commands.prompt + execution.command], .bold)
            log.append(lines, style)
        } else if output.stop != nil, let first = news.first {
            log.append(["step \(debugger.machine.steps): " + first] + news.dropFirst(), style)
        } else {
            log.append(news, style)
        }
        event = Event(text: news.first ?? "", isError: output.isError)
        if output.shouldQuit { isFinished = true }
    }
}

/// The machine before the last command: what is different now is marked.
struct Before {
    let registers: RegisterFile
    let x87: [Debugger.Field]
    let sse: [Debugger.Field]
    /// Bytes of linear and of physical memory that were on the screen.
    let memory: [MemoryView.Place: UInt8]

    init(_ debugger: Debugger, memory: [MemoryView.Place: UInt8] = [:]) {
        registers = debugger.registers
        x87 = debugger.x87Fields
        sse = debugger.sseFields
        self.memory = memory
    }
}
