import Debugger
import Foundation
import Machine

/// Serves one client of the Debug Adapter Protocol: at standard input and output, or at a port of loopback.
public final class AdapterServer: @unchecked Sendable {
    private let connection: AdapterConnection
    private let input: InputQueue

    /// Why nobody can be served, in a line for the user.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// For a client that has started this program: at its standard input and output. What the program prints otherwise
    /// goes to standard error from here on.
    ///
    /// - Parameter input: that of the machine, which is asked to stop when the client wants a pause.
    public init(atStandardStreams input: InputQueue) {
        self.input = input
        let output = dup(STDOUT_FILENO)
        dup2(STDERR_FILENO, STDOUT_FILENO)
        signal(SIGPIPE, SIG_IGN)
        connection = AdapterConnection(input: STDIN_FILENO, output: output) { input.requestStop() }
    }

    /// For a client that connects to a port of this host, whom it waits for; 0 takes a free port. `announce` is called
    /// with the port when it can be connected to.
    public init(port: UInt16, input: InputQueue, announce: (UInt16) -> Void) throws(Failure) {
        self.input = input
        signal(SIGPIPE, SIG_IGN)
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { Glibc.close(listener) }
        var yes: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            // `sockaddr_in` is one of the addresses that a `sockaddr` stands for.
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                bind(listener, name, length) == 0 && listen(listener, 1) == 0
                    && getsockname(listener, name, &length) == 0
            }
        }
        guard listener >= 0, isBound else {
            throw Failure(description: "cannot listen on port \(port): \(String(cString: strerror(errno)))")
        }
        announce(UInt16(bigEndian: address.sin_port))
        let descriptor = accept(listener, nil, nil)
        guard descriptor >= 0 else {
            throw Failure(description: "cannot accept a client: \(String(cString: strerror(errno)))")
        }
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        connection = AdapterConnection(input: descriptor, output: descriptor) { input.requestStop() }
    }

    /// Serves the client until it leaves. Returns the exit code, or nil if the machine is to go on without it.
    ///
    /// - Parameters:
    ///   - commands: the machine's debugger.
    ///   - didMove: called when the machine may have moved.
    ///   - isLeaving: asked all the time; if so, serving ends.
    public func serve(
        _ commands: DebuggerCommands, didMove: @escaping () -> Void, isLeaving: @escaping () -> Bool
    ) -> Int32? {
        let timeline = commands.debugger.timeline
        let adapter = DebugAdapter(
            commands,
            whileMoving: { [connection] body in
                connection.whileMoving(body)
                // A request to stop that came too late must not end the next move.
                _ = timeline.run(until: timeline.machine.steps)
                didMove()
            }, send: connection.send)
        defer {
            adapter.removeBreakpoints()
            connection.close()
        }
        while !isLeaving() {
            switch connection.next() {
            case .nothingYet: continue
            case .closed: return 0
            case .message(let message):
                switch adapter.receive(message) {
                case .attached: continue
                case .detached: return nil
                case .ended(let code): return code
                }
            }
        }
        return 0
    }
}
