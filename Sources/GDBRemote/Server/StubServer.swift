import Debugger
import Foundation
import Machine

/// Lets one debugger at a time connect to a machine.
///
/// A thread accepts, a thread per connection reads; packets are answered on the machine's thread, which calls
/// ``serve(_:isRunning:isLeaving:)``. A client that comes while the machine runs stops it. A client that leaves with
/// `detach` lets it run; one that is just gone leaves it as it was: running if it was being continued, else standing,
/// for the next client to find.
public final class StubServer: @unchecked Sendable {
    /// How serving ended.
    public enum Ending: Equatable, Sendable {
        /// The machine is to go on.
        case goesOn
        /// The machine is to end, with this exit code.
        case ended(code: Int32)
    }

    /// Where clients find it: `127.0.0.1:1234`, or a path.
    public let description: String

    private let address: ListeningAddress
    private let socket: ListeningSocket
    private let input: InputQueue
    private let condition = NSCondition()
    /// The client, from when it connects until the machine's thread is done with it.
    private var connection: Connection?
    /// The machine stands still for clients.
    private var isServing = false

    /// Listens from here on.
    ///
    /// - Parameter input: that of the machine, which is asked to stop when a client comes.
    public init(_ address: ListeningAddress, input: InputQueue) throws(ListeningFailure) {
        self.address = address
        self.input = input
        socket = try ListeningSocket(address)
        description = socket.description
        let thread = Thread { [self] in accept() }
        thread.name = "gdb listener"
        thread.start()
    }

    /// Stops listening for good, and removes a Unix socket.
    public func close() {
        condition.withLock { connection }?.close()
        shutdown(socket.descriptor, Int32(SHUT_RDWR))
        if case .path(let path) = address.place { unlink(path) }
    }

    private func accept() {
        while true {
            let descriptor = Glibc.accept(socket.descriptor, nil, nil)
            if descriptor < 0 {
                // Out of descriptors, or the client has thought better of it: later. Anything else is the end.
                guard [EINTR, ECONNABORTED, EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(errno) else { return }
                if errno != EINTR { Thread.sleep(forTimeInterval: 0.1) }
                continue
            }
            condition.withLock {
                // One at a time. The one before may be about to go: a debugger that detaches and connects again is
                // faster than we are.
                let limit = Date(timeIntervalSinceNow: 1)
                while connection != nil, condition.wait(until: limit) {}
                guard connection == nil else {
                    Glibc.close(descriptor)
                    return
                }
                connection = Connection(descriptor) { [input] in input.requestStop() }
                if !isServing { input.requestStop() }
                condition.broadcast()
            }
        }
    }

    /// Whether there is a client to be served.
    public var hasClient: Bool { condition.withLock { connection != nil } }

    /// Serves clients, one after the other, until the machine is to go on or to end. Waits if there is none.
    ///
    /// - Parameters:
    ///   - commands: the machine's debugger.
    ///   - isRunning: whether the machine has been running so far: a client that says nothing does not keep it.
    ///   - didMove: called when the machine may have moved.
    ///   - isLeaving: asked all the time; if so, serving ends with code 0.
    public func serve(
        _ commands: DebuggerCommands, isRunning: Bool, didMove: @escaping () -> Void, isLeaving: @escaping () -> Bool
    ) -> Ending {
        condition.withLock { isServing = true }
        defer {
            condition.withLock {
                isServing = false
                // Somebody who came at the last moment has not asked for a stop.
                if connection != nil { input.requestStop() }
            }
        }
        forgetRequest(commands.debugger.timeline)
        while !isLeaving() {
            guard let connection = waitForClient() else {
                // The request to stop was left over from an earlier client.
                if isRunning { return .goesOn }
                continue
            }
            let ending = serve(connection, commands, isRunning: isRunning, didMove: didMove, isLeaving: isLeaving)
            connection.close()
            condition.withLock {
                self.connection = nil
                condition.broadcast()
            }
            if let ending { return ending }
        }
        return .ended(code: 0)
    }

    /// If something else has stopped the machine first, a request to stop must not end the next move.
    private func forgetRequest(_ timeline: Timeline) {
        _ = timeline.run(until: timeline.machine.steps)
    }

    private func waitForClient() -> Connection? {
        condition.withLock {
            if connection == nil { _ = condition.wait(until: Date(timeIntervalSinceNow: 0.1)) }
            return connection
        }
    }

    /// Serves one client. Nil if it is gone and the machine stands still.
    private func serve(
        _ connection: Connection, _ commands: DebuggerCommands, isRunning: Bool, didMove: @escaping () -> Void,
        isLeaving: @escaping () -> Bool
    ) -> Ending? {
        let timeline = commands.debugger.timeline
        // In the middle of a move.
        var isLost = false
        let stub = Stub(
            commands,
            whileMoving: { [self] body in
                if connection.whileMoving(body) { forgetRequest(timeline) }
                isLost = !connection.isOpen
                didMove()
            }, isLeaving: isLeaving, send: connection.send)
        defer { stub.removeInsertions() }
        while !isLeaving() {
            switch connection.next() {
            case .nothingYet: continue
            case .closed: return isLost || isRunning && !connection.isInUse ? .goesOn : nil
            case .event(let event):
                switch stub.receive(event) {
                case .attached: break
                case .detached: return .goesOn
                case .ended(let code): return .ended(code: code)
                }
            }
        }
        return .ended(code: 0)
    }
}
