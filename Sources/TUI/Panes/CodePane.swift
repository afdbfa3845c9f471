import Debugger
import Disassembler

/// Where the code pane is.
struct CodeView {
    enum Content: CaseIterable {
        /// Instructions, with source lines before theirs.
        case both
        case source, instructions
    }

    /// What is shown; where there is no source, instructions are.
    var content = Content.both
    /// Offset in the code segment of the first instruction shown.
    var top: UInt32 = 0
    /// Offset of the instruction that keys are about.
    var cursor: UInt32 = 0
    /// Where the cursor was before it went to an address.
    var trail: [UInt32] = []
}

/// A row of the code pane.
struct CodeRow {
    enum Content {
        case label(String)
        /// Where, and what it says.
        case source(String, String)
        case instruction(Disassembler.Line)
    }

    /// Of the instruction, or of the one below.
    let offset: UInt32
    let content: Content

    var line: Disassembler.Line? {
        if case .instruction(let line) = content { line } else { nil }
    }
}

extension DebuggerScreen {
    private var codeBase: UInt32 { debugger.location.linear &- debugger.location.offset }

    /// Offset in the code segment to linear address.
    func linear(_ offset: UInt32) -> UInt32 { codeBase &+ offset }

    /// The linear address of the instruction that keys are about.
    var codeCursor: UInt32 { linear(code.cursor) }

    /// Puts the cursor at the next instruction.
    func followCode() {
        code.cursor = debugger.location.offset
        followSource()
    }

    /// Puts the cursor at an offset in the code segment, to come back later.
    func goInCode(to offset: UInt32) {
        code.trail.append(code.cursor)
        if code.trail.count > 100 { code.trail.removeFirst() }
        code.cursor = offset
        followSource()
    }

    /// Puts the cursor at a linear address, to come back later.
    func showCode(at address: UInt32) {
        goInCode(to: address &- codeBase)
    }

    // MARK: Rows

    /// Rows from an instruction on: with a label before it where a symbol begins, and its source line where one begins.
    func codeRows(from offset: UInt32, count: Int) -> [CodeRow] {
        let base = codeBase
        let lines = debugger.disassemble(
            linear: base &+ offset, offset: offset, count: count, code32: debugger.location.isCode32)
        var rows: [CodeRow] = []
        var source: SourceLocation?
        for line in lines where rows.count < count {
            if let symbol = debugger.symbol(at: base &+ line.offset), symbol.offset == 0 {
                rows.append(CodeRow(offset: line.offset, content: .label(symbol.symbol.name)))
            }
            if code.content != .instructions, let location = debugger.sourceLocation(at: base &+ line.offset),
                !location.isSameLine(source)
            {
                if case .line(let text) = debugger.sourceText(of: location) {
                    // The file is only named where it is another one than before.
                    let place = location.path == source?.path ? "\(location.line)" : location.description
                    rows.append(CodeRow(offset: line.offset, content: .source(place, text.trimmingSpaces)))
                }
                source = location
            }
            rows.append(CodeRow(offset: line.offset, content: .instruction(line)))
        }
        return Array(rows.prefix(count))
    }

    /// The start of the instruction `count` instructions before the one at `offset`.
    ///
    /// Backwards, instructions cannot be told apart. But code that is read from a function's beginning is read right,
    /// and from anywhere before, reading falls into step within a few instructions; the start that leads to `offset`
    /// wins.
    func codeOffset(_ count: Int, before offset: UInt32) -> UInt32 {
        let reach = UInt32(min(15 * (count + 4), 4096))
        var candidates: [UInt32] = []
        if let symbol = debugger.symbol(at: linear(offset &- 1)), symbol.offset < 4096 {
            candidates.append(offset &- 1 &- symbol.offset)
        }
        candidates += (0..<16).map { offset &- min(reach, offset) &+ $0 }
        for start in candidates where start < offset {
            let lines = debugger.disassemble(
                linear: linear(start), offset: start, count: Int(offset - start), code32: debugger.location.isCode32)
            let starts = lines.map(\.offset).prefix { $0 < offset }
            guard let last = starts.last, let length = lines.first(where: { $0.offset == last })?.bytes.count,
                last &+ UInt32(length) == offset
            else { continue }
            return starts.count >= count ? starts[starts.count - count] : starts[0]
        }
        return offset == 0 ? 0 : offset - 1
    }

    /// Moves the cursor by instructions.
    func moveCodeCursor(by count: Int) {
        if showsSourceFile { return moveSourceCursor(by: count) }
        if count < 0 {
            code.cursor = codeOffset(-count, before: code.cursor)
        } else {
            let lines = codeRows(from: code.cursor, count: 3 * count + 3).compactMap(\.line)
            guard let last = lines.dropFirst(count).first ?? lines.last else { return }
            code.cursor = last.offset
        }
    }

    /// Scrolls so that the cursor is in sight, and stays where it is if it is already.
    private func scrollCode(rows count: Int) -> [CodeRow] {
        let rows = codeRows(from: code.top, count: count)
        if let index = rows.firstIndex(where: { $0.offset == code.cursor && $0.line != nil }),
            index < count - 1 || count < 3
        {
            return rows
        }
        // By a row where the cursor has just left, otherwise with a third of the rows before it: of instructions fewer,
        // if labels and source lines take their place.
        var candidates = [max(1, count / 3), max(1, count / 6), 1].map { codeOffset($0, before: code.cursor) }
        if code.cursor < code.top, code.cursor &+ 16 > code.top { candidates.insert(code.cursor, at: 0) }
        if rows.contains(where: { $0.offset == code.cursor }) {
            candidates = rows.compactMap(\.line).dropFirst(1).prefix(4).map(\.offset) + candidates
        }
        for top in candidates + [code.cursor] {
            code.top = top
            let rows = codeRows(from: top, count: count)
            let index = rows.firstIndex { $0.offset == code.cursor && $0.line != nil }
            if let index, index < count - 1 || count < 3 { return rows }
        }
        return codeRows(from: code.cursor, count: count)
    }

    // MARK: Drawing

    func drawCode(_ area: Area, _ canvas: inout Canvas) {
        let location = debugger.location
        let size = location.isCode32 ? "32-bit" : "16-bit"
        let symbol = location.symbol.map { "  <\($0)>" } ?? ""
        let place = debugger.sourceLocation(at: location.linear).map { "  \($0)" } ?? ""
        drawTitle("code", "\(size)\(place)\(symbol)", of: .code, area, &canvas)
        let content = area.content
        if showsSourceFile { return drawSource(content, &canvas) }
        let rows = scrollCode(rows: content.rows)
        for (index, row) in rows.enumerated() {
            draw(row, here: location.offset, content, index, &canvas)
        }
        for index in rows.count..<max(rows.count, content.rows) {
            // A jump into nothing must be seen.
            let isHere = rows.isEmpty && index == 0 && code.cursor == location.offset
            let words = isHere ? " ▶\(addressText(code.cursor))  no memory here" : "   no memory here"
            canvas.write(index == rows.count ? words : "", isHere ? .bold : .faint, in: content, row: index)
        }
    }

    private func draw(_ row: CodeRow, here: UInt32, _ area: Area, _ index: Int, _ canvas: inout Canvas) {
        switch row.content {
        case .label(let name):
            canvas.write([.init("   \(name):", .symbol)], in: area, row: index)
        case .source(let place, let text):
            canvas.write([.init("   \(place)  ", .faint), .init(text, .bold)], in: area, row: index)
        case .instruction(let line):
            let linear = linear(line.offset)
            let isHere = line.offset == here
            var background = Style.plain
            if isHere { background.isBold = true }
            if line.offset == code.cursor, focus == .code {
                background = isHere && debugger.timeline.isInPast ? .past : .selected
            }
            var runs: [Canvas.Run] = [
                breakpointMark(at: linear), .init(isHere ? "▶" : " ", .bold), .init(addressText(line.offset) + " "),
            ]
            if area.columns >= 76 {
                let bytes = line.bytes.prefix(8).map(\.digits).joined() + (line.bytes.count > 8 ? "+" : "")
                runs.append(.init(" " + bytes.padded(to: 18), .faint))
            }
            runs += Self.runs(of: line.text)
            if !line.isValid, line.text != Disassembler.bad { runs.append(.init("  ; raises #UD", .error)) }
            canvas.write(runs, in: area, row: index, background: background)
        }
    }

    /// The name in angle brackets stands out.
    private static func runs(of text: String) -> [Canvas.Run] {
        guard let start = text.firstIndex(of: "<") else { return [.init(" " + text)] }
        return [.init(" " + text[..<start]), .init(String(text[start...]), .symbol)]
    }

    private func breakpointMark(at linear: UInt32) -> Canvas.Run {
        let here = debugger.breakpoints.filter { $0.addresses.contains(linear) }
        guard !here.isEmpty else { return .init(" ") }
        return .init(here.contains(where: \.isEnabled) ? "●" : "○", .breakpoint)
    }

    /// `0010de5f`; in 16-bit code, which cannot reach beyond 64 KiB, `f000:fff0`.
    private func addressText(_ offset: UInt32) -> String {
        let location = debugger.location
        guard !location.isCode32, location.offset <= 0xFFFF else { return offset.digits }
        return "\(location.selector.digits):\(UInt16(truncatingIfNeeded: offset).digits)"
    }
}

extension SourceLocation {
    fileprivate func isSameLine(_ other: SourceLocation?) -> Bool { path == other?.path && line == other?.line }
}

extension String {
    fileprivate var trimmingSpaces: String {
        let start = drop { $0 == " " || $0 == "\t" }
        return String(start.map { $0 == "\t" ? " " : $0 })
    }
}
