import Debugger
import DebuggerTestSupport
import Machine
import Testing

/// The real thing: our firmware boots our kernel to the shell's prompt, and back.
@Suite(.enabled(if: BuiltImages.exist, "images/ is empty: run `make image` first"))
struct BootTravelTests {
    private final class Listener: OutputSink {
        var bytes: [UInt8] = []
        func serialPort(_ port: Int, sent byte: UInt8) { bytes.append(byte) }
    }

    private let listener = Listener()

    private func machine() throws -> Machine {
        var configuration = Machine.Configuration()
        configuration.memorySize = 16 << 20
        configuration.firmware = try BuiltImages.bytes("bios.bin")
        configuration.drives = [Machine.Drive(image: MemoryDisk(try BuiltImages.bytes("kernel.img")), policy: .discard)]
        let machine = try Machine(configuration)
        machine.output = listener
        return machine
    }

    /// A debugger of a machine that has come to the prompt, and has been typed to.
    private func booted() throws -> Debugger {
        let debugger = Debugger(try machine())
        try debugger.symbols.load(try BuiltImages.bytes("kernel.elf"), name: "kernel.elf")
        func wait(for text: String) throws {
            while !String(decoding: listener.bytes, as: UTF8.self).contains(text) {
                try #require(debugger.machine.nanoseconds < 30_000_000_000, "\(text) did not come")
                debugger.continue(until: debugger.machine.steps + 1_000_000)
            }
        }
        try wait(for: "martlet> ")
        debugger.machine.inject(.text("echo once more\n"))
        try wait(for: "\nonce more")
        return debugger
    }

    @Test func aWholeBootAndBack() throws {
        let debugger = try booted()
        let machine = debugger.machine
        let timeline = debugger.timeline
        let end = machine.steps
        let digest = machine.stateDigest()
        let heard = listener.bytes

        // One step back costs no more than the distance of two snapshots.
        #expect(debugger.reverseStep().reason == .arrived)
        #expect(timeline.repeatedWork < 8_000_000)
        #expect(debugger.go(to: end).steps == end)
        #expect(machine.stateDigest() == digest)

        let breakpoint = try debugger.setBreakpoint("Kernel_main")
        let entry = debugger.reverseContinue()
        #expect(entry.reason == .breakpoint(breakpoint.number))
        #expect(entry.location.symbol?.symbol.name == "Kernel_main")
        #expect(entry.steps < end / 2)
        let fresh = try self.machine()
        fresh.replay(machine.inputLog)
        _ = fresh.run(until: entry.steps)
        #expect(fresh.stateDigest() == machine.stateDigest())
        #expect(debugger.reverseContinue().reason == .beginningOfRecording)
        debugger.deleteAllBreakpoints()

        #expect(debugger.go(to: 0).steps == 0)
        #expect(debugger.go(to: end).steps == end)
        #expect(machine.stateDigest() == digest)
        #expect(listener.bytes == heard + Array(listener.bytes.dropFirst(heard.count)))
        #expect(listener.bytes.count <= heard.count * 2, "the fresh machine's own output at most")
    }

    /// From anywhere, a step back is near; and the one after it nearer.
    @Test func reverseStepsRepeatABoundedNumberOfSteps() throws {
        let debugger = try booted()
        let timeline = debugger.timeline
        let work = debugger.machine.work
        let end = debugger.machine.steps
        // Copying what a snapshot would hold may have put it off.
        let bound = max(8_000_000, work / 50)
        for part in 1...9 as ClosedRange<UInt64> {
            debugger.go(to: end / 10 * part)
            var before = timeline.repeatedWork
            debugger.reverseStep()
            #expect(timeline.repeatedWork - before <= bound)
            before = timeline.repeatedWork
            debugger.reverseStep()
            #expect(timeline.repeatedWork - before <= bound / 8)
        }
        #expect(timeline.bytes <= timeline.memoryLimit)
    }

    @Test func aWriteIsFoundInTheWholeBoot() throws {
        let debugger = try booted()
        let here = debugger.machine.steps
        guard case .found(let write) = try #require(debugger.lastWrite(toRegister: "cr3")) else {
            Issue.record("no change of CR3 was found")
            return
        }
        #expect(write.instruction?.hasPrefix("mov cr3") == true)
        guard case .found(let idt) = try #require(debugger.lastWrite(toRegister: "idtr")) else {
            Issue.record("no change of IDTR was found")
            return
        }
        #expect(idt.instruction?.hasPrefix("lidt") == true)
        #expect(debugger.machine.steps == here)
        // The first byte of the kernel: whoever loaded it.
        guard case .found(let loader) = try #require(debugger.lastWrite(to: 0x10_0000)) else {
            Issue.record("nobody wrote the kernel")
            return
        }
        #expect(loader.step < write.step)
    }
}
