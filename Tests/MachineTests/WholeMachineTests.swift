import Processor
import RandomTestSupport
import Testing

@testable import Machine

/// Machines whose processor runs: ``GuestProgram``.
@Suite struct WholeMachineTests {
    private func machine(
        _ configure: (inout Machine.Configuration) -> Void = { _ in }
    ) throws -> (Machine, RecordingSink) {
        var configuration = Machine.Configuration()
        configuration.memorySize = 1 << 20
        configuration.firmware = GuestProgram.rom
        configure(&configuration)
        let machine = try Machine(configuration)
        let sink = RecordingSink()
        machine.output = sink
        return (machine, sink)
    }

    private func word(_ machine: Machine, _ address: UInt32) -> Int {
        let bytes = machine.memory.read(address, count: 2)
        return Int(bytes[0]) | Int(bytes[1]) << 8
    }

    private static let second: UInt64 = 100_000_000

    @Test func timeComesFromSteps() throws {
        let (machine, _) = try machine()
        #expect(machine.run(until: Self.second) == .reached)
        #expect(machine.steps == Self.second)
        #expect(machine.nanoseconds == 1_000_000_000)
        // 1000.15 timer interrupts in a second, less what the program took to start.
        #expect((998...1001).contains(word(machine, 0x504)))
        #expect(machine.run(forNanoseconds: 1_000_000) == .reached)
        #expect(machine.nanoseconds == 1_001_000_000)
    }

    @Test func twoRunsAreTheSame() throws {
        let digests = try (0..<2).map { _ in
            let (machine, sink) = try machine { $0.memoryFill = .junk(seed: 7) }
            machine.inject(.key(.m, isPressed: true))
            #expect(machine.run(until: 3_000_000) == .reached)
            machine.inject(.key(.m, isPressed: false))
            #expect(machine.run(until: 9_000_000) == .reached)
            #expect(sink.serial == [0x32, 0xB2])
            return machine.stateDigest()
        }
        #expect(digests[0] == digests[1])
        let (other, _) = try machine { $0.memoryFill = .junk(seed: 8) }
        _ = other.run(until: 9_000_000)
        #expect(other.stateDigest() != digests[0])
    }

    @Test func theSizeOfThePortionsDoesNotMatter() throws {
        let (whole, _) = try machine()
        whole.inject(.text("portions"))
        _ = whole.run(until: 2_000_000)
        let (portions, _) = try machine()
        portions.inject(.text("portions"))
        var generator = SplitMix64(seed: 4)
        while portions.steps < 2_000_000 {
            let next = min(2_000_000, portions.steps + generator.next() % 3000 + 1)
            #expect(portions.run(until: next) == .reached)
            #expect(portions.steps == next)
        }
        #expect(portions.stateDigest() == whole.stateDigest())
    }

    @Test func singleStepsGoTheSameWay() throws {
        let (whole, _) = try machine()
        let (stepped, _) = try machine()
        for _ in 0..<30_000 {
            let before = stepped.steps
            #expect(stepped.step() == .reached)
            #expect(stepped.steps > before)
        }
        _ = whole.run(until: stepped.steps)
        #expect(whole.stateDigest() == stepped.stateDigest())
    }

    @Test func aSnapshotLeadsToTheSameEnd() throws {
        let (machine, _) = try machine()
        machine.inject(.text("some text to be typed while snapshots are taken"))
        var generator = SplitMix64(seed: 5)
        var snapshots: [MachineSnapshot] = []
        for _ in 0..<12 {
            _ = machine.run(until: machine.steps + generator.next() % 900_000)
            snapshots.append(machine.snapshot())
        }
        let end: UInt64 = 8_000_000
        _ = machine.run(until: end)
        let digest = machine.stateDigest()
        for snapshot in snapshots.shuffled(using: &generator) {
            try machine.restore(snapshot)
            #expect(machine.steps == snapshot.steps)
            _ = machine.run(until: end)
            #expect(machine.stateDigest() == digest)
        }
    }

    @Test func aSnapshotFileLeadsToTheSameEndInAnotherMachine() throws {
        let (machine, _) = try machine { $0.memoryFill = .junk(seed: 1) }
        machine.inject(.key(.q, isPressed: true))
        _ = machine.run(until: 1_234_567)
        let file = machine.snapshot().encoded()
        let (other, _) = try self.machine()
        try other.restore(MachineSnapshot(decoding: file))
        #expect(other.stateDigest() == machine.stateDigest())
        _ = machine.run(until: 70_000_000)
        _ = other.run(until: 70_000_000)
        // Both the timer and the repetition of the key go on.
        #expect(other.stateDigest() == machine.stateDigest())
        #expect(word(other, 0x508) > 1)
    }

    @Test func inputIsRecordedAndReplayed() throws {
        let (live, _) = try machine()
        live.inputQueue.append(.text("abc"))
        _ = live.run(until: 1_000_000)
        live.inject(.key(.x, isPressed: true))
        live.inject(.clockRate(nanosecondsPerStep: 20))
        _ = live.run(until: 1_500_000)
        live.inject(.writeMemory(address: 0x9000, bytes: [1, 2, 3]))
        live.modifyProcessor { $0.general[6] = 0x1234_5678 }
        live.inject(.resetButton)
        _ = live.run(until: 4_000_000)
        #expect(live.inputLog.events.count == 6)
        #expect(live.processor.state.pointee.general[6] == 0)

        let log = try InputLog(decoding: live.inputLog.encoded())
        #expect(log == live.inputLog)
        let (again, _) = try machine()
        again.replay(log)
        #expect(again.isReplaying)
        #expect(!again.inject(.key(.y, isPressed: true)))
        _ = again.run(until: 4_000_000)
        #expect(!again.isReplaying)
        #expect(again.stateDigest() == live.stateDigest())
    }

    @Test func goingBackReplaysWhatCameLater() throws {
        let (machine, sink) = try machine()
        _ = machine.run(until: 500_000)
        let early = machine.snapshot()
        machine.inject(.key(.a, isPressed: true))
        _ = machine.run(until: 1_000_000)
        machine.inject(.key(.a, isPressed: false))
        _ = machine.run(until: 2_000_000)
        let digest = machine.stateDigest()
        let output = sink.serial
        #expect(output == [0x1E, 0x9E])

        machine.outputIsSilenced = true
        try machine.restore(early)
        #expect(machine.isReplaying)
        _ = machine.run(until: 2_000_000)
        machine.outputIsSilenced = false
        #expect(machine.stateDigest() == digest)
        #expect(sink.serial == output)

        // Another future.
        try machine.restore(early)
        machine.forgetFuture()
        #expect(machine.inject(.key(.b, isPressed: true)))
        _ = machine.run(until: 2_000_000)
        #expect(machine.stateDigest() != digest)
        #expect(machine.inputLog.events.count == 1)
    }

    @Test func theGuestExits() throws {
        let (machine, sink) = try machine()
        machine.inject(.key(.escape, isPressed: true))
        #expect(machine.run(until: .max) == .exited(code: GuestProgram.exitCode))
        #expect(sink.exits == [43])
        // One can go on afterwards.
        #expect(machine.run(until: machine.steps + 1000) == .reached)
    }

    @Test func anotherThreadStopsTheRun() throws {
        let (machine, _) = try machine()
        machine.inputQueue.requestStop()
        #expect(machine.run(until: .max) == .stopped)
        #expect(machine.run(until: machine.steps + 10) == .reached)
    }

    @Test func breakpoints() throws {
        let (machine, _) = try machine()
        // irq0, by its linear address.
        machine.processor.breakpoints = [0xF0078]
        #expect(machine.run(until: 10_000_000) == .breakpoint(0xF0078))
        let first = machine.steps
        #expect(machine.run(until: 10_000_000) == .breakpoint(0xF0078))
        #expect(machine.steps == first)
        #expect(machine.step() == .reached)
        #expect(machine.steps == first + 1)
        #expect(machine.run(until: 10_000_000) == .breakpoint(0xF0078))
        #expect((99_000...101_000).contains(machine.steps - first))
    }

    @Test func haltWithInterruptsOffIsTheEnd() throws {
        var rom = [UInt8](repeating: 0xFF, count: 4096)
        rom.replaceSubrange(0xFF0..<0xFF2, with: [0xFA, 0xF4])
        let (machine, _) = try machine { $0.firmware = rom }
        #expect(machine.run(until: 1000) == .halted)
        #expect(machine.steps == 2)
        machine.inject(.nonMaskableInterrupt)
        #expect(machine.run(until: 3) == .reached)
    }

    @Test func aTripleFaultIsReported() throws {
        var rom = [UInt8](repeating: 0xFF, count: 4096)
        // lidt with a limit of 0 (cs:[0xFFF8]), then ud2.
        rom.replaceSubrange(0xFF0..<0xFF8, with: [0x2E, 0x0F, 0x01, 0x1E, 0xF8, 0xFF, 0x0F, 0x0B])
        rom.replaceSubrange(0xFF8..<0xFFE, with: [0, 0, 0, 0, 0, 0])
        let (machine, _) = try machine { $0.firmware = rom }
        guard case .tripleFault(let report) = machine.run(until: 1000) else {
            Issue.record("no triple fault")
            return
        }
        // The handler of #UD and that of #GP lie beyond the limit; nor can the double fault be delivered.
        #expect(report.chain.prefix(4).map(\.vector) == [6, 13, 13, 8])
        #expect(report.chain.first?.registers.eip == 0xFFF6)
        #expect(report.instructionBytes.prefix(2) == [0x0F, 0x0B])
        // Nothing was reset; and that it was is the caller's decision.
        #expect(machine.processor.state.pointee.idtLimit == 0)
        machine.reset()
        #expect(machine.processor.state.pointee.idtLimit == 0xFFFF)
        #expect(machine.steps > 0)
    }

    @Test(arguments: [[UInt8(0xB0), 0xFE, 0xE6, 0x64], [0xB0, 0x01, 0xE6, 0x92]])
    func theGuestResetsTheMachine(code: [UInt8]) throws {
        var rom = [UInt8](repeating: 0xFF, count: 4096)
        // inc dword [0x500] counts the starts; then the reset; then hlt, which must not be reached.
        rom.replaceSubrange(0xFE0..<0xFE0 + 5 + code.count, with: [0x66, 0xFF, 0x06, 0x00, 0x05] + code)
        rom.replaceSubrange(0xFE0 + 5 + code.count..<0xFE0 + 7 + code.count, with: [0xFA, 0xF4])
        rom.replaceSubrange(0xFF0..<0xFF2, with: [0xEB, 0xEE])
        let (machine, _) = try machine { $0.firmware = rom }
        #expect(machine.run(until: 400) == .reached)
        // Four steps for each life; RAM is kept.
        #expect((95...105).contains(word(machine, 0x500)))
    }

    @Test func debugConsoleAndPostCodes() throws {
        let bench = try Bench()
        bench.out(0xE9, Array("hello".utf8))
        bench.out(0x80, 0x42)
        #expect(bench.sink.debug == Array("hello".utf8))
        #expect(bench.sink.codes == [0x42])
        #expect(bench.inb(0xE9) == 0xE9)
        #expect(bench.inb(0x80) == 0x42)
        #expect(bench.board.readPort(0x1234, size: 4) == 0xFFFF_FFFF)
        #expect(bench.board.readMMIO(0xFEE0_0000, size: 2) == 0xFFFF)
        bench.machine.outputIsSilenced = true
        bench.out(0xE9, 0x21)
        #expect(bench.sink.debug.count == 5)
    }
}
