import TerminalInput
import Testing

/// Collects what is written.
struct Collector: ByteSink {
    var bytes: [UInt8] = []
    mutating func write(_ byte: UInt8) { bytes.append(byte) }
    var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// What a keyboard's bytes amount to.
private func decode(_ codes: [UInt8]) -> String {
    var decoder = ScancodeDecoder()
    var sink = Collector()
    for code in codes { decoder.decode(code, to: &sink) }
    return sink.text
}

/// Presses and releases keys one after the other.
private func type(_ codes: UInt8...) -> [UInt8] { codes.flatMap { [$0, $0 | 0x80] } }

@Suite struct ScancodeDecoderTests {
    private let leftShift: UInt8 = 0x2A
    private let control: UInt8 = 0x1D
    private let alt: UInt8 = 0x38

    @Test func `types every character of a US keyboard`() {
        let rows: [(first: UInt8, plain: String, shifted: String)] = [
            (0x02, "1234567890-=", "!@#$%^&*()_+"), (0x10, "qwertyuiop[]", "QWERTYUIOP{}"),
            (0x1E, "asdfghjkl;'`", "ASDFGHJKL:\"~"), (0x2B, "\\zxcvbnm,./", "|ZXCVBNM<>?"), (0x39, " ", " "),
        ]
        for row in rows {
            let codes = (0..<UInt8(row.plain.utf8.count)).map { row.first + $0 }
            #expect(decode(codes.flatMap { type($0) }) == row.plain)
            #expect(decode([leftShift] + codes.flatMap { type($0) } + [leftShift | 0x80]) == row.shifted)
            #expect(decode([0x36] + codes.flatMap { type($0) } + [0xB6]) == row.shifted)
        }
        #expect(decode(type(0x1C, 0x0F, 0x01, 0x0E)) == "\r\t\u{1B}\u{7F}")
    }

    @Test func `shift counts only while it is held`() {
        #expect(decode([leftShift] + type(0x1E) + [leftShift | 0x80] + type(0x1E)) == "Aa")
        #expect(decode([leftShift, 0x36, 0xAA] + type(0x1E) + [0xB6] + type(0x1E)) == "Aa")
    }

    @Test func `caps lock changes letters only, and shift undoes it`() {
        #expect(decode(type(0x3A) + type(0x1E, 0x02) + [leftShift] + type(0x1E, 0x02)) == "A1a!")
        #expect(decode(type(0x3A) + type(0x1E) + type(0x3A) + type(0x1E)) == "Aa")
        // A held Caps Lock repeats.
        #expect(decode([0x3A, 0x3A, 0x3A, 0xBA] + type(0x1E)) == "A")
    }

    @Test func `control makes control characters`() {
        #expect(
            decode([control] + type(0x2E, 0x16, 0x26, 0x1A) + [control | 0x80] + type(0x2E))
                == "\u{3}\u{15}\u{C}\u{1B}c")
        #expect(decode([0xE0, control] + type(0x20) + [0xE0, control | 0x80] + type(0x20)) == "\u{4}d")
    }

    @Test func `alt is an escape before the character`() {
        #expect(decode([alt] + type(0x30) + [alt | 0x80]) == "\u{1B}b")
    }

    @Test func `navigation keys send escape sequences, with or without the fake shifts around them`() {
        #expect(decode([0xE0, 0x48, 0xE0, 0xC8, 0xE0, 0x53, 0xE0, 0xD3]) == "\u{1B}[A\u{1B}[3~")
        #expect(decode([0xE0, 0x2A, 0xE0, 0x4B, 0xE0, 0xCB, 0xE0, 0xAA] + type(0x1E)) == "\u{1B}[Da")
        #expect(decode([leftShift, 0xE0, 0xAA, 0xE0, 0x4D, 0xE0, 0xCD, 0xE0, 0x2A] + type(0x1E)) == "\u{1B}[CA")
    }

    @Test func `the keypad follows num lock`() {
        #expect(decode(type(0x47, 0x50)) == "\u{1B}[H\u{1B}[B")
        #expect(decode(type(0x45) + type(0x47, 0x50, 0x53, 0x4E, 0x4A, 0x37)) == "72.+-*")
        #expect(decode([0xE0, 0x1C, 0xE0, 0x9C, 0xE0, 0x35, 0xE0, 0xB5]) == "\r/")
    }

    @Test func `pause and the keyboard's own answers type nothing`() {
        #expect(decode([0xE1, 0x1D, 0x45, 0xE1, 0x9D, 0xC5] + type(0x1E)) == "a")
        #expect(decode([0xFA, 0xFE, 0xEE, 0x00, 0xFF] + type(0x1E)) == "a")
    }

    @Test func `no sequence of bytes crashes it`() {
        var decoder = ScancodeDecoder()
        var sink = Collector()
        for first in 0...UInt8.max {
            for second in 0...UInt8.max {
                decoder.decode(first, to: &sink)
                decoder.decode(second, to: &sink)
            }
        }
    }
}
