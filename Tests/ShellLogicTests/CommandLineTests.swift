import RandomTestSupport
import ShellLogic
import Testing

/// The words of a line.
private func words(_ line: String) throws -> [String] {
    try Array(line.utf8).withUnsafeBytes { bytes in
        let command = try CommandLine(bytes)
        return (0..<command.wordCount).map { command.withWord($0) { String(decoding: $0, as: UTF8.self) } }
    }
}

/// What is wrong with a line.
private func problem(_ line: String) -> CommandLineError? {
    do {
        _ = try words(line)
        return nil
    } catch {
        return error as? CommandLineError
    }
}

@Suite struct CommandLineTests {
    @Test(arguments: [
        ("", []),
        ("  \t ", []),
        ("ls", ["ls"]),
        ("  cat   etc/motd  ", ["cat", "etc/motd"]),
        (#"echo 'a  b' "c  d""#, ["echo", "a  b", "c  d"]),
        (#"echo a'b 'c"d "e"#, ["echo", "ab cd e"]),
        (#"echo '' """#, ["echo", "", ""]),
        (#"echo \' \" \\ a\ b"#, ["echo", "'", "\"", "\\", "a b"]),
        (#"echo "\"\\\n" '\'"#, ["echo", #""\\n"#, #"\"#]),
        (#"echo "it's" '"'"#, ["echo", "it's", "\""]),
    ])
    func `splits a line into words`(line: String, expected: [String]) throws {
        #expect(try words(line) == expected)
    }

    @Test func `says why it cannot`() {
        #expect(problem("echo 'a") == .unmatchedQuote)
        #expect(problem("echo \"a") == .unmatchedQuote)
        #expect(problem("echo \"a\\") == .unmatchedQuote)
        #expect(problem("echo a\\") == .trailingBackslash)
        #expect(problem(String(repeating: "a ", count: 32)) == nil)
        #expect(problem(String(repeating: "a ", count: 33)) == .tooManyWords)
        #expect(problem(String(repeating: "a", count: 255)) == nil)
        #expect(problem(String(repeating: "a", count: 256)) == .tooLong)
    }

    @Test func `an ampersand ends a command, and is no word`() throws {
        for line in ["run a &", "run a&", "run a & ", "run 'a'&"] {
            try Array(line.utf8).withUnsafeBytes { bytes in
                let command = try CommandLine(bytes)
                #expect(command.isBackground)
                #expect(command.withBytes(from: 0) { Array($0) } == Array("run\0a\0".utf8))
            }
        }
        for line in ["run a '&'", #"run a \&"#, #"run a"&""#] {
            let isBackground = try Array(line.utf8).withUnsafeBytes { try CommandLine($0).isBackground }
            #expect(!isBackground, "\(line)")
        }
        for line in ["&", " & ", "a & b", "a && b", "a & &"] {
            #expect(problem(line) == .misplacedAmpersand, "\(line)")
        }
    }

    @Test func `characters that will mean something are refused unless quoted`() throws {
        for character in ["|", ";", "<", ">"] {
            for line in ["a \(character) b", "a\(character)b", character] {
                #expect(problem(line) == .reserved, "\(line)")
            }
            #expect(
                try words("a '\(character)' \"\(character)\" \\\(character)") == ["a", character, character, character])
        }
    }

    @Test func `arguments are handed over with a NUL after each`() throws {
        try Array("run a 'b c' ''".utf8).withUnsafeBytes { bytes in
            let command = try CommandLine(bytes)
            #expect(command.withBytes(from: 1) { Array($0) } == Array("a\0b c\0\0".utf8))
            #expect(command.withBytes(from: 4) { Array($0) }.isEmpty)
            #expect(command.withWord(9) { $0.count } == 0)
        }
    }

    @Test func `no line crashes it`() {
        var generator = SplitMix64(seed: 1)
        let alphabet = Array("a'\"\\ \t\0é&|".utf8)
        for _ in 0..<5000 {
            let line = (0..<Int(generator.next() % 300)).map { _ in
                alphabet[Int(generator.next() % UInt64(alphabet.count))]
            }
            line.withUnsafeBytes { _ = try? CommandLine($0) }
        }
    }
}
