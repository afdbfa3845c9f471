import Debugger
import Foundation
import Machine
import Testing

@Suite("Moves by source lines", .enabled(if: SourceGuest.isAvailable, "clang or ld.lld is not installed"))
struct LineMoveTests {
    private func line(_ debugger: Debugger) -> Int? { debugger.sourceLocation(at: debugger.location.linear)?.line }

    /// The lines that a move comes by, `count` times.
    private func lines(_ debugger: Debugger, _ count: Int, _ move: (Debugger) -> Stop) -> [Int?] {
        (0..<count).map { _ in
            #expect(move(debugger).reason == .arrived)
            return line(debugger)
        }
    }

    private let first = SourceGuest.line("total = 1;")

    @Test(arguments: [4, 5]) func aBreakpointAtALine(version: Int) throws {
        try SourceGuest.with(dwarf: version) { guest in
            let debugger = try guest.commands().debugger
            let breakpoint = try debugger.setBreakpoint("program.c:\(SourceGuest.line("int result"))")
            #expect(debugger.continue().reason == .breakpoint(breakpoint.number))
            let place = try #require(debugger.line(at: debugger.location.linear))
            #expect(place.location.line == SourceGuest.line("int result"))
            #expect(place.location.path == guest.folder.appendingPathComponent("program.c").path)
            #expect(place.location.column > 1)
            #expect(place.isStatement)
            #expect(debugger.location.symbol?.symbol.name == "square")
        }
    }

    @Test func over() throws {
        try SourceGuest.with { guest in
            let debugger = try guest.commands().debugger
            try debugger.setBreakpoint("program.c:\(first)")
            debugger.continue()
            let loop = first + 4
            #expect(
                lines(debugger, 11) { $0.nextLine() }
                    == [
                        first + 1, first + 2, first + 3, loop, loop + 1, loop, loop + 1, loop, loop + 1, loop, loop + 2,
                    ])
            // Back through the same lines: the first is left at the last.
            #expect(
                lines(debugger, 11) { $0.reverseNextLine() }
                    == [
                        loop, loop + 1, loop, loop + 1, loop, loop + 1, loop, first + 3, first + 2, first + 1, first,
                    ])
        }
    }

    @Test func into() throws {
        try SourceGuest.with { guest in
            let debugger = try guest.commands().debugger
            try debugger.setBreakpoint("program.c:\(first)")
            debugger.continue()
            let square = SourceGuest.line("int result")
            let factorial = SourceGuest.line("if (number < 2)")
            // From the end of a function into the middle of its caller's line, whose rest is no new statement.
            #expect(
                lines(debugger, 12) { $0.stepLine() }
                    == [
                        first + 1, square, square + 1, first + 2, factorial, factorial + 2, factorial, factorial + 2,
                        factorial, factorial + 2, factorial, factorial + 1,
                    ])
            #expect(debugger.backtrace().filter { $0.symbol?.symbol.name == "factorial" }.count == 4)
            #expect(debugger.backtrace().last { $0.source != nil }?.source?.line == first + 2)
        }
    }

    @Test func backInto() throws {
        try SourceGuest.with { guest in
            let debugger = try guest.commands().debugger
            try debugger.setBreakpoint("program.c:\(first + 2)")
            debugger.continue()
            var visited: [Int] = []
            while visited.last != first, visited.count < 20 {
                #expect(debugger.reverseStepLine().reason == .arrived)
                visited.append(line(debugger) ?? 0)
            }
            let square = SourceGuest.line("int result")
            #expect(visited.contains(square + 1) && visited.contains(square))
            #expect(visited.last == first)
            #expect(zip(visited, visited.dropFirst()).allSatisfy { $0 != $1 })
        }
    }

    /// One that calls itself is over when it has returned for good.
    @Test func overARecursion() throws {
        try SourceGuest.with { guest in
            let debugger = try guest.commands().debugger
            let factorial = SourceGuest.line("if (number < 2)")
            try debugger.setBreakpoint("program.c:\(factorial)")
            debugger.continue()
            debugger.deleteAllBreakpoints()
            let stack = debugger.registers.general[4]
            #expect(lines(debugger, 2) { $0.nextLine() } == [factorial + 2, factorial + 3])
            #expect(debugger.registers.general[4] == stack)
            #expect(lines(debugger, 1) { $0.nextLine() } == [first + 3])
        }
    }

    /// Code without lines is gone over; where the machine is in it, an instruction is a line.
    @Test func codeWithoutLines() throws {
        try SourceGuest.with { guest in
            let commands = try guest.commands()
            let debugger = commands.debugger
            #expect(debugger.stepLine().steps == 1)
            #expect(debugger.nextLine().steps == 2)
            debugger.run(toAddress: try debugger.address("program.c:\(first + 3)"))
            #expect(lines(debugger, 1) { $0.stepLine() } == [first + 4])
            debugger.run(toAddress: try debugger.address("without_lines"))
            #expect(
                commands.execute("list").text == "no source line is known here; 'list FILE:LINE' shows another place")
        }
    }

    @Test func aFunctionIsFinished() throws {
        try SourceGuest.with { guest in
            let debugger = try guest.commands().debugger
            debugger.run(toAddress: try debugger.address("program.c:\(SourceGuest.line("int result"))"))
            #expect(debugger.finish().reason == .arrived)
            #expect(line(debugger) == first + 1)
        }
    }

    @Test(arguments: [false, true]) func whatAPersonSees(optimised: Bool) throws {
        try SourceGuest.with(optimised: optimised) { guest in
            let commands = try guest.commands()
            #expect(commands.execute("break program.c:\(first)").text.contains("<main_program"))
            let stop = commands.execute("continue").text.split(separator: "\n").map(String.init)
            #expect(stop.first == "breakpoint 1 at program.c:\(first)")
            #expect(stop.last == "program.c:\(first)      total = 1;")
            let listing = commands.execute("list").text.split(separator: "\n").map(String.init)
            #expect(listing.count == 10)
            #expect(listing.contains("=>   \(first)      total = 1;"))
            #expect(commands.execute("").text.hasPrefix("     \(first + 5)          total += i;"))
            #expect(commands.execute("list program.c:1").text.hasPrefix("      1  volatile int total;\n      2\n"))
            let mixed = commands.execute("disassemble/s").text
            #expect(mixed.contains("program.c:\(first + 1)      total += square(3);\n"))
        }
    }

    @Test func aMissingSourceIsSaidOnce() throws {
        try SourceGuest.with { guest in
            let commands = try guest.commands()
            let moved = guest.folder.appendingPathComponent("moved")
            try FileManager.default.createDirectory(at: moved, withIntermediateDirectories: true)
            let path = guest.folder.appendingPathComponent("program.c").path
            try FileManager.default.moveItem(atPath: path, toPath: moved.appendingPathComponent("program.c").path)
            _ = commands.execute("break program.c:\(first)")
            #expect(
                commands.execute("continue").text.hasSuffix(
                    "\nprogram.c:\(first)  (the source '\(path)' is not there; 'source-path FOLDER' says where else to look)"
                ))
            #expect(commands.execute("next-line").text.hasSuffix("\nprogram.c:\(first + 1)"))
            #expect(commands.execute("list").text.hasPrefix("the source '\(path)' is not there"))
            #expect(commands.execute("source-path /nonexistent").text == "there is no folder '/nonexistent'")
            #expect(commands.execute("source-path \(moved.path)").text.isEmpty)
            #expect(
                commands.execute("next-line").text.hasSuffix("\nprogram.c:\(first + 2)      total += factorial(4);"))
        }
    }

    @Test func wordsForWhatCannotBeFound() throws {
        try SourceGuest.with { guest in
            let commands = try guest.commands()
            #expect(commands.execute("break nothing.c:3").text == "no symbol file has lines of 'nothing.c'")
            #expect(commands.execute("break program.c:99").text.hasPrefix("there is no code at line 99 of '"))
            // A line without code means the next one that has some.
            let empty = SourceGuest.line("void without_lines")
            #expect(commands.execute("break program.c:\(empty)").text.contains("program.c:\(empty + 2)"))
        }
    }
}
