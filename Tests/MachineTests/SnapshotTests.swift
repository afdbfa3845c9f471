import Processor
import RandomTestSupport
import Testing

@testable import Machine

@Suite struct SnapshotTests {
    /// A bench in the middle of everything: half-written counts, bytes under way, a sector half read, a key held.
    private func busyBench(_ generator: inout SplitMix64) throws -> Bench {
        let disk = MemoryDisk((0..<512 * 64).map { UInt8(truncatingIfNeeded: $0 &* 7) })
        let bench = try Bench {
            $0.serialPorts = 2
            $0.drives = [
                Machine.Drive(image: disk, policy: .discard), nil, nil, Machine.Drive(image: disk, policy: .discard),
            ]
        }
        bench.initializeInterrupts()
        poke(bench, &generator, times: 300)
        return bench
    }

    private static let ports: [UInt16] = [
        0x20, 0x21, 0xA0, 0xA1, 0x40, 0x41, 0x42, 0x43, 0x60, 0x61, 0x64, 0x70, 0x71, 0x3F8, 0x3F9, 0x3FA, 0x3FB, 0x3FC,
        0x2F8, 0x2F9, 0x2FA, 0x1F1, 0x1F2, 0x1F3, 0x1F6, 0x1F7, 0x176, 0x177, 0x3C0, 0x3C4, 0x3C5, 0x3CE, 0x3CF, 0x3D4,
        0x3D5, 0x3C8, 0x3C9, 0x4D0, 0x3F6, 0x80,
    ]
    private static let commands: [UInt8] = [
        0x20, 0x30, 0xC4, 0xC5, 0xC6, 0xEC, 0xEF, 0x91, 0x90, 0xE8, 0xE4, 0x40, 0x10,
    ]

    /// Random accesses, input and time. Resets are left out: they belong to the machine, not to the chips.
    private func poke(_ bench: Bench, _ generator: inout SplitMix64, times: Int) {
        for _ in 0..<times {
            let value = UInt8(truncatingIfNeeded: generator.next())
            let port = Self.ports[Int(generator.next() % UInt64(Self.ports.count))]
            switch generator.next() % 10 {
            case 0...3:
                if port == 0x64 && (value >= 0xF0 || value == 0xD1) { continue }
                bench.out(port, port & 0x7F == 0x77 ? Self.commands[Int(value) % Self.commands.count] : value)
            case 4, 5: _ = bench.inb(port)
            case 6: _ = bench.inWord(value & 1 == 0 ? 0x1F0 : 0x170)
            case 7:
                for _ in 0..<Int(value) { bench.outWord(0x1F0, UInt16(value)) }
            case 8:
                let key = Key.allCases[Int(value) % Key.allCases.count]
                bench.machine.inject(.key(key, isPressed: value & 0x80 != 0))
                if value < 8 { bench.machine.inject(.text("Text")) }
                bench.machine.inject(.serial([value, value ^ 0xFF], port: value & 1))
            default:
                bench.board.writeMMIO(0xA0000 + UInt32(generator.next() % 0x20000), size: 1, value: UInt32(value))
                bench.advance(generator.next() % 3_000_000)
            }
            if bench.interruptRequested, value & 3 == 0 { _ = bench.acknowledge() }
        }
    }

    @Test(arguments: 1...20) func everyChipGoesOnFromWhereItWas(seed: Int) throws {
        var generator = SplitMix64(seed: UInt64(seed))
        let bench = try busyBench(&generator)
        let snapshot = bench.machine.snapshot()
        let file = snapshot.encoded()
        let rest = generator
        poke(bench, &generator, times: 300)
        let digest = bench.machine.stateDigest()
        bench.machine.outputIsSilenced = true

        try bench.machine.restore(snapshot)
        bench.machine.forgetFuture()
        generator = rest
        poke(bench, &generator, times: 300)
        #expect(bench.machine.stateDigest() == digest)

        try bench.machine.restore(MachineSnapshot(decoding: file))
        bench.machine.forgetFuture()
        generator = rest
        poke(bench, &generator, times: 300)
        #expect(bench.machine.stateDigest() == digest)
    }

    @Test func filesHoldPagingAndModelSpecificRegisters() throws {
        let bench = try Bench { $0.processorModel = "pentium4" }
        let state = bench.machine.processor.state
        state.pointee.cr4 = ControlRegister.physicalAddressExtension
        for index in 0..<4 { state.pointee.pageDirectoryPointers[index] = UInt64(index + 1) << 32 | 0x1001 }
        for index in 3..<8 { state.pointee.testRegisters[index] = UInt32(index) * 0x1111 }
        state.pointee.modelSpecific.words = (1...UInt64(ModelSpecificRegisters.wordCount)).map { $0 * 3 }
        let file = bench.machine.snapshot().encoded()
        let digest = bench.machine.stateDigest()
        let other = try Bench { $0.processorModel = "pentium4" }
        #expect(other.machine.stateDigest() != digest)
        try other.machine.restore(MachineSnapshot(decoding: file))
        #expect(other.machine.stateDigest() == digest)
        let restored = other.machine.processor.state
        #expect((0..<4).allSatisfy { restored.pointee.pageDirectoryPointers[$0] == UInt64($0 + 1) << 32 | 0x1001 })
        #expect((3..<8).allSatisfy { restored.pointee.testRegisters[$0] == UInt32($0) * 0x1111 })
        #expect(restored.pointee.modelSpecific == state.pointee.modelSpecific)
    }

    /// A file may say what the processor cannot be: bits of CR4 and EFER that the model does not have are left out.
    @Test func bitsThatTheModelLacksAreNotRestored() throws {
        let bench = try Bench { $0.processorModel = "pentium" }
        bench.machine.processor.state.pointee.cr4 = 0xFFFF_FFFF
        bench.machine.processor.state.pointee.modelSpecific.efer = 0xFFFF_FFFF
        let snapshot = try MachineSnapshot(decoding: bench.machine.snapshot().encoded())
        try bench.machine.restore(snapshot)
        #expect(bench.machine.processor.state.pointee.cr4 == 0x1F)
        #expect(bench.machine.processor.state.pointee.modelSpecific.efer == 0)
    }

    @Test func damagedFilesAreRefused() throws {
        var generator = SplitMix64(seed: 99)
        let bench = try busyBench(&generator)
        let file = bench.machine.snapshot().encoded()
        #expect(throws: SnapshotError("this is not a machine snapshot")) { try MachineSnapshot(decoding: []) }
        #expect(throws: SnapshotError("this is not a machine snapshot")) {
            try MachineSnapshot(decoding: Array("a text file, say; long enough for a header".utf8))
        }
        #expect(throws: SnapshotError("this machine snapshot is cut short")) {
            try MachineSnapshot(decoding: Array(file.dropLast()))
        }
        var wrongVersion = file
        wrongVersion[8] = 77
        #expect(throws: SnapshotError.self) { try MachineSnapshot(decoding: wrongVersion) }
        for _ in 0..<20 {
            var damaged = file
            damaged[28 + Int(generator.next() % UInt64(file.count - 28))] ^= UInt8(1 << (generator.next() % 8))
            #expect(throws: SnapshotError("this machine snapshot is damaged: its checksum does not match")) {
                try MachineSnapshot(decoding: damaged)
            }
        }
    }

    /// What is damaged on purpose, with a right checksum, may be refused or accepted; but it must not crash, then or
    /// later.
    @Test func forgedFilesDoNotCrash() throws {
        var generator = SplitMix64(seed: 100)
        let bench = try busyBench(&generator)
        let file = bench.machine.snapshot().encoded()
        let body = Array(file[28...])
        // The interesting part is before the bulk of the video memory.
        for round in 0..<300 {
            var forged = body
            for _ in 0..<(round % 4 + 1) {
                let place = Int(generator.next() % UInt64(round % 2 == 0 ? 4000 : body.count))
                forged[place] = UInt8(truncatingIfNeeded: generator.next())
            }
            let sealed = SavedFile.seal(forged, magic: Array("MRTLSNAP".utf8), version: 2)
            guard let snapshot = try? MachineSnapshot(decoding: sealed), (try? bench.machine.restore(snapshot)) != nil
            else {
                continue
            }
            bench.machine.forgetFuture()
            poke(bench, &generator, times: 40)
            _ = bench.machine.frame()
        }
    }

    @Test func aSnapshotOfAnotherMachineIsRefused() throws {
        let small = try Bench()
        let large = try Bench { $0.memorySize = 2 << 20 }
        let digest = large.machine.stateDigest()
        #expect(throws: SnapshotError.self) { try large.machine.restore(small.machine.snapshot()) }
        #expect(large.machine.stateDigest() == digest)
    }

    @Test func logsAreChecked() throws {
        var log = InputLog()
        log.append(StampedInput(step: 5, event: .key(.a, isPressed: true)))
        log.append(StampedInput(step: 5, event: .serial([1, 2], port: 0)))
        log.append(StampedInput(step: 9, event: .resetButton))
        log.append(StampedInput(step: 10, event: .date(secondsSince1970: -4)))
        log.append(StampedInput(step: 11, event: .text("Grüße\n")))
        let file = log.encoded()
        #expect(try InputLog(decoding: file) == log)
        #expect(throws: SnapshotError("this is not a recording of input")) { try InputLog(decoding: [1, 2, 3]) }
        var generator = SplitMix64(seed: 6)
        let body = Array(file[28...])
        for _ in 0..<2000 {
            var forged = body
            forged[Int(generator.next() % UInt64(body.count))] = UInt8(truncatingIfNeeded: generator.next())
            _ = try? InputLog(decoding: SavedFile.seal(forged, magic: Array("MRTLINPT".utf8), version: 1))
        }
    }

    @Test func theBinaryFormatRoundTrips() throws {
        struct Sample: Codable, Equatable {
            var optional: UInt8?
            var none: String?
            var number = -5
            var text = "Füße"
            var nested: [[Int16]] = [[1, -2], [], [3]]
            var flags = [true, false]
            var real = 0.1
            var key: Key? = .enter
            var events: [InputEvent] = [.resetButton, .key(.f1, isPressed: false), .clockRate(nanosecondsPerStep: 3)]
        }
        let sample = Sample(optional: 7)
        #expect(try BinaryDecoder.decode(Sample.self, from: BinaryEncoder.encode(sample)) == sample)
    }
}
