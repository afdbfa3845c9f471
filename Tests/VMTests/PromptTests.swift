import Foundation
import Testing

/// The debugger's prompt at a terminal.
struct PromptTests {
    private let state = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-\(UUID().uuidString)")

    private func start() throws -> PseudoTerminal {
        try PseudoTerminal(
            ["--debug", "--console", "none", "--snapshot", "images/kernel.img"], columns: 100, rows: 30,
            environment: ["XDG_STATE_HOME": state.path])
    }

    @Test func editsCompletesAndRemembers() throws {
        defer { try? FileManager.default.removeItem(at: state) }
        let terminal = try start()
        defer { if terminal.process.isRunning { terminal.process.terminate() } }
        try #require(terminal.wait { $0.hasSuffix("(vm) ") }, "\(terminal.text)")
        terminal.type("untl\u{8}il 0:7c00\r")
        #expect(terminal.wait { $0.contains("0000:7c00") }, "\(terminal.text)")
        terminal.type("break Kernel_ma\t\r")
        #expect(terminal.wait { $0.contains("breakpoint 1 at ") && $0.hasSuffix("(vm) ") }, "\(terminal.text)")
        // Ctrl+C at the prompt is for the line, in a run for the machine.
        terminal.type("nonsense\u{3}")
        #expect(terminal.wait { $0.hasSuffix("^C\r\n(vm) ") }, "\(terminal.text)")
        terminal.type("delete all\rcontinue\r")
        #expect(terminal.wait { $0.contains("(vm) continue\r\n") }, "\(terminal.text)")
        // What the terminal would do, were it the program's controlling one.
        terminal.process.interrupt()
        #expect(terminal.wait { $0.contains("stopped\r\nstep ") && $0.hasSuffix("(vm) ") }, "\(terminal.text)")
        terminal.type("\u{4}")
        try #require(terminal.wait { _ in !terminal.process.isRunning })
        #expect(terminal.process.terminationStatus == 0)

        let file = state.appendingPathComponent("martlet/history")
        let history = try String(contentsOf: file, encoding: .utf8)
        #expect(history == "until 0:7c00\nbreak Kernel_main \ndelete all\ncontinue\n")
        let second = try start()
        defer { if second.process.isRunning { second.process.terminate() } }
        try #require(second.wait { $0.hasSuffix("(vm) ") })
        second.type("\u{1B}[A\u{1B}[A\u{1B}[A\u{1B}[A\r")
        #expect(second.wait { $0.contains("0000:7c00") }, "\(second.text)")
    }

    /// Stopped and continued while a line is edited, which is there again.
    @Test func jobControlFromOutside() throws {
        defer { try? FileManager.default.removeItem(at: state) }
        let terminal = try start()
        defer { if terminal.process.isRunning { terminal.process.terminate() } }
        try #require(terminal.wait { $0.hasSuffix("(vm) ") }, "\(terminal.text)")
        terminal.type("until 0:7c")
        try #require(terminal.wait { $0.hasSuffix("(vm) until 0:7c") }, "\(terminal.text)")
        kill(terminal.process.processIdentifier, SIGTSTP)
        try #require(terminal.waitsUntilStopped())
        #expect(terminal.echoesLines)
        kill(terminal.process.processIdentifier, SIGCONT)
        #expect(terminal.wait { $0.components(separatedBy: "(vm) until 0:7c").count == 3 }, "\(terminal.text)")
        #expect(!terminal.echoesLines)
        terminal.type("00\r")
        // What is typed before the prompt is there may be lost.
        #expect(terminal.wait { $0.contains("0000:7c00") && $0.hasSuffix("(vm) ") }, "\(terminal.text)")
        terminal.type("\u{4}")
        try #require(terminal.wait { _ in !terminal.process.isRunning })
    }
}
