import Debugger

/// What a key does. The help screen is made of the same list, so that it cannot be wrong.
struct KeyBinding: Sendable {
    let keys: [ScreenKey]
    /// The keys in words.
    let name: String
    let summary: String
    let group: Group
    let action: @Sendable (DebuggerScreen) -> Void

    enum Group: String, CaseIterable, Sendable {
        case moving = "Moving (capital letters and Shift go back in time)"
        case breakpoints = "Breakpoints"
        case looking = "Looking"
        case other = "Other"
    }

    init(
        _ keys: ScreenKey..., name: String, _ summary: String, _ group: Group,
        action: @escaping @Sendable (DebuggerScreen) -> Void
    ) {
        self.keys = keys
        self.name = name
        self.summary = summary
        self.group = group
        self.action = action
    }

    /// A key that is short for a command.
    private init(_ keys: ScreenKey..., name: String, _ summary: String, command: String) {
        self.keys = keys
        self.name = name
        self.summary = summary
        group = .moving
        action = { $0.execute(command, echoes: false) }
    }

    /// In the order of the help screen.
    static let all: [KeyBinding] = [
        KeyBinding("s", .function(7), .right, name: "s F7 Right", "step: one instruction", command: "step"),
        KeyBinding("S", .shiftFunction(7), .left, name: "S Shift+F7 Left", "step back", command: "reverse-step"),
        KeyBinding("n", .function(8), name: "n F8", "next: over calls, interrupts, repetitions", command: "next"),
        KeyBinding("N", .shiftFunction(8), name: "N Shift+F8", "next, backwards", command: "reverse-next"),
        KeyBinding("i", name: "i", "to the next source line, into calls", command: "step-line"),
        KeyBinding("I", name: "I", "to the source line before, into calls", command: "reverse-step-line"),
        KeyBinding("l", name: "l", "to the next source line, over calls", command: "next-line"),
        KeyBinding("L", name: "L", "to the source line before, over calls", command: "reverse-next-line"),
        KeyBinding("f", .function(6), name: "f F6", "finish: until this function has returned", command: "finish"),
        KeyBinding(
            "F", .shiftFunction(6), name: "F Shift+F6", "back to this function's call", command: "reverse-finish"),
        KeyBinding("c", .function(5), name: "c F5", "continue; any key stops the guest", command: "continue"),
        KeyBinding(
            "C", .shiftFunction(5), name: "C Shift+F5", "back to the last breakpoint", command: "reverse-continue"),
        KeyBinding("t", name: "t", "continue, and type into the guest; Ctrl+] stops it", .moving) {
            $0.typeIntoGuest()
        },
        KeyBinding("u", .function(4), name: "u F4", "run until the cursor", .moving) { $0.runToCursor() },
        KeyBinding("U", .shiftFunction(4), name: "U Shift+F4", "go back until the cursor", .moving) {
            $0.goBackToCursor()
        },

        KeyBinding(
            "b", .function(9), .function(2), name: "b F9", "set or remove a breakpoint; in memory: a watchpoint",
            .breakpoints
        ) {
            $0.toggleBreakpoint()
        },
        KeyBinding("e", name: "e", "in the list: enable or disable", .breakpoints) { $0.toggleEnabled() },
        KeyBinding("d", .delete, name: "d Delete", "in the list: remove", .breakpoints) { $0.deleteSelected() },

        KeyBinding(.tab, name: "Tab Shift+Tab", "to the next part of the screen, to the one before", .looking) {
            $0.moveFocus(by: 1)
        },
        KeyBinding(.backTab, name: "", "", .looking) { $0.moveFocus(by: -1) },
        KeyBinding(.down, name: "Up Down PageUp PageDown", "move in it", .looking) { $0.moveCursor(by: 1) },
        KeyBinding(.up, name: "", "", .looking) { $0.moveCursor(by: -1) },
        KeyBinding(.pageDown, name: "", "", .looking) { $0.moveCursor(by: $0.pageRows) },
        KeyBinding(.pageUp, name: "", "", .looking) { $0.moveCursor(by: -$0.pageRows) },
        KeyBinding("g", name: "g", "go to an address, symbol, register (in memory: of memory)", .looking) {
            $0.askForAddress()
        },
        KeyBinding(.enter, name: "Enter", "go where the jump, pointer, entry leads", .looking) { $0.followPointer() },
        KeyBinding(.backspace, name: "Backspace", "back to where the code was before", .looking) { $0.goBackInCode() },
        KeyBinding(".", .home, name: ". Home", "to the next instruction; in others: to the beginning", .looking) {
            $0.goHome()
        },
        KeyBinding("m", name: "m", "code: instructions and source, source, instructions", .looking) {
            $0.changeContent()
        },
        KeyBinding("x", name: "x", "memory as bytes, words, doublewords, characters", .looking) { $0.changeFormat() },
        KeyBinding("p", name: "p", "linear or physical memory", .looking) { $0.memory.isPhysical.toggle() },
        KeyBinding("r", name: "r", "other registers: of the FPU, of SSE, and back", .looking) { $0.changeRegisters() },
        KeyBinding("w", name: "w", "who last wrote the memory at the cursor?", .looking) {
            $0.findLastWrite(goes: false)
        },
        KeyBinding("W", name: "W", "go back to where it was written", .looking) { $0.findLastWrite(goes: true) },
        KeyBinding("v", name: "v", "the guest's screen, and back", .looking) { $0.toggleZoom(.guest) },
        KeyBinding("k", name: "k", "the kernel's threads, and back; Enter looks from one", .looking) {
            $0.toggleThreads()
        },
        KeyBinding("z", name: "z", "give the part at hand all of the screen, and back", .looking) {
            $0.toggleZoom($0.focus)
        },
        KeyBinding("o", name: "o", "the log of commands, or the serial port's", .looking) {
            $0.log.showsSerial.toggle()
        },

        KeyBinding(":", name: ":", "type a command (Escape: back to the keys)", .other) { $0.beginCommand() },
        KeyBinding("?", .function(1), "h", name: "? F1", "this help", .other) { $0.help = $0.help == nil ? 0 : nil },
        KeyBinding(.control("l"), name: "Ctrl+L", "draw everything again", .other) { $0.redraw() },
        KeyBinding(.control("z"), name: "Ctrl+Z", "back to the shell for a while (fg returns)", .other) {
            $0.suspend()
        },
        KeyBinding("q", name: "q", "leave the debugger and the machine", .other) { $0.input = .leaving },
    ]

    private static let byKey: [ScreenKey: KeyBinding] = Dictionary(
        all.flatMap { binding in binding.keys.map { ($0, binding) } }, uniquingKeysWith: { first, _ in first })

    static func binding(of key: ScreenKey) -> KeyBinding? { byKey[key] }
}
