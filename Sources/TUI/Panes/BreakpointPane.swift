import Debugger

/// Where the list of breakpoints and watchpoints is.
struct BreakpointView {
    /// Which of them keys are about, from 0 on.
    var cursor = 0
    var top = 0
}

extension DebuggerScreen {
    /// A breakpoint or watchpoint, as the list has it.
    struct BreakpointRow {
        let number: Int
        let isEnabled: Bool
        let hits: Int
        let address: UInt32
        let text: String
        let isWatchpoint: Bool
    }

    var breakpointRows: [BreakpointRow] {
        let breakpoints = debugger.breakpoints.map { breakpoint in
            BreakpointRow(
                number: breakpoint.number, isEnabled: breakpoint.isEnabled, hits: breakpoint.hits,
                address: breakpoint.address,
                text: debugger.symbolText(at: breakpoint.address) ?? breakpoint.text, isWatchpoint: false)
        }
        let watchpoints = debugger.watchpoints.map { watchpoint in
            let watch = watchpoint.watch
            let kind = watch.reads ? watch.writes ? "access" : "read" : "write"
            return BreakpointRow(
                number: watchpoint.number, isEnabled: watchpoint.isEnabled, hits: watchpoint.hits,
                address: watch.address,
                text: "\(kind) \(watch.count) \(watchpoint.text)", isWatchpoint: true)
        }
        return (breakpoints + watchpoints).sorted { $0.number < $1.number }
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
            let mark = row.isEnabled ? row.isWatchpoint ? "◆" : "●" : row.isWatchpoint ? "◇" : "○"
            var runs: [Canvas.Run] = [
                .init(mark, .breakpoint), .init("\(row.number) ", .bold),
            ]
            if row.hits > 0 { runs.append(.init("hit \(row.hits)  ", .faint)) }
            if content.columns >= 36 { runs.append(.init(row.address.digits + " ")) }
            runs.append(.init(row.text, row.isWatchpoint ? .plain : .symbol))
            let isSelected = focus == .breakpoints && list.top + index == list.cursor
            canvas.write(runs, in: content, row: index, background: isSelected ? .selected : .plain)
        }
    }
}
