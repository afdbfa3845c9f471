import Foundation

/// A client's connection. A thread of its own reads, so that an interrupt is noticed while the machine runs.
///
/// Sendable: what both threads use is guarded by the condition.
final class Connection: @unchecked Sendable {
    /// What came next.
    enum Arrival {
        case event(PacketDecoder.Event)
        case nothingYet
        case closed
    }

    private let descriptor: Int32
    /// Called, on the reading thread too, when the machine is moving and is to stop.
    private let requestStop: @Sendable () -> Void
    private let condition = NSCondition()
    private var events: [PacketDecoder.Event] = []
    private var isClosed = false
    private var isMoving = false
    private var hasRequestedStop = false
    private var hasSpoken = false

    /// How many events wait at most; then the peer has to.
    private static let capacity = 64

    /// - Parameter descriptor: a connected socket, which is closed in the end.
    init(_ descriptor: Int32, requestStop: @escaping @Sendable () -> Void) {
        self.descriptor = descriptor
        self.requestStop = requestStop
        var yes: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        // A client that does not take its replies must not hold up the machine forever.
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let thread = Thread { [self] in read() }
        thread.name = "gdb"
        thread.start()
    }

    deinit { Glibc.close(descriptor) }

    var isOpen: Bool { condition.withLock { !isClosed } }

    /// Whether anything that means something in the protocol has arrived.
    var isInUse: Bool { condition.withLock { hasSpoken } }

    func close() {
        condition.withLock {
            isClosed = true
            condition.broadcast()
        }
        // The reading thread ends; the descriptor stays taken until nobody can use it.
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    // MARK: The reading thread

    private func read() {
        var decoder = PacketDecoder(limit: Stub.packetSize)
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var isFirst = true
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            // A web page can make a browser send to loopback, but not begin like a debugger.
            if isFirst, !"+-$\u{3}".utf8.contains(buffer[0]) { break }
            isFirst = false
            for event in decoder.decode(buffer[..<count]) where !append(event) { return }
        }
        condition.withLock {
            isClosed = true
            if isMoving { stopMoving() }
            condition.broadcast()
        }
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    /// Queues an event, or obeys it. False if the connection has been closed.
    private func append(_ event: PacketDecoder.Event) -> Bool {
        condition.withLock {
            hasSpoken = true
            if event == .interrupt, isMoving {
                stopMoving()
                return true
            }
            while events.count >= Self.capacity, !isClosed { condition.wait() }
            guard !isClosed else { return false }
            events.append(event)
            condition.broadcast()
            return true
        }
    }

    /// To be called with the lock held.
    private func stopMoving() {
        hasRequestedStop = true
        requestStop()
    }

    // MARK: The machine's thread

    /// The next event; waits a little while for one.
    func next() -> Arrival {
        condition.withLock {
            if events.isEmpty, !isClosed { _ = condition.wait(until: Date(timeIntervalSinceNow: 0.1)) }
            guard !events.isEmpty else { return isClosed ? .closed : .nothingYet }
            condition.broadcast()
            return .event(events.removeFirst())
        }
    }

    /// Calls what moves the machine; interrupts end it, also those that have arrived already. Returns whether one did,
    /// or wanted to.
    func whileMoving(_ body: () -> Void) -> Bool {
        condition.withLock {
            isMoving = true
            hasRequestedStop = false
            if isClosed || events.contains(.interrupt) {
                events.removeAll { $0 == .interrupt }
                stopMoving()
            }
        }
        body()
        return condition.withLock {
            isMoving = false
            return hasRequestedStop
        }
    }

    func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                close()
                return
            }
            rest = rest.dropFirst(count)
        }
    }
}
