import Debugger
import JSON
import Machine

/// Requests that put the machine elsewhere without executing anything on the way.
extension DebugAdapter {
    static let jumpAnswers: [String: Answer] = [
        // From power-on, with what comes in now: what has been typed before is forgotten.
        "restart": { (adapter, _) throws(Failure) in
            guard adapter.debugger.timeline.beginning == 0 else {
                throw Failure("the beginning is no longer recorded, for want of memory; --history-memory gives more")
            }
            adapter.afterwards = { [unowned adapter] in
                adapter.whileMoving {
                    adapter.debugger.go(to: 0)
                    adapter.debugger.timeline.branch()
                }
                adapter.lastStop = nil
                adapter.reportStop("entry")
                return .attached
            }
            return [:]
        },
        "gotoTargets": { (adapter, arguments) throws(Failure) in
            let targets = try adapter.lines(arguments).flatMap { line in
                line.addresses.map { address -> JSONValue in
                    [
                        "id": JSONValue(address), "label": .string(adapter.debugger.symbolText(at: address) ?? ""),
                        "line": JSONValue(adapter.shown(line.line)),
                        "instructionPointerReference": .string(adapter.reference(address)),
                    ]
                }
            }
            return ["targets": .array(targets)]
        },
        // Sets EIP: a new future begins.
        "goto": { (adapter, arguments) throws(Failure) in
            guard let target = arguments["targetId"]?.integer.flatMap({ UInt32(exactly: $0) }) else {
                throw Failure("there is no such place")
            }
            let location = adapter.debugger.location
            adapter.debugger.setRegister("eip", to: target &- (location.linear &- location.offset))
            adapter.afterwards = { [unowned adapter] in
                adapter.reportStop("goto")
                return .attached
            }
            return [:]
        },
        "setExpression": { (adapter, arguments) throws(Failure) in
            let name = (arguments["expression"]?.string ?? "").drop { $0 == "$" }
            return try adapter.setRegister(String(name), arguments["value"]?.string ?? "")
        },
    ]
}
