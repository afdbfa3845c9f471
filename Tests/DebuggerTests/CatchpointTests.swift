import Debugger
import DebuggerTestSupport
import Machine
import Processor
import Testing

/// Events, forwards and backwards.
@Suite("Catchpoints", .enabled(if: TestMachine.isAvailable, "clang or ld.lld is not installed"))
struct CatchpointTests {
    private func travelling() throws -> DebuggerCommands {
        let commands = DebuggerCommands(machine: try TravelGuest.make())
        try commands.debugger.symbols.load(TravelGuest.program, name: "program.elf")
        return commands
    }

    /// Goes forwards to `count` stops, then back through the same, each of which lies one step before.
    private func bothWays(_ debugger: Debugger, _ count: Int) -> [Stop] {
        let forwards = (0..<count).map { _ in debugger.continue() }
        for stop in forwards {
            guard case .breakpoint = stop.reason else {
                Issue.record("\(stop.reason)")
                return forwards
            }
        }
        // The last stop is behind its event, which is found again from there.
        for stop in forwards.reversed() {
            let back = debugger.reverseContinue()
            #expect(back.reason == stop.reason)
            #expect(back.steps == stop.steps - 1)
            #expect(back.isBefore)
            #expect(back.caught == stop.caught)
        }
        return forwards
    }

    @Test func portsInARange() throws {
        let commands = try travelling()
        #expect(commands.execute("catch out 0x20-0x21").text == "catchpoint 1: writes to ports 0x20 to 0x21")
        let stops = bothWays(commands.debugger, 5)
        #expect(
            stops.map(\.caught) == [
                [.portWrite(port: 0x20, size: 1, value: 0x11)], [.portWrite(port: 0x21, size: 1, value: 8)],
                [.portWrite(port: 0x21, size: 1, value: 4)], [.portWrite(port: 0x21, size: 1, value: 1)],
                [.portWrite(port: 0x21, size: 1, value: 0xFC)],
            ])
        #expect(commands.debugger.reverseContinue().reason == .beginningOfRecording)
    }

    @Test func aConditionOnTheValue() throws {
        let commands = try travelling()
        _ = commands.execute("catch out 0x21 if $value == 4")
        let text = commands.execute("continue").text
        #expect(text.hasPrefix("catchpoint 1: out to port 0x21, 1 byte: 0x4\nstep "))
        #expect(commands.execute("info break").text.contains("writes to port 0x21 if $value == 4  1 hit of 2"))
        #expect(commands.execute("step").text.hasPrefix("step "))
        #expect(
            commands.execute("reverse-continue").text.hasPrefix(
                "catchpoint 1, hit 2 times: next comes out to port 0x21"))
    }

    @Test func interruptsOfDevices() throws {
        let commands = try travelling()
        _ = commands.execute("catch interrupt 8")
        let stops = bothWays(commands.debugger, 3)
        for stop in stops { #expect(stop.caught == [.interrupt(vector: 8)]) }
        #expect(stops.first?.location.symbol?.description == "tick")
    }

    @Test func modesAndControlRegisters() throws {
        let commands = try TestMachine.commands()
        #expect(commands.execute("catch mode").text == "catchpoint 1: changes of mode")
        #expect(commands.execute("catch cr3").text == "catchpoint 2: loads of cr3")
        let protected = commands.execute("continue").text
        #expect(
            protected.hasPrefix("catchpoint 1: cr0: ") && protected.contains("(protected mode begins)\n"),
            "\(protected)")
        #expect(commands.execute("continue").text.hasPrefix("catchpoint 2: cr3: 00000000 -> 00001000\n"))
        let paging = commands.execute("continue").text
        #expect(
            paging.hasPrefix("catchpoint 1, hit 2 times: cr0: ") && paging.contains("(paging begins)\n"), "\(paging)")
        #expect(commands.debugger.location.symbol?.description == "paging_on")
        for number in [1, 2, 1] {
            #expect(commands.debugger.reverseContinue().reason == .breakpoint(number))
        }
        #expect(commands.debugger.reverseContinue().reason == .beginningOfRecording)
    }

    /// Makes vectors of real mode lead to an `iret`.
    private func leadToHandler(_ vectors: [UInt32], _ debugger: Debugger) throws {
        let handler = try debugger.address("handler")
        for vector in vectors {
            debugger.writePhysicalMemory([UInt8(handler & 0xFF), UInt8(handler >> 8 & 0xFF), 0, 0xF0], at: vector * 4)
        }
    }

    @Test func exceptionsWithAnErrorCode() throws {
        let commands = try TestMachine.commands()
        let debugger = commands.debugger
        debugger.step()
        // An invalid opcode and a software interrupt in real mode.
        try leadToHandler([6, 0x21], debugger)
        #expect(commands.execute("catch exception #UD").text == "catchpoint 1: exception #UD invalid opcode")
        #expect(commands.execute("catch interrupt 0x21").text == "catchpoint 2: interrupt 0x21")
        debugger.setRegister("eip", to: try debugger.address("undefined") - 0xF_0000)
        #expect(commands.execute("continue").text.hasPrefix("catchpoint 1: #UD invalid opcode\n"))
        #expect(debugger.location.symbol?.description == "handler")
        debugger.setRegister("eip", to: try debugger.address("behind_undefined") - 0xF_0000)
        #expect(commands.execute("continue").text.hasPrefix("catchpoint 2: software interrupt 0x21\n"))
    }

    /// Exceptions that are usually mistakes, and those that are not.
    @Test func mistakes() throws {
        let commands = try TestMachine.commands()
        let debugger = commands.debugger
        debugger.step()
        try leadToHandler([3, 6], debugger)
        #expect(commands.execute("catch error").text == "catchpoint 1: exceptions that are usually mistakes")
        #expect(commands.execute("catch error 3").isError)
        debugger.setRegister("eip", to: try debugger.address("undefined") - 0xF_0000)
        #expect(commands.execute("continue").text.hasPrefix("catchpoint 1: #UD invalid opcode\n"))
        #expect(commands.execute("reverse-continue").text.hasPrefix("catchpoint 1, hit 2 times: next comes #UD"))
    }

    @Test func theTimeStampCounter() throws {
        let commands = DebuggerCommands(machine: try BrokenGuest.machine("nop\nread_it: rdtsc\nbehind: cli\nhlt\n"))
        #expect(commands.execute("catch rdtsc if $value > 10").text.hasPrefix("catchpoint 1: reads of the time-stamp"))
        let stop = commands.execute("continue").stop
        #expect(stop?.reason == .breakpoint(1))
        #expect(stop?.caught == [.timeStampRead(value: (stop?.steps ?? 0) - 1)])
    }

    /// The page fault cannot be delivered, nor can the double fault that it becomes: nothing is caught.
    @Test func whatDoesNotGetToItsHandlerIsNotCaught() throws {
        let commands = try TestMachine.commands()
        _ = commands.execute("catch exception")
        let stop = commands.execute("continue").stop
        guard case .tripleFault = stop?.reason else {
            Issue.record("\(String(describing: stop?.reason))")
            return
        }
    }

    @Test func nothingIsLeftInTheProcessor() throws {
        let commands = try travelling()
        _ = commands.execute("catch io")
        _ = commands.execute("break/p 0xf0000")
        _ = commands.execute("continue")
        #expect(commands.debugger.machine.processor.eventListener == nil)
        #expect(commands.debugger.machine.processor.physicalBreakpoints.isEmpty)
    }

    /// With and without somebody who listens, the machine does the same.
    @Test func catchingChangesNothing() throws {
        let plain = Debugger(try TravelGuest.make())
        plain.continue(until: 200_000)
        let catching = Debugger(try TravelGuest.make())
        for pattern in [
            .exception(nil), .interrupt(nil), .port(nil, reads: true, writes: true), .mode, .taskSwitch,
            .controlRegister(3),
            .modelSpecific(nil, reads: true, writes: true),
        ] as [Catchpoint.Pattern] {
            catching.setCatchpoint(pattern)
        }
        catching.setBreakpoint(atPhysical: 0xF_0000)
        while catching.machine.steps < 200_000 { catching.continue(until: 200_000) }
        #expect(catching.machine.stateDigest() == plain.machine.stateDigest())
    }
}
