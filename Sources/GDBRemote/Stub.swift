import Debugger
import Machine

/// The stub: answers a debugger's packets by asking the machine's ``Debugger``.
///
/// A stub is one client's: what that client has set (breakpoints, the mode without acknowledgements) ends with it. It
/// runs on the machine's thread, and a packet that moves the machine is answered when the machine has stopped.
///
///     let stub = Stub(DebuggerCommands(machine: machine)) { bytes in ... }
///     for event in decoder.decode(received) { stub.receive(event) }
public final class Stub {
    /// What a packet has led to.
    public enum Outcome: Equatable, Sendable {
        /// The client goes on asking.
        case attached
        /// The client has left; the machine is to go on by itself.
        case detached
        /// The machine is to end, with this exit code.
        case ended(code: Int32)
    }

    /// The longest packet that is accepted, and the longest reply but for `monitor` commands, in bytes.
    public static let packetSize = 0x1_0000

    let commands: DebuggerCommands
    var debugger: Debugger { commands.debugger }
    private let send: ([UInt8]) -> Void
    /// Calls what moves the machine; for those who must know when an interrupt has something to interrupt.
    let whileMoving: (() -> Void) -> Void
    /// Whether the wish to stop is a wish to leave.
    let isLeaving: () -> Bool

    /// The client does not want packets to be acknowledged.
    private var omitsAcknowledgements = false
    private var lastSent: [UInt8] = []
    /// The thread that the client looks at, if it is another than the one that runs.
    var selectedThread: UInt64?
    /// Why the machine stands still; nil if the client has not moved it.
    var lastStop: Stop?
    /// What the client has set, and the debugger's number for it.
    var insertions: [Insertion: Int] = [:]

    /// A breakpoint or watchpoint as the client sees it.
    struct Insertion: Hashable {
        let kind: Kind
        let address: UInt32
        /// Bytes of a watchpoint; of a breakpoint something that does not matter.
        let length: UInt32

        /// The digit behind `Z`.
        enum Kind: UInt8 {
            case software = 0x30
            case hardware, write, read, access
        }
    }

    /// - Parameters:
    ///   - whileMoving: is to call what it is given, which moves the machine.
    ///   - isLeaving: if a move was interrupted, whether that was to end the machine.
    ///   - send: takes bytes for the client.
    public init(
        _ commands: DebuggerCommands, whileMoving: @escaping (() -> Void) -> Void = { $0() },
        isLeaving: @escaping () -> Bool = { false }, send: @escaping ([UInt8]) -> Void
    ) {
        self.commands = commands
        self.whileMoving = whileMoving
        self.isLeaving = isLeaving
        self.send = send
    }

    /// Removes what the client has set: it is gone.
    public func removeInsertions() {
        for number in insertions.values { debugger.deleteBreakpoint(number) }
        insertions = [:]
    }

    /// Answers what the client has sent.
    public func receive(_ event: PacketDecoder.Event) -> Outcome {
        switch event {
        case .acknowledgement: break
        case .rejection: if !omitsAcknowledgements, !lastSent.isEmpty { send(lastSent) }
        case .corruptPacket: if !omitsAcknowledgements { send([UInt8(ascii: "-")]) }
        case .oversizedPacket:
            acknowledge()
            reply(.tooLong)
        // The machine stands still already, and gdb has been told.
        case .interrupt: break
        case .packet(let contents):
            acknowledge()
            return answer(contents)
        }
        return .attached
    }

    private func acknowledge() {
        if !omitsAcknowledgements { send([UInt8(ascii: "+")]) }
    }

    // MARK: Replies

    /// What a packet is answered.
    enum Reply: Equatable {
        case ok
        /// We do not know this packet.
        case unsupported
        case text(String)
        /// Text, and behind it binary data that is still to be escaped.
        case data(String, [UInt8])
        /// The packet makes no sense (EINVAL).
        case malformed
        /// There is no memory (EFAULT).
        case noMemory
        /// It cannot be changed (EACCES).
        case readOnly
        /// There is no such thread, or its registers cannot be found (ESRCH).
        case noThread
        /// E2BIG.
        case tooLong

        var contents: [UInt8] {
            switch self {
            case .ok: Array("OK".utf8)
            case .unsupported: []
            case .text(let text): Array(text.utf8)
            case .data(let text, let data): Array(text.utf8) + Packet.escape(data)
            case .malformed: Array("E16".utf8)
            case .noMemory: Array("E0e".utf8)
            case .readOnly: Array("E0d".utf8)
            case .noThread: Array("E03".utf8)
            case .tooLong: Array("E07".utf8)
            }
        }
    }

    func reply(_ reply: Reply) {
        lastSent = Packet.frame(reply.contents)
        send(lastSent)
    }

    /// Text for the user, while the client waits for something else.
    func print(_ text: String) {
        let bytes = Array((text.hasSuffix("\n") ? text : text + "\n").utf8)
        for start in stride(from: 0, to: bytes.count, by: Self.packetSize / 4) {
            let piece = bytes[start..<min(bytes.count, start + Self.packetSize / 4)]
            reply(.text("O" + Hexadecimal.text(piece)))
        }
    }

    // MARK: Packets

    private func answer(_ packet: [UInt8]) -> Outcome {
        guard let letter = packet.first else {
            reply(.unsupported)
            return .attached
        }
        let rest = packet.dropFirst()
        switch Character(Unicode.Scalar(letter)) {
        case "c", "C", "s", "S", "b": return move(packet)
        case "v": return answerLong(packet)
        case "k":
            // gdb does not listen any more, lldb wants to hear that it worked.
            reply(.text("X09"))
            return .ended(code: 0)
        case "D":
            reply(.ok)
            return .detached
        case "?": reply(lastStop.map(stopReply) ?? .text("T05thread:" + String(runningThread, radix: 16) + ";"))
        case "g": reply(looking { readRegisters() })
        case "G": reply(looking { writeRegisters(rest) })
        case "p": reply(looking { readRegister(rest) })
        case "P": reply(looking { writeRegister(rest) })
        case "m": reply(looking { readMemory(rest) })
        case "M": reply(looking { writeMemory(rest, isBinary: false) })
        case "X": reply(looking { writeMemory(rest, isBinary: true) })
        case "Z": reply(insert(rest, isPresent: true))
        case "z": reply(insert(rest, isPresent: false))
        case "H": reply(select(rest))
        case "T": reply(isThread(rest) ? .ok : .malformed)
        case "q": query(packet)
        case "Q":
            if packet == Array("QStartNoAckMode".utf8) {
                reply(.ok)
                omitsAcknowledgements = true
            } else {
                reply(.unsupported)
            }
        default: reply(.unsupported)
        }
        return .attached
    }

    /// Packets whose names begin with `v`.
    private func answerLong(_ packet: [UInt8]) -> Outcome {
        if packet == Array("vCont?".utf8) {
            reply(.text("vCont;c;C;s;S"))
        } else if packet.starts(with: "vCont;".utf8) {
            return resume(packet.dropFirst(6))
        } else if packet.starts(with: "vKill;".utf8) {
            reply(.ok)
            return .ended(code: 0)
        } else {
            reply(.unsupported)
        }
        return .attached
    }

    // MARK: Queries

    private func query(_ packet: [UInt8]) {
        let parts = packet.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        let name = packet.prefix { $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: ",") }
        switch String(decoding: name, as: UTF8.self) {
        case "qSupported":
            reply(
                .text(
                    "PacketSize=\(String(Self.packetSize, radix: 16));qXfer:features:read+;qXfer:threads:read+;ReverseStep+;"
                        + "ReverseContinue+;swbreak+;hwbreak+;vContSupported+;QStartNoAckMode+"))
        case "qAttached": reply(.text("1"))
        case "qXfer": reply(parts.count == 2 ? transfer(parts[1]) : .malformed)
        case "qRcmd": monitor(packet.dropFirst(name.count + 1))
        case let name: reply(threadQuery(name, packet) ?? .unsupported)
        }
    }

    /// `features:read:target.xml:OFFSET,LENGTH` or `threads:read::OFFSET,LENGTH`
    private func transfer(_ text: some Collection<UInt8>) -> Reply {
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 4, parts[1].elementsEqual("read".utf8) else { return .unsupported }
        let text: String
        if parts[0].elementsEqual("threads".utf8) {
            text = threadDocument
        } else if parts[0].elementsEqual("features".utf8) {
            guard parts[2].elementsEqual("target.xml".utf8) else { return .text("E00") }
            text = TargetDescription.xml(isCode32: debugger.location.isCode32)
        } else {
            return .unsupported
        }
        guard let (offset, length) = Self.numbers(parts[3]) else { return .malformed }
        let document = Array(text.utf8)
        // Every byte may have to be escaped.
        let rest = document.dropFirst(Int(clamping: offset))
        let piece = rest.prefix(min(Int(clamping: length), Self.packetSize / 2))
        return .data(piece.count < rest.count ? "m" : "l", Array(piece))
    }

    /// A command for the built-in debugger.
    private func monitor(_ text: some Collection<UInt8>) {
        guard let line = Hexadecimal.bytes(text).map({ String(decoding: $0, as: UTF8.self) }) else {
            reply(.malformed)
            return
        }
        var output = DebuggerCommands.Output("")
        whileMoving { output = commands.execute(line.isEmpty ? "help" : line) }
        if output.shouldQuit { output.text = "'detach' leaves the machine running, 'kill' ends it" }
        if !output.text.isEmpty { print(output.text) }
        reply(.ok)
    }

    // MARK: Parts of packets

    /// Two hexadecimal numbers with a comma between them.
    static func numbers(_ text: some Collection<UInt8>) -> (UInt64, UInt64)? {
        let parts = text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard parts.count == 2, let first = Hexadecimal.number(parts[0]), let second = Hexadecimal.number(parts[1])
        else { return nil }
        return (first, second)
    }
}
