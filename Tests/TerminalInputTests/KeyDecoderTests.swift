import TerminalInput
import Testing

/// The keys in what a terminal sends.
private func keys(_ text: String) -> [Key] {
    var decoder = KeyDecoder()
    return text.utf8.compactMap { decoder.decode($0) }
}

@Suite struct KeyDecoderTests {
    @Test func `characters and control characters`() {
        #expect(keys("a~ ") == [.character(0x61), .character(0x7E), .character(0x20)])
        #expect(keys("\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}") == [.home, .left, .interrupt, .endOfInput, .end, .right])
        #expect(
            keys("\u{B}\u{C}\u{E}\u{10}\u{15}\u{17}") == [
                .killToEnd, .clearScreen, .down, .up, .killToStart, .killWord,
            ])
        #expect(keys("\u{8}\u{7F}\t") == [.backspace, .backspace, .tab])
    }

    @Test func `enter is CR, LF, or both`() {
        #expect(keys("\r\r\n\n") == [.enter, .enter, .enter])
        #expect(keys("\ra\n") == [.enter, .character(0x61), .enter])
    }

    @Test func `escape sequences of terminals`() {
        #expect(keys("\u{1B}[A\u{1B}[B\u{1B}[C\u{1B}[D") == [.up, .down, .right, .left])
        #expect(keys("\u{1B}OA\u{1B}OH\u{1B}OF\u{1B}OM") == [.up, .home, .end, .enter])
        #expect(keys("\u{1B}[H\u{1B}[F\u{1B}[1~\u{1B}[4~\u{1B}[3~") == [.home, .end, .home, .end, .delete])
        #expect(keys("\u{1B}[1;5C\u{1B}[1;5D\u{1B}b\u{1B}f") == [.wordRight, .wordLeft, .wordLeft, .wordRight])
    }

    @Test func `unknown sequences leave nothing behind`() {
        #expect(keys("\u{1B}[15~\u{1B}[?1;2c\u{1B}[200~\u{1B}OP\u{1B}xa") == [.character(0x61)])
        #expect(keys("\u{1B}[999999999999999999999~a") == [.character(0x61)])
        #expect(keys("é") == [])
    }

    @Test func `a control character breaks a sequence off`() {
        #expect(keys("\u{1B}[12\ra") == [.enter, .character(0x61)])
    }
}
