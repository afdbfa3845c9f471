import Foundation
import Machine
import Terminal

/// The guest's text screen in the user's terminal, and the terminal's keys in the guest. Belongs to the main thread.
///
/// Ctrl+] leaves. The terminal is put into raw mode on its alternate screen, and back at the end, whatever the end is.
public final class TerminalConsole {
    /// There is no terminal. ``description`` is a line for the user.
    public struct Unavailable: Error, CustomStringConvertible {
        public let description: String
    }

    private let display: Display
    private let input: InputQueue
    private let name: String
    private var savedAttributes = termios()
    private var keys = TerminalKeys()
    private var painter: TerminalPainter
    private var seenGeneration: UInt64 = 0

    /// Whether standard input and output are a terminal.
    public static var isAvailable: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 }

    /// `name` is what the status line says runs in it.
    public init(display: Display, input: InputQueue, name: String) throws(Unavailable) {
        guard Self.isAvailable, tcgetattr(STDIN_FILENO, &savedAttributes) == 0 else {
            throw Unavailable(
                description: "the terminal console needs a terminal as standard input and output "
                    + "(try --console none --serial stdio)")
        }
        self.display = display
        self.input = input
        self.name = name
        let colorTerm = ProcessInfo.processInfo.environment["COLORTERM"] ?? ""
        painter = TerminalPainter(hasTrueColor: colorTerm.contains("truecolor") || colorTerm.contains("24bit"))
    }

    /// Shows frames and passes keys on until the person leaves or the display is finished.
    ///
    /// Returns the exit code given to ``Display/finish(code:)``, or nil if the person left.
    public func run() -> Int32? {
        var raw = savedAttributes
        cfmakeraw(&raw)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw)
        send("\u{1B}[?1049h")
        Suspension.arm(saved: savedAttributes, raw: raw, isFullScreen: true)
        // Signals that end the program must not leave the terminal raw: they end this loop instead.
        let signals = [SIGTERM, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            let display = display
            source.setEventHandler { display.finish(code: 128 + number) }
            source.resume()
            return source
        }
        defer {
            signals.forEach { $0.cancel() }
            Suspension.disarm()
            send("\u{1B}[0m\u{1B}[?25h\u{1B}[?1049l")
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &savedAttributes)
        }
        var lastStatus = ""
        var lastSize = winsize()
        while true {
            guard passKeysOn() else { return nil }
            let size = windowSize()
            let status = " Martlet: \(name), \(display.status.summary). Ctrl+] leaves."
            var isNew = display.frame(newerThan: &seenGeneration) != nil
            if Suspension.takeContinuation() {
                painter.invalidate()
                isNew = true
            }
            if isNew || status != lastStatus || size.ws_col != lastSize.ws_col || size.ws_row != lastSize.ws_row {
                lastStatus = status
                lastSize = size
                send(
                    painter.paint(
                        display.frame?.text, status: status, columns: Int(size.ws_col), rows: Int(size.ws_row)))
            }
            if let code = display.exitCode { return code }
        }
    }

    /// Waits up to a frame's time for keys. Returns false when the person wants to leave.
    private func passKeysOn() -> Bool {
        var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        guard poll(&descriptor, 1, 20) > 0 else { return true }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(STDIN_FILENO, &buffer, buffer.count)
        guard count > 0 else { return count < 0 && (errno == EINTR || errno == EAGAIN) }
        for action in keys.translate(Array(buffer[..<count])) {
            switch action {
            case .leave: return false
            case .input(let event): input.append(event)
            }
        }
        return true
    }

    private func windowSize() -> winsize {
        var size = winsize()
        if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) != 0 || size.ws_col == 0 || size.ws_row == 0 {
            size.ws_col = 80
            size.ws_row = 25
        }
        return size
    }

    private func send(_ text: String) {
        FileHandle.standardOutput.write(Data(text.utf8))
    }
}
