import Foundation
import Testing

/// The terminal console, seen from the terminal.
struct TerminalConsoleTests {
    @Test func showsTheScreenSendsKeysAndCleansUp() throws {
        let terminal = try PseudoTerminal(
            ["--console", "terminal", "--snapshot", "images/kernel.img"], columns: 100, rows: 30)
        defer {
            if terminal.process.isRunning { terminal.process.terminate() }
        }
        try #require(terminal.wait { $0.contains("martlet>") }, "the terminal got: \(terminal.text.suffix(2000))")
        terminal.type("echo from a $terminal\r")
        #expect(terminal.wait { $0.contains("\nfrom a $terminal") }, "the terminal got: \(terminal.text.suffix(2000))")
        terminal.type("\u{1D}")
        #expect(terminal.wait { _ in !terminal.process.isRunning })
        terminal.process.waitUntilExit()
        #expect(terminal.process.terminationStatus == 0)
        _ = terminal.wait { _ in terminal.received.contains("\u{1B}[?1049l") }
        #expect(terminal.received.contains("\u{1B}[?1049l"), "the alternate screen is left")
    }
}
