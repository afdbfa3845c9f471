import Foundation
import Synchronization

/// The terminal at standard input and output: key by key while somebody edits a line or looks at a screen, as it was
/// otherwise.
public final class Terminal {
    private var savedAttributes = termios()
    private var rawAttributes = termios()
    private var isRaw = false
    private var isFullScreen = false
    private var signals: [any DispatchSourceSignal] = []
    /// The keyboard, for another thread.
    public let input = Input()

    /// What is typed. Ends when the terminal is gone, or a signal ends the program.
    public final class Input: Sendable {
        private let isEnding = Atomic<Bool>(false)

        fileprivate init() {}

        /// The input has come to its end, whatever else is typed.
        public func end() { isEnding.store(true, ordering: .relaxed) }

        /// The bytes that have been typed; waits a little while for some. Empty if there are none, nil at the end.
        public func read(waitingMilliseconds: Int32 = 100) -> [UInt8]? {
            var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            guard poll(&descriptor, 1, waitingMilliseconds) > 0 else {
                return isEnding.load(ordering: .relaxed) ? nil : []
            }
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = Glibc.read(STDIN_FILENO, &buffer, buffer.count)
            if count < 0, errno == EINTR || errno == EAGAIN { return [] }
            return count > 0 ? Array(buffer[..<count]) : nil
        }
    }

    /// Nil if standard input and output are no terminal.
    public init?() {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1,
            tcgetattr(STDIN_FILENO, &savedAttributes) == 0
        else { return nil }
    }

    deinit {
        leaveFullScreen()
        leaveRawMode()
    }

    // MARK: Modes

    /// Every key arrives as it is pressed, Control-C included, and nothing is echoed.
    public func enterRawMode() {
        guard !isRaw else { return }
        var raw = savedAttributes
        cfmakeraw(&raw)
        // What was typed ahead stays.
        tcsetattr(STDIN_FILENO, TCSADRAIN, &raw)
        isRaw = true
        rawAttributes = raw
        Suspension.arm(saved: savedAttributes, raw: raw, isFullScreen: false)
        // They must not leave the terminal as it is now: the input ends instead.
        signals = [SIGTERM, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { [input] in input.end() }
            source.resume()
            return source
        }
    }

    /// As before ``enterRawMode()``.
    public func leaveRawMode() {
        guard isRaw else { return }
        Suspension.disarm()
        tcsetattr(STDIN_FILENO, TCSADRAIN, &savedAttributes)
        isRaw = false
        signals.forEach { $0.cancel() }
        signals = []
        for number in [SIGTERM, SIGHUP] { signal(number, SIG_DFL) }
    }

    /// A screen of the program's own, which hides what was there before, scrolled-back lines included.
    public func enterFullScreen() {
        guard !isFullScreen else { return }
        enterRawMode()
        isFullScreen = true
        Rescue.arm(savedAttributes)
        write(Suspension.enteringFullScreen.withUTF8Buffer { Array($0) })
        Suspension.arm(saved: savedAttributes, raw: rawAttributes, isFullScreen: true)
    }

    /// What was there before, with the cursor where and as it was.
    public func leaveFullScreen() {
        guard isFullScreen else { return }
        isFullScreen = false
        Rescue.disarm()
        Suspension.disarm()
        write(Suspension.leavingFullScreen.withUTF8Buffer { Array($0) })
        leaveRawMode()
    }

    /// Gives the terminal back to the shell until the program is continued, as Control-Z does otherwise.
    public func suspend() {
        let wasFullScreen = isFullScreen
        leaveFullScreen()
        leaveRawMode()
        // All processes of the job, as the terminal would do it.
        kill(0, SIGTSTP)
        // Stopped and continued: the shell may have left the terminal in another state than it was.
        if wasFullScreen { enterFullScreen() }
    }

    // MARK: Input and output

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

    /// ``Input/read(waitingMilliseconds:)`` of ``input``.
    public func read(waitingMilliseconds: Int32 = 100) -> [UInt8]? {
        input.read(waitingMilliseconds: waitingMilliseconds)
    }
}

/// Gives the terminal back when the program crashes: whoever has to read the message must see it, and type again.
private enum Rescue {
    private static let signals = [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV]
    /// Written before the handlers that read it are there.
    nonisolated(unsafe) private static var attributes = termios()

    static func arm(_ attributes: termios) {
        self.attributes = attributes
        for number in signals {
            // Only what is safe in a signal handler (signal-safety(7)).
            signal(number) { number in
                let text = Suspension.leavingFullScreen
                _ = Glibc.write(STDOUT_FILENO, text.utf8Start, text.utf8CodeUnitCount)
                tcsetattr(STDIN_FILENO, TCSANOW, &Rescue.attributes)
                signal(number, SIG_DFL)
                raise(number)
            }
        }
    }

    static func disarm() {
        for number in signals { signal(number, SIG_DFL) }
    }
}
