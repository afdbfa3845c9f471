import DebugAdapter
import Debugger
import JSON
import Machine
import RandomTestSupport
import Testing

/// Whatever a client sends, the adapter lives, and answers every request once.
struct AdapterFuzzTests {
    private static func machine() throws -> Machine {
        var configuration = Machine.Configuration()
        configuration.memorySize = 4 << 20
        // mov ax, 5; inc ax; push ax; pop bx; jmp to the inc: from the reset vector on.
        let code: [UInt8] = [0xB8, 0x05, 0x00, 0x40, 0x50, 0x5B, 0xEB, 0xFB]
        configuration.firmware =
            code + [UInt8](repeating: 0x90, count: 0xFFF0 - code.count) + [0xEA, 0x00, 0x00, 0x00, 0xF0]
            + [UInt8](repeating: 0, count: 11)
        return try Machine(configuration)
    }

    private static func adapter(send: @escaping (JSONValue) -> Void) throws -> DebugAdapter {
        let timeline = Timeline(try machine())
        let debugger = Debugger(timeline) { step in
            // The program never ends, and calls nothing: it is as if somebody paused, sooner or later. A move that
            // consists of many looks around once in a while.
            guard step > timeline.machine.steps else { return .stopped }
            let end = timeline.machine.steps + 300
            let result = timeline.run(until: min(step, end))
            return result == .reached && timeline.machine.steps < step ? .stopped : result
        }
        return DebugAdapter(DebuggerCommands(debugger), send: send)
    }

    private static let names = [
        "initialize", "launch", "configurationDone", "setBreakpoints", "setFunctionBreakpoints",
        "setInstructionBreakpoints", "setDataBreakpoints", "dataBreakpointInfo", "setExceptionBreakpoints", "threads",
        "stackTrace", "scopes", "variables", "setVariable", "evaluate", "continue", "next", "stepIn", "stepOut",
        "stepBack", "reverseContinue", "pause", "disassemble", "readMemory", "writeMemory", "source", "completions",
        "exceptionInfo", "loadedSources", "breakpointLocations", "gotoTargets", "goto", "restart", "setExpression",
        "nonsense", "disconnect", "terminate",
    ]
    private static let members = [
        "source", "path", "breakpoints", "line", "name", "instructionReference", "offset", "dataId", "accessType",
        "bytes",
        "startFrame", "levels", "variablesReference", "value", "expression", "context", "granularity",
        "memoryReference",
        "count", "instructionOffset", "instructionCount", "data", "text", "column", "symbols", "linesStartAt1",
    ]
    private static let texts: [JSONValue] = [
        "", "0x0", "0xf0000", "eax", "repl", "hover", "instruction", "step", "28672/2", "/", "0/0", "99999999999/1",
        "4294967295/4294967295", "AAAA", "=", "x/9999999b 0", "write", "read", "a.swift", "goto 18446744073709551615",
        "$", "reverse-continue", "last-write eax",
    ]

    private static func value(_ random: inout SplitMix64, depth: Int = 0) -> JSONValue {
        func below(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }
        switch below(depth > 2 ? 5 : 8) {
        case 0: return .integer(Int64(bitPattern: random.next()))
        case 1: return .integer(Int64(below(10)) - 2)
        case 2, 3: return texts[below(texts.count)]
        case 4: return [.null, true, .number(1e300), .number(-0.5), .integer(.min), .integer(.max)][below(6)]
        case 5: return .array((0..<below(4)).map { _ in value(&random, depth: depth + 1) })
        default:
            var object: [String: JSONValue] = [:]
            for _ in 0..<below(8) { object[members[below(members.count)]] = value(&random, depth: depth + 1) }
            return .object(object)
        }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func everyRequestIsAnsweredOnce(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var sent: [JSONValue] = []
        let adapter = try Self.adapter { sent.append($0) }
        for number in 0..<400 {
            sent = []
            let name = Self.names[Int(random.next() % UInt64(Self.names.count))]
            var arguments: [String: JSONValue] = [:]
            for member in Self.members where random.next() % 3 == 0 { arguments[member] = Self.value(&random) }
            _ = adapter.receive([
                "seq": JSONValue(number), "type": "request", "command": .string(name), "arguments": .object(arguments),
            ])
            let responses = sent.filter { $0["type"] == "response" }
            #expect(responses.count == 1, "\(name) \(arguments)")
            #expect(responses.first?["request_seq"] == JSONValue(number))
        }
        for noise in 0..<200 {
            _ = adapter.receive(Self.value(&random, depth: noise % 3))
        }
    }

    /// Bytes of any kind, in any pieces.
    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func theDecoderTakesAnything(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let message = MessageDecoder.encode(["seq": 1, "type": "request", "command": "threads"])
        for _ in 0..<500 {
            var decoder = MessageDecoder()
            var stream = message + message + message
            for _ in 0..<random.next() % 3 {
                let index = Int(random.next() % UInt64(stream.count))
                stream[index] = UInt8(truncatingIfNeeded: random.next())
            }
            var rest = stream[...]
            while !rest.isEmpty {
                let piece = rest.prefix(1 + Int(random.next() % 40))
                _ = decoder.decode(piece)
                rest = rest.dropFirst(piece.count)
            }
        }
    }

    @Test func messagesAreFoundInTheStream() {
        var decoder = MessageDecoder()
        let bytes = MessageDecoder.encode(["a": 1]) + Array("content-length: 3\r\nX: y\r\n\r\n{,}".utf8)
            + MessageDecoder.encode(["b": "é"])
        var events: [MessageDecoder.Event] = []
        for byte in bytes { events += decoder.decode([byte]) }
        #expect(events == [.message(["a": 1]), .malformed, .message(["b": "é"])])
    }

    @Test(arguments: [
        "Content-Length: 99999999999999999999\r\n\r\n", "Content-Length: -1\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
        String(repeating: "x", count: 10_000)])
    func whatIsNoMessageEndsTheStream(_ text: String) {
        var decoder = MessageDecoder()
        #expect(decoder.decode(Array(text.utf8)) == [.lost])
        #expect(decoder.decode(MessageDecoder.encode(["a": 1])) == [])
    }
}
