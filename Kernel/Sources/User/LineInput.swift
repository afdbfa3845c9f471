@_exported import TerminalInput

/// Lines that a person types: shown as they are typed, edited, and recalled.
///
///     var input = LineInput()
///     guard let name = input.readLine(prompt: "Your name? ") else { return }
///     print("Hello, \(name).")
///
/// Input and output are the standard streams. One `LineInput` for a program, since it remembers the lines, and what
/// came with the last one.
public struct LineInput {
    private var editor: LineEditor
    private var decoder = KeyDecoder()
    private var output = OutputBuffer()
    /// Bytes that were read and not yet used: a person, or a script on the serial line, may type ahead.
    private var pending = InlineArray<64, UInt8>(repeating: 0)
    private var pendingStart = 0
    private var pendingEnd = 0

    /// - Parameter width: How many columns a line takes at most; a longer one moves to the side. A screen has 80, and
    ///   the last one should stay free, so that nothing wraps.
    public init(width: Int = 60) { editor = LineEditor(width: width) }

    /// Reads a line. Waits for it.
    ///
    /// - Parameters:
    ///   - prompt: What to show before it.
    ///   - completion: What Tab puts in, given what is before the cursor.
    /// - Returns: The line, without its end; nil if it was given up with Control-C (which ends a program that the shell
    ///   waits for), or with Control-D where it was empty, or if there is no more input.
    public mutating func readLine(
        prompt: StaticString = "", completion: (UnsafeRawBufferPointer) -> Text = { _ in Text() }
    ) -> LineBuffer? {
        output.write(prompt)
        editor.begin()
        while true {
            // What has been typed shows before the program waits for more.
            if pendingStart == pendingEnd { output.flush() }
            guard let byte = nextByte() else { return nil }
            guard let key = decoder.decode(byte) else { continue }
            if key == .tab {
                let cursor = editor.cursor
                let addition = editor.line.withBytes { completion(UnsafeRawBufferPointer(rebasing: $0[..<cursor])) }
                addition.withBytes { editor.insert($0, to: &output) }
                continue
            }
            switch editor.handle(key, to: &output) {
            case .editing: break
            case .finished:
                output.write(0x0A)
                output.flush()
                return editor.line
            case .cancelled:
                output.write("^C\n")
                output.flush()
                return nil
            case .endOfInput:
                output.write(0x0A)
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

    /// The next byte of input. Waits for it; nil at the end.
    private mutating func nextByte() -> UInt8? {
        if pendingStart == pendingEnd {
            pendingStart = 0
            pendingEnd = fill()
            guard pendingEnd > 0 else { return nil }
        }
        let byte = pending[pendingStart]
        pendingStart += 1
        return byte
    }

    /// Reads bytes; returns how many. A console that dies again and again is asked again and again.
    private mutating func fill() -> Int {
        for _ in 0..<10 {
            // Valid: `InlineArray` stores its elements contiguously, and no more than 64 bytes come back.
            let count = withUnsafeMutableBytes(of: &pending) { bytes in try? Stream.input.read(into: bytes) }
            if let count { return min(max(count, 0), 64) }
            Thread.sleep(milliseconds: 100)
        }
        return 0
    }
}

/// Output, collected so that a key costs one message rather than one for each byte.
private struct OutputBuffer: ByteSink {
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

extension Text.StringInterpolation {
    /// A line that somebody has typed.
    public mutating func appendInterpolation(_ line: LineBuffer) { line.withBytes { appendInterpolation($0) } }
}
