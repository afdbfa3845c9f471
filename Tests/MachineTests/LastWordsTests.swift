import Testing

@testable import Machine

/// What a guest has given to COM1 is heard even if the guest ends the machine before the characters' time is over.
@Suite struct LastWordsTests {
    /// Sends "OK" and then does `ending`; real mode, FIFO on.
    private func machine(_ ending: [UInt8]) throws -> (Machine, RecordingSink) {
        // cli; mov dx, 3FAh; mov al, 1; out dx, al; mov dl, F8h; mov al, 'O'; out dx, al; mov al, 'K'; out dx, al
        let code: [UInt8] =
            [0xFA, 0xBA, 0xFA, 0x03, 0xB0, 0x01, 0xEE, 0xB2, 0xF8, 0xB0, 0x4F, 0xEE, 0xB0, 0x4B, 0xEE] + ending
        var rom = [UInt8](repeating: 0xFF, count: 64 << 10)
        rom.replaceSubrange(0..<code.count, with: code)
        rom.replaceSubrange(0xFFF0..<0xFFF5, with: [0xEA, 0x00, 0x00, 0x00, 0xF0])
        var configuration = Machine.Configuration()
        configuration.memorySize = 1 << 20
        configuration.firmware = rom
        let machine = try Machine(configuration)
        let sink = RecordingSink()
        machine.output = sink
        return (machine, sink)
    }

    private static let halt: [UInt8] = [0xF4]
    /// mov dx, 501h; out dx, al; jmp $
    private static let exit: [UInt8] = [0xBA, 0x01, 0x05, 0xEE, 0xEB, 0xFE]
    /// xor ax, ax; mov ds, ax; lidt [0], where RAM is zeros: a limit of 0; ud2
    private static let tripleFault: [UInt8] = [0x31, 0xC0, 0x8E, 0xD8, 0x0F, 0x01, 0x1E, 0x00, 0x00, 0x0F, 0x0B]

    @Test func beforeAHalt() throws {
        let (machine, sink) = try machine(Self.halt)
        #expect(machine.run(until: 1000) == .halted)
        #expect(sink.serialText == "OK")
        #expect(machine.run(until: 1_000_000) == .halted)
        #expect(sink.serialText == "OK")
    }

    @Test func beforeAnExit() throws {
        let (machine, sink) = try machine(Self.exit)
        #expect(machine.run(until: 1000) == .exited(code: 0x4B << 1 | 1))
        #expect(sink.serialText == "OK")
        // The guest goes on, and its port is done with the characters in their own time.
        #expect(machine.run(until: 10_000_000) == .reached)
        #expect(machine.board.serialPorts[0].registers.shifting == nil)
        #expect(sink.serialText == "OK")
    }

    @Test func beforeATripleFault() throws {
        let (machine, sink) = try machine(Self.tripleFault)
        guard case .tripleFault = machine.run(until: 1000) else {
            Issue.record("no triple fault")
            return
        }
        #expect(sink.serialText == "OK")
        machine.reset()
        guard case .tripleFault = machine.run(until: 2000) else {
            Issue.record("no second triple fault")
            return
        }
        #expect(sink.serialText == "OKOK")
    }

    @Test func whatIsSentLaterIsHeardToo() throws {
        let (machine, sink) = try machine(Self.exit)
        _ = machine.run(until: 1000)
        machine.board.writePort(0x3F8, size: 1, value: 0x21)
        _ = machine.run(until: 10_000_000)
        #expect(sink.serialText == "OK!")
    }

    @Test func silenceIsKept() throws {
        let (machine, sink) = try machine(Self.halt)
        machine.outputIsSilenced = true
        #expect(machine.run(until: 1000) == .halted)
        #expect(sink.serial.isEmpty)
    }

    @Test func theMachineIsTheSameWithAndWithoutListeners() throws {
        let (heard, _) = try machine(Self.exit)
        let (unheard, _) = try machine(Self.exit)
        unheard.output = nil
        for machine in [heard, unheard] {
            _ = machine.run(until: 1000)
            _ = machine.run(until: 1_000_000)
        }
        #expect(heard.stateDigest() == unheard.stateDigest())
    }
}
