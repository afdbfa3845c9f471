import CSDL2
import Machine

/// From SDL's scancodes (positions on the keyboard, numbered as by USB HID) to the machine's keys.
///
/// Positions, not characters: the guest has a keyboard layout of its own.
enum SDLKeyMap {
    static func key(_ scancode: SDL_Scancode) -> Key? {
        keys[scancode.rawValue]
    }

    private static let keys: [UInt32: Key] = {
        var keys: [UInt32: Key] = [:]
        func add(_ first: SDL_Scancode, _ run: [Key]) {
            for (offset, key) in run.enumerated() { keys[first.rawValue + UInt32(offset)] = key }
        }
        add(
            SDL_SCANCODE_A,
            [.a, .b, .c, .d, .e, .f, .g, .h, .i, .j, .k, .l, .m, .n, .o, .p, .q, .r, .s, .t, .u, .v, .w, .x, .y, .z])
        add(
            SDL_SCANCODE_1,
            [.digit1, .digit2, .digit3, .digit4, .digit5, .digit6, .digit7, .digit8, .digit9, .digit0])
        add(
            SDL_SCANCODE_RETURN,
            [
                .enter, .escape, .backspace, .tab, .space, .minus, .equals, .leftBracket, .rightBracket, .backslash,
                .backslash, .semicolon, .apostrophe, .grave, .comma, .period, .slash, .capsLock,
            ])
        add(SDL_SCANCODE_F1, [.f1, .f2, .f3, .f4, .f5, .f6, .f7, .f8, .f9, .f10, .f11, .f12])
        add(
            SDL_SCANCODE_PRINTSCREEN,
            [
                .printScreen, .scrollLock, .pause, .insert, .home, .pageUp, .delete, .end, .pageDown, .right, .left,
                .down, .up,
            ])
        add(
            SDL_SCANCODE_NUMLOCKCLEAR,
            [
                .numLock, .keypadDivide, .keypadMultiply, .keypadMinus, .keypadPlus, .keypadEnter, .keypad1, .keypad2,
                .keypad3, .keypad4, .keypad5, .keypad6, .keypad7, .keypad8, .keypad9, .keypad0, .keypadPeriod,
                .nonUSBackslash, .menu,
            ])
        add(
            SDL_SCANCODE_LCTRL,
            [.leftControl, .leftShift, .leftAlt, .leftGUI, .rightControl, .rightShift, .rightAlt, .rightGUI])
        return keys
    }()
}
