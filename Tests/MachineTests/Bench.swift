import Processor
import Testing

@testable import Machine

/// A machine on the test bench: its ports are driven by hand and its time goes on without the processor.
final class Bench {
    let machine: Machine
    let sink = RecordingSink()
    var board: Board { machine.board }

    init(_ configure: (inout Machine.Configuration) -> Void = { _ in }) throws {
        var configuration = Machine.Configuration()
        configuration.memorySize = 1 << 20
        configuration.nanosecondsPerStep = 1
        configure(&configuration)
        machine = try Machine(configuration)
        machine.output = sink
    }

    func out(_ port: UInt16, _ value: UInt8) {
        board.writePort(port, size: 1, value: UInt32(value))
    }

    func out(_ port: UInt16, _ values: [UInt8]) {
        for value in values { out(port, value) }
    }

    func outWord(_ port: UInt16, _ value: UInt16) {
        board.writePort(port, size: 2, value: UInt32(value))
    }

    func inb(_ port: UInt16) -> UInt8 {
        UInt8(truncatingIfNeeded: board.readPort(port, size: 1))
    }

    func inWord(_ port: UInt16) -> UInt16 {
        UInt16(truncatingIfNeeded: board.readPort(port, size: 2))
    }

    /// Lets `nanoseconds` pass and everything happen that is due in them.
    func advance(_ nanoseconds: UInt64) {
        let end = board.now &+ nanoseconds
        while board.events.next <= end {
            machine.processor.state.pointee.steps = max(machine.steps, board.clock.step(at: board.events.next))
            board.fireDueEvents()
        }
        machine.processor.state.pointee.steps = max(machine.steps, board.clock.step(at: end))
        board.fireDueEvents()
    }

    /// Lets virtual time pass until `condition` holds; a second at most.
    func wait(_ what: Comment? = nil, until condition: () -> Bool, sourceLocation: SourceLocation = #_sourceLocation) {
        for _ in 0..<100_000 {
            if condition() { return }
            advance(10_000)
        }
        Issue.record(what ?? "waited in vain", sourceLocation: sourceLocation)
    }

    /// Initialises both interrupt controllers as a BIOS does: vectors 0x08 and 0x70, everything unmasked.
    func initializeInterrupts(icw4: UInt8 = 0x01) {
        for (port, vector, cascade) in [(UInt16(0x20), UInt8(0x08), UInt8(0x04)), (0xA0, 0x70, 0x02)] {
            out(port, 0x11)
            out(port + 1, [vector, cascade, icw4, 0x00])
        }
    }

    /// The level of the processor's INTR pin.
    var interruptRequested: Bool { machine.processor.state.pointee.interruptRequested }

    func acknowledge() -> UInt8 { board.acknowledgeInterrupt() }
}

/// Keeps what comes out of a machine.
final class RecordingSink: OutputSink {
    var serial: [UInt8] = []
    var debug: [UInt8] = []
    var codes: [UInt8] = []
    var lamps: [(Bool, Bool, Bool)] = []
    var exits: [Int32] = []
    var warnings: [String] = []
    var frequencies: [Double] = []

    var serialText: String { String(decoding: serial, as: UTF8.self) }

    func serialPort(_ port: Int, sent byte: UInt8) { serial.append(byte) }
    func debugConsole(sent byte: UInt8) { debug.append(byte) }
    func powerOnSelfTest(code: UInt8) { codes.append(code) }
    func speaker(frequency: Double, nanoseconds: UInt64) { frequencies.append(frequency) }
    func guestExited(code: Int32) { exits.append(code) }
    func keyboardLamps(scrollLock: Bool, numLock: Bool, capsLock: Bool) {
        lamps.append((scrollLock, numLock, capsLock))
    }
    func warning(_ message: String) { warnings.append(message) }
}
