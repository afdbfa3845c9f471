/// A key of a terminal's keyboard, as far as the terminal tells it apart from others.
public enum ScreenKey: Sendable, Hashable {
    /// A printable ASCII character.
    case character(Character)
    /// Control and a letter, which is in lower case.
    case control(Character)
    /// Alt, or Escape before, and a character.
    case alt(Character)
    case enter, tab, backTab, backspace, escape
    case up, down, left, right, home, end, pageUp, pageDown, insert, delete
    /// F1 to F12.
    case function(Int)
    case shiftFunction(Int)
    /// A sequence that means nothing here.
    case unknown
}

extension ScreenKey: ExpressibleByExtendedGraphemeClusterLiteral {
    /// Characters stand for themselves.
    public init(extendedGraphemeClusterLiteral value: Character) {
        self = .character(value)
    }
}

/// A key and the bytes that it has arrived as, for those who decode them in their own way.
public struct KeyPress: Sendable, Equatable {
    public let key: ScreenKey
    public let bytes: [UInt8]
}

/// Turns the bytes that a terminal sends into keys: ECMA-48's and xterm's sequences as a whole, however they are cut,
/// and whatever is in them.
public struct ScreenKeyDecoder {
    private var pending: [UInt8] = []
    /// A sequence longer than any key's is no key's.
    private static let limit = 32

    public init() {}

    /// Takes one byte; returns the key that it completes, if any.
    public mutating func decode(_ byte: UInt8) -> KeyPress? {
        pending.append(byte)
        guard let key = Self.key(pending) else {
            if pending.count > Self.limit { return finish(.unknown) }
            return nil
        }
        return finish(key)
    }

    /// Nothing has come for a while: what is there is all there is. An escape alone is the Escape key.
    public mutating func flush() -> KeyPress? {
        guard !pending.isEmpty else { return nil }
        return finish(pending == [0x1B] ? .escape : .unknown)
    }

    private mutating func finish(_ key: ScreenKey) -> KeyPress {
        defer { pending = [] }
        return KeyPress(key: key, bytes: pending)
    }

    /// The key of a whole sequence; nil if more must come.
    private static func key(_ bytes: [UInt8]) -> ScreenKey? {
        guard let first = bytes.first else { return nil }
        guard first == 0x1B else { return bytes.count == 1 ? single(first) : character(bytes) }
        guard bytes.count > 1 else { return nil }
        switch bytes[1] {
        case 0x5B: return bytes.count > 2 ? sequence(bytes) : nil  // [
        case 0x4F: return bytes.count > 2 ? finals[bytes[2]] ?? .unknown : nil  // O
        case 0x1B: return .escape
        case 0x20...0x7E: return .alt(Character(UnicodeScalar(bytes[1])))
        case 0x7F, 0x08: return .alt("\u{7F}")
        default: return .unknown
        }
    }

    private static func single(_ byte: UInt8) -> ScreenKey? {
        switch byte {
        case 0x20...0x7E: .character(Character(UnicodeScalar(byte)))
        case 0x0D, 0x0A: .enter
        case 0x09: .tab
        case 0x7F, 0x08: .backspace
        case 0x01...0x1A: .control(Character(UnicodeScalar(byte | 0x60)))
        // The beginning of a character of several bytes (UTF-8).
        case 0xC2...0xF4: nil
        default: .unknown
        }
    }

    /// Characters beyond ASCII mean nothing here, but are passed over as a whole.
    private static func character(_ bytes: [UInt8]) -> ScreenKey? {
        let length = bytes[0] >= 0xF0 ? 4 : bytes[0] >= 0xE0 ? 3 : 2
        return bytes.count >= length || bytes.last.map { $0 & 0xC0 != 0x80 } == true ? .unknown : nil
    }

    /// `ESC [`, parameters, and one final byte from 40h on.
    private static func sequence(_ bytes: [UInt8]) -> ScreenKey? {
        guard let last = bytes.last else { return nil }
        // The Linux console's function keys are `ESC [ [` and a letter.
        if bytes[2] == 0x5B {
            guard bytes.count > 3 else { return nil }
            return 0x41...0x45 ~= last ? .function(Int(last) - 0x40) : .unknown
        }
        guard last >= 0x20 else { return .unknown }
        guard last >= 0x40 else { return nil }
        let parameters = bytes[2..<bytes.count - 1].split(separator: 0x3B, omittingEmptySubsequences: false).map {
            Int(String(decoding: $0, as: UTF8.self)) ?? 0
        }
        // xterm's second parameter is 1 and the modifiers: Shift 1, Alt 2, Control 4.
        let isShifted = parameters.count > 1 && parameters[1] > 0 && (parameters[1] - 1) & 1 != 0
        guard last == 0x7E else {
            let key = last == 0x5A ? .backTab : finals[last] ?? .unknown
            if isShifted, case .function(let number) = key { return .shiftFunction(number) }
            return key
        }
        let number = parameters.first ?? 0
        if let key = editing[number] { return key }
        if let function = functions[number] { return isShifted ? .shiftFunction(function) : .function(function) }
        return shifted[number].map { .shiftFunction($0) } ?? .unknown
    }

    private static let finals: [UInt8: ScreenKey] = [
        0x41: .up, 0x42: .down, 0x43: .right, 0x44: .left, 0x46: .end, 0x48: .home, 0x4D: .enter,
        0x50: .function(1), 0x51: .function(2), 0x52: .function(3), 0x53: .function(4),
    ]

    private static let editing: [Int: ScreenKey] = [
        1: .home, 2: .insert, 3: .delete, 4: .end, 5: .pageUp, 6: .pageDown, 7: .home, 8: .end,
    ]

    private static let functions: [Int: Int] = [
        11: 1, 12: 2, 13: 3, 14: 4, 15: 5, 17: 6, 18: 7, 19: 8, 20: 9, 21: 10, 23: 11, 24: 12,
    ]

    /// Where terminals have no modifiers, as the Linux console: F13 is Shift and F1, and so on.
    private static let shifted: [Int: Int] = [25: 1, 26: 2, 28: 3, 29: 4, 31: 5, 32: 6, 33: 7, 34: 8]
}
