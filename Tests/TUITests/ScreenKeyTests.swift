import RandomTestSupport
import Testing

@testable import TUI

struct ScreenKeyTests {
    private func keys(_ bytes: [UInt8]) -> [ScreenKey] {
        var decoder = ScreenKeyDecoder()
        var keys = bytes.compactMap { decoder.decode($0)?.key }
        if let last = decoder.flush() { keys.append(last.key) }
        return keys
    }

    private func keys(_ text: String) -> [ScreenKey] { keys(Array(text.utf8)) }

    @Test func charactersAndControlKeys() {
        #expect(keys("sS:") == ["s", "S", ":"])
        #expect(
            keys("\r\n\t\u{7F}\u{8}\u{3}\u{C}") == [
                .enter, .enter, .tab, .backspace, .backspace, .control("c"), .control("l"),
            ])
    }

    @Test func theKeysOfDifferentTerminals() {
        // xterm, its application mode, the Linux console.
        #expect(keys("\u{1B}[A\u{1B}OA\u{1B}[1;2A") == [.up, .up, .up])
        #expect(keys("\u{1B}OP\u{1B}[11~\u{1B}[[A") == [.function(1), .function(1), .function(1)])
        #expect(keys("\u{1B}[18~\u{1B}[18;2~\u{1B}[31~") == [.function(7), .shiftFunction(7), .shiftFunction(5)])
        #expect(keys("\u{1B}[1;2P") == [.shiftFunction(1)])
        #expect(keys("\u{1B}[5~\u{1B}[6~\u{1B}[H\u{1B}[4~\u{1B}[Z") == [.pageUp, .pageDown, .home, .end, .backTab])
    }

    @Test func anEscapeAloneIsTheEscapeKey() {
        #expect(keys("\u{1B}") == [.escape])
        #expect(keys("\u{1B}\u{1B}") == [.escape])
        #expect(keys("\u{1B}b") == [.alt("b")])
    }

    @Test func whatMeansNothingLeavesNoTail() {
        #expect(keys("\u{1B}[?1;2cs") == [.unknown, "s"])
        #expect(keys("äs") == [.unknown, "s"])
        #expect(keys([0xFF, 0x73]) == [.unknown, "s"])
        // An unfinished character, and a control character within a sequence.
        #expect(keys([0xE2, 0x73, 0x73]) == [.unknown, "s"])
        #expect(keys("\u{1B}[1\u{3}s") == [.unknown, "s"])
    }

    /// A sequence may arrive in pieces; the bytes of keys are all bytes.
    @Test func nothingIsLostOfRandomBytes() {
        var random = SplitMix64(seed: 1)
        for _ in 0..<200 {
            var decoder = ScreenKeyDecoder()
            let bytes = (0..<500).map { _ in
                random.next() % 3 == 0
                    ? 0x1B : random.next() % 2 == 0 ? UInt8(0x5B) : UInt8(truncatingIfNeeded: random.next())
            }
            var seen: [UInt8] = []
            for byte in bytes { if let press = decoder.decode(byte) { seen += press.bytes } }
            if let press = decoder.flush() { seen += press.bytes }
            #expect(seen == bytes)
        }
    }
}
