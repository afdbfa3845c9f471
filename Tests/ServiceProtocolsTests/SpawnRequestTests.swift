import ServiceProtocols
import Testing

/// A request to spawn comes from any program, so it may hold anything.
@Suite struct SpawnRequestTests {
    private func message(
        path: String = "bin/hello", arguments: String = "hello\0one\0", environment: String = "A=b\0",
        change: (inout SpawnHeader) -> Void = { _ in }
    ) -> [UInt8] {
        var header = SpawnHeader()
        header.pathLength = UInt32(path.utf8.count)
        header.argumentsLength = UInt32(arguments.utf8.count)
        header.environmentLength = UInt32(environment.utf8.count)
        change(&header)
        return withUnsafeBytes(of: header) { Array($0) } + Array(path.utf8) + Array(arguments.utf8)
            + Array(environment.utf8)
    }

    private func parse(_ bytes: [UInt8]) -> (path: String, arguments: String, environment: String)? {
        bytes.withUnsafeBytes { bytes in
            SpawnRequest(bytes).map {
                (
                    String(decoding: $0.path, as: UTF8.self), String(decoding: $0.arguments, as: UTF8.self),
                    String(decoding: $0.environment, as: UTF8.self)
                )
            }
        }
    }

    @Test func `the parts come apart as they were put together`() throws {
        let parts = try #require(parse(message()))
        #expect(parts == ("bin/hello", "hello\0one\0", "A=b\0"))
        #expect(try #require(parse(message(arguments: "", environment: ""))) == ("bin/hello", "", ""))
        // An empty argument is one.
        #expect(try #require(parse(message(arguments: "hello\0\0"))).arguments == "hello\0\0")
    }

    @Test func `what does not hold what it announces is refused`() {
        let good = message()
        for length in 0..<good.count { #expect(parse(Array(good.prefix(length))) == nil) }
        #expect(parse(good + [0]) == nil)
        #expect(parse(message(path: "")) == nil)
        #expect(parse(message(path: "bin\0hello")) == nil)
        #expect(parse(message(arguments: "hello")) == nil)
        #expect(parse(message(environment: "A=b")) == nil)
        #expect(parse(message { $0.isDetached = 2 }) == nil)
    }

    @Test func `lengths that overflow or exceed the limits are refused`() {
        for value: UInt32 in [2000, .max, .max - 20, 0x8000_0000] {
            #expect(parse(message { $0.pathLength = value }) == nil)
            #expect(parse(message { $0.argumentsLength = value }) == nil)
            #expect(parse(message { $0.environmentLength = value }) == nil)
        }
        #expect(parse(message { $0.imageLength = SpawnHeader.maximumImage + 1 }) == nil)
        #expect(
            parse(
                message {
                    $0.imageAddress = 0xFFFF_F000
                    $0.imageLength = 0x2000
                }) == nil)
    }
}

@Suite struct DateTimeTests {
    @Test func `a date survives two words of a message`() {
        let date = DateTime(year: 2026, month: 11, day: 28, hour: 23, minute: 59, second: 58)
        #expect(DateTime(words: date.words) == date)
    }

    @Test func `weekdays`() {
        func weekday(_ year: UInt32, _ month: UInt32, _ day: UInt32) -> UInt32 {
            DateTime(year: year, month: month, day: day, hour: 0, minute: 0, second: 0).weekday
        }
        #expect(weekday(2026, 11, 28) == 6)
        #expect(weekday(2000, 1, 1) == 6)
        #expect(weekday(2000, 2, 29) == 2)
        #expect(weekday(1999, 12, 31) == 5)
        #expect(weekday(1970, 1, 1) == 4)
    }
}
