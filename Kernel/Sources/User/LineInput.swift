import TerminalInput
import User

/// Lines that a person types at the console, edited and with history.
struct LineInput {
    /// A screen has 80 columns; the prompt takes nine, and the last column stays free so that nothing wraps.
    private var editor = LineEditor(width: 70)
    private var decoder = KeyDecoder()
    private var output = ConsoleBuffer()
    /// Bytes that were read and not yet used: a person, or a script on the serial line, may type ahead.
    private var pending = InlineArray<64, UInt8>(repeating: 0)
    private var pendingStart = 0
    private var pendingEnd = 0

    /// Reads a line; nil if it was given up with Control-C.
    mutating func readLine(prompt: StaticString) -> LineBuffer? {
        output.write(prompt)
        editor.begin()
        while true {
            // What has been typed shows before the shell waits for more.
            if pendingStart == pendingEnd { output.flush() }
            guard let key = decoder.decode(nextByte()) else { continue }
            switch editor.handle(key, to: &output) {
            case .editing, .endOfInput: break
            case .finished:
                output.write(0x0A)
                output.flush()
                return editor.line
            case .cancelled:
                output.write("^C\n")
                output.flush()
                return nil
            case .clearScreen:
                output.flush()
                Stream.output.clear()
                output.write(prompt)
                editor.redraw(to: &output)
            }
        }
    }

    /// The next byte of input. Waits for it; a console that is being restarted is asked again.
    private mutating func nextByte() -> UInt8 {
        while pendingStart == pendingEnd {
            pendingStart = 0
            pendingEnd = 0
            // Valid: `InlineArray` stores its elements contiguously, and no more than 64 bytes come back.
            let count = withUnsafeMutableBytes(of: &pending) { bytes in
                (try? Stream.input.read(into: bytes)) ?? 0
            }
            pendingEnd = min(max(count, 0), 64)
            if pendingEnd == 0 { Thread.sleep(milliseconds: 100) }
        }
        let byte = pending[pendingStart]
        pendingStart += 1
        return byte
    }
}

/// Output for the console, collected so that a key costs one message rather than one for each byte.
struct ConsoleBuffer: ByteSink {
    private var text = Text()

    mutating func write(_ byte: UInt8) {
        if text.count == Text.capacity { flush() }
        text.append(byte)
    }

    mutating func flush() {
        guard text.count > 0 else { return }
        Stream.output.print(text)
        text = Text()
    }
}
