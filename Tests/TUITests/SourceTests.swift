import Debugger
import DebuggerTestSupport
import Foundation
import Testing

@testable import TUI

/// Source lines on the screen.
@Suite(.enabled(if: SourceGuest.isAvailable, "clang and ld.lld of the Swift toolchain are needed"))
struct SourceTests {
    private func atTotal(_ body: (ScreenSession) throws -> Void) throws {
        try SourceGuest.with { guest in
            let session = try ScreenSession(guest.commands())
            session.command("until program.c:\(SourceGuest.line("total += square"))")
            try body(session)
        }
    }

    private static let square = SourceGuest.line("total += square")

    @Test func sourceLinesStandBeforeTheirInstructions() throws {
        try atTotal { session in
            let here = try #require(session.lines.firstIndex { $0.contains("▶") })
            #expect(session.lines[here - 1].contains("   \(Self.square)  total += square(3);"))
            #expect(session.lines[here].contains("square") || session.lines[here].contains("mov"))
            #expect(session.lines[1].contains("program.c:\(Self.square)"))
            // The file is named where it is another one.
            #expect(session.row("program.c:") != nil)
            session.type("m", "m")
            #expect(!session.lines.prefix(12).contains { $0.contains("total += square(3);") })
        }
    }

    @Test func theSourceFileIsShown() throws {
        try atTotal { session in
            session.type("m")
            func row(_ line: Int) -> String { String(line).paddedLeft(to: 4) }
            #expect(session.row("▶")?.hasPrefix(" ▶\(row(Self.square))      total += square(3);") == true)
            #expect(session.row("\(row(Self.square + 1))      total += factorial(4);") != nil)
            // Over the call, and back.
            session.type("l")
            #expect(session.row("▶")?.contains("total += factorial(4);") == true)
            session.type("L")
            #expect(session.row("▶")?.contains("total += square(3);") == true)
            #expect(session.style(of: "▶") == .past)
            session.type("i")
            #expect(session.row("▶")?.contains("int result = number * number;") == true)
        }
    }

    @Test func breakpointsAreSetAtLines() throws {
        try atTotal { session in
            session.type("m", "\u{1B}[B", "b")
            #expect(session.row("total += factorial(4);")?.hasPrefix("●") == true)
            session.type("c")
            #expect(session.row("total += factorial(4);")?.hasPrefix("●▶") == true)
            #expect(session.lines[22] == " breakpoint 1 at program.c:\(Self.square + 1)")
            session.type("b")
            #expect(session.screen.debugger.breakpoints.isEmpty)
            session.type("\u{1B}[B", "u")
            #expect(session.row("▶")?.contains("without_lines();") == true)
        }
    }

    /// In code that has no lines instructions are shown, and the source again where there is one.
    @Test func codeWithoutSourceIsShownAsInstructions() throws {
        try atTotal { session in
            session.type("m")
            session.command("until without_lines")
            #expect(session.row("▶")?.contains("inc dword ptr [0x5000]") == true)
            session.type("f")
            #expect(
                session.row("▶")?.contains("without_lines();") == true
                    || session.row("▶")?.contains("for (int i") == true)
        }
    }

    @Test func aMissingFileIsNoTrouble() throws {
        let commands = try SourceGuest.with { try $0.commands() }
        let session = try ScreenSession(commands)
        session.command("until program.c:\(Self.square)")
        #expect(session.row("▶") != nil)
        #expect(session.row("total += square(3);") == nil)
        session.type("m")
        #expect(session.lines[22] == " there is no source of this code; instructions are shown")
    }
}
