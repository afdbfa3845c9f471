import Testing

@testable import Machine

@Suite struct KeyboardTests {
    /// Reads everything that the controller has to say.
    private func drain(_ bench: Bench) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<200 {
            bench.advance(500_000)
            if bench.inb(0x64) & 1 != 0 { bytes.append(bench.inb(0x60)) }
        }
        return bytes
    }

    private func press(_ bench: Bench, _ keys: Key...) {
        for key in keys { bench.machine.inject(.key(key, isPressed: true)) }
        for key in keys.reversed() { bench.machine.inject(.key(key, isPressed: false)) }
    }

    @Test func keysArriveInSetOne() throws {
        let bench = try Bench()
        press(bench, .leftShift, .a)
        #expect(drain(bench) == [0x2A, 0x1E, 0x9E, 0xAA])
        press(bench, .up)
        #expect(drain(bench) == [0xE0, 0x48, 0xE0, 0xC8])
        press(bench, .pause)
        #expect(drain(bench) == [0xE1, 0x1D, 0x45, 0xE1, 0x9D, 0xC5])
        press(bench, .printScreen)
        #expect(drain(bench) == [0xE0, 0x2A, 0xE0, 0x37, 0xE0, 0xB7, 0xE0, 0xAA])
    }

    @Test func everyKeyHasItsOwnCodesInEverySet() {
        for set: UInt8 in 1...3 {
            var seen: [[UInt8]: Key] = [:]
            for key in Key.allCases {
                let bytes = ScanCodes.bytes(for: key, isPressed: true, set: set)
                #expect(!bytes.isEmpty, "\(key) in set \(set)")
                #expect(seen[bytes] == nil, "\(key) and \(String(describing: seen[bytes])) in set \(set)")
                seen[bytes] = key
            }
        }
    }

    @Test func withoutTranslationSetTwoComesThrough() throws {
        let bench = try Bench()
        bench.out(0x64, 0x60)
        bench.out(0x60, 0x01)
        press(bench, .a)
        #expect(drain(bench) == [0x1C, 0xF0, 0x1C])
    }

    @Test func keysInterrupt() throws {
        let bench = try Bench()
        bench.initializeInterrupts()
        bench.out(0x64, 0x60)
        bench.out(0x60, 0x41)
        press(bench, .enter)
        bench.wait(until: { bench.interruptRequested })
        #expect(bench.acknowledge() == 0x09)
        #expect(bench.inb(0x60) == 0x1C)
        bench.out(0x20, 0x20)
        #expect(!bench.interruptRequested)
        bench.wait(until: { bench.interruptRequested })
        #expect(bench.acknowledge() == 0x09)
        #expect(bench.inb(0x60) == 0x9C)
    }

    @Test func controllerCommands() throws {
        let bench = try Bench()
        bench.out(0x64, 0xAA)
        #expect(drain(bench) == [0x55])
        #expect(bench.inb(0x64) & 0x04 != 0)
        bench.out(0x64, 0xAB)
        #expect(drain(bench) == [0x00])
        bench.out(0x64, 0x60)
        bench.out(0x60, 0x45)
        bench.out(0x64, 0x20)
        #expect(drain(bench) == [0x45])
        bench.out(0x64, 0x75)
        bench.out(0x60, 0x99)
        bench.out(0x64, 0x35)
        #expect(drain(bench) == [0x99])
        bench.out(0x64, 0xD0)
        let outputPort = drain(bench)
        #expect(outputPort.count == 1 && outputPort[0] & 0x03 == 0x03)
        bench.out(0x64, 0xD2)
        bench.out(0x60, 0x77)
        #expect(drain(bench) == [0x77])
    }

    @Test func withoutAMouseTheAuxiliaryPortTimesOut() throws {
        let bench = try Bench()
        bench.out(0x64, 0xD4)
        bench.out(0x60, 0xFF)
        bench.advance(1_000_000)
        #expect(bench.inb(0x64) & 0x61 == 0x61)
        #expect(bench.inb(0x60) == 0xFE)
    }

    @Test func keyboardCommands() throws {
        let bench = try Bench()
        bench.out(0x60, 0xEE)
        #expect(drain(bench) == [0xEE])
        bench.out(0x60, 0xFF)
        #expect(drain(bench) == [0xFA, 0xAA])
        // ABh 83h, the second translated.
        bench.out(0x60, 0xF2)
        #expect(drain(bench) == [0xFA, 0xAB, 0x41])
        bench.out(0x60, 0xED)
        #expect(drain(bench) == [0xFA])
        bench.out(0x60, 0x05)
        #expect(drain(bench) == [0xFA])
        #expect(bench.sink.lamps.count == 1)
        #expect(bench.sink.lamps.last.map { $0 == (true, false, true) } == true)
        bench.out(0x60, 0xFE)
        #expect(drain(bench) == [0xFA])
        bench.out(0x60, 0x12)
        #expect(drain(bench) == [0xFE])
    }

    @Test func scanCodeSets() throws {
        let bench = try Bench()
        bench.out(0x64, 0x60)
        bench.out(0x60, 0x00)
        bench.out(0x60, 0xF0)
        #expect(drain(bench) == [0xFA])
        bench.out(0x60, 0x03)
        #expect(drain(bench) == [0xFA])
        press(bench, .up)
        #expect(drain(bench) == [0x63, 0xF0, 0x63])
        bench.out(0x60, 0xF0)
        _ = drain(bench)
        bench.out(0x60, 0x00)
        #expect(drain(bench) == [0xFA, 0x03])
        bench.out(0x60, 0xF8)
        _ = drain(bench)
        bench.machine.inject(.key(.a, isPressed: true))
        bench.advance(3_000_000_000)
        // Make/break keys do not repeat.
        #expect(drain(bench) == [0x1C])
    }

    @Test func aDisabledKeyboardIsSilent() throws {
        let bench = try Bench()
        bench.out(0x60, 0xF5)
        #expect(drain(bench) == [0xFA])
        press(bench, .a)
        #expect(drain(bench).isEmpty)
        bench.out(0x60, 0xF4)
        #expect(drain(bench) == [0xFA])
        press(bench, .b)
        #expect(drain(bench) == [0x30, 0xB0])
        // The controller can hold the keyboard back; it then waits.
        bench.out(0x64, 0xAD)
        press(bench, .c)
        #expect(drain(bench).isEmpty)
        bench.out(0x64, 0xAE)
        #expect(drain(bench) == [0x2E, 0xAE])
    }

    @Test func heldKeysRepeat() throws {
        let bench = try Bench()
        bench.machine.inject(.key(.x, isPressed: true))
        bench.advance(490_000_000)
        #expect(drain(bench).filter { $0 == 0x2D }.count == 1 + 1)
        // 10.9 characters per second by default.
        var count = 0
        for _ in 0..<1000 {
            bench.advance(1_000_000)
            if bench.inb(0x64) & 1 != 0, bench.inb(0x60) == 0x2D { count += 1 }
        }
        #expect((10...12).contains(count))
        bench.machine.inject(.key(.x, isPressed: false))
        #expect(drain(bench) == [0xAD])
        bench.advance(1_000_000_000)
        #expect(drain(bench).isEmpty)
    }

    /// As when a host that was busy brings what was typed meanwhile: many more codes than the buffer's 16.
    private static let manyKeys: [Key] = Array(repeating: [.t, .h, .e, .space, .q, .u, .i, .c, .k, .up], count: 5)
        .flatMap { $0 }

    private static func codes(of keys: [Key]) -> [UInt8] {
        keys.flatMap { key in [true, false].flatMap { ScanCodes.bytes(for: key, isPressed: $0, set: 1) } }
    }

    @Test func keysOfOneMomentWaitForRoom() throws {
        let bench = try Bench()
        for key in Self.manyKeys { press(bench, key) }
        #expect(bench.board.keyboard.registers.queue.count <= 16)
        #expect(drain(bench) == Self.codes(of: Self.manyKeys))
        #expect(bench.board.keyboard.registers.waiting.isEmpty)
        #expect(bench.board.keyboard.registers.held.isEmpty)
    }

    @Test func waitingKeysAreState() throws {
        let bench = try Bench()
        for key in Self.manyKeys { press(bench, key) }
        let snapshot = try MachineSnapshot(decoding: bench.machine.snapshot().encoded())
        #expect(drain(bench) == Self.codes(of: Self.manyKeys))
        let digest = bench.machine.stateDigest()

        let other = try Bench()
        try other.machine.restore(snapshot)
        #expect(drain(other) == Self.codes(of: Self.manyKeys))
        #expect(other.machine.stateDigest() == digest)
    }

    @Test func keysAndTextKeepTheirOrder() throws {
        let bench = try Bench()
        bench.machine.inject(.text("ab"))
        press(bench, .leftControl, .c)
        bench.machine.inject(.text("d"))
        bench.machine.inject(.text("E"))
        press(bench, .left)
        #expect(
            drain(bench) == [
                0x1E, 0x9E, 0x30, 0xB0, 0x1D, 0x2E, 0xAE, 0x9D, 0x20, 0xA0, 0x2A, 0x12, 0x92, 0xAA,
                0xE0, 0x4B, 0xE0, 0xCB,
            ])
    }

    @Test func aHeldKeyRepeatsFromWhenItsTurnComes() throws {
        let bench = try Bench()
        for key in Self.manyKeys { press(bench, key) }
        bench.machine.inject(.key(.x, isPressed: true))
        // Nobody takes anything: a key that has not been told of does not repeat.
        bench.advance(5_000_000_000)
        #expect(drain(bench) == Self.codes(of: Self.manyKeys) + [0x2D])
        bench.machine.inject(.key(.x, isPressed: false))
        #expect(drain(bench).last == 0xAD)
        bench.advance(1_000_000_000)
        #expect(drain(bench).isEmpty)
    }

    @Test func aGuestThatTakesNothingOverruns() throws {
        let bench = try Bench()
        bench.out(0x64, 0xAD)
        bench.machine.inject(.key(.leftShift, isPressed: true))
        for _ in 0..<3000 { press(bench, .a) }
        bench.machine.inject(.key(.leftShift, isPressed: false))
        #expect((4096..<4096 + 16).contains(bench.board.keyboard.registers.waiting.count))
        bench.out(0x64, 0xAE)
        var bytes: [UInt8] = []
        while case let more = drain(bench), !more.isEmpty { bytes += more }
        let presses = bytes.count { $0 == 0x1E }
        #expect((2048..<3000).contains(presses))
        #expect(bytes.count { $0 == 0x9E } == presses)
        // Shift is not stuck, though its release came when much had been lost.
        #expect(bytes.suffix(2) == [0xFF, 0xAA])
        press(bench, .z)
        #expect(drain(bench) == [0x2C, 0xAC])
    }

    @Test func textIsTyped() throws {
        let bench = try Bench()
        bench.machine.inject(.text("a€B\n"))
        #expect(drain(bench) == [0x1E, 0x9E, 0x2A, 0x30, 0xB0, 0xAA, 0x1C, 0x9C])
    }

    @Test func addressLine20HasTwoSwitches() throws {
        let bench = try Bench()
        #expect(bench.machine.processor.isA20Enabled)
        bench.out(0x64, 0xD1)
        bench.out(0x60, 0xDD)
        #expect(!bench.machine.processor.isA20Enabled)
        bench.out(0x92, 0x02)
        #expect(bench.machine.processor.isA20Enabled)
        bench.out(0x92, 0x00)
        #expect(!bench.machine.processor.isA20Enabled)
        bench.out(0x64, 0xDF)
        #expect(bench.machine.processor.isA20Enabled)
    }

    @Test func deadSwitchesSwitchNothing() throws {
        let keyboard = try Bench { $0.hostility = .deadKeyboardA20 }
        keyboard.out(0x92, 0x00)
        #expect(!keyboard.machine.processor.isA20Enabled)
        keyboard.out(0x64, 0xDF)
        #expect(!keyboard.machine.processor.isA20Enabled)
        let port92 = try Bench { $0.hostility = .deadPort92 }
        #expect(port92.inb(0x92) == 0xFF)
        port92.out(0x64, 0xDD)
        port92.out(0x92, 0x02)
        #expect(!port92.machine.processor.isA20Enabled)
        let slow = try Bench { $0.hostility = .slowA20 }
        slow.out(0x64, 0xDD)
        #expect(slow.machine.processor.isA20Enabled)
        slow.advance(101_000_000)
        #expect(!slow.machine.processor.isA20Enabled)
    }
}
