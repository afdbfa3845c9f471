import Machine
import Testing

@testable import Console

/// What a person presses in a terminal reaches the guest as keys.
struct TerminalKeysTests {
    private func press(_ keys: Key...) -> [TerminalKeys.Action] {
        keys.map { .input(.key($0, isPressed: true)) } + keys.reversed().map { .input(.key($0, isPressed: false)) }
    }

    @Test func textIsTyped() {
        var keys = TerminalKeys()
        #expect(keys.translate(Array("ls -l\r".utf8)) == [.input(.text("ls -l\n"))])
    }

    @Test func cursorAndFunctionKeys() {
        var keys = TerminalKeys()
        #expect(keys.translate([0x1B, 0x5B, 0x41]) == press(.up))
        #expect(keys.translate([0x1B, 0x4F, 0x50]) == press(.f1))
        #expect(keys.translate(Array("\u{1B}[15~".utf8)) == press(.f5))
        #expect(keys.translate(Array("\u{1B}[3~".utf8)) == press(.delete))
    }

    @Test func modifiersOfXterm() {
        var keys = TerminalKeys()
        #expect(keys.translate(Array("\u{1B}[1;5C".utf8)) == press(.leftControl, .right))
    }

    @Test func controlCharacters() {
        var keys = TerminalKeys()
        #expect(keys.translate([0x03]) == press(.leftControl, .c))
        #expect(keys.translate([0x7F]) == [.input(.text("\u{7F}"))])
    }

    @Test func escapeAloneAndAlt() {
        var keys = TerminalKeys()
        #expect(keys.translate([0x1B]) == press(.escape))
        #expect(keys.translate([0x1B, 0x78]) == press(.leftAlt, .x))
    }

    @Test func leaving() {
        var keys = TerminalKeys()
        #expect(keys.translate([0x61, 0x1D]) == [.input(.text("a")), .leave])
    }

    @Test func charactersSplitBetweenReads() {
        var keys = TerminalKeys()
        let bytes = Array("é".utf8)
        #expect(keys.translate([bytes[0]]) == [])
        #expect(keys.translate([bytes[1]]) == [.input(.text("é"))])
    }

    /// A terminal may send anything; whatever it is, nothing traps and plain text after it still arrives.
    @Test func anySequenceIsSurvived() {
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                var keys = TerminalKeys()
                _ = keys.translate([0x1B, first, second])
                _ = keys.translate([first, second])
                _ = keys.translate([0x20, 0x20, 0x20])
                #expect(keys.translate([0x61]).last == .input(.text("a")))
            }
        }
    }
}
