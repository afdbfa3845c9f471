import ShellLogic
import Testing

@Suite struct CompletionTests {
    /// What Tab adds to a word.
    private func added(to word: String, from candidates: [String]) -> String {
        Array(word.utf8).withUnsafeBytes { word in
            var completion = Completion(of: word)
            for candidate in candidates { Array(candidate.utf8).withUnsafeBytes { completion.consider($0) } }
            var bytes: [UInt8] = []
            completion.forEachByte { bytes.append($0) }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    @Test func `a word is completed as far as it is certain`() {
        let names = ["hello", "help", "halt", "echo", "echo-client", "echo-server"]
        #expect(added(to: "hel", from: names) == "")
        #expect(added(to: "help", from: names) == " ")
        #expect(added(to: "hal", from: names) == "t ")
        #expect(added(to: "e", from: names) == "cho")
        #expect(added(to: "echo-", from: names) == "")
        #expect(added(to: "echo-s", from: names) == "erver ")
        #expect(added(to: "x", from: names) == "")
        #expect(added(to: "", from: ["one"]) == "one ")
        #expect(added(to: "", from: []) == "")
        #expect(added(to: "a", from: ["a" + String(repeating: "b", count: 300)]).count == Completion.capacity + 1)
    }

    @Test(arguments: [
        ("", "", true), ("he", "he", true), ("  he", "he", true), ("cat et", "et", false), ("cat ", "", false),
    ])
    func `the word is what follows the last blank`(line: String, word: String, isFirst: Bool) {
        Array(line.utf8).withUnsafeBytes { bytes in
            let last = Completion.lastWord(of: bytes)
            #expect(String(decoding: last.word, as: UTF8.self) == word)
            #expect(last.isFirst == isFirst)
        }
    }
}
