/// A key, as an editor of lines sees it.
public enum Key: Equatable, Sendable {
    /// A printable ASCII character.
    case character(UInt8)
    case enter
    case backspace
    case delete
    case left
    case right
    case wordLeft
    case wordRight
    case up
    case down
    case home
    case end
    case tab
    /// Control-U.
    case killToStart
    /// Control-K.
    case killToEnd
    /// Control-W.
    case killWord
    /// Control-L.
    case clearScreen
    /// Control-C.
    case interrupt
    /// Control-D.
    case endOfInput
}

/// Turns the bytes that a terminal sends into keys.
///
/// Knows the escape sequences of ECMA-48 and of xterm for the keys in ``Key``, and passes over all others as a whole,
/// so that an unknown key never leaves its tail in the line.
public struct KeyDecoder {
    private enum State {
        case ground
        /// After ESC.
        case escape
        /// After `ESC [`, with the last parameter so far.
        case sequence(parameter: Int)
        /// After `ESC O`.
        case singleShift
    }

    private var state = State.ground
    private var lastWasCarriageReturn = false

    public init() {}

    /// Takes one byte; returns the key that it completes, if any.
    public mutating func decode(_ byte: UInt8) -> Key? {
        let afterCarriageReturn = lastWasCarriageReturn
        lastWasCarriageReturn = false
        switch state {
        case .ground:
            return decodeGround(byte, afterCarriageReturn: afterCarriageReturn)
        case .escape:
            state = .ground
            switch byte {
            case UInt8(ascii: "["): state = .sequence(parameter: 0)
            case UInt8(ascii: "O"): state = .singleShift
            case UInt8(ascii: "b"): return .wordLeft
            case UInt8(ascii: "f"): return .wordRight
            case 0x7F, 0x08: return .killWord
            case 0x1B: state = .escape
            default: break
            }
            return nil
        case .singleShift:
            state = .ground
            return Self.final(byte, parameter: 0)
        case .sequence(let parameter):
            return decodeSequence(byte, parameter: parameter)
        }
    }

    private mutating func decodeGround(_ byte: UInt8, afterCarriageReturn: Bool) -> Key? {
        switch byte {
        case 0x20...0x7E: return .character(byte)
        case 0x0D:
            lastWasCarriageReturn = true
            return .enter
        case 0x0A:
            // CR LF is one Enter: so a file piped into the serial line counts as typed.
            return afterCarriageReturn ? nil : .enter
        case 0x08, 0x7F: return .backspace
        case 0x09: return .tab
        case 0x01: return .home
        case 0x02: return .left
        case 0x03: return .interrupt
        case 0x04: return .endOfInput
        case 0x05: return .end
        case 0x06: return .right
        case 0x0B: return .killToEnd
        case 0x0C: return .clearScreen
        case 0x0E: return .down
        case 0x10: return .up
        case 0x15: return .killToStart
        case 0x17: return .killWord
        case 0x1B:
            state = .escape
            return nil
        default: return nil
        }
    }

    /// A byte of a control sequence (ECMA-48, section 5.4): parameters, then intermediates, then one final byte.
    private mutating func decodeSequence(_ byte: UInt8, parameter: Int) -> Key? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            state = .sequence(parameter: min(parameter * 10 + Int(byte - UInt8(ascii: "0")), 9999))
            return nil
        case UInt8(ascii: ";"):
            state = .sequence(parameter: 0)
            return nil
        case 0x20...0x2F, 0x3A, 0x3C...0x3F: return nil
        case 0x40...0x7E:
            state = .ground
            return Self.final(byte, parameter: parameter)
        default:
            // A control character breaks the sequence off and counts itself.
            state = .ground
            return decodeGround(byte, afterCarriageReturn: false)
        }
    }

    /// What a sequence's final byte means. xterm gives 5 as the last parameter when Control was held.
    private static func final(_ byte: UInt8, parameter: Int) -> Key? {
        switch byte {
        case UInt8(ascii: "A"): .up
        case UInt8(ascii: "B"): .down
        case UInt8(ascii: "C"): parameter == 5 ? .wordRight : .right
        case UInt8(ascii: "D"): parameter == 5 ? .wordLeft : .left
        case UInt8(ascii: "H"): .home
        case UInt8(ascii: "F"): .end
        case UInt8(ascii: "M"): .enter
        case UInt8(ascii: "~"):
            switch parameter {
            case 1, 7: .home
            case 3: .delete
            case 4, 8: .end
            default: nil
            }
        default: nil
        }
    }
}
