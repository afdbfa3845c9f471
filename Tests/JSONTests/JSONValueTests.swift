import JSON
import Testing

struct JSONValueTests {
    @Test func whatIsWrittenIsReadAgain() throws {
        let value: JSONValue = [
            "text": "a \"b\"\n\u{1F600}", "numbers": [1, -1, .number(1.5), JSONValue(UInt32.max)], "none": .null,
            "yes": true, "empty": [:],
        ]
        #expect(try JSONValue(parsing: value.encoded()) == value)
        #expect(!value.encoded().contains(0x0A))
    }

    @Test func numbersKeepTheirKind() throws {
        let value = try JSONValue(parsing: Array("[1, 2.0, 9007199254740993, true, 1e300]".utf8))
        #expect(value.array?[0] == 1)
        #expect(value.array?[1].integer == 2)
        #expect(value.array?[2] == 9_007_199_254_740_993)
        #expect(value.array?[3] == true)
        #expect(value.array?[4].integer == nil)
        #expect(JSONValue(UInt64.max).integer == nil)
    }

    @Test(arguments: ["", "{", "nonsense", "{\"a\": }", "\u{0}"])
    func whatIsNoJSONIsAnError(_ text: String) {
        #expect(throws: (any Error).self) { try JSONValue(parsing: Array(text.utf8)) }
    }

    /// Whoever sends this wants the reader's stack to overflow.
    @Test func deepNestingIsAnError() {
        let text = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        #expect(throws: (any Error).self) { try JSONValue(parsing: Array(text.utf8)) }
    }

    @Test func infinityIsNoReasonToFail() {
        #expect(JSONValue.array([.number(.infinity)]).encoded() == Array("[\"inf\"]".utf8))
    }
}
