/// gdb's remote serial protocol, as far as bytes go: packets with checksums, escapes and runs.
///
/// **Constraint.** gdb and lldb speak a protocol from the days of serial lines: packets `$...#xx` with a checksum,
/// acknowledged by `+` and `-`, binary data with escapes, replies with repeated bytes shortened, and a lone byte 03h
/// that means "stop now". What comes in may be cut anywhere, and may come from somebody who means no good.
///
/// **Choice.** Nothing in this module but `Server/` does any input or output. ``PacketDecoder`` turns bytes, in
/// whatever pieces, into events and never holds more than a packet's limit; ``Packet`` turns replies into bytes;
/// ``Stub`` answers packets by asking the `Debugger`, which knows no protocol. `Server/` brings them to a socket.
///
/// **Example.** gdb sends `$m7c00,2#c5`; the decoder says `.packet("m7c00,2")`, the stub answers `eb3c`, and what goes
/// out is `+$eb3c#5d`.
///
/// The protocol is described in "Debugging with GDB", appendix E.
public enum Packet {
    /// The sum of the bytes modulo 256.
    public static func checksum(_ bytes: some Sequence<UInt8>) -> UInt8 {
        bytes.reduce(0, &+)
    }

    /// A packet with these contents, in which `#`, `$` and `}` are escaped already where they are data. Only in replies
    /// may runs be shortened.
    public static func frame(_ contents: [UInt8], shorteningRuns: Bool = true) -> [UInt8] {
        let sent = shorteningRuns ? self.shorteningRuns(contents) : contents
        return [dollar] + sent + [hash] + Hexadecimal.digits(checksum(sent))
    }

    // MARK: Escapes

    /// Binary data as it stands in a packet: what has a meaning is sent as `}` and itself, bit 5 flipped.
    public static func escape(_ data: some Sequence<UInt8>) -> [UInt8] {
        data.flatMap { isSpecial($0) ? [escape, $0 ^ 0x20] : [$0] }
    }

    /// The binary data that stands in a packet; nil if it ends within an escape.
    public static func unescape(_ bytes: some Sequence<UInt8>) -> [UInt8]? {
        var result: [UInt8] = []
        var isEscaped = false
        for byte in bytes {
            if isEscaped {
                result.append(byte ^ 0x20)
                isEscaped = false
            } else if byte == escape {
                isEscaped = true
            } else {
                result.append(byte)
            }
        }
        return isEscaped ? nil : result
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        byte == dollar || byte == hash || byte == escape || byte == star
    }

    // MARK: Runs

    /// Shortens runs: a byte, `*`, and how often it follows, plus 29. Only replies may be shortened.
    static func shorteningRuns(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            var repeats = 0
            while repeats < 97, index + repeats + 1 < bytes.count, bytes[index + repeats + 1] == byte { repeats += 1 }
            // The count must not look like something else: # $ + -
            while [6, 7, 14, 16].contains(repeats) { repeats -= 1 }
            if repeats >= 3 {
                result += [byte, star, UInt8(repeats + 29)]
            } else {
                repeats = 0
                result.append(byte)
            }
            index += repeats + 1
        }
        return result
    }

    /// Undoes the shortening; nil if there is nothing to repeat, the count is none, or the result exceeds `limit`.
    public static func expandingRuns(_ bytes: [UInt8], limit: Int) -> [UInt8]? {
        var result: [UInt8] = []
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            if byte == star {
                guard let last = result.last, let count = rest.popFirst(), count >= 32, count <= 126 else { return nil }
                result += [UInt8](repeating: last, count: Int(count) - 29)
            } else {
                result.append(byte)
            }
            guard result.count <= limit else { return nil }
        }
        return result
    }

    static let dollar = UInt8(ascii: "$")
    static let hash = UInt8(ascii: "#")
    static let star = UInt8(ascii: "*")
    static let escape = UInt8(ascii: "}")
}
