import Machine

/// From the bytes that a terminal sends to the machine's keys: a pure function, apart from what is left over of a
/// sequence that has not arrived whole.
///
/// A terminal sends characters, not key presses (ECMA-48, xterm's control sequences); characters are typed on the
/// machine's US keyboard, and the cursor and function keys are recognised by their sequences.
public struct TerminalKeys: Sendable {
    /// What a person pressed.
    public enum Action: Equatable {
        case input(InputEvent)
        /// Ctrl+]: leave the console, or stop the guest.
        case leave
    }

    private var pending: [UInt8] = []

    public init() {}

    /// Takes bytes as they arrive, and returns what they mean. A lone escape byte at the end of `bytes` is the Escape
    /// key: a terminal sends its sequences in one piece.
    public mutating func translate(_ bytes: [UInt8]) -> [Action] {
        var input = (pending + bytes)[...]
        pending = []
        var actions: [Action] = []
        var text: [UInt8] = []
        func flushText() {
            guard !text.isEmpty else { return }
            actions.append(.input(.text(String(decoding: text, as: UTF8.self))))
            text = []
        }
        while let byte = input.first {
            if byte == 0x1B {
                flushText()
                actions += Self.escape(&input)
                continue
            }
            input.removeFirst()
            switch byte {
            case 0x1D:
                flushText()
                actions.append(.leave)
            case 0x0D, 0x0A: text.append(0x0A)
            case 0x09, 0x7F: text.append(byte)
            case 0x00...0x1F:
                flushText()
                actions += Self.control(byte)
            case 0xC0...0xFF where !Self.isWhole(byte, input):
                pending = [byte] + input
                input = []
            default: text.append(byte)
            }
        }
        flushText()
        return actions
    }

    /// Whether the rest of the UTF-8 sequence that `lead` begins is there.
    private static func isWhole(_ lead: UInt8, _ rest: ArraySlice<UInt8>) -> Bool {
        rest.count >= (lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1)
    }

    /// Consumes a sequence that begins with ESC.
    private static func escape(_ input: inout ArraySlice<UInt8>) -> [Action] {
        input.removeFirst()
        guard let introducer = input.first else { return press(.escape) }
        guard introducer == 0x5B || introducer == 0x4F else {  // "[": CSI, "O": SS3
            guard introducer >= 0x20, introducer < 0x7F, let typed = Key.typing(Character(UnicodeScalar(introducer)))
            else { return press(.escape) }
            input.removeFirst()
            return press(typed.key, with: typed.shift ? [.leftAlt, .leftShift] : [.leftAlt])
        }
        input.removeFirst()
        var parameters: [UInt8] = []
        while let byte = input.first, byte < 0x40 {
            parameters.append(byte)
            input.removeFirst()
        }
        guard let final = input.popFirst() else { return [] }
        let numbers = parameters.split(separator: 0x3B, omittingEmptySubsequences: false).map {
            Int(String(decoding: $0, as: UTF8.self)) ?? 0
        }
        let key = final == 0x7E ? numbersOfTilde[numbers.first ?? 0] : finals[final]
        guard let key else { return [] }
        // xterm adds the modifiers as a second parameter: 1 plus Shift 1, Alt 2, Control 4.
        let bits = numbers.count > 1 ? max(0, numbers[1] - 1) : 0
        var modifiers: [Key] = []
        if bits & 1 != 0 { modifiers.append(.leftShift) }
        if bits & 2 != 0 { modifiers.append(.leftAlt) }
        if bits & 4 != 0 { modifiers.append(.leftControl) }
        return press(key, with: modifiers)
    }

    private static func control(_ byte: UInt8) -> [Action] {
        switch byte {
        case 0x00: press(.space, with: [.leftControl])
        case 0x1C: press(.backslash, with: [.leftControl])
        case 0x1E: press(.digit6, with: [.leftControl, .leftShift])
        case 0x1F: press(.minus, with: [.leftControl, .leftShift])
        default:
            Key.typing(Character(UnicodeScalar(byte | 0x60))).map { press($0.key, with: [.leftControl]) } ?? []
        }
    }

    private static func press(_ key: Key, with modifiers: [Key] = []) -> [Action] {
        let down = (modifiers + [key]).map { InputEvent.key($0, isPressed: true) }
        let up = ([key] + modifiers.reversed()).map { InputEvent.key($0, isPressed: false) }
        return (down + up).map { .input($0) }
    }

    private static let finals: [UInt8: Key] = [
        0x41: .up, 0x42: .down, 0x43: .right, 0x44: .left, 0x46: .end, 0x48: .home,
        0x50: .f1, 0x51: .f2, 0x52: .f3, 0x53: .f4,
    ]

    private static let numbersOfTilde: [Int: Key] = [
        1: .home, 2: .insert, 3: .delete, 4: .end, 5: .pageUp, 6: .pageDown, 7: .home, 8: .end,
        11: .f1, 12: .f2, 13: .f3, 14: .f4, 15: .f5, 17: .f6, 18: .f7, 19: .f8, 20: .f9, 21: .f10, 23: .f11, 24: .f12,
    ]
}
