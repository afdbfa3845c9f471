import Debugger
import Foundation
import JSON
import Testing

/// Commands in files, and their results as JSON.
@Suite(.enabled(if: TestMachine.isAvailable, "the toolchain has no assembler"))
struct ScriptTests {
    private func run(
        _ text: String, _ commands: DebuggerCommands
    ) -> (executions: [Execution], ending: ScriptEnding) {
        var executions: [Execution] = []
        let ending = commands.run(Script(text, name: "test.dbg")) { executions.append($0) }
        return (executions, ending)
    }

    @Test func commandsAreExecutedInOrder() throws {
        let commands = try TestMachine.commands()
        let (executions, ending) = run("# to the middle\n\nbreak after_call\n  continue\r\nregisters ax\n", commands)
        #expect(ending == .complete)
        #expect(executions.map(\.command) == ["break after_call", "continue", "registers ax"])
        #expect(executions.map(\.place) == ["test.dbg:3", "test.dbg:4", "test.dbg:5"])
        #expect(executions[2].output.values["ax"] == 10)
    }

    /// An empty line in a file does not repeat the command before.
    @Test func emptyLinesSayNothing() throws {
        let commands = try TestMachine.commands()
        _ = run("step\n\n\n", commands)
        #expect(commands.debugger.machine.steps == 1)
    }

    @Test func theFirstFailureEndsTheScriptAndIsNamed() throws {
        let commands = try TestMachine.commands()
        let (executions, ending) = run("step\nstepp 1 2 3\nstep", commands)
        #expect(ending == .failed(line: 2))
        #expect(executions.last?.text == "test.dbg:2: there is no command 'stepp'; 'help' lists them")
        #expect(commands.debugger.machine.steps == 1)
    }

    @Test func assertionsEndAScript() throws {
        let commands = try TestMachine.commands()
        let (executions, ending) = run(
            "until after_call\nassert ax == 10 && sp == 0x7000\nassert ax < 10\nstep", commands)
        #expect(ending == .failed(line: 3))
        #expect(executions.last?.text == "test.dbg:3: the assertion does not hold: ax < 10 (0xa < 0xa)")
        #expect(executions[1].output.text.isEmpty)
        #expect(commands.execute("assert").isError)
        #expect(commands.execute("assert nowhere == 3").isError)
        #expect(commands.execute("assert 1 / 0").text == "a division by 0")
    }

    /// What shows something has results for programs as well.
    @Test(arguments: [
        "info breakpoints", "timeline", "location", "symbols inner", "registers", "x 0x7000", "disassemble",
        "backtrace", "gdt", "idt", "explain", "last-write eax", "break", "watch 0x7000", "info fpu", "info sse",
        "info msr", "info cpuid", "info tlb", "info events", "info pic",
    ])
    func resultsForPrograms(_ command: String) throws {
        let commands = try TestMachine.commands()
        _ = run("until after_store\nbreak after_call if ax == 3\ncatch mode\nwatch 0x7000", commands)
        let output = commands.execute(command)
        #expect(!output.isError, "\(output.text)")
        #expect(!output.values.isEmpty)
    }

    @Test func breakpointsForPrograms() throws {
        let commands = try TestMachine.commands()
        _ = run(
            "tbreak after_call if ax == 10\nwatch/p 0x5000 8\ncatch cr3\nignore 3 2\ncommands 1 registers; where\ndisable 2",
            commands)
        let list = commands.execute("info breakpoints").values["breakpoints"]?.array ?? []
        #expect(list.map { $0["kind"] } == ["breakpoint", "watchpoint", "catchpoint"])
        #expect(list.first?["condition"] == "ax == 10")
        #expect(list.first?["isTemporary"] == true)
        #expect(list.first?["commands"] == ["registers", "where"])
        #expect(list[1]["isEnabled"] == false && list[1]["count"] == 8 && list[1]["isPhysical"] == true)
        #expect(list[2]["ignore"] == 2 && list[2]["text"] == "loads of cr3")
    }

    @Test func quitEndsIt() throws {
        #expect(run("quit\nstep", try TestMachine.commands()).ending == .quit)
    }

    @Test func sourceExecutesAFile() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let inner = folder.appendingPathComponent("inner").path
        try Data("step\nnonsense\n".utf8).write(to: URL(fileURLWithPath: inner))
        let commands = try TestMachine.commands()
        let output = commands.execute("source \(inner)")
        #expect(output.isError)
        #expect(output.text.contains("\(inner):2: there is no command 'nonsense'"))
        #expect(output.text.hasSuffix("'\(inner)' has ended at line 2"))
        // A front end that listens hears of each command at once.
        var heard: [String] = []
        commands.didExecute = { heard.append($0.command) }
        #expect(commands.execute("source \(inner)").text == "'\(inner)' has ended at line 2")
        #expect(heard == ["step", "nonsense"])

        let endless = folder.appendingPathComponent("endless").path
        try Data("source \(endless)\n".utf8).write(to: URL(fileURLWithPath: endless))
        commands.didExecute = nil
        #expect(commands.execute("source \(endless)").text.contains("scripts call each other too deeply"))
        #expect(commands.execute("source /nonexistent").text == "cannot read '/nonexistent'")
    }

    @Test func resultsAreJSON() throws {
        let commands = try TestMachine.commands()
        let breakpoint = commands.run("break after_call").json
        #expect(breakpoint["ok"] == true)
        #expect(breakpoint["values"]?["number"] == 1)
        let stop = try #require(commands.run("continue").json["stop"])
        #expect(stop["reason"] == "breakpoint")
        #expect(stop["number"] == 1)
        #expect(stop["linear"] == breakpoint["values"]?["address"])
        #expect(stop["symbol"] == "after_call")
        #expect(stop["instruction"] == "xor di, di")
        #expect(stop["step"]?.integer == Int64(commands.debugger.machine.steps))
        #expect(commands.run("x/4b 0xf0000").json["values"]?["bytes"]?.array?.first == 0xB8)
        #expect(commands.run("registers").json["values"]?["eax"] == 10)
        #expect(commands.run("registers all").json["values"]?["cs"] == 0xF000)
        let lines = commands.run("disassemble 0xf0000 2").json["values"]?["instructions"]?.array
        #expect(lines?.first?["text"] == "mov ax, 0x5")
        #expect(lines?.count == 2)
        let failure = commands.run("x 1 2 3").json
        #expect(failure["ok"] == false)
        #expect(failure["error"]?.string?.contains("one word too many") == true)
        #expect(failure["text"] == nil)
    }

    @Test func watchpointsAndThePastAreJSON() throws {
        let commands = try TestMachine.commands()
        _ = commands.run("watch 0x5008")
        let stop = commands.run("continue").json["stop"]
        #expect(stop?["reason"] == "watchpoint")
        #expect(stop?["accesses"]?.array?.first?["after"] == [0x78, 0x56, 0x34, 0x12])
        let write = commands.run("last-write 0x5008 4").json["values"]
        #expect(write?["after"] == [0x78, 0x56, 0x34, 0x12])
        #expect(commands.run("reverse-step").json["stop"]?["inPast"] == true)
        let shutdown = commands.run("goto 100000").json["stop"]
        #expect(shutdown?["reason"] == "triple-fault")
    }

    @Test func wordsAreCompleted() throws {
        let commands = try TestMachine.commands()
        #expect(
            commands.completions(of: "reverse-s") == [
                "reverse-step", "reverse-step-line", "reverse-stepi", "reverse-switch",
            ])
        #expect(commands.completions(of: "break after_").contains("after_call"))
        #expect(commands.completions(of: "registers cr") == ["cr0", "cr2", "cr3", "cr4"])
        #expect(commands.completions(of: "break $es").contains("$esp"))
        #expect(commands.completions(of: "help tim") == ["timeline"])
        #expect(commands.completions(of: "source /usr/b").contains("/usr/bin/"))
        #expect(commands.completions(of: "nonsense a") == [])
        #expect(commands.completions(of: "break ") == [])
    }
}
