// From keys to edited lines, without hardware: what drivers and the shell do with what they receive.
//
// Constraint: a person may sit at a PS/2 keyboard or at the far end of a serial line, and programs should not have to
// know which. A serial terminal already has a language for keys that are no characters: bytes below 0x20, DEL, and the
// escape sequences of ECMA-48 (`ESC [ A` for the up arrow).
//
// Choice: everything is a stream of such bytes. `ScancodeDecoder` turns the keyboard's scan codes into what a terminal
// would have sent; `KeyDecoder` turns bytes from either into keys; `LineEditor` turns keys into a line, and shows it
// with nothing but printable characters and backspace, which the VGA console and every terminal agree on. Nothing here
// allocates, waits or touches a port, so that all of it is tested on the host.
//
// Example: Shift and A on the keyboard arrive as 2A 1E 9E AA and leave the decoder as the byte 41.

/// Takes the bytes that are to be sent or shown.
public protocol ByteSink {
    mutating func write(_ byte: UInt8)
}

extension ByteSink {
    /// Writes each byte of a text.
    public mutating func write(_ text: StaticString) {
        for index in 0..<text.utf8CodeUnitCount { write(text.utf8Start[index]) }
    }
}

/// Turns scan codes of set 1 (what the 8042's translation delivers) into the bytes that a terminal with a US keyboard
/// would send.
///
/// Source of the codes: the PS/2 Hardware Interface Technical Reference, "Keyboards (101/102-key)", scan code set 1.
public struct ScancodeDecoder {
    private var leftShift = false
    private var rightShift = false
    private var leftControl = false
    private var rightControl = false
    private var leftAlt = false
    private var rightAlt = false
    /// Whether E0 was the byte before.
    private var isExtended = false
    /// How many more bytes belong to the Pause key, which sends E1 1D 45 E1 9D C5 and never a release.
    private var pauseBytesLeft = 0
    /// A lock key that is being held repeats; it switches once per press.
    private var heldLock: UInt8 = 0

    /// Whether Caps Lock is on.
    public private(set) var capsLock = false
    /// Whether Num Lock is on.
    public private(set) var numLock = false

    public init() {}

    private var shift: Bool { leftShift || rightShift }
    private var control: Bool { leftControl || rightControl }
    private var alt: Bool { leftAlt || rightAlt }

    /// Takes one byte from the keyboard, and writes what it amounts to: nothing, a byte, or an escape sequence.
    public mutating func decode(_ byte: UInt8, to sink: inout some ByteSink) {
        if pauseBytesLeft > 0 {
            pauseBytesLeft -= 1
            return
        }
        switch byte {
        case 0xE0:
            isExtended = true
            return
        case 0xE1:
            pauseBytesLeft = 5
            return
        case 0xFA, 0xFE, 0xEE, 0x00, 0xFF:
            // Acknowledge, resend, echo and overrun: the keyboard talking about itself.
            isExtended = false
            return
        default: break
        }
        let wasExtended = isExtended
        isExtended = false
        let code = byte & 0x7F
        let isPressed = byte & 0x80 == 0
        if changeModifier(code, isPressed: isPressed, isExtended: wasExtended) { return }
        guard isPressed else { return }
        if wasExtended { writeExtended(code, to: &sink) } else { writeBase(code, to: &sink) }
    }

    /// Follows the keys that only change the meaning of others. Returns whether `code` is one.
    private mutating func changeModifier(_ code: UInt8, isPressed: Bool, isExtended: Bool) -> Bool {
        switch code {
        case 0x2A:
            // E0 2A and E0 AA are sent around navigation keys, for the benefit of programs that know no Num Lock.
            if !isExtended { leftShift = isPressed }
        case 0x36:
            if !isExtended { rightShift = isPressed }
        case 0x1D:
            if isExtended { rightControl = isPressed } else { leftControl = isPressed }
        case 0x38:
            if isExtended { rightAlt = isPressed } else { leftAlt = isPressed }
        case 0x3A where !isExtended, 0x45 where !isExtended:
            if !isPressed {
                heldLock = 0
            } else if heldLock != code {
                heldLock = code
                if code == 0x3A { capsLock.toggle() } else { numLock.toggle() }
            }
        default: return false
        }
        return true
    }

    /// Keys that send E0 first.
    private func writeExtended(_ code: UInt8, to sink: inout some ByteSink) {
        switch code {
        case 0x1C: writeCharacter(0x0D, to: &sink)
        case 0x35: writeCharacter(UInt8(ascii: "/"), to: &sink)
        case 0x47, 0x48, 0x49, 0x4B, 0x4D, 0x4F, 0x50, 0x51, 0x52, 0x53: writeNavigation(code, to: &sink)
        default: break
        }
    }

    private func writeBase(_ code: UInt8, to sink: inout some ByteSink) {
        switch code {
        case 0x01: writeCharacter(0x1B, to: &sink)
        case 0x0E: writeCharacter(control ? 0x08 : 0x7F, to: &sink)
        case 0x0F:
            if shift { sink.write("\u{1B}[Z") } else { writeCharacter(0x09, to: &sink) }
        case 0x1C: writeCharacter(0x0D, to: &sink)
        case 0x37: writeCharacter(UInt8(ascii: "*"), to: &sink)
        case 0x4A: writeCharacter(UInt8(ascii: "-"), to: &sink)
        case 0x4E: writeCharacter(UInt8(ascii: "+"), to: &sink)
        case 0x3B...0x44, 0x57, 0x58: writeFunctionKey(code, to: &sink)
        case 0x47...0x53:
            // The keypad: digits with Num Lock, or with Shift without it.
            if numLock != shift {
                let digits: StaticString = "789-456+1230."
                writeCharacter(digits.utf8Start[Int(code - 0x47)], to: &sink)
            } else {
                writeNavigation(code, to: &sink)
            }
        default:
            guard let plain = Self.character(code, shift: false), let shifted = Self.character(code, shift: true) else {
                return
            }
            let isLetter = UInt8(ascii: "a")...UInt8(ascii: "z") ~= plain
            let character = shift != (capsLock && isLetter) ? shifted : plain
            guard control else {
                writeCharacter(character, to: &sink)
                return
            }
            // What Control makes of a character, as on a DEC VT220.
            switch character {
            case UInt8(ascii: "@")...UInt8(ascii: "_"), UInt8(ascii: "a")...UInt8(ascii: "z"):
                writeCharacter(character & 0x1F, to: &sink)
            case UInt8(ascii: " "), UInt8(ascii: "2"): writeCharacter(0x00, to: &sink)
            case UInt8(ascii: "3")...UInt8(ascii: "7"): writeCharacter(character - 0x18, to: &sink)
            case UInt8(ascii: "8"): writeCharacter(0x7F, to: &sink)
            case UInt8(ascii: "/"), UInt8(ascii: "-"): writeCharacter(0x1F, to: &sink)
            default: break
            }
        }
    }

    private func writeCharacter(_ byte: UInt8, to sink: inout some ByteSink) {
        if alt { sink.write(0x1B) }
        sink.write(byte)
    }

    /// The cursor keys and the six above them, on their own or on the keypad.
    private func writeNavigation(_ code: UInt8, to sink: inout some ByteSink) {
        switch code {
        case 0x47: sink.write("\u{1B}[H")
        case 0x48: sink.write("\u{1B}[A")
        case 0x49: sink.write("\u{1B}[5~")
        case 0x4B: sink.write("\u{1B}[D")
        case 0x4D: sink.write("\u{1B}[C")
        case 0x4F: sink.write("\u{1B}[F")
        case 0x50: sink.write("\u{1B}[B")
        case 0x51: sink.write("\u{1B}[6~")
        case 0x52: sink.write("\u{1B}[2~")
        case 0x53: sink.write("\u{1B}[3~")
        default: break
        }
    }

    private func writeFunctionKey(_ code: UInt8, to sink: inout some ByteSink) {
        switch code {
        case 0x3B: sink.write("\u{1B}OP")
        case 0x3C: sink.write("\u{1B}OQ")
        case 0x3D: sink.write("\u{1B}OR")
        case 0x3E: sink.write("\u{1B}OS")
        case 0x3F: sink.write("\u{1B}[15~")
        case 0x40: sink.write("\u{1B}[17~")
        case 0x41: sink.write("\u{1B}[18~")
        case 0x42: sink.write("\u{1B}[19~")
        case 0x43: sink.write("\u{1B}[20~")
        case 0x44: sink.write("\u{1B}[21~")
        case 0x57: sink.write("\u{1B}[23~")
        case 0x58: sink.write("\u{1B}[24~")
        default: break
        }
    }

    /// What is printed on a key of a US keyboard, or nil if the key makes no character.
    private static func character(_ code: UInt8, shift: Bool) -> UInt8? {
        // From 02, the key 1, to 39, the space bar; NUL where there is no character. 56 is the key that only keyboards
        // with 102 keys have.
        let plain: StaticString =
            "1234567890-=\0\0qwertyuiop[]\0\0asdfghjkl;'`\0\\zxcvbnm,./\0\0\0 "
        let shifted: StaticString =
            "!@#$%^&*()_+\0\0QWERTYUIOP{}\0\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0\0\0 "
        if code == 0x56 { return shift ? UInt8(ascii: "|") : UInt8(ascii: "\\") }
        guard 0x02...0x39 ~= code else { return nil }
        let byte = (shift ? shifted : plain).utf8Start[Int(code) - 0x02]
        return byte == 0 ? nil : byte
    }
}
