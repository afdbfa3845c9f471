import Debugger
import DebuggerTestSupport
import Testing

@testable import TUI

/// The list of the kernel's threads, and looking from one.
struct ThreadListTests {
    private static let down = "\u{1B}[B"

    @Test(.enabled(if: BuiltImages.exist, "images/ is empty: run `make image` first"))
    func lookingFromTheShell() throws {
        let kernel = try KernelMachine.booted()
        let session = try ScreenSession(kernel.commands)
        let threads = try kernel.view().threads
        let shell = try kernel.process("shell").number
        let index = try #require(threads.firstIndex { $0.process == shell })
        session.type("k")
        // The idle thread runs, and the cursor is at it.
        #expect(session.row("▶")?.contains("kernel") == true, "\(session.text)")
        #expect(session.row("shell")?.contains("waits for an answer, which console") == true)
        for thread in threads { #expect(session.row(" \(thread.number)  ") != nil) }
        for _ in 0..<index { session.type(Self.down) }
        session.type("\r")
        #expect(kernel.commands.selectedThread == threads[index].number)
        #expect(session.text.contains("system_call"), "\(session.text)")
        session.type("k")
        #expect(session.row("shell")?.hasPrefix("*") == true, "\(session.text)")
        session.type("k")
        #expect(session.row("Enter looks from one") == nil)
        // What moves the machine ends it.
        session.type("s")
        #expect(kernel.commands.selectedThread == nil)
    }

    /// The cursor stays in the list.
    @Test(.enabled(if: BuiltImages.exist, "images/ is empty: run `make image` first"))
    func theListHasEnds() throws {
        let kernel = try KernelMachine.booted()
        let session = try ScreenSession(kernel.commands, columns: 72, rows: 20)
        session.type("k")
        for _ in 0..<50 { session.type(Self.down) }
        let last = try #require(try kernel.view().threads.last)
        session.type("\r")
        #expect(kernel.commands.selectedThread == last.number)
    }

    @Test(.enabled(if: TestMachine.isAvailable, "clang or ld.lld is not installed"))
    func withoutAKernelItSaysSo() throws {
        let session = try ScreenSession()
        let before = session.text
        session.type("k")
        #expect(session.text.contains("no symbol file of a Martlet kernel"), "\(session.text)")
        session.type("\r", Self.down, "\u{1B}")
        #expect(session.text == before)
    }
}
