import Debugger
import Machine

/// The picture as a whole.
extension DebuggerScreen {
    /// What a terminal of that size is to show.
    public func grid(columns: Int, rows: Int) -> Grid {
        var canvas = Canvas(columns: columns, rows: rows)
        layout = Layout(
            columns: canvas.grid.columns, rows: canvas.grid.rows, breakpoints: breakpointRows.count, zoomed: zoomed,
            typesCommands: input == .command)
        guard let layout else {
            drawTooSmall(&canvas)
            return canvas.grid
        }
        if layout.areas[focus] == nil, zoomed == nil, input != .command { focus = .code }
        drawStatus(layout.status, &canvas)
        if let first = help {
            drawHelp(first, layout.body, &canvas)
        } else {
            commands.lookingFromSelection {
                for (pane, area) in layout.areas { draw(pane, area, &canvas) }
            }
            if let divider = layout.divider { drawDivider(divider, layout, &canvas) }
        }
        drawCommandLine(layout.commandLine, &canvas)
        drawKeys(layout.keys, &canvas)
        return canvas.grid
    }

    private func draw(_ pane: Pane, _ area: Area, _ canvas: inout Canvas) {
        switch pane {
        case .code: drawCode(area, &canvas)
        case .memory: drawMemory(area, &canvas)
        case .log: drawLog(area, &canvas)
        case .registers: drawRegisters(area, &canvas)
        case .stack: drawStack(area, &canvas)
        case .breakpoints: drawBreakpoints(area, &canvas)
        case .guest: drawGuest(area, &canvas)
        case .threads: drawThreads(area, &canvas)
        }
    }

    private func drawTooSmall(_ canvas: inout Canvas) {
        let area = Area(column: 0, row: 0, columns: canvas.grid.columns, rows: canvas.grid.rows)
        let (columns, rows) = Layout.minimum
        let lines = [
            "The terminal is too small:", "\(area.columns) by \(area.rows).", "The debugger needs",
            "\(columns) by \(rows).",
            "(q leaves)",
        ]
        for (row, line) in lines.enumerated() { canvas.write(line, in: area, row: row) }
        if input == .leaving { canvas.write("Leave? y, n", .bold, in: area, row: min(lines.count, area.rows - 1)) }
    }

    /// `─ code ─ 32-bit ─────────`.
    func drawTitle(_ name: String, _ note: String, of pane: Pane, _ area: Area, _ canvas: inout Canvas) {
        let isFocused = pane == focus && input == .keys
        var runs: [Canvas.Run] = [.init("─", .faint), .init(" \(name) ", isFocused ? .bar : .bold)]
        if !note.isEmpty { runs += [.init("─ ", .faint), .init(note), .init(" ")] }
        runs.append(.init(String(repeating: "─", count: area.columns), .faint))
        canvas.write(runs, in: area, row: 0)
    }

    private func drawDivider(_ column: Int, _ layout: Layout, _ canvas: inout Canvas) {
        let titles = Set(layout.areas.values.filter { $0.column < column }.map(\.row))
        let right = Set(layout.areas.values.filter { $0.column > column }.map(\.row))
        for row in layout.body.row..<layout.body.row + layout.body.rows {
            let character: Character =
                row == layout.body.row
                ? "┬" : titles.contains(row) ? right.contains(row) ? "┼" : "┤" : right.contains(row) ? "├" : "│"
            canvas.set(Grid.Cell(character, .faint), column: column, row: row)
        }
    }

    // MARK: The first row

    /// `step 6059080  protected mode, 32-bit code, paging, level 0          present`.
    private func drawStatus(_ area: Area, _ canvas: inout Canvas) {
        let machine = debugger.machine
        let timeline = debugger.timeline
        let isPast = timeline.isInPast
        var left = " step \(machine.steps)  \(RegisterText.mode(debugger.registers))"
        if debugger.registers.cpl > 0 { left += ", level \(debugger.registers.cpl)" }
        if machine.processor.state.pointee.halted { left += ", halted" }
        if let thread = commands.selectedThread {
            left += "  LOOKING FROM THREAD \(thread)"
        } else if area.columns >= 110, let thread = debugger.runningThread {
            left += "  \(thread.process), thread \(thread.number)"
        }
        var right: String
        if course != nil {
            right = "RUNNING "
        } else if isPast {
            let back = timeline.end - machine.steps
            right = "PAST: \(back) \(back == 1 ? "step" : "steps") back "
        } else {
            right = "present "
        }
        // Where between the beginning and the end of what is recorded.
        let room = area.columns - left.count - right.count - 5
        if isPast, room >= 12 {
            let length = min(room, 30)
            let all = max(1, timeline.end - timeline.beginning)
            let done = Int(
                Double(machine.steps - min(machine.steps, timeline.beginning)) / Double(all) * Double(length - 1))
            let here = max(0, min(done, length - 1))
            right +=
                "[" + String(repeating: "=", count: here) + "|" + String(repeating: "-", count: length - 1 - here)
                + "] "
        }
        let gap = max(1, area.columns - left.count - right.count)
        canvas.write(
            [.init(left + String(repeating: " ", count: gap) + right)], in: area, row: 0,
            background: isPast ? .past : .bar)
    }

    // MARK: The last rows

    private func drawCommandLine(_ area: Area, _ canvas: inout Canvas) {
        let prompt: String
        switch input {
        case .keys:
            if course == .typing {
                canvas.write(" the guest runs, and keys go to it; Ctrl+] stops it", .bold, in: area, row: 0)
            } else if course != nil {
                canvas.write(" running; any key stops it", .bold, in: area, row: 0)
            } else {
                canvas.write(" " + event.text, event.isError ? .error : .bold, in: area, row: 0)
            }
            return
        case .leaving:
            canvas.write(" leave the debugger and the machine? y leaves, any other key stays", .bold, in: area, row: 0)
            return
        case .command: prompt = commands.prompt
        case .address(let pane): prompt = pane == .memory ? "memory at: " : "code at: "
        }
        // A long line is shown around the cursor.
        let room = max(1, area.columns - prompt.count - 1)
        let line = Array(editor.line)
        let cursor = min(editor.cursor, line.count)
        let start = max(0, cursor - room + 1)
        canvas.write([.init(prompt, .bold), .init(String(line.dropFirst(start).prefix(room)))], in: area, row: 0)
        canvas.placeCursor(column: area.column + prompt.count + cursor - start, row: area.row)
    }

    private func drawKeys(_ area: Area, _ canvas: inout Canvas) {
        let keys: [(String, String)]
        switch input {
        case .keys where course == .typing: keys = [("Ctrl+]", "stop the guest")]
        case .keys where course == .long: keys = [("any key", "stop")]
        case .command:
            keys = [
                ("Enter", "execute"), ("Tab", "complete"), ("Up", "earlier"), ("PageUp", "scroll the log"),
                ("Esc", "keys again"),
            ]
        case .address: keys = [("Enter", "go there"), ("Tab", "complete"), ("Esc", "never mind")]
        case .leaving: keys = [("y", "leave"), ("n", "stay")]
        case .keys where help != nil: keys = [("Up Down", "scroll"), ("any other key", "back")]
        case .keys where zoomed != nil:
            keys = [("Esc", "all parts again"), ("s n f c", "move"), (":", "command"), ("?", "help"), ("q", "quit")]
        case .keys where showsSourceFile:
            keys = [
                ("l", "line"), ("i", "into"), ("f", "finish"), ("c", "cont"), ("LIFC", "back"), ("?", "help"),
                ("q", "quit"), (":", "command"), ("b", "break"),
            ]
        case .keys:
            keys = [
                ("s", "step"), ("n", "next"), ("f", "finish"), ("c", "cont"), ("SNFC", "back"), ("?", "help"),
                ("q", "quit"), (":", "command"), ("b", "break"),
            ]
        }
        var runs: [Canvas.Run] = []
        for (key, text) in keys { runs += [.init(" \(key)", .bold), .init(" \(text) ")] }
        canvas.write(runs, in: area, row: 0)
    }

    // MARK: Help

    private func drawHelp(_ first: Int, _ area: Area, _ canvas: inout Canvas) {
        var lines: [[Canvas.Run]] = []
        for group in KeyBinding.Group.allCases {
            if !lines.isEmpty { lines.append([]) }
            lines.append([.init(" " + group.rawValue, .bold)])
            for binding in KeyBinding.all where binding.group == group && !binding.name.isEmpty {
                lines.append([.init("   " + binding.name.padded(to: 25), .bold), .init(binding.summary)])
            }
        }
        lines.append([])
        lines.append([.init(" * has changed   ▶ comes next   ● breakpoint   ◆ watchpoint   ○ ◇ disabled", .faint)])
        let room = area.rows - 1
        let start = max(0, min(first, lines.count - room))
        help = start
        let more = lines.count - room - start
        drawTitle("help", more > 0 ? "\(more) more below" : "", of: .guest, area, &canvas)
        for row in 0..<room {
            canvas.write(start + row < lines.count ? lines[start + row] : [], in: area.content, row: row)
        }
    }
}
