import Terminal

/// What commands have said, and what the guest has sent through its serial port: two logs in one place.
struct LogView {
    struct Line {
        var text: String
        var style: Style
    }

    private(set) var lines: [Line] = []
    private(set) var serial: [Line] = []
    /// The beginning of a line from the serial port.
    private var pending: [UInt8] = []
    /// Whether the serial port's log is shown.
    var showsSerial = false {
        didSet {
            scroll = 0
            if showsSerial { unseen = 0 }
        }
    }
    /// Lines from the serial port that nobody has seen.
    private(set) var unseen = 0
    /// Rows that were scrolled up from the end.
    var scroll = 0

    /// Lines kept of each.
    static let limit = 10_000
    /// A line longer than this is broken.
    private static let lineLimit = 4096

    mutating func append(_ texts: [String], _ style: Style) {
        guard !texts.isEmpty else { return }
        lines += texts.map { Line(text: $0, style: style) }
        if lines.count > Self.limit { lines.removeFirst(lines.count - Self.limit) }
        scroll = 0
    }

    mutating func appendSerial(_ byte: UInt8) {
        switch byte {
        case 0x0A: endSerialLine()
        case 0x0D: break
        case 0x08: _ = pending.popLast()
        default:
            pending.append(byte)
            if pending.count >= Self.lineLimit { endSerialLine() }
        }
    }

    private mutating func endSerialLine() {
        serial.append(Line(text: String(decoding: pending, as: UTF8.self), style: .plain))
        pending = []
        if serial.count > Self.limit { serial.removeFirst(serial.count - Self.limit) }
        if !showsSerial { unseen += 1 }
    }

    /// What is shown now.
    var shown: [Line] {
        guard showsSerial else { return lines }
        return pending.isEmpty ? serial : serial + [Line(text: String(decoding: pending, as: UTF8.self), style: .plain)]
    }

    /// The last `count` rows of the given width above the scroll position; and how many are above these, and below.
    mutating func rows(columns: Int, count: Int) -> (rows: [Line], above: Int, below: Int) {
        var rows: [Line] = []
        for line in shown { rows += Self.wrap(line, columns: max(8, columns)) }
        scroll = max(0, min(scroll, rows.count - count))
        let end = rows.count - scroll
        let start = max(0, end - count)
        return (Array(rows[start..<end]), start, scroll)
    }

    /// A long line goes on below, indented.
    private static func wrap(_ line: Line, columns: Int) -> [Line] {
        // The number of bytes is known, that of characters must be counted.
        guard line.text.utf8.count > columns, line.text.count > columns else { return [line] }
        var rows: [Line] = []
        var rest = line.text[...]
        while !rest.isEmpty {
            let indent = rows.isEmpty ? "" : "  "
            rows.append(Line(text: indent + rest.prefix(columns - indent.count), style: line.style))
            rest = rest.dropFirst(columns - indent.count)
        }
        return rows
    }
}

extension DebuggerScreen {
    func drawLog(_ area: Area, _ canvas: inout Canvas) {
        let content = area.content
        let (rows, above, below) = log.rows(columns: content.columns - 1, count: content.rows)
        var notes: [String] = []
        if above > 0 { notes.append("\(above) above") }
        if below > 0 { notes.append("\(below) below") }
        if !log.showsSerial, log.unseen > 0 { notes.append("o: serial port, \(log.unseen) new") }
        if log.showsSerial { notes.append("o: log") }
        drawTitle(log.showsSerial ? "serial port" : "log", notes.joined(separator: ", "), of: .log, area, &canvas)
        for index in 0..<content.rows {
            let line = index < rows.count ? rows[index] : LogView.Line(text: "", style: .plain)
            canvas.write(" " + line.text, line.style, in: content, row: index)
        }
    }
}
