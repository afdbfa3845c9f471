/// A message: what kind it is, and three words.
public struct Message {
    /// What kind of message this is, 0...1023: agreed between sender and receiver.
    public var label: UInt32
    public var word0: UInt32
    public var word1: UInt32
    public var word2: UInt32

    public init(_ label: UInt32, _ word0: UInt32 = 0, _ word1: UInt32 = 0, _ word2: UInt32 = 0) {
        self.label = label
        self.word0 = word0
        self.word1 = word1
        self.word2 = word2
    }
}

/// A message that was received.
public struct ReceivedMessage {
    /// The badge of the capability that it was sent through; 0 for a reply.
    public let badge: UInt32
    /// How many bytes came into the receive buffer.
    public let length: Int
    /// How many capabilities came into the slots that `Pieces.expect` has named.
    public let capabilities: UInt32
    /// Whether the sender waits for a reply.
    public let wantsReply: Bool
    /// What kind of message this is.
    public let label: UInt32
    public let word0: UInt32
    public let word1: UInt32
    public let word2: UInt32

    fileprivate init(_ call: Call) throws(KernelError) {
        let tag = MessageTag(rawValue: try call.result())
        badge = call.ebx
        length = Int(tag.length)
        capabilities = tag.capabilities
        wantsReply = tag.wantsReply
        label = tag.label
        word0 = call.esi
        word1 = call.edi
        word2 = call.ebp
    }
}

/// Memory in several places whose bytes are one message: up to `maximumMessagePieces` pieces; and the capabilities that
/// go along.
///
///     let answer = try files.call(Message(write), gather: Pieces(header, body), scatter: .none)
///
///     var picture = Pieces()
///     picture.append(capability: memory.slot)
///     try viewer.send(Message(show), gather: picture)
public struct Pieces {
    fileprivate var list = InlineArray<8, MessagePiece>(repeating: MessagePiece(address: 0, length: 0))
    public private(set) var count: UInt32 = 0
    /// Slots to send, or where to receive and how many, as `MessageBuffers` has them.
    fileprivate var slots: UInt32 = 0

    /// No memory.
    public static var none: Pieces { Pieces() }

    public init() {}

    /// Bytes to send, in this order.
    public init(_ pieces: UnsafeRawBufferPointer...) { for piece in pieces { append(piece) } }

    /// Memory to receive into, in this order.
    public init(_ pieces: UnsafeMutableRawBufferPointer...) { for piece in pieces { append(piece) } }

    /// Adds bytes to send. With more than `maximumMessagePieces` pieces, the call fails with `.badArgument`.
    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if count < maximumMessagePieces {
            list[Int(count)] = MessagePiece(address: bytes.address, length: UInt32(truncatingIfNeeded: bytes.count))
        }
        count = min(count + 1, maximumMessagePieces + 1)
    }

    /// Adds memory to receive into.
    public mutating func append(_ buffer: UnsafeMutableRawBufferPointer) { append(UnsafeRawBufferPointer(buffer)) }

    /// Adds the capability in a slot to what is sent, up to `maximumMessageCapabilities`: the receiver gets a copy. It
    /// takes the right to copy.
    public mutating func append(capability slot: UInt32) {
        var shift: UInt32 = 0
        while shift < 24, slots >> shift & 0xFF != 0 { shift += 8 }
        slots |= (slot & 0xFF) << shift
    }

    /// Says where received capabilities go: into `count` empty slots from the first one on.
    public mutating func expect(capabilities count: UInt32, in first: UInt32) { slots = first & 0xFF | count << 8 }
}

/// An endpoint, where messages are sent and received, by the slot of a capability to it.
public struct Endpoint {
    /// The slot in this process's capability table.
    public let slot: UInt32

    public init(slot: UInt32) { self.slot = slot }

    /// Creates an endpoint in an empty slot.
    public static func create(in slot: UInt32) throws(KernelError) -> Endpoint {
        try Call(.endpointCreate, ebx: slot).result()
        return Endpoint(slot: slot)
    }

    /// Creates an endpoint in whichever slot is empty; `Slots.release` gives it back.
    public static func create() throws(KernelError) -> Endpoint {
        try Slots.fill { slot throws(KernelError) in try create(in: slot) }
    }

    /// Sends a message, and waits until it is received.
    public func send(
        _ message: Message, bytes: UnsafeRawBufferPointer = .none
    ) throws(KernelError) {
        try Self.make(.send, slot, message, bytes, .none).result()
    }

    /// Sends a message, and waits for the reply, whose bytes go into `buffer`.
    ///
    /// - Parameter timeout: Milliseconds, or a value of `Timeout`.
    public func call(
        _ message: Message, bytes: UnsafeRawBufferPointer = .none, buffer: UnsafeMutableRawBufferPointer = .none,
        timeout: UInt32 = Timeout.never
    ) throws(KernelError) -> ReceivedMessage {
        try ReceivedMessage(Self.make(.call, slot, message, bytes, buffer, timeout: timeout))
    }

    /// Makes a call, and once more if the server dies over it: one that may be made twice, such as reading a sector.
    ///
    /// A driver's endpoint outlives it, so the second call waits for its successor. That of another server goes with
    /// it: then the second call fails at once, and so does that to a driver that is given up.
    public func callAgain(
        _ message: Message, bytes: UnsafeRawBufferPointer = .none, buffer: UnsafeMutableRawBufferPointer = .none
    ) throws(KernelError) -> ReceivedMessage {
        do throws(KernelError) {
            return try call(message, bytes: bytes, buffer: buffer)
        } catch {
            guard error == .objectGone else { throw error }
            return try call(message, bytes: bytes, buffer: buffer)
        }
    }

    /// Waits for a message, whose bytes go into `buffer`.
    ///
    /// - Parameter timeout: Milliseconds, or a value of `Timeout`.
    public func receive(
        _ buffer: UnsafeMutableRawBufferPointer = .none, timeout: UInt32 = Timeout.never
    ) throws(KernelError) -> ReceivedMessage {
        try ReceivedMessage(Self.make(.receive, slot, Message(0), .none, buffer, timeout: timeout))
    }

    /// Answers the call that this thread received last, and waits for the next message.
    public func replyReceive(
        _ message: Message, bytes: UnsafeRawBufferPointer = .none, buffer: UnsafeMutableRawBufferPointer = .none
    ) throws(KernelError) -> ReceivedMessage {
        try ReceivedMessage(Self.make(.replyReceive, slot, message, bytes, buffer))
    }

    /// Answers the call that this thread received last, or one that was saved in a slot, which is empty afterwards.
    public static func reply(
        to saved: UInt32 = 0, _ message: Message, bytes: UnsafeRawBufferPointer = .none
    ) throws(KernelError) {
        try make(.reply, saved, message, bytes, .none).result()
    }

    /// Puts the call that this thread received last aside, into an empty slot, to be answered later.
    public static func saveReply(in slot: UInt32) throws(KernelError) {
        try Call(.replySave, ebx: slot).result()
    }

    // MARK: Bytes in several places

    /// Sends a message whose bytes lie in several places, and waits until it is received.
    public func send(_ message: Message, gather: Pieces) throws(KernelError) {
        try Self.make(.send, slot, message, gather, .none).result()
    }

    /// Sends a message whose bytes lie in several places, and waits for the reply, whose bytes go to several.
    ///
    /// - Parameter timeout: Milliseconds, or a value of `Timeout`.
    public func call(
        _ message: Message, gather: Pieces, scatter: Pieces, timeout: UInt32 = Timeout.never
    ) throws(KernelError) -> ReceivedMessage {
        try ReceivedMessage(Self.make(.call, slot, message, gather, scatter, timeout: timeout))
    }

    /// Waits for a message, whose bytes go to several places.
    ///
    /// - Parameter timeout: Milliseconds, or a value of `Timeout`.
    public func receive(scatter: Pieces, timeout: UInt32 = Timeout.never) throws(KernelError) -> ReceivedMessage {
        try ReceivedMessage(Self.make(.receive, slot, Message(0), .none, scatter, timeout: timeout))
    }

    /// Answers the call that this thread received last, and waits for the next message.
    public func replyReceive(
        _ message: Message, gather: Pieces, scatter: Pieces
    ) throws(KernelError) -> ReceivedMessage {
        try ReceivedMessage(Self.make(.replyReceive, slot, message, gather, scatter))
    }

    /// Answers the call that this thread received last, or one that was saved in a slot, which is empty afterwards.
    public static func reply(to saved: UInt32 = 0, _ message: Message, gather: Pieces) throws(KernelError) {
        try make(.reply, saved, message, gather, .none).result()
    }

    private static func make(
        _ call: SystemCall, _ slot: UInt32, _ message: Message, _ gather: Pieces, _ scatter: Pieces,
        timeout: UInt32 = Timeout.never
    ) -> Call {
        // Valid: lists and structure outlive the call, which is over when `Call` returns.
        withUnsafeBytes(of: gather.list) { sends in
            withUnsafeBytes(of: scatter.list) { receives in
                make(
                    call, slot, message, timeout,
                    MessageBuffers(
                        sendAddress: sends.address, receiveAddress: receives.address, sendSlots: gather.slots,
                        receiveSlots: scatter.slots, sendPieces: gather.count, receivePieces: scatter.count))
            }
        }
    }

    private static func make(
        _ call: SystemCall, _ slot: UInt32, _ message: Message, _ bytes: UnsafeRawBufferPointer,
        _ buffer: UnsafeMutableRawBufferPointer, timeout: UInt32 = Timeout.never
    ) -> Call {
        let buffer = UnsafeRawBufferPointer(buffer)
        guard !bytes.isEmpty || !buffer.isEmpty else {
            return Call(
                call, label: message.label, ebx: slot, ecx: timeout, esi: message.word0, edi: message.word1,
                ebp: message.word2)
        }
        return make(
            call, slot, message, timeout,
            MessageBuffers(
                sendAddress: bytes.address, sendLength: UInt32(bytes.count), receiveAddress: buffer.address,
                receiveCapacity: UInt32(buffer.count)))
    }

    private static func make(
        _ call: SystemCall, _ slot: UInt32, _ message: Message, _ timeout: UInt32, _ buffers: MessageBuffers
    ) -> Call {
        // Valid: the structure outlives the call, which is over when `Call` returns.
        withUnsafeBytes(of: buffers) { pointer in
            Call(
                call, label: message.label, ebx: slot, ecx: timeout, edx: pointer.address, esi: message.word0,
                edi: message.word1, ebp: message.word2)
        }
    }
}

extension UnsafeRawBufferPointer {
    /// No bytes.
    public static var none: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }
}

extension UnsafeMutableRawBufferPointer {
    /// No buffer.
    public static var none: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: nil, count: 0) }
}
