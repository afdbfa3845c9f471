import Debugger
import Terminal

/// What keys do.
extension DebuggerScreen {
    func handle(_ press: KeyPress) {
        guard !isFinished else { return }
        // Escape and a key behind it in a hurry look like Alt and the key; few of those mean anything.
        if case .alt(let character) = press.key, input == .keys || !"bf\u{7F}".contains(character) {
            handle(KeyPress(key: .escape, bytes: [0x1B]))
            return handle(KeyPress(key: .character(character), bytes: Array(press.bytes.dropFirst())))
        }
        switch input {
        case .keys: handleKey(press.key)
        case .command: handleTyping(press)
        case .address(let pane): handleAddress(press, pane)
        case .leaving:
            input = .keys
            if press.key == "y" || press.key == "q" || press.key == .enter { isFinished = true }
        }
    }

    private func handleKey(_ key: ScreenKey) {
        if let first = help {
            switch key {
            case .down: help = first + 1
            case .up: help = max(0, first - 1)
            case .pageDown: help = first + 10
            case .pageUp: help = max(0, first - 10)
            default: help = nil
            }
            return
        }
        switch key {
        case .escape where zoomed == .threads: toggleThreads()
        case .escape:
            zoomed = nil
        case .control("c"):
            event = Event(text: "nothing is running; q leaves")
        case .left where focus == .memory: memory.move(by: -memory.format.unit)
        case .right where focus == .memory: memory.move(by: memory.format.unit)
        case .end where focus == .log: log.scroll = 0
        default:
            guard let binding = KeyBinding.binding(of: key) else {
                if case .character(let character) = key {
                    event = Event(text: "'\(character)' means nothing here; ? lists the keys, : takes a command")
                }
                return
            }
            binding.action(self)
        }
    }

    // MARK: Typing

    func beginCommand() {
        input = .command
        beginLine()
    }

    func askForAddress() {
        input = .address(focus == .memory ? .memory : .code)
        beginLine()
    }

    private func beginLine() {
        editor = PromptEditor(prompt: "", width: Self.lineWidth, history: history)
        editor.begin()
    }

    private func handleTyping(_ press: KeyPress) {
        switch press.key {
        case .escape: input = .keys
        case .pageUp: log.scroll += pageRows(of: .log)
        case .pageDown: log.scroll -= pageRows(of: .log)
        case .function, .shiftFunction, .control("z"):
            // They are no text, so they mean the same as always.
            KeyBinding.binding(of: press.key)?.action(self)
        default:
            edit(press) { [unowned self] line in
                history.add(line)
                didEnter(line)
                execute(line)
                beginLine()
            }
        }
    }

    private func handleAddress(_ press: KeyPress, _ pane: Pane) {
        guard press.key != .escape else {
            input = .keys
            return
        }
        edit(press) { [unowned self] line in
            input = .keys
            go(to: line, in: pane)
        }
    }

    private func edit(_ press: KeyPress, entered: (String) -> Void) {
        for byte in press.bytes {
            let change = editor.receive(byte) { [commands, input] beginning in
                // An address is completed as an argument is.
                commands.completions(of: input == .command ? beginning : "x " + beginning)
            }
            _ = editor.takeDrawing()
            switch change {
            case .editing: continue
            case .choices(let words):
                log.append(Completion.columns(words, width: pageColumns(of: .log)), .faint)
            case .cancelled, .endOfInput:
                input = .keys
                return
            case .entered(let line): return entered(line)
            }
        }
        if press.key == .control("l") { redraw() }
    }

    private func go(to text: String, in pane: Pane) {
        guard !text.allSatisfy(\.isWhitespace) else { return }
        do throws(AddressExpression.InvalidExpression) {
            let address = try debugger.address(text)
            switch pane {
            case .memory:
                memory.go(to: address)
                memory.expression = text
            default: showCode(at: address)
            }
        } catch {
            event = Event(text: error.description, isError: true)
        }
    }

    // MARK: Moving the machine

    func runToCursor() {
        guard let target = showsSourceFile ? sourceTarget() : codeCursor else { return }
        execute("until \(target.hexadecimal)", echoes: false)
    }

    /// As `until`, in the other direction: the last time that the instruction at the cursor was next.
    func goBackToCursor() {
        guard let target = showsSourceFile ? sourceTarget() : codeCursor else { return }
        let breakpoint = debugger.setBreakpoint(at: target, text: "the cursor")
        defer { debugger.deleteBreakpoint(breakpoint.number) }
        execute("reverse-continue", echoes: false)
    }

    func findLastWrite(goes: Bool) {
        let format = memory.isPhysical ? "/p" : ""
        execute(
            "last-write\(format) \(memory.cursor.hexadecimal) \(memory.format.unit)" + (goes ? " --go" : ""),
            echoes: true)
    }

    // MARK: Breakpoints

    func toggleBreakpoint() {
        switch focus {
        case .memory: toggleWatchpoint()
        case .breakpoints: deleteSelected()
        default:
            if showsSourceFile { return toggleSourceBreakpoint() }
            let here = debugger.breakpoints.filter { $0.addresses.contains(codeCursor) }
            if here.isEmpty { execute("break \(codeCursor.hexadecimal)", echoes: false) } else { remove(here) }
        }
    }

    func remove(_ breakpoints: [Breakpoint]) {
        for breakpoint in breakpoints { debugger.deleteBreakpoint(breakpoint.number) }
        event = Event(text: "breakpoint \(breakpoints.map { String($0.number) }.joined(separator: ", ")) removed")
    }

    private func toggleWatchpoint() {
        let here = debugger.watchpoints.filter {
            ($0.watch.space == .physical) == memory.isPhysical && $0.watch.address == memory.cursor
        }
        if here.isEmpty {
            let format = memory.isPhysical ? "/p" : ""
            execute("watch\(format) \(memory.cursor.hexadecimal) \(memory.format.unit)", echoes: false)
        } else {
            for watchpoint in here { debugger.deleteBreakpoint(watchpoint.number) }
            event = Event(text: "watchpoint \(here.map { String($0.number) }.joined(separator: ", ")) removed")
        }
    }

    func toggleEnabled() {
        guard focus == .breakpoints, let row = selectedBreakpoint else {
            event = Event(text: "e enables and disables in the list of breakpoints; Tab goes there")
            return
        }
        debugger.enableBreakpoint(row.number, !row.rule.isEnabled)
    }

    func deleteSelected() {
        guard focus == .breakpoints, let row = selectedBreakpoint else {
            event = Event(text: "d removes in the list of breakpoints; Tab goes there")
            return
        }
        debugger.deleteBreakpoint(row.number)
        event = Event(text: "\(row.kind.name) \(row.number) removed")
    }

    // MARK: Moving on the screen

    func moveFocus(by count: Int) {
        let panes = zoomed == nil ? Pane.focusable.filter { layout?.areas[$0] != nil } : Pane.focusable
        guard let index = panes.firstIndex(of: focus) else {
            focus = .code
            return
        }
        focus = panes[(index + count + panes.count) % panes.count]
        if zoomed != nil { zoomed = focus }
    }

    func moveCursor(by rows: Int) {
        switch zoomed == .guest ? .guest : focus {
        case .code: moveCodeCursor(by: rows)
        case .memory: memory.move(by: rows * memory.bytesPerRow)
        case .stack: moveStackCursor(by: rows)
        case .breakpoints: moveBreakpointCursor(by: rows)
        case .log: log.scroll -= rows
        case .registers: firstRegisterRow += rows
        case .threads: moveThreadCursor(by: rows)
        case .guest: break
        }
    }

    /// How far PageDown goes.
    var pageRows: Int { max(1, pageRows(of: focus) - 1) }

    private func pageRows(of pane: Pane) -> Int { layout?.areas[pane]?.content.rows ?? 10 }
    private func pageColumns(of pane: Pane) -> Int { (layout?.areas[pane]?.columns ?? 80) - 2 }

    func toggleZoom(_ pane: Pane) {
        zoomed = zoomed == nil || zoomed != pane ? pane : nil
    }

    func changeFormat() {
        let all = MemoryView.Format.allCases
        guard let index = all.firstIndex(of: memory.format) else { return }
        memory.format = all[(index + 1) % all.count]
    }

    func changeContent() {
        let all = CodeView.Content.allCases
        guard let index = all.firstIndex(of: code.content) else { return }
        code.content = all[(index + 1) % all.count]
        followSource()
        if code.content == .source, !showsSourceFile {
            event = Event(text: "there is no source of this code; instructions are shown")
        }
    }

    func goHome() {
        switch focus {
        case .code: followCode()
        case .stack: stack.follow()
        case .log: log.scroll = .max / 2
        case .breakpoints: list.cursor = 0
        case .memory: memory.goHome()
        case .registers: firstRegisterRow = 0
        case .threads: threadList.cursor = 0
        case .guest: break
        }
    }

    func goBackInCode() {
        guard let offset = code.trail.popLast() else {
            event = Event(text: "the code has not been anywhere else")
            return
        }
        code.cursor = offset
        followSource()
    }

    /// Shows what the thing at the cursor points to.
    func followPointer() {
        switch focus {
        case .code:
            guard let line = codeRows(from: code.cursor, count: 3).compactMap(\.line).first,
                let target = CodeTarget(line.text)
            else {
                event = Event(text: "this instruction names no address")
                return
            }
            switch target {
            case .code(let offset): goInCode(to: offset)
            case .memory(let address): memory.go(to: address)
            }
        case .stack:
            guard let value = stackValue else { return }
            if debugger.symbolText(at: linear(value)) != nil { goInCode(to: value) } else { memory.go(to: value) }
        case .memory:
            guard let value = memoryValue else { return }
            memory.go(to: value)
        case .breakpoints:
            guard let row = selectedBreakpoint, let address = row.address else { return }
            if row.kind == .watchpoint { memory.go(to: address) } else { showCode(at: address) }
        case .threads: selectThread()
        case .log, .registers, .guest: break
        }
    }
}

/// The address that an instruction's text names.
enum CodeTarget: Equatable {
    /// An offset in the code segment that it jumps to or calls.
    case code(UInt32)
    /// An address in memory.
    case memory(UInt32)

    init?(_ text: String) {
        guard let start = text.range(of: "0x")?.upperBound else { return nil }
        let digits = text[start...].prefix(while: \.isHexDigit)
        guard let number = UInt32(digits, radix: 16) else { return nil }
        let isBranch = text.hasPrefix("j") || text.hasPrefix("call") || text.hasPrefix("loop")
        // A far jump's first number is its segment, an indirect one's the place of its target.
        if isBranch, !text.contains("["), !text.contains(" far ") {
            self = .code(number)
        } else {
            self = .memory(number)
        }
    }
}
