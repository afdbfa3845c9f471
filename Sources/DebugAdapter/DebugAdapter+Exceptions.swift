import Debugger
import JSON
import Machine
import Processor

/// Exceptions and other events of the processor: what an environment offers as a list to tick, each with a condition.
extension DebugAdapter {
    /// An entry of the list.
    struct ExceptionFilter: Sendable {
        let name: String
        let label: String
        let details: String
        /// Nil for a triple fault, which ends a move in any case.
        let pattern: Catchpoint.Pattern?
        var isOnByDefault = false

        static let all: [ExceptionFilter] = [
            ExceptionFilter(
                name: "triple", label: "Triple faults",
                details: "Stop when the processor shuts down. Otherwise the machine is reset, as a PC is, and goes on.",
                pattern: nil, isOnByDefault: true),
            ExceptionFilter(
                name: "errors", label: "Exceptions that are usually mistakes",
                details: "All but #PF, #NM, #DB, #BP and #OF, which are part of ordinary life.", pattern: .error),
            ExceptionFilter(
                name: "pageFaults", label: "Page faults", details: "Condition: $errorcode & 4, $address == 0",
                pattern: .exception(Vector.pageFault)),
            ExceptionFilter(
                name: "exceptions", label: "All exceptions", details: "Condition: $vector == 13 || $vector == 6",
                pattern: .exception(nil)),
            ExceptionFilter(
                name: "interrupts", label: "Interrupts", details: "Of devices and by int n. Condition: $vector == 0x20",
                pattern: .interrupt(nil)),
            ExceptionFilter(
                name: "modes", label: "Changes of mode", details: "Protected mode, paging, virtual-8086 mode.",
                pattern: .mode),
            ExceptionFilter(
                name: "addressSpaces", label: "Changes of address space",
                details: "Loads of CR3. Condition: $new != $old",
                pattern: .controlRegister(3)),
            ExceptionFilter(
                name: "tasks", label: "Task switches", details: "By the processor, through a TSS.", pattern: .taskSwitch
            ),
            ExceptionFilter(
                name: "ports", label: "Ports", details: "Condition: $port == 0x3f8 && $value == 0x41",
                pattern: .port(nil, reads: true, writes: true)),
            ExceptionFilter(
                name: "msrs", label: "Model-specific registers", details: "Condition: $msr == 0x174",
                pattern: .modelSpecific(nil, reads: true, writes: true)),
        ]

        var json: JSONValue {
            [
                "filter": .string(name), "label": .string(label), "description": .string(details),
                "default": .boolean(isOnByDefault), "supportsCondition": .boolean(pattern != nil),
                "conditionDescription": "An expression, as $vector == 14 && $errorcode & 4",
            ]
        }
    }

    static let exceptionAnswers: [String: Answer] = [
        "setExceptionBreakpoints": { (adapter, arguments) throws(Failure) in
            let filters = (arguments["filters"]?.array ?? []).map { ["filterId": $0] as JSONValue }
            adapter.stopsAtTripleFaults = false
            return adapter.set(.exceptions, .array(filters + (arguments["filterOptions"]?.array ?? []))) {
                option throws(Failure) in
                let name = option["filterId"]?.string ?? ""
                guard let filter = ExceptionFilter.all.first(where: { $0.name == name }) else {
                    throw Failure("there is no filter '\(name)'")
                }
                guard let pattern = filter.pattern else {
                    adapter.stopsAtTripleFaults = true
                    return Set(debugger: 0, address: nil)
                }
                return Set(debugger: adapter.debugger.setCatchpoint(pattern).number, address: nil)
            }
        },
        "exceptionInfo": { (adapter, _) throws(Failure) in
            guard let stop = adapter.lastStop, let name = name(of: stop) else {
                throw Failure("the machine has not stopped at an exception")
            }
            // The causes that can be looked up: of an exception, where it came from.
            let explanation = stop.isOfException ? adapter.debugger.explain().text : nil
            let text = stop.caught.map(\.description).joined(separator: "; ")
            return JSONValue(members: [
                "exceptionId": .string(name), "breakMode": "always",
                "description": .string(text.isEmpty ? explanation ?? name : text),
                "details": explanation.map { ["message": .string($0), "typeName": .string(name)] },
            ])
        },
    ]

    /// What a stop at an event is called; nil if it is none.
    private static func name(of stop: Stop) -> String? {
        if case .tripleFault = stop.reason { return "triple fault" }
        switch stop.caught.first {
        case .exception(let vector, _, _): return VectorText.name(vector) ?? VectorText.description(vector)
        case let event?: return event.description
        case nil: return nil
        }
    }
}

extension Stop {
    fileprivate var isOfException: Bool {
        if case .tripleFault = reason { return true }
        return caught.contains { if case .exception = $0 { true } else { false } }
    }
}
