import Debugger
import Foundation
import Testing

/// Traces and profiles of the small program of ``TestMachine``.
@Suite(.enabled(if: TestMachine.isAvailable, "the toolchain has no assembler"))
final class TraceTests {
    private let path = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-\(UUID().uuidString)")
        .path

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// What a trace of the commands says, without the numbers of the steps.
    private func trace(_ what: String, _ moves: String..., before: String...) throws -> [String] {
        let commands = try TestMachine.commands()
        for command in before { try #require(!commands.execute(command).isError) }
        #expect(commands.execute("trace start \(path) \(what)").text == "")
        for move in moves { try #require(!commands.execute(move).isError, "\(move)") }
        #expect(commands.execute("trace stop").text.hasSuffix("lines in '\(path)'"))
        return try lines().map {
            $0.split(separator: " ", omittingEmptySubsequences: true).dropFirst().joined(separator: " ")
        }
    }

    private func lines() throws -> [String] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    @Test func instructionsWithWhatTheyDo() throws {
        let lines = try trace("instructions,memory", "until double_it", "finish", before: "until real_start")
        #expect(
            lines == [
                "exec f000:0000 <real_start> mov ax, 0x5",
                "exec f000:0003 <real_start+0x3> mov sp, 0x7000",
                "exec f000:0006 <real_start+0x6> call 0x2d <double_it>",
                "write 00006ffc: 0000000c, by 000f0006 <real_start+0x6>",
                "exec f000:002d <double_it> add ax, ax",
                "exec f000:002f <double_it+0x2> ret",
                "read 00006ffc: 0000000c, by 000f002f <double_it+0x2>",
            ])
    }

    @Test func stepsAreThoseOfTheMachine() throws {
        let commands = try TestMachine.commands()
        _ = commands.execute("trace start \(path) instructions")
        _ = commands.execute("step 3")
        _ = commands.execute("step")
        _ = commands.execute("trace stop")
        #expect(try lines().map { $0.trimmingCharacters(in: .whitespaces).prefix(1) } == ["0", "1", "2", "3"])
        // Nothing of the trace is left behind.
        #expect(commands.debugger.machine.processor.watches.isEmpty)
        #expect(commands.debugger.machine.processor.observer == nil)
    }

    @Test func watchpointsStopATracedMachineAsWell() throws {
        let commands = try TestMachine.commands()
        _ = commands.execute("trace start \(path) memory")
        _ = commands.execute("watch 0x5008")
        let stop = commands.execute("continue").stop
        #expect(stop?.reason == .watchpoint(1))
        #expect(commands.debugger.machine.processor.watches.isEmpty)
        _ = commands.execute("trace stop")
        #expect(try lines().last?.contains("write      00005008: 12345678, by ") == true)
    }

    @Test func interruptsWithAndWithoutSteps() throws {
        let alone = try trace("interrupts", "continue", before: "until break_it")
        #expect(
            alone.first?.hasPrefix(
                "exception 0xe #PF, error code 0000, address c0000000, without getting to its handler, at 000f00")
                == true)
        #expect(alone.count == 2)
        let both = try trace("instructions,interrupts", "continue", before: "until break_it")
        #expect(both.filter { !$0.hasPrefix("exec") } == alone)
        #expect(both.filter { $0.hasPrefix("exec") } == [], "an instruction that faults is not executed")
    }

    @Test func whatTheSystemIsTold() throws {
        let lines = try trace("system", "until paging_on", before: "until protected_start")
        #expect(lines.map { $0.prefix(11) } == ["system cr3:", "system cr4:", "system cr0:"])
        #expect(lines.last?.contains("(paging begins), by 000f00") == true)
    }

    @Test func filtersShowLess() throws {
        let symbol = try trace("instructions code=inner", "continue 200", before: "until outer")
        #expect(symbol.count == 15)
        #expect(symbol.allSatisfy { $0.contains("<inner") })
        let memory = try trace("memory memory=0x1000-0x2fff", "until paging_on")
        #expect(memory.map { $0.prefix(15) } == ["write 00001000:", "write 00001004:", "write 00002000:"])
        #expect(try trace("instructions user", "continue 50") == [])
        #expect(try trace("interrupts vectors=8", "continue").first?.hasPrefix("exception 0x8 #DF") == true)
    }

    /// Code that is not wanted is executed at speed; what is, all the same.
    @Test func someCodeIsTracedAsPartOfAll() throws {
        let all = try trace("instructions,interrupts", "continue", before: "until protected_start")
        let some = try trace("instructions,interrupts code=inner,outer", "continue", before: "until protected_start")
        #expect(some == all.filter { $0.contains(/^exec [0-9a-f:]+ <(inner|outer)/) })
        #expect(some.count > 20 && all.count > some.count)
        let plain = try TestMachine.commands()
        _ = plain.execute("continue")
        let traced = try TestMachine.commands()
        _ = traced.execute("trace start \(path) instructions code=inner")
        _ = traced.execute("continue")
        #expect(plain.debugger.machine.stateDigest() == traced.debugger.machine.stateDigest())
        #expect(traced.debugger.machine.processor.observedCode.isEmpty)
    }

    /// What moves back, and what is executed again for that, is not traced; what moves forwards in the past is.
    @Test func thePastIsTracedWhereSomebodyWalksInIt() throws {
        let lines = try trace("instructions", "goto 3", "reverse-step", "step 2", before: "until after_call")
        #expect(lines.count == 2)
    }

    @Test func thePriceOfATraceIsNoOtherState() throws {
        let plain = try TestMachine.commands()
        _ = plain.execute("continue 500")
        let traced = try TestMachine.commands()
        _ = traced.execute("trace start \(path) all")
        _ = traced.execute("continue 500")
        #expect(plain.debugger.machine.stateDigest() == traced.debugger.machine.stateDigest())
    }

    @Test(arguments: [
        ("trace start", "which file"), ("trace start X registers", "cannot be traced"),
        ("trace start X ,", "cannot be traced"),
        ("trace start X all color=3", "is no filter"), ("trace start X all code=9-3", "ends before it begins"),
        ("trace start X all code=nowhere", "nowhere"), ("trace stop", "no trace"), ("trace go", "'go'?"),
        ("trace start /nonexistent/X all", "cannot write"),
    ])
    func whatCannotBeTracedIsSaid(_ command: String, _ message: String) throws {
        let output = try TestMachine.commands().execute(command.replacingOccurrences(of: " X ", with: " \(path) "))
        #expect(output.isError)
        #expect(output.text.contains(message), "\(output.text)")
    }

    @Test func profilesCountChainsOfCalls() throws {
        let debugger = try TestMachine.commands().debugger
        debugger.run(toAddress: try debugger.address("outer"))
        let profile = Profile(debugger, interval: 1)
        let start = debugger.machine.steps
        _ = profile.run(until: start + 20)
        #expect(profile.counts.values.reduce(0, +) == 20)
        let lines = profile.foldedStacks.split(separator: "\n")
        #expect(lines.contains { $0.hasSuffix(";outer;inner 12") || $0.contains("outer;inner") }, "\(lines)")
        #expect(lines.allSatisfy { $0.split(separator: " ").count == 2 })
    }
}
