/// A request to a server.
public struct Request {
    /// Who asks: the badge that the process manager gave the client's capability.
    public let client: UInt32
    public let label: UInt32
    public let word0: UInt32
    public let word1: UInt32
    public let word2: UInt32
    /// What came with it, valid until the request has been answered.
    public let bytes: UnsafeRawBufferPointer
    /// Whether the client waits for an answer. One who does and gets none learns that when the server receives again.
    public let wantsReply: Bool

    /// Answers.
    public func reply(
        _ word0: UInt32 = 0, _ word1: UInt32 = 0, _ word2: UInt32 = 0, bytes: UnsafeRawBufferPointer = .none
    ) {
        // A client that cannot take the answer is told so by the kernel.
        try? Endpoint.reply(Message(0, word0, word1, word2), bytes: bytes)
    }

    /// Answers with an error: a label that is not 0.
    public func fail(_ label: UInt32) { try? Endpoint.reply(Message(label)) }

    /// Puts the request aside, into an empty slot, to be answered with `Endpoint.reply(to:)` later.
    public func save(in slot: UInt32) throws(KernelError) { try Endpoint.saveReply(in: slot) }
}

extension Service {
    /// Serves requests one after the other, for ever, or until the endpoint is gone.
    ///
    /// - Parameters:
    ///   - buffer: Where the bytes of requests go; longer ones fail on the client's side.
    ///   - body: What to do with each.
    public func serve(buffer: UnsafeMutableRawBufferPointer = .none, _ body: (Request) -> Void) {
        while let message = try? endpoint.receive(buffer) {
            body(Request(message, UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<message.length])))
        }
    }

    /// The service of a driver, whose endpoint the process manager keeps.
    public static var driver: Service { Service(endpoint: Endpoint(slot: DriverSlot.endpoint)) }

    init(endpoint: Endpoint) { self.endpoint = endpoint }
}

extension Request {
    init(_ message: ReceivedMessage, _ bytes: UnsafeRawBufferPointer) {
        client = message.badge
        label = message.label
        word0 = message.word0
        word1 = message.word1
        word2 = message.word2
        self.bytes = bytes
        wantsReply = message.wantsReply
    }

    /// Whether it is no request but an interrupt of the driver's line.
    public var isInterrupt: Bool { client & DriverSlot.interruptBadge != 0 && label == MessageLabel.interrupt }
}
