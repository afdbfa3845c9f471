import ArgumentParser
import Console
import Debugger
import Foundation
import GDBRemote
import Machine

/// The command line. Everything behind it is a library: this module turns options into a `Machine.Configuration`, wires
/// consoles to the machine, and turns what happened into an exit code.
@main
struct VM: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vm",
        abstract: "Boots a disk image in an emulated PC.",
        discussion: """
            Without an image, boots images/kernel.img, which 'make image' builds. A bare file name is also looked for in \
            images/. In the window, Ctrl+Alt+G grabs and releases the keyboard, Ctrl+Alt+V types the clipboard, \
            Ctrl+Alt+S takes a screenshot, Ctrl+Alt+R resets. In the terminal console, Ctrl+] leaves.

            Exit codes: what the guest wrote to the exit port 0x501 as (value << 1) | 1, otherwise 0; \
            2 for a debugger command from --script or --execute that failed, 64 for a wrong option, \
            66 for a file that cannot be used, 70 for a triple fault.
            """)

    @Argument(help: "The disk image to boot (first IDE disk).", completion: .file())
    var image: String?

    @Option(name: [.short, .long], help: "RAM: mebibytes, or with a suffix K, M or G; 1M to 3G.")
    var memory = MemorySize(bytes: 64 << 20)

    @Option(help: "A further raw disk image; may be repeated (four disks in all).", completion: .file())
    var disk: [String] = []

    @Flag(help: "Leave the disk images as they are: what the guest writes is forgotten at the end.")
    var snapshot = false

    @Option(help: "The BIOS ROM. (default: images/bios.bin)", completion: .file())
    var firmware: String?

    @Flag(help: "Copy the ROM below 1 MiB into RAM, as firmware that writes to itself needs it (SeaBIOS does).")
    var shadowRam = false

    @Option(help: "The processor: \(Machine.processorModels.joined(separator: ", ")).")
    var cpu = Machine.Configuration().processorModel

    @Option(help: "Where the screen is: a window, this terminal, or nowhere; auto takes the first there is.")
    var console = ConsoleChoice.auto

    @Option(
        help: "The serial port COM1: none, stdio, or a file that is written. (default: none, with no console: stdio)")
    var serial: SerialChoice?

    @Option(
        name: .customLong("debug-console"), help: "A file for the bytes written to port 0xE9.", completion: .file())
    var debugConsole: String?

    @Option(
        defaultAsFlag: .prompt, parsing: .next,
        help: ArgumentHelp(
            "Stop at the reset vector with the debugger's prompt, or, as --debug=tui, with its full screen.",
            valueName: "tui"))
    var debug: DebuggerFace?

    @Option(
        help: ArgumentHelp(
            "Stop at the reset vector and execute the debugger's commands in a file, one a line; may be repeated.",
            valueName: "file"),
        completion: .file())
    var script: [String] = []

    @Option(
        help: ArgumentHelp(
            "Execute a command of the debugger, after the scripts; may be repeated. Without --debug it ends then.",
            valueName: "command"))
    var execute: [String] = []

    @Flag(help: "What the debugger says as JSON, one object per command and line.")
    var json = false

    @Option(
        name: .customLong("gdb"),
        help: ArgumentHelp(
            "Stop at the reset vector for gdb or lldb to connect: a port on loopback, HOST:PORT, or a Unix socket.",
            valueName: "address"))
    var gdb: GDBChoice?

    @Flag(name: .customLong("gdb-run"), help: "With --gdb: run without waiting for a debugger; it may connect later.")
    var gdbRun = false

    @Option(
        defaultAsFlag: .standardStreams, parsing: .next,
        help: ArgumentHelp(
            """
            Stop at the reset vector for a development environment: a debug adapter at standard input and output, or at \
            this port of loopback; 0 takes a free one.
            """, valueName: "port"))
    var dap: AdapterChoice?

    @Option(help: "An ELF file with symbols for the debugger; may be repeated.", completion: .file())
    var symbols: [String] = []

    @Option(
        name: .customLong("source-path"),
        help: "Where the debugger looks for sources that are not at their path; may be repeated.",
        completion: .directory)
    var sourcePath: [String] = []

    @Option(
        help: ArgumentHelp(
            "Write what happens to --trace-file: instructions, memory, ports, interrupts, system, with commas between, or all.",
            valueName: "kinds"))
    var trace: String?

    @Option(name: .customLong("trace-file"), help: "The file for --trace.", completion: .file())
    var traceFile: String?

    @Option(
        name: .customLong("trace-only"),
        help: ArgumentHelp(
            """
            Trace less: user, kernel, code=PLACE, memory=PLACE, ports=PLACE or vectors=PLACE, where PLACE is a number, \
            FIRST-LAST or a symbol; may be repeated.
            """, valueName: "filter"))
    var traceOnly: [String] = []

    @Option(
        help: "Write which source lines of the guest were executed, and how often, to this file at the end, for lcov.",
        completion: .file())
    var coverage: String?

    @Option(
        help: "Write which functions the guest was in to this file at the end, as folded stacks for flame graphs.",
        completion: .file())
    var profile: String?

    @Option(
        name: .customLong("profile-interval"),
        help: ArgumentHelp("Steps from one sample of --profile to the next.", valueName: "steps"))
    var profileInterval: UInt64 = 10_000

    @Option(help: "Save the run to this file at the end, to be replayed.", completion: .file())
    var record: String?

    @Option(
        help: "Replay a saved run, with the same disks and firmware; nothing is written to the disks.",
        completion: .file())
    var replay: String?

    @Option(
        name: .customLong("history-memory"),
        help: "How much memory the recorded past may take, for going back in the debugger.")
    var historyMemory = MemorySize(bytes: Timeline.defaultMemoryLimit)

    @Option(help: "Stop after that many steps (instructions, as the machine counts them).")
    var until: UInt64?

    @Option(help: "Write the screen to this PNG file at the end.", completion: .file())
    var screenshot: String?

    @Option(name: .customLong("on-triple-fault"), help: "What to do then: stop, reset, or enter the debugger.")
    var onTripleFault = TripleFaultAction.stop

    @Option(name: .customLong("ns-per-step"), help: "Virtual nanoseconds that a step takes, 1 to 1000000.")
    var nanosecondsPerStep: UInt32 = Machine.Configuration().nanosecondsPerStep

    @Option(
        help: ArgumentHelp(
            """
            What the guest's clock shows at power-on, in seconds since 1970. (default: the host's date; with --script or \
            --execute but without --debug 946684800, so that every run finds the same steps)
            """, valueName: "seconds"))
    var clock: Int64?

    @Flag(help: "Run as fast as this host can instead of keeping the guest's clock to the wall clock.")
    var fast = false

    func validate() throws {
        guard (1...1_000_000).contains(nanosecondsPerStep) else {
            throw ValidationError("--ns-per-step must be between 1 and 1000000, not \(nanosecondsPerStep).")
        }
        guard (0...4_102_444_799).contains(clock ?? 0) else {
            throw ValidationError("--clock must lie in the years from 1970 to 2099: 0 to 4102444799.")
        }
        guard (1 << 20...3 << 30).contains(memory.bytes), memory.bytes % 4096 == 0 else {
            throw ValidationError("--memory must be between 1M and 3G in steps of 4K, not \(memory).")
        }
        guard Machine.processorModels.contains(cpu) else {
            throw ValidationError(
                "--cpu must be one of \(Machine.processorModels.joined(separator: ", ")), not '\(cpu)'.")
        }
        guard disk.count <= 3 else { throw ValidationError("there is room for four disks, the image included.") }
        if console == .terminal, serial == .stdio {
            throw ValidationError("--console terminal and --serial stdio both need this terminal.")
        }
        if replay != nil, record != nil { throw ValidationError("--replay and --record do not go together.") }
        if gdb != nil, debugs {
            throw ValidationError("--debug, --script and --execute do not go with --gdb: both move the machine.")
        }
        if (trace == nil) != (traceFile == nil) {
            throw ValidationError("--trace says what, --trace-file where: both are needed.")
        }
        if !traceOnly.isEmpty, trace == nil {
            throw ValidationError("--trace-only says what of a trace is wanted; --trace is missing.")
        }
        guard profileInterval > 0 else { throw ValidationError("--profile-interval must be at least 1.") }
        if dap != nil, debugs || gdb != nil {
            throw ValidationError("--dap does not go with --debug, --script, --execute or --gdb: all move the machine.")
        }
        if dap == .standardStreams, serial == .stdio || console == .terminal {
            throw ValidationError("--dap needs standard input and output for itself; --dap PORT does not.")
        }
        if json, !debugs, !asksAfterTripleFault {
            throw ValidationError("--json is about the debugger: it needs --debug, --script or --execute.")
        }
        if debug == .tui {
            if serial == .stdio {
                throw ValidationError(
                    "--debug=tui and --serial stdio both need this terminal; without --serial its screen has it.")
            }
            if json { throw ValidationError("--json is for programs, --debug=tui for people: only one of them.") }
        }
        if json, serial == .stdio {
            throw ValidationError("--json and --serial stdio both need the standard output.")
        }
        if gdbRun, gdb == nil { throw ValidationError("--gdb-run says how --gdb begins, which is not given.") }
        let paths = [firmware, screenshot, debugConsole, record, replay, traceFile, profile, coverage]
        for path in paths.compactMap(\.self) + disk + symbols + script
        where path.isEmpty {
            throw ValidationError("a file's name is empty.")
        }
        if console == .terminal, debugs || asksAfterTripleFault {
            throw ValidationError("--console terminal and the debugger's prompt both need this terminal.")
        }
    }

    /// Whether standard input and output are taken by something else than the terminal console.
    var needsTerminal: Bool { debugs || dap == .standardStreams || asksAfterTripleFault || serial == .stdio }

    /// Whether the built-in debugger moves the machine.
    var debugs: Bool { debug != nil || !script.isEmpty || !execute.isEmpty }

    /// Whether only scripts use the debugger: nobody watches, and every run is to find the same steps.
    var isBatch: Bool { debugs && debug == nil }

    /// Whether the prompt comes then; with `--gdb` it is gdb's.
    private var asksAfterTripleFault: Bool { onTripleFault == .debug && gdb == nil }

    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        // To the parser a value that it does not know is as good as none.
        if let wrong = arguments.prefix(while: { $0 != "--" }).first(where: DebuggerFace.isMisspelt) {
            exit(withError: ValidationError("there is no '\(wrong)': it is --debug or --debug=tui."))
        }
        if let wrong = arguments.prefix(while: { $0 != "--" }).first(where: AdapterChoice.isMisspelt) {
            exit(withError: ValidationError("there is no '\(wrong)': it is --dap or --dap=PORT."))
        }
        main(arguments)
    }

    func run() throws {
        HostOutput.claimStandardFiles()
        do {
            let session = try Session(options: self)
            throw ExitCode(try session.run())
        } catch let failure as HostFailure {
            HostOutput.complain(failure.description)
            throw ExitCode(HostFailure.exitCode)
        }
    }
}

/// A file or a window that cannot be used. ``description`` is one line for the user.
struct HostFailure: Error, CustomStringConvertible {
    let description: String

    /// EX_NOINPUT. Even, so that it is never a guest's exit code.
    static let exitCode: Int32 = 66

    init(_ description: String) {
        self.description = description
    }
}

enum ConsoleChoice: String, ExpressibleByArgument, CaseIterable {
    case auto, sdl, terminal, none
}

/// How the debugger meets a person.
enum DebuggerFace: String, ExpressibleByArgument, CaseIterable {
    case prompt, tui

    static func isMisspelt(_ argument: String) -> Bool {
        argument.hasPrefix("--debug=") && DebuggerFace(rawValue: String(argument.dropFirst(8))) == nil
    }
}

enum TripleFaultAction: String, ExpressibleByArgument, CaseIterable {
    case stop, reset, debug
}

/// Where `--dap` finds its client.
enum AdapterChoice: ExpressibleByArgument, Equatable {
    case standardStreams
    case port(UInt16)

    init?(argument: String) {
        guard let port = UInt16(argument) else { return nil }
        self = .port(port)
    }

    var defaultValueDescription: String { "standard input and output" }

    static func isMisspelt(_ argument: String) -> Bool {
        argument.hasPrefix("--dap=") && UInt16(argument.dropFirst(6)) == nil
    }
}

/// Where `--gdb` listens.
struct GDBChoice: ExpressibleByArgument {
    let address: ListeningAddress

    init?(argument: String) {
        guard let address = ListeningAddress(argument) else { return nil }
        self.address = address
    }
}

enum SerialChoice: ExpressibleByArgument, Equatable {
    case none, stdio
    case file(String)

    init?(argument: String) {
        switch argument {
        case "none": self = .none
        case "stdio": self = .stdio
        case "": return nil
        default: self = .file(argument)
        }
    }
}
