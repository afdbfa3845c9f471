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
        "setExceptionBreakpoints": { (_, _) throws(Failure) in [:] },
    ]

    /// A breakpoint that was set, and where.
    struct Set {
        let debugger: Int
        let address: UInt32
    }

    private func breakpoint(_ text: String) throws(Failure) -> Set {
        do {
            let breakpoint = try debugger.setBreakpoint(text)
            return Set(debugger: breakpoint.number, address: breakpoint.address)
        } catch {
            throw Failure(error.description)
        }
    }

    /// Replaces the breakpoints of a group.
    private func set(
        _ group: BreakpointGroup, _ wanted: JSONValue?, _ body: (JSONValue) throws(Failure) -> Set
    ) -> JSONValue {
        for number in breakpoints[group] ?? [] { debugger.deleteBreakpoint(number) }
        var numbers: [Int] = []
        let results = (wanted?.array ?? []).map { breakpoint -> JSONValue in
            do throws(Failure) {
                let made = try body(breakpoint)
                numbers.append(made.debugger)
                return describe(made)
            } catch {
                return ["verified": false, "message": .string(error.description)]
            }
        }
        breakpoints[group] = numbers
        return ["breakpoints": .array(results)]
    }

    private func describe(_ made: Set) -> JSONValue {
        // The code need not be in memory yet, so that the line is the file's word.
        let place = debugger.symbols.location(ofAddress: made.address, breakpoint: made.debugger, debugger)
        return JSONValue(members: [
            "id": JSONValue(made.debugger), "verified": true, "instructionReference": .string(reference(made.address)),
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
