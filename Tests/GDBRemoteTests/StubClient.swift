import Debugger
import GDBRemote
import Machine

/// A machine of 4 MiB with a small program in its ROM, and a client of its stub, without any socket in between.
final class StubClient {
    let machine: Machine
    let debugger: Debugger
    /// What a run does not exceed: the program ends in a loop. Beyond, it is as if somebody had asked for a stop.
    static let patience: UInt64 = 20_000

    private(set) var stub: Stub!
    private(set) var outcome = Stub.Outcome.attached
    private var sent: [UInt8] = []
    private var commands: DebuggerCommands

    init(_ code: [UInt8] = program) throws {
        var configuration = Machine.Configuration()
        configuration.memorySize = 4 << 20
        configuration.firmware =
            code + [UInt8](repeating: 0x90, count: 0xFFF0 - code.count)
            // jmp far 0xf000:0
            + [0xEA, 0x00, 0x00, 0x00, 0xF0] + [UInt8](repeating: 0, count: 11)
        machine = try Machine(configuration)
        let timeline = Timeline(machine)
        debugger = Debugger(timeline) { step in
            let end = timeline.machine.steps + Self.patience
            let result = timeline.run(until: min(step, end))
            return result == .reached && timeline.machine.steps < step ? .stopped : result
        }
        commands = DebuggerCommands(debugger)
        connect()
    }

    /// As another client.
    func connect() {
        stub?.removeInsertions()
        outcome = .attached
        sent = []
        stub = Stub(commands) { [unowned self] bytes in sent += bytes }
    }

    /// What the stub sends back, byte for byte.
    func exchange(_ event: PacketDecoder.Event) -> [UInt8] {
        sent = []
        outcome = stub.receive(event)
        return sent
    }

    /// The packets that answer a packet.
    func replies(_ packet: [UInt8]) -> [[UInt8]] {
        var decoder = PacketDecoder(limit: 1 << 20, expandsRuns: true)
        return decoder.decode(exchange(.packet(packet))).compactMap { event in
            if case .packet(let contents) = event { contents } else { nil }
        }
    }

    func replies(_ packet: String) -> [String] {
        replies(Array(packet.utf8)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The last packet that answers.
    func reply(_ packet: String) -> String? { replies(packet).last }

    /// 0xF0000:
    ///
    ///     00  mov ax, 5
    ///     03  mov sp, 0x7000
    ///     06  call 0x0e
    ///     09  mov [0x1000], ax
    ///     0c  jmp 0x0c
    ///     0e  add ax, ax
    ///     10  mov bx, [0x1000]
    ///     14  ret
    static let program: [UInt8] = [
        0xB8, 0x05, 0x00, 0xBC, 0x00, 0x70, 0xE8, 0x05, 0x00, 0xA3, 0x00, 0x10, 0xEB, 0xFE,
        0x01, 0xC0, 0x8B, 0x1E, 0x00, 0x10, 0xC3,
    ]
}

/// A number as registers stand in packets: the lowest byte first.
func littleEndian(_ value: UInt32) -> String {
    (0..<4).map { index in
        let digits = String(value >> (8 * index) & 0xFF, radix: 16)
        return digits.count < 2 ? "0" + digits : digits
    }.joined()
}

func hexadecimal(_ text: String) -> String {
    text.utf8.map { String($0 >> 4, radix: 16) + String($0 & 0xF, radix: 16) }.joined()
}
