/// Finds packets in what a peer sends, in whatever pieces that comes.
public struct PacketDecoder: Sendable {
    public enum Event: Equatable, Sendable {
        /// What stood between `$` and `#`; binary data in it is still escaped.
        case packet([UInt8])
        /// The checksum was wrong.
        case corruptPacket
        /// The checksum was right, but the packet exceeded ``PacketDecoder/limit`` and is lost.
        case oversizedPacket
        /// `+`
        case acknowledgement
        /// `-`: the peer wants the last packet again.
        case rejection
        /// Byte 03h between packets.
        case interrupt
    }

    /// The longest packet, in bytes between `$` and `#`.
    public let limit: Int
    /// Whether runs are expanded: in replies they stand for their bytes, in what gdb sends `*` is just a byte.
    public let expandsRuns: Bool

    private var state = State.between
    private var contents: [UInt8] = []
    private var sum: UInt8 = 0
    private var isOversized = false

    private enum State {
        case between
        case inside
        case firstDigit
        /// The digit before, or nil if it was none.
        case secondDigit(UInt8?)
    }

    public init(limit: Int, expandsRuns: Bool = false) {
        self.limit = limit
        self.expandsRuns = expandsRuns
    }

    /// Takes in bytes and says what became complete.
    public mutating func decode(_ bytes: some Sequence<UInt8>) -> [Event] {
        bytes.compactMap { decode($0) }
    }

    private mutating func decode(_ byte: UInt8) -> Event? {
        switch state {
        case .between:
            switch byte {
            case Packet.dollar: begin()
            case UInt8(ascii: "+"): return .acknowledgement
            case UInt8(ascii: "-"): return .rejection
            case 0x03: return .interrupt
            // Noise on the line.
            default: break
            }
        case .inside:
            switch byte {
            case Packet.hash: state = .firstDigit
            // Never data: the end of the packet before was lost.
            case Packet.dollar: begin()
            default:
                sum &+= byte
                if contents.count < limit { contents.append(byte) } else { isOversized = true }
            }
        case .firstDigit:
            state = .secondDigit(Hexadecimal.value(byte))
        case .secondDigit(let high):
            state = .between
            guard let high, let low = Hexadecimal.value(byte), high << 4 | low == sum else { return .corruptPacket }
            guard !isOversized else { return .oversizedPacket }
            guard expandsRuns else { return .packet(contents) }
            return Packet.expandingRuns(contents, limit: limit).map { .packet($0) } ?? .oversizedPacket
        }
        return nil
    }

    private mutating func begin() {
        state = .inside
        contents.removeAll(keepingCapacity: true)
        sum = 0
        isOversized = false
    }
}
