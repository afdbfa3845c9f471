import Debugger
import Foundation
import JSON

/// Memory and instructions, by the addresses that the client got from us.
extension DebugAdapter {
    static let memoryAnswers: [String: Answer] = [
        "readMemory": { (adapter, arguments) throws(Failure) in
            let address = try adapter.place(arguments)
            let count = Int(clamping: arguments["count"]?.integer ?? 0)
            guard 0...largest ~= count else { throw Failure("between 0 and \(largest) bytes can be read at once") }
            let bytes = adapter.debugger.readMemory(at: address, count: count)
            let readable = bytes.prefix { $0 != nil }.compactMap { $0 }
            return JSONValue(members: [
                "address": .string(adapter.reference(address)),
                "data": readable.isEmpty ? nil : .string(Data(readable).base64EncodedString()),
                "unreadableBytes": readable.count < count ? JSONValue(count - readable.count) : nil,
            ])
        },
        "writeMemory": { (adapter, arguments) throws(Failure) in
            let address = try adapter.place(arguments)
            guard let data = arguments["data"]?.string.flatMap({ Data(base64Encoded: $0) }), data.count <= largest
            else {
                throw Failure("the data is not encoded as it should be")
            }
            guard adapter.debugger.writeMemory([UInt8](data), at: address) else {
                throw Failure("\(adapter.reference(address)) is not mapped")
            }
            adapter.afterwards = {
                adapter.event("invalidated", ["areas": ["all"]])
                return .attached
            }
            return ["bytesWritten": JSONValue(data.count)]
        },
        "disassemble": { (adapter, arguments) throws(Failure) in try adapter.disassemble(arguments) },
    ]

    /// At once, in bytes.
    private static let largest = 1 << 20

    /// The address of a memory reference.
    func address(_ reference: JSONValue?) throws(Failure) -> UInt32 {
        guard let text = reference?.string, let address = try? debugger.address(text) else {
            throw Failure("'\(reference?.string ?? "")' is no address")
        }
        return address
    }

    private func place(_ arguments: JSONValue) throws(Failure) -> UInt32 {
        try address(arguments["memoryReference"]) &+ UInt32(truncatingIfNeeded: arguments["offset"]?.integer ?? 0)
    }

    private func disassemble(_ arguments: JSONValue) throws(Failure) -> JSONValue {
        let start = try place(arguments)
        let count = Int(clamping: arguments["instructionCount"]?.integer ?? 0)
        let offset = Int(clamping: arguments["instructionOffset"]?.integer ?? 0)
        guard 0...2048 ~= count, -1024...2048 ~= offset else {
            throw Failure("up to 2048 instructions can be shown at once, 1024 of them before an address")
        }
        var lines = listing(from: start, before: max(0, -offset), count: max(0, count + offset))
        if offset > 0 { lines.removeFirst(min(offset, lines.count)) }
        var result = lines.prefix(count).map(describe)
        // As many as were asked for, whatever there is.
        while result.count < count {
            result.append(["address": .string(reference(start)), "instruction": "??", "presentationHint": "invalid"])
        }
        return ["instructions": .array(result)]
    }

    /// Instructions with their linear addresses: `before` of them before `start`, `count` from there on.
    private func listing(from start: UInt32, before: Int, count: Int) -> [(linear: UInt32, line: Line)] {
        let location = debugger.location
        let base = location.linear &- location.offset
        func lines(_ address: UInt32, _ count: Int) -> [(linear: UInt32, line: Line)] {
            debugger.disassemble(
                linear: address, offset: address &- base, count: count, code32: location.isCode32
            ).map { (base &+ $0.offset, Line(text: $0.text, bytes: $0.bytes)) }
        }
        var result: [(linear: UInt32, line: Line)] = []
        if before > 0 {
            // Where instructions begin before an address is a guess: from the function's beginning, or from as far back
            // as makes them meet the address.
            let distance = UInt32(before) * 4
            var begin = start &- distance
            if let symbol = debugger.symbol(at: start), symbol.offset <= distance * 4 {
                begin = min(begin, start &- symbol.offset)
            }
            for slack in UInt32(0)..<16 {
                let found = lines(begin &- slack, min(Int(start &- begin &+ slack), 4096)).prefix { $0.linear != start }
                guard found.last.map({ $0.linear &+ UInt32($0.line.bytes.count) == start }) ?? false else { continue }
                result = Array(found.suffix(before))
                break
            }
            while result.count < before { result.insert((start &- 1, Line(text: "??", bytes: [])), at: 0) }
        }
        return result + lines(start, count)
    }

    private struct Line {
        let text: String
        let bytes: [UInt8]
    }

    private func describe(_ entry: (linear: UInt32, line: Line)) -> JSONValue {
        let bytes = entry.line.bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
        let source = debugger.line(at: entry.linear)
        let begins = source?.addresses.lowerBound == entry.linear ? source?.location : nil
        let symbol = debugger.symbol(at: entry.linear)
        return JSONValue(members: [
            "address": .string(reference(entry.linear)), "instruction": .string(entry.line.text),
            "instructionBytes": bytes.isEmpty ? nil : .string(bytes.joined(separator: " ")),
            "symbol": symbol?.offset == 0 ? symbol.map { .string($0.symbol.name) } : nil,
            "line": begins.map { JSONValue(shown($0.line)) }, "location": begins.map { self.source(of: $0.path) },
        ])
    }
}
