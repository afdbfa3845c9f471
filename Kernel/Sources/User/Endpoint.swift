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
        wantsReply = tag.wantsReply
        label = tag.label
        word0 = call.esi
        word1 = call.edi
        word2 = call.ebp
    }
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
        var buffers = MessageBuffers(
            sendAddress: bytes.address, sendLength: UInt32(bytes.count), receiveAddress: buffer.address,
            receiveCapacity: UInt32(buffer.count))
        // Valid: the structure outlives the call, which is over when `Call` returns.
        return withUnsafeBytes(of: &buffers) { pointer in
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
