import Debugger

/// Where the code pane is while it shows a source file.
struct SourceView {
    var path = ""
    /// The line that keys are about, from 1 on.
    var cursor = 1
    /// The first line shown.
    var top = 1
}

/// The code pane as a source file: the lines around the one at hand, whether they have code or not.
extension DebuggerScreen {
    /// The source line that an instruction belongs to, if there is its text.
    private func sourceLine(at offset: UInt32) -> SourceLocation? {
        guard let location = debugger.sourceLocation(at: linear(offset)),
            case .line = debugger.sourceText(of: location)
        else { return nil }
        return location
    }

    /// Whether the code pane shows a source file: that was asked for, and there is one.
    var showsSourceFile: Bool { code.content == .source && sourceLine(at: code.cursor) != nil }

    /// The place in the source that keys are about.
    var sourceCursor: SourceLocation { SourceLocation(path: source.path, line: source.cursor) }

    /// How a command calls it.
    private var sourceCursorText: String {
        let name = sourceCursor.fileName
        let isClear = debugger.symbols.files(named: name).count == 1
        return "\(isClear ? name : source.path):\(source.cursor)"
    }

    /// The address of the line at the cursor, or of the next one that has code.
    private var sourceCursorAddress: UInt32? {
        let places = try? debugger.symbols.places(ofLine: source.cursor, inFile: source.path)
        return places?.first?.addresses.first
    }

    func moveSourceCursor(by count: Int) {
        source.cursor = max(1, source.cursor + count)
        if let lines = debugger.sources.lines(of: source.path, from: 1, count: .max) {
            source.cursor = min(source.cursor, max(1, lines.count))
        }
    }

    func toggleSourceBreakpoint() {
        let here = debugger.breakpoints.filter { breakpoint in
            breakpoint.addresses.contains { isAtCursor(debugger.sourceLocation(at: $0)) }
        }
        if here.isEmpty { execute("break \(sourceCursorText)", echoes: false) } else { remove(here) }
    }

    private func isAtCursor(_ location: SourceLocation?) -> Bool {
        location?.path == source.path && location?.line == source.cursor
    }

    /// The address that `until` is to reach; nil, and said in words, if the rest of the file has no code.
    func sourceTarget() -> UInt32? {
        if sourceCursorAddress == nil { event = Event(text: "there is no code from this line on") }
        return sourceCursorAddress
    }

    // MARK: Drawing

    /// Goes where the instruction at the code's cursor comes from.
    func followSource() {
        guard let location = sourceLine(at: code.cursor) else { return }
        source.path = location.path
        source.cursor = location.line
    }

    func drawSource(_ area: Area, _ canvas: inout Canvas) {
        let here = sourceLine(at: debugger.location.offset)
        let isCurrent = here?.path == source.path
        if source.cursor < source.top || source.cursor > source.top + area.rows - 2 {
            source.top = max(1, source.cursor - area.rows / 3)
        }
        let lines = debugger.sources.lines(of: source.path, from: source.top, count: area.rows) ?? []
        var marks: [Int: Bool] = [:]
        for breakpoint in debugger.breakpoints {
            for location in breakpoint.addresses.compactMap(debugger.sourceLocation(at:))
            where location.path == source.path {
                marks[location.line] = (marks[location.line] ?? false) || breakpoint.isEnabled
            }
        }
        for row in 0..<area.rows {
            guard row < lines.count else {
                canvas.write([], in: area, row: row)
                continue
            }
            let number = source.top + row
            let isHere = isCurrent && here?.line == number
            var background = Style.plain
            if isHere { background.isBold = true }
            if number == source.cursor, focus == .code {
                background = isHere && debugger.timeline.isInPast ? .past : .selected
            }
            let mark = marks[number].map { Canvas.Run($0 ? "●" : "○", .breakpoint) } ?? .init(" ")
            canvas.write(
                [
                    mark, .init(isHere ? "▶" : " ", .bold), .init(String(number).paddedLeft(to: 4) + "  ", .faint),
                    .init(lines[row].replacing("\t", with: "    ")),
                ], in: area, row: row, background: background)
        }
    }
}
