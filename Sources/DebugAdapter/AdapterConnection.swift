import Foundation
import JSON

/// A client's stream of messages. A thread of its own reads, so that a wish to pause is noticed while the machine runs.
///
/// Sendable: what both threads use is guarded by the condition.
final class AdapterConnection: @unchecked Sendable {
    /// What came next.
    enum Arrival {
        case message(JSONValue)
        case nothingYet
        case closed
    }

    private let input: Int32
    private let output: Int32
    /// Called, on the reading thread too, when the machine is moving and is to stop.
    private let requestStop: @Sendable () -> Void
    private let condition = NSCondition()
    private var messages: [JSONValue] = []
    private var isClosed = false
    private var isMoving = false

    /// How many messages wait at most; then the peer has to.
    private static let capacity = 256
    /// The requests that end a move.
    private static let interruptions: Set<String> = ["pause", "disconnect", "terminate"]

    /// - Parameters:
    ///   - input: an open file to read from.
    ///   - output: an open file to write to; may be the same.
    init(input: Int32, output: Int32, requestStop: @escaping @Sendable () -> Void) {
        self.input = input
        self.output = output
        self.requestStop = requestStop
        let thread = Thread { [self] in read() }
        thread.name = "debug adapter"
        thread.start()
    }

    // MARK: The reading thread

    private func read() {
        var decoder = MessageDecoder()
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        reading: while true {
            let count = Glibc.read(input, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            for event in decoder.decode(buffer[..<count]) {
                switch event {
                case .message(let message): if !append(message) { break reading }
                case .malformed: continue
                case .lost: break reading
                }
            }
        }
        condition.withLock {
            isClosed = true
            if isMoving { requestStop() }
            condition.broadcast()
        }
    }

    /// False if the connection has been closed.
    private func append(_ message: JSONValue) -> Bool {
        condition.withLock {
            while messages.count >= Self.capacity, !isClosed { condition.wait() }
            guard !isClosed else { return false }
            messages.append(message)
            if isMoving, Self.isInterruption(message) { requestStop() }
            condition.broadcast()
            return true
        }
    }

    private static func isInterruption(_ message: JSONValue) -> Bool {
        interruptions.contains(message["command"]?.string ?? "")
    }

    // MARK: The machine's thread

    /// The next message; waits a little while for one.
    func next() -> Arrival {
        condition.withLock {
            if messages.isEmpty, !isClosed { _ = condition.wait(until: Date(timeIntervalSinceNow: 0.1)) }
            guard !messages.isEmpty else { return isClosed ? .closed : .nothingYet }
            condition.broadcast()
            return .message(messages.removeFirst())
        }
    }

    /// Calls what moves the machine; who asks for a pause meanwhile, or has asked already, gets it.
    func whileMoving(_ body: () -> Void) {
        condition.withLock {
            isMoving = true
            if isClosed || messages.contains(where: Self.isInterruption) { requestStop() }
        }
        body()
        condition.withLock { isMoving = false }
    }

    func send(_ message: JSONValue) {
        var rest = MessageDecoder.encode(message)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(output, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return close() }
            rest = rest.dropFirst(count)
        }
    }

    func close() {
        condition.withLock {
            isClosed = true
            condition.broadcast()
        }
        // Ends the reading thread, if it is a socket.
        shutdown(input, Int32(SHUT_RDWR))
    }
}
