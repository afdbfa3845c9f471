import Debugger
import JSON
import Machine
import Processor

/// Breakpoints. Each request names all that there are to be of its kind: those from before are removed.
extension DebugAdapter {
    static let breakpointAnswers: [String: Answer] = [
        "setBreakpoints": { (adapter, arguments) throws(Failure) in
            guard let path = arguments["source"]?["path"]?.string else { throw Failure("the source has no path") }
            let offset: Int64 = adapter.linesStartAt1 ? 0 : 1
            return adapter.set(.source(path), arguments["breakpoints"]) { breakpoint throws(Failure) in
                guard let line = breakpoint["line"]?.integer, let file = adapter.compiledPath(of: path) else {
                    throw Failure("no symbol file has lines of this source")
                }
                return try adapter.breakpoint("\(file):\(line &+ offset)")
            }
        },
        "setFunctionBreakpoints": { (adapter, arguments) throws(Failure) in
            adapter.set(.functions, arguments["breakpoints"]) { breakpoint throws(Failure) in
                try adapter.breakpoint(breakpoint["name"]?.string ?? "")
            }
        },
        "setInstructionBreakpoints": { (adapter, arguments) throws(Failure) in
            adapter.set(.instructions, arguments["breakpoints"]) { breakpoint throws(Failure) in
                let base = try adapter.address(breakpoint["instructionReference"])
                let address = base &+ UInt32(truncatingIfNeeded: breakpoint["offset"]?.integer ?? 0)
                return Set(debugger: adapter.debugger.setBreakpoint(at: address).number, address: address)
            }
        },
        "setDataBreakpoints": { (adapter, arguments) throws(Failure) in
            adapter.set(.data, arguments["breakpoints"]) { breakpoint throws(Failure) in
                let parts = (breakpoint["dataId"]?.string ?? "").split(separator: "/")
                guard parts.count == 2, let address = UInt32(parts[0]), let count = UInt32(parts[1]), count > 0 else {
                    throw Failure("this is no place in memory")
                }
                let access = breakpoint["accessType"]?.string ?? "write"
                let watch = MemoryWatch(
                    .linear, address, count: count, reads: access != "write", writes: access != "read")
                let text = "0x" + String(address, radix: 16)
                return Set(debugger: adapter.debugger.setWatchpoint(watch, text: text).number, address: address)
            }
        },
        // Registers and expressions: what an expression's value is the address of is watched.
        "dataBreakpointInfo": { (adapter, arguments) throws(Failure) in
            guard let name = arguments["name"]?.string else { throw Failure("of what?") }
            let count = arguments["bytes"]?.integer ?? 4
            guard let address = try? adapter.debugger.address(name), count > 0 else {
                return ["dataId": .null, "description": .string("'\(name)' is no address")]
            }
            return [
                "dataId": .string("\(address)/\(count)"),
                "description": .string("\(count) bytes at 0x\(String(address, radix: 16))"),
                "accessTypes": ["read", "write", "readWrite"],
            ]
        },
        "breakpointLocations": { (adapter, arguments) throws(Failure) in
            let lines = try adapter.lines(arguments, endingAt: arguments["endLine"])
            return ["breakpoints": .array(lines.map { ["line": JSONValue(adapter.shown($0.line))] })]
        },
    ]

    /// A breakpoint that was set, and where.
    struct Set {
        let debugger: Int
        /// Nil for what is at no place, as an exception.
        let address: UInt32?
    }

    private func breakpoint(_ text: String) throws(Failure) -> Set {
        do {
            let breakpoint = try debugger.setBreakpoint(text)
            return Set(debugger: breakpoint.number, address: breakpoint.address)
        } catch {
            throw Failure(error.description)
        }
    }

    /// When a breakpoint that has been set stops, as the client wants it.
    func setRule(_ number: Int, _ wanted: JSONValue) throws(Failure) {
        func text(_ name: String) -> String? {
            wanted[name]?.string.flatMap { text in text.allSatisfy(\.isWhitespace) ? nil : text }
        }
        do throws(AddressExpression.InvalidExpression) {
            let condition = try text("condition").map { text throws(AddressExpression.InvalidExpression) in
                try debugger.condition(text)
            }
            let count = try text("hitCondition").map { text throws(AddressExpression.InvalidExpression) in
                try debugger.condition(Self.countExpression(text))
            }
            let message = try text("logMessage").map { text throws(AddressExpression.InvalidExpression) in
                try debugger.logMessage(text)
            }
            debugger.changeRule(number) {
                $0.condition = condition
                $0.countCondition = count
                $0.message = message
            }
        } catch {
            throw Failure(error.description)
        }
    }

    /// What `5`, `> 5`, `= 5` and `% 5` mean as expressions: from the fifth time on, later, then only, every fifth
    /// time.
    static func countExpression(_ text: String) -> String {
        let text = text.filter { !$0.isWhitespace }
        if UInt32(text) != nil { return "$count >= \(text)" }
        switch text.first {
        case "%": return "$count \(text) == 0"
        case "=" where !text.hasPrefix("=="): return "$count =\(text)"
        case "<", ">", "=", "!": return "$count \(text)"
        default: return text
        }
    }

    /// The lines of a source that have code, from the one asked for on.
    func lines(
        _ arguments: JSONValue, endingAt end: JSONValue? = nil
    ) throws(Failure) -> [(line: Int, addresses: [UInt32])] {
        guard let path = arguments["source"]?["path"]?.string, let file = compiledPath(of: path) else {
            throw Failure("no symbol file has lines of this source")
        }
        let offset: Int64 = linesStartAt1 ? 0 : 1
        let first = Int(clamping: (arguments["line"]?.integer ?? 0) &+ offset)
        let last = end?.integer.map { Int(clamping: $0 &+ offset) } ?? first
        guard first > 0, last >= first, last - first < 10_000 else { throw Failure("there are no such lines") }
        var found: [Int: [UInt32]] = [:]
        var line = first
        while line <= last, let places = try? debugger.symbols.places(ofLine: line, inFile: file),
            let next = places.first
        {
            if next.line <= last { found[next.line] = places.flatMap(\.addresses) }
            line = max(line, next.line) + 1
        }
        return found.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Replaces the breakpoints of a group.
    func set(
        _ group: BreakpointGroup, _ wanted: JSONValue?, _ body: (JSONValue) throws(Failure) -> Set
    ) -> JSONValue {
        for number in breakpoints[group] ?? [] { debugger.deleteBreakpoint(number) }
        var numbers: [Int] = []
        let results = (wanted?.array ?? []).map { breakpoint -> JSONValue in
            let kept = numbers.count
            do throws(Failure) {
                let made = try body(breakpoint)
                numbers.append(made.debugger)
                try setRule(made.debugger, breakpoint)
                return describe(made)
            } catch {
                // One whose condition is wrong would stop where nobody wants it.
                if numbers.count > kept { debugger.deleteBreakpoint(numbers.removeLast()) }
                return ["verified": false, "message": .string(error.description)]
            }
        }
        breakpoints[group] = numbers
        return ["breakpoints": .array(results)]
    }

    private func describe(_ made: Set) -> JSONValue {
        // The code need not be in memory yet, so that the line is the file's word.
        let place = made.address.flatMap {
            debugger.symbols.location(ofAddress: $0, breakpoint: made.debugger, debugger)
        }
        return JSONValue(members: [
            "id": made.debugger > 0 ? JSONValue(made.debugger) : nil, "verified": true,
            "instructionReference": made.address.map { .string(reference($0)) },
            "line": place.map { JSONValue(shown($0.line)) }, "source": place.map { source(of: $0.path) },
        ])
    }

    /// The path by which symbol files know a source that the client calls `path`: the one that shares most of its last
    /// parts.
    func compiledPath(of path: String) -> String? {
        let parts = path.split(separator: "/")
        for first in parts.indices {
            let suffix = (first == 0 && path.hasPrefix("/") ? "/" : "") + parts[first...].joined(separator: "/")
            let files = debugger.symbols.files(named: suffix)
            if let same = files.first(where: { debugger.sources.path(of: $0) == path }) ?? files.first { return same }
        }
        return nil
    }
}

extension SymbolTable {
    /// The line of a breakpoint that was set at one.
    fileprivate func location(ofAddress address: UInt32, breakpoint: Int, _ debugger: Debugger) -> SourceLocation? {
        guard let breakpoint = debugger.breakpoints.first(where: { $0.number == breakpoint }) else { return nil }
        let parts = breakpoint.text.split(separator: ":")
        if parts.count == 2, let line = Int(parts[1]),
            let place = (try? places(ofLine: line, inFile: String(parts[0])))?.first
        {
            return SourceLocation(path: place.path, line: place.line)
        }
        return debugger.sourceLocation(at: address)
    }
}
