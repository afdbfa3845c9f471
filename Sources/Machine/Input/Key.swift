/// A key of a 104-key keyboard, named by what a US keyboard has printed on it.
public enum Key: String, Codable, Sendable, CaseIterable {
    case a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z
    case digit0, digit1, digit2, digit3, digit4, digit5, digit6, digit7, digit8, digit9
    case escape, enter, backspace, tab, space
    case minus, equals, leftBracket, rightBracket, backslash, semicolon, apostrophe, grave, comma, period, slash
    /// The key between left Shift and Z on European keyboards.
    case nonUSBackslash
    case capsLock, numLock, scrollLock
    case f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12
    case printScreen, pause
    case insert, delete, home, end, pageUp, pageDown
    case up, down, left, right
    case keypad0, keypad1, keypad2, keypad3, keypad4, keypad5, keypad6, keypad7, keypad8, keypad9
    case keypadDivide, keypadMultiply, keypadMinus, keypadPlus, keypadEnter, keypadPeriod
    case leftShift, rightShift, leftControl, rightControl, leftAlt, rightAlt
    /// The keys with the Windows logo, and the menu key beside the right one.
    case leftGUI, rightGUI, menu
}

extension Key {
    /// The key that types `character` on a US keyboard, and whether Shift is held; nil if there is none.
    public static func typing(_ character: Character) -> (key: Key, shift: Bool)? {
        usLayout[character]
    }

    private static let usLayout: [Character: (key: Key, shift: Bool)] = {
        var layout: [Character: (key: Key, shift: Bool)] = [
            " ": (.space, false), "\n": (.enter, false), "\r": (.enter, false), "\r\n": (.enter, false),
            "\t": (.tab, false), "\u{8}": (.backspace, false), "\u{7F}": (.backspace, false),
            "\u{1B}": (.escape, false),
        ]
        // `characters`: what the key types without and with Shift.
        func add(_ key: Key, _ characters: String) {
            for (index, character) in characters.enumerated() {
                layout[character] = (key, index == 1)
            }
        }
        for letter in "abcdefghijklmnopqrstuvwxyz" {
            guard let key = Key(rawValue: String(letter)) else { continue }
            layout[letter] = (key, false)
            for upper in letter.uppercased() {
                layout[upper] = (key, true)
            }
        }
        let digits: [Key] = [
            .digit0, .digit1, .digit2, .digit3, .digit4, .digit5, .digit6, .digit7, .digit8, .digit9,
        ]
        for (key, characters) in zip(digits, ["0)", "1!", "2@", "3#", "4$", "5%", "6^", "7&", "8*", "9("]) {
            add(key, characters)
        }
        let punctuation: [(Key, String)] = [
            (.minus, "-_"), (.equals, "=+"), (.leftBracket, "[{"), (.rightBracket, "]}"), (.backslash, "\\|"),
            (.semicolon, ";:"), (.apostrophe, "'\""), (.grave, "`~"), (.comma, ",<"), (.period, ".>"),
            (.slash, "/?"),
        ]
        for (key, characters) in punctuation {
            add(key, characters)
        }
        return layout
    }()
}
