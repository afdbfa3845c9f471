import Debugger

/// Where the list of breakpoints and watchpoints is.
struct BreakpointView {
    /// Which of them keys are about, from 0 on.
    var cursor = 0
    var top = 0
}

extension DebuggerScreen {
    /// A breakpoint, watchpoint or catchpoint, as the list has it.
    struct BreakpointRow {
        let number: Int
        let kind: Kind
        let rule: StopRule
        /// Nil for an event, which is at no place.
        let address: UInt32?
        let text: String

        enum Kind {
            case breakpoint, watchpoint, catchpoint

            var name: String {
                switch self {
                case .breakpoint: "breakpoint"
                case .watchpoint: "watchpoint"
                case .catchpoint: "catchpoint"
                }
            }

            /// What stands before it, switched on and off.
            var marks: (on: String, off: String) {
                switch self {
                case .breakpoint: ("●", "○")
                case .watchpoint: ("◆", "◇")
                case .catchpoint: ("▲", "△")
                }
            }
        }
    }

    var breakpointRows: [BreakpointRow] {
        let breakpoints = debugger.breakpoints.map { breakpoint in
            BreakpointRow(
                number: breakpoint.number, kind: .breakpoint, rule: breakpoint.rule, address: breakpoint.address,
                text: debugger.symbolText(at: breakpoint.address) ?? breakpoint.text)
        }
        let watchpoints = debugger.watchpoints.map { watchpoint in
            let watch = watchpoint.watch
            let kind = watch.reads ? watch.writes ? "access" : "read" : "write"
            return BreakpointRow(
                number: watchpoint.number, kind: .watchpoint, rule: watchpoint.rule, address: watch.address,
                text: "\(kind) \(watch.count) \(watchpoint.text)")
        }
        let catchpoints = debugger.catchpoints.map { catchpoint in
            BreakpointRow(
                number: catchpoint.number, kind: .catchpoint, rule: catchpoint.rule, address: nil,
                text: catchpoint.pattern.description)
        }
        return (breakpoints + watchpoints + catchpoints).sorted { $0.number < $1.number }
    }

    func moveBreakpointCursor(by count: Int) {
        list.cursor = max(0, min(list.cursor + count, breakpointRows.count - 1))
    }

    /// The one that keys are about.
    var selectedBreakpoint: BreakpointRow? {
        let rows = breakpointRows
        return rows.indices.contains(list.cursor) ? rows[list.cursor] : nil
    }

    func drawBreakpoints(_ area: Area, _ canvas: inout Canvas) {
        let rows = breakpointRows
        drawTitle("breakpoints", rows.isEmpty ? "" : "\(rows.count)", of: .breakpoints, area, &canvas)
        let content = area.content
        list.cursor = max(0, min(list.cursor, rows.count - 1))
        if list.cursor < list.top { list.top = list.cursor }
        if list.cursor >= list.top + content.rows { list.top = max(0, list.cursor - content.rows + 1) }
        for index in 0..<content.rows {
            guard list.top + index < rows.count else {
                canvas.write(
                    rows.isEmpty && index == 0 ? " none; b sets one at the cursor" : "", .faint, in: content, row: index
                )
                continue
            }
            let row = rows[list.top + index]
            let marks = row.kind.marks
            var runs: [Canvas.Run] = [
                .init(row.rule.isEnabled ? marks.on : marks.off, .breakpoint), .init("\(row.number) ", .bold),
            ]
            let counts = row.rule.counts
            if !counts.isEmpty { runs.append(.init(counts + "  ", .faint)) }
            if content.columns >= 36, let address = row.address { runs.append(.init(address.digits + " ")) }
            runs.append(.init(row.text, row.kind == .breakpoint ? .symbol : .plain))
            // What does not fit is in 'info break'.
            if let condition = row.rule.condition { runs.append(.init(" if \(condition)", .faint)) }
            if let message = row.rule.message { runs.append(.init(" says \(message)", .faint)) }
            if !row.rule.commands.isEmpty {
                runs.append(.init(" { \(row.rule.commands.joined(separator: "; ")) }", .faint))
            }
            let isSelected = focus == .breakpoints && list.top + index == list.cursor
            canvas.write(runs, in: content, row: index, background: isSelected ? .selected : .plain)
        }
    }
}

extension StopRule {
    /// `hit 2 of 7, 3 to go, once`: what there is to say of how often it stops.
    fileprivate var counts: String {
        var words: [String] = []
        if hits > 0 || arrivals > hits { words.append("hit \(hits)" + (arrivals > hits ? " of \(arrivals)" : "")) }
        if ignoreCount > 0 { words.append("\(ignoreCount) ignored") }
        if isTemporary { words.append("once") }
        return words.joined(separator: ", ")
    }
}
