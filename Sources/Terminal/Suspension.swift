import Foundation
import Synchronization

/// Keeps a terminal sane that belongs to a program in raw mode, when somebody else stops or continues the program: by
/// `kill -TSTP`, `kill -STOP`, or the shell's `fg`.
///
/// A signal handler does it, since nothing else runs before the process stops; so it does only what signal-safety(7)
/// allows. What a person should see then is drawn by the program itself, which asks ``takeContinuation()``.
public enum Suspension {
    // Written before the handlers that read them are there.
    nonisolated(unsafe) private static var saved = termios()
    nonisolated(unsafe) private static var raw = termios()
    nonisolated(unsafe) private static var isFullScreen = false
    private static let wasContinued = Atomic<Bool>(false)

    static let enteringFullScreen: StaticString = "\u{1B}[?1049h\u{1B}[0m\u{1B}[2J"
    static let leavingFullScreen: StaticString = "\u{1B}[0m\u{1B}[2J\u{1B}[?25h\u{1B}[?1049l"

    /// From now on the terminal is given back while the program is stopped.
    ///
    /// - Parameters:
    ///   - saved: how the terminal was.
    ///   - raw: how the program has it.
    ///   - isFullScreen: whether it has a screen of its own.
    public static func arm(saved: termios, raw: termios, isFullScreen: Bool) {
        self.saved = saved
        self.raw = raw
        self.isFullScreen = isFullScreen
        signal(SIGTSTP) { _ in
            let error = errno
            if Suspension.isFullScreen { Suspension.write(Suspension.leavingFullScreen) }
            tcsetattr(STDIN_FILENO, TCSANOW, &Suspension.saved)
            // SIGTSTP itself is blocked in here.
            kill(getpid(), SIGSTOP)
            Suspension.resume()
            errno = error
        }
        signal(SIGCONT) { _ in
            let error = errno
            Suspension.resume()
            errno = error
        }
    }

    public static func disarm() {
        signal(SIGTSTP, SIG_DFL)
        signal(SIGCONT, SIG_DFL)
    }

    /// Whether the program has been continued since the last call: what the terminal shows is anybody's.
    public static func takeContinuation() -> Bool { wasContinued.exchange(false, ordering: .relaxed) }

    /// The shell may have left the terminal in another state than it was.
    private static func resume() {
        tcsetattr(STDIN_FILENO, TCSANOW, &raw)
        if isFullScreen { write(enteringFullScreen) }
        wasContinued.store(true, ordering: .relaxed)
    }

    private static func write(_ text: StaticString) {
        _ = Glibc.write(STDOUT_FILENO, text.utf8Start, text.utf8CodeUnitCount)
    }
}
