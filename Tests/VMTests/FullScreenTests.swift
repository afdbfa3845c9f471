import Foundation
import Testing

/// The full-screen debugger at a terminal.
struct FullScreenTests {
    private let state = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-\(UUID().uuidString)")

    private func start(_ options: String..., environment: [String: String] = [:]) throws -> PseudoTerminal {
        try PseudoTerminal(
            ["--debug=tui", "--console", "none", "--snapshot"] + options + ["images/kernel.img"], columns: 100,
            rows: 30,
            environment: ["XDG_STATE_HOME": state.path, "LANG": "C.UTF-8"].merging(environment) { $1 })
    }

    private static let enters = "\u{1B}[?1049h"
    private static let leaves = "\u{1B}[?25h\u{1B}[?1049l"

    /// Waits until the program has ended, and looks at how it has left the terminal.
    private func expectEnd(_ terminal: PseudoTerminal, code: Int32 = 0) {
        #expect(terminal.wait { _ in !terminal.process.isRunning && terminal.received.hasSuffix(Self.leaves) })
        // Foundation traps when it is asked for the status of a program that runs.
        if !terminal.process.isRunning { #expect(terminal.process.terminationStatus == code) }
        #expect(terminal.echoesLines)
    }

    @Test func stepsBothWaysAndLeavesTheTerminalAsItWas() throws {
        defer { try? FileManager.default.removeItem(at: state) }
        let terminal = try start()
        defer { if terminal.process.isRunning { terminal.process.terminate() } }
        try #require(terminal.waits(for: "▶f000:fff0  jmp far"), "\(terminal.screen.text)")
        #expect(terminal.received.hasPrefix(Self.enters))
        #expect(!terminal.echoesLines)
        terminal.type("ss")
        #expect(terminal.waits(for: "step 2  real mode"), "\(terminal.screen.text)")
        terminal.type("S")
        #expect(terminal.waits(for: "PAST: 1 step back"), "\(terminal.screen.text)")
        terminal.type(":until 0:7c00\r")
        #expect(terminal.waits(for: "0000:7c00  jmp"), "\(terminal.screen.text)")
        #expect(terminal.waits(for: "(vm)"))
        terminal.type("break Kernel_ma\t\r")
        #expect(terminal.waits(for: "breakpoint 1 at "), "\(terminal.screen.text)")
        terminal.type("\u{1B}[15~")
        #expect(terminal.waits(for: "breakpoint 1 at Kernel_main"), "\(terminal.screen.text)")
        #expect(terminal.waits(for: "<Kernel_main>"))
        terminal.type("\u{1B}")
        #expect(terminal.waits(for: "q quit"))
        terminal.type("q")
        #expect(terminal.waits(for: "y leaves"))
        terminal.type("y")
        expectEnd(terminal)
        let history = try String(contentsOf: state.appendingPathComponent("martlet/history"), encoding: .utf8)
        #expect(history == "until 0:7c00\nbreak Kernel_main \n")
    }

    @Test func aKeyStopsTheGuest() throws {
        let terminal = try start()
        defer { if terminal.process.isRunning { terminal.process.terminate() } }
        try #require(terminal.waits(for: "q quit"))
        func letRun() {
            let before = terminal.screen.lines[0]
            terminal.type("c")
            // It is seen running; a key that comes sooner counts as typed ahead.
            #expect(terminal.waits(for: "RUNNING"))
            #expect(
                terminal.wait { _ in
                    terminal.screen.lines[0].contains("RUNNING") && terminal.screen.lines[0] != before
                        && terminal.screen.text.contains("paging")
                }, "\(terminal.screen.text)")
        }
        letRun()
        terminal.type(" ")
        #expect(terminal.waits(for: " stopped"), "\(terminal.screen.text)")
        #expect(terminal.waits(for: "present"))
        // Ctrl+C does, too, as a key or as a signal.
        letRun()
        terminal.process.interrupt()
        #expect(terminal.waits(for: "present"), "\(terminal.screen.text)")
        // At rest the signal ends the program.
        terminal.process.interrupt()
        expectEnd(terminal)
    }

    /// The guest is used as at its own console, and is the debugger's again.
    @Test func keysGoToTheGuest() throws {
        let terminal = try start()
        defer { if terminal.process.isRunning { terminal.process.terminate() } }
        try #require(terminal.waits(for: "q quit"))
        terminal.type("t")
        #expect(terminal.waits(for: "Ctrl+] stops it"))
        #expect(terminal.waits(for: "Type help"), "\(terminal.screen.text)")
        terminal.type("echo the guest hears\r")
        #expect(
            terminal.wait { _ in
                terminal.screen.lines.contains { $0.trimmingCharacters(in: .whitespaces) == "the guest hears" }
            })
        terminal.type("\u{1D}")
        #expect(terminal.waits(for: "present"), "\(terminal.screen.text)")
        terminal.type("\u{1B}")
        #expect(terminal.waits(for: "registers"), "\(terminal.screen.text)")
        terminal.type("qy")
        expectEnd(terminal)
    }

    @Test(arguments: [SIGTERM, SIGHUP]) func signalsRestoreTheTerminal(_ number: Int32) throws {
        let terminal = try start()
        defer { if terminal.process.isRunning { terminal.process.terminate() } }
        try #require(terminal.waits(for: "q quit"))
        kill(terminal.process.processIdentifier, number)
        expectEnd(terminal)
    }

    @Test func evenACrashRestoresTheTerminal() throws {
        let terminal = try start()
        defer { if terminal.process.isRunning { terminal.process.terminate() } }
        try #require(terminal.waits(for: "q quit"))
        kill(terminal.process.processIdentifier, SIGSEGV)
        #expect(terminal.wait { _ in !terminal.process.isRunning && terminal.received.contains(Self.leaves) })
        #expect(terminal.process.terminationReason == .uncaughtSignal)
        #expect(terminal.echoesLines)
    }

    @Test func suspensionGivesTheTerminalBackMeanwhile() throws {
        let terminal = try start()
        defer { if terminal.process.isRunning { terminal.process.terminate() } }
        try #require(terminal.waits(for: "q quit"))
        terminal.type("\u{1A}")
        // The text comes first, then the terminal's mode.
        #expect(
            terminal.wait { _ in terminal.received.hasSuffix(Self.leaves) && terminal.echoesLines },
            "\(terminal.screen.text)")
        let before = terminal.received.count
        kill(terminal.process.processIdentifier, SIGCONT)
        #expect(
            terminal.wait { _ in terminal.received.dropFirst(before).contains("registers") }, "\(terminal.screen.text)")
        terminal.type("qy")
        expectEnd(terminal)
    }

    /// Stopped and continued by somebody else.
    @Test(arguments: [SIGTSTP, SIGSTOP]) func jobControlFromOutside(_ number: Int32) throws {
        let terminal = try start()
        defer { if terminal.process.isRunning { terminal.process.terminate() } }
        try #require(terminal.waits(for: "q quit"))
        kill(terminal.process.processIdentifier, number)
        if number == SIGTSTP {
            #expect(terminal.wait { _ in terminal.received.hasSuffix(Self.leaves) }, "\(terminal.screen.text)")
            #expect(terminal.wait { _ in terminal.echoesLines })
            // To go on before it has stopped would be to stop for good.
            try #require(terminal.waitsUntilStopped())
        } else {
            // Nobody can do anything before this one; the shell does, as here.
            try #require(terminal.waitsUntilStopped())
            terminal.restoreLines()
        }
        let before = terminal.received.count
        kill(terminal.process.processIdentifier, SIGCONT)
        #expect(
            terminal.wait { _ in terminal.received.dropFirst(before).contains("registers") }, "\(terminal.screen.text)")
        #expect(!terminal.echoesLines)
        terminal.type("qy")
        expectEnd(terminal)
    }

    @Test func itFollowsTheTerminalsSize() throws {
        let terminal = try start()
        defer { if terminal.process.isRunning { terminal.process.terminate() } }
        try #require(terminal.waits(for: "q quit"))
        terminal.resize(columns: 40, rows: 10)
        #expect(terminal.waits(for: "40 by 10."), "\(terminal.screen.text)")
        terminal.resize(columns: 120, rows: 40)
        #expect(terminal.waits(for: "idtr"), "\(terminal.screen.text)")
        terminal.type("qy")
        expectEnd(terminal)
    }

    @Test func scriptsComeFirst() throws {
        let terminal = try start("--execute", "until 0:7c00", "--execute", "nonsense")
        defer { if terminal.process.isRunning { terminal.process.terminate() } }
        #expect(terminal.waits(for: "there is no command 'nonsense'"), "\(terminal.screen.text)")
        #expect(terminal.waits(for: "q quit"))
        terminal.type("qy")
        expectEnd(terminal, code: 2)
    }

    @Test func theKernelsSourceIsShown() throws {
        let terminal = try start(
            "--fast", "--execute", "break Kernel_main", "--execute", "continue", "--execute", "next-line")
        defer { if terminal.process.isRunning { terminal.process.terminate() } }
        try #require(terminal.waits(for: "q quit"))
        // Of the line that comes next, before its instructions and as a file.
        #expect(terminal.waits(for: "Log.initialise()"), "\(terminal.screen.text)")
        terminal.type("m")
        #expect(
            terminal.wait { _ in
                terminal.screen.lines.contains { $0.contains(/▶ +[0-9]+ +Log.initialise\(\)/) }
            }, "\(terminal.screen.text)")
        terminal.type("qy")
        expectEnd(terminal)
    }

    @Test func withoutColoursThereAreNone() throws {
        let terminal = try start("--execute", "until 0:7c00", environment: ["NO_COLOR": "1"])
        defer { if terminal.process.isRunning { terminal.process.terminate() } }
        #expect(terminal.waits(for: "q quit"), "\(terminal.screen.text)")
        #expect(!terminal.received.contains(/\u{1B}\[[0-9;]*(3[0-7]|9[0-7]|4[0-7])m/))
        terminal.type("qy")
        expectEnd(terminal)
    }

    @Test func aTerminalThatCannotShowItIsRefused() throws {
        let terminal = try start(environment: ["TERM": "dumb"])
        #expect(terminal.wait { _ in !terminal.process.isRunning })
        #expect(
            terminal.wait { $0.contains("--debug=tui needs a terminal that can move its cursor, and TERM is 'dumb'") })
        #expect(terminal.process.terminationStatus == 66)
    }
}
