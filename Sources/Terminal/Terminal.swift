import Foundation
import Synchronization

/// The terminal at standard input and output: key by key while somebody edits a line, as it was otherwise.
public final class Terminal {
    private var savedAttributes = termios()
    private var isRaw = false
    private var signals: [any DispatchSourceSignal] = []
    private let ending = Ending()

    /// Set by a signal that ends the program.
    private final class Ending: Sendable {
        let hasCome = Atomic<Bool>(false)
    }

    /// Nil if standard input and output are no terminal.
    public init?() {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1,
            tcgetattr(STDIN_FILENO, &savedAttributes) == 0
        else { return nil }
    }

    deinit { leaveRawMode() }

    /// Every key arrives as it is pressed, Control-C included, and nothing is echoed.
    public func enterRawMode() {
        guard !isRaw else { return }
        var raw = savedAttributes
        cfmakeraw(&raw)
        // What was typed ahead stays.
        tcsetattr(STDIN_FILENO, TCSADRAIN, &raw)
        isRaw = true
        // They must not leave the terminal as it is now: the input ends instead.
        signals = [SIGTERM, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { [ending] in ending.hasCome.store(true, ordering: .relaxed) }
            source.resume()
            return source
        }
    }

    /// As before ``enterRawMode()``.
    public func leaveRawMode() {
        guard isRaw else { return }
        tcsetattr(STDIN_FILENO, TCSADRAIN, &savedAttributes)
        isRaw = false
        signals.forEach { $0.cancel() }
        signals = []
        for number in [SIGTERM, SIGHUP] { signal(number, SIG_DFL) }
    }

    /// Columns and rows; 80 by 24 if the terminal does not know.
    public var size: (columns: Int, rows: Int) {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return (80, 24)
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    public func write(_ bytes: [UInt8]) {
        // A terminal that is gone is noticed when its input ends.
        try? FileHandle.standardOutput.write(contentsOf: Data(bytes))
    }

    /// The bytes that have been typed; waits a little while for some. Empty if there are none, nil at the end.
    public func read(waitingMilliseconds: Int32 = 100) -> [UInt8]? {
        var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        guard poll(&descriptor, 1, waitingMilliseconds) > 0 else {
            return ending.hasCome.load(ordering: .relaxed) ? nil : []
        }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(STDIN_FILENO, &buffer, buffer.count)
        if count < 0, errno == EINTR || errno == EAGAIN { return [] }
        return count > 0 ? Array(buffer[..<count]) : nil
    }
}
