import Debugger
import DebuggerTestSupport
import ELF
import Machine
import RandomTestSupport
import Testing
import ToolchainTestSupport

@testable import Debugger

@Suite("Backtraces", .enabled(if: SourceGuest.isAvailable, "clang or ld.lld is not installed"))
struct BacktraceTests {
    private func names(_ debugger: Debugger) -> [String?] { debugger.backtrace().map { $0.symbol?.symbol.name } }

    /// At every instruction of the whole program, the callers are those that the calls say.
    @Test(arguments: [false, true]) func callFrameInformationAtEveryInstruction(optimised: Bool) throws {
        try SourceGuest.with(optimised: optimised) { guest in
            let debugger = try guest.commands().debugger
            debugger.run(toAddress: try debugger.address("main_program"))
            var calls = ["main_program", "protected_start"]
            for _ in 0..<300 {
                let frames = debugger.backtrace()
                #expect(frames.map { $0.symbol?.symbol.name } == calls, "step \(debugger.machine.steps)")
                let guesses = frames.filter { $0.isGuess }
                #expect(guesses.isEmpty)
                let text = debugger.currentInstruction?.text ?? ""
                if text.hasPrefix("hlt") { break }
                let stop = debugger.step()
                if text.hasPrefix("call") { calls.insert(stop.location.symbol?.symbol.name ?? "?", at: 0) }
                if text.hasPrefix("ret") { calls.removeFirst() }
                if calls.count < 2 { break }
            }
        }
    }

    @Test func linesOfCallers() throws {
        try SourceGuest.with { guest in
            let debugger = try guest.commands().debugger
            debugger.run(toAddress: try debugger.address("program.c:\(SourceGuest.line("return 1;"))"))
            let first = SourceGuest.line("total = 1;")
            let recursion = SourceGuest.line("return number * factorial")
            #expect(
                debugger.backtrace().map { $0.source?.line } == [
                    recursion - 1, recursion, recursion, recursion, first + 2, nil,
                ])
            #expect(debugger.backtrace().dropFirst().first?.origin == .callFrameInformation)
        }
    }

    /// Into the BIOS by `int`, in real mode, and a far call: from the handler back to who called.
    @Test func realMode() throws {
        let source = """
            .code16
            start:
                xor ax, ax
                mov ds, ax
                mov ss, ax
                mov sp, 0x7000
                .byte 0xC7, 0x06, 0x4C, 0x00            # mov word ptr [0x4c], service: int 0x13
                .short service - start
                mov word ptr [0x4E], 0xF000
                call caller
                hlt
            .type caller, @function
            caller:
                push bx
                int 0x13
                pop bx
                ret
            .size caller, . - caller
            .type service, @function
            service:
                push ax
                push cx
                call helper
                pop cx
                pop ax
                iret
            .size service, . - service
            .type helper, @function
            helper:
                nop
            in_helper:
                nop
                ret
            .size helper, . - helper
            """
        let program = try Toolchain.assemble(source, at: 0xF_0000)
        var configuration = Machine.Configuration()
        configuration.firmware = TestMachine.rom(program)
        let commands = DebuggerCommands(machine: try Machine(configuration))
        try commands.debugger.symbols.load(program, name: "program.elf")
        commands.debugger.run(toAddress: try commands.debugger.address("service"))
        let entry = commands.debugger.backtrace()
        #expect(entry.map { $0.symbol?.symbol.name }.prefix(3) == ["service", "caller", "start"])
        #expect(
            entry.dropFirst().first.map { frame in
                if case .interrupt(let interrupt) = frame.origin {
                    interrupt.vector == 0x13 && interrupt.isSoftware
                } else {
                    false
                }
            } == true)
        commands.debugger.run(toAddress: try commands.debugger.address("in_helper"))
        #expect(names(commands.debugger).prefix(4) == ["in_helper", "service", "caller", "start"])
        #expect(commands.execute("backtrace").text.contains("     -- int 0x13\n"))
        // Without frames, what lies on the stack is a guess.
        #expect(commands.debugger.backtrace()[1].isGuess)
    }

    /// An exception in 32-bit code, whose handler has pushed registers.
    @Test func exceptionsOfTheKernel() throws {
        let commands = try HaltingKernel.nullPointer.commands()
        _ = commands.execute("catch exception")
        _ = commands.execute("continue")
        let text = commands.execute("backtrace").text.split(separator: "\n").map(String.init)
        #expect(text.count >= 4)
        #expect(text.first?.contains("<handler>") == true)
        #expect(text.dropFirst().first == "     -- #PF page fault")
        #expect(text.dropFirst(2).first?.contains("<broken+0x2>") == true)
        #expect(text.dropFirst(3).first?.contains("<protected_start+") == true)
    }

    /// Damaged frame information is an error or nonsense, never a trap.
    @Test func damagedFrameInformation() throws {
        try SourceGuest.with { guest in
            var random = SplitMix64(seed: 11)
            let sections = try guest.program.withUnsafeBytes { bytes in
                try ELFFile(bytes).sections().filter { [".debug_frame", ".eh_frame"].contains($0.name.description) }
                    .map { Int($0.fileOffset)..<Int($0.fileOffset) + Int($0.size) }
            }
            let section = try #require(sections.first { !$0.isEmpty })
            for _ in 0..<1000 {
                var bytes = guest.program
                for _ in 0..<Int.random(in: 1...6, using: &random) {
                    bytes[Int.random(in: section, using: &random)] = .random(in: 0...255, using: &random)
                }
                var table = SymbolTable()
                try table.load(bytes, name: "file.elf")
                for address in stride(from: UInt32(0xF_0000), to: 0xF_0100, by: 7) {
                    _ = table.modules.first?.frames.row(at: address)
                }
            }
        }
    }

    /// Whatever the registers point to, it ends.
    @Test func hostileRegisters() throws {
        let commands = try HaltingKernel.nullPointer.commands()
        _ = commands.execute("until broken")
        let debugger = commands.debugger
        var random = SplitMix64(seed: 3)
        for _ in 0..<200 {
            debugger.setRegister(
                "esp", to: Bool.random(using: &random) ? .random(in: 0...UInt32.max, using: &random) : 0x7FF0)
            debugger.setRegister(
                "ebp", to: Bool.random(using: &random) ? .random(in: 0...UInt32.max, using: &random) : 0x7FF8)
            debugger.setRegister(
                "eip", to: Bool.random(using: &random) ? .random(in: 0...UInt32.max, using: &random) : 0xF_0000)
            #expect(debugger.backtrace(limit: 100).count <= 100)
        }
    }
}
