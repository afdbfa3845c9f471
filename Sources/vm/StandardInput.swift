import Foundation
import Machine

/// Standard input as the sender at the other end of COM1.
enum StandardInput {
    /// Starts a thread that passes on what arrives, until the end of the input. On a terminal, keys arrive one by one
    /// and without echo, since the guest echoes; Ctrl+C still ends the program.
    static func forward(to queue: InputQueue) {
        if isatty(STDIN_FILENO) == 1 { CharacterMode.enter() }
        let thread = Thread {
            var buffer = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = read(STDIN_FILENO, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                // A terminal's Enter arrives as a line feed; serial terminals send a carriage return.
                queue.append(.serial(buffer[..<count].map { $0 == 0x0A ? 0x0D : $0 }, port: 0))
            }
        }
        thread.name = "stdin"
        thread.start()
    }
}

/// A terminal without line editing and echo. What it was before comes back when the program ends.
private enum CharacterMode {
    static func enter() {
        var attributes = termios()
        guard tcgetattr(STDIN_FILENO, &attributes) == 0 else { return }
        saved = attributes
        attributes.c_lflag &= ~tcflag_t(ICANON | ECHO)
        tcsetattr(STDIN_FILENO, TCSANOW, &attributes)
        atexit { tcsetattr(STDIN_FILENO, TCSANOW, &CharacterMode.saved) }
    }

    /// Written once before `atexit` registers its only reader.
    nonisolated(unsafe) private static var saved = termios()
}
