import JSON

/// What `info breakpoints` says, for programs.
extension DebuggerCommands {
    /// By number; each with its kind, what it is about, and when it stops.
    var breakpointValues: JSONValue {
        var values: [(number: Int, value: JSONValue)] = debugger.breakpoints.map { breakpoint in
            let places = breakpoint.places.map { place in
                JSONValue(members: [
                    "address": JSONValue(place.address), "module": place.module.map { .string($0) },
                    "isPhysical": place.isPhysical ? true : nil,
                ])
            }
            return (
                breakpoint.number,
                value(
                    breakpoint.number, "breakpoint", breakpoint.text, breakpoint.rule, ["places": .array(places)])
            )
        }
        values += debugger.watchpoints.map { watchpoint in
            let watch = watchpoint.watch
            return (
                watchpoint.number,
                value(
                    watchpoint.number, "watchpoint", watchpoint.text, watchpoint.rule,
                    [
                        "address": JSONValue(watch.address), "count": JSONValue(watch.count),
                        "isPhysical": watch.space == .physical ? true : nil, "reads": .boolean(watch.reads),
                        "writes": .boolean(watch.writes),
                    ])
            )
        }
        values += debugger.catchpoints.map { catchpoint in
            (
                catchpoint.number,
                value(catchpoint.number, "catchpoint", catchpoint.pattern.description, catchpoint.rule, [:])
            )
        }
        return .array(values.sorted { $0.number < $1.number }.map(\.value))
    }

    private func value(
        _ number: Int, _ kind: String, _ text: String, _ rule: StopRule, _ more: [String: JSONValue?]
    ) -> JSONValue {
        let members: [String: JSONValue?] = [
            "number": JSONValue(number), "kind": .string(kind), "text": .string(text),
            "isEnabled": .boolean(rule.isEnabled), "hits": JSONValue(rule.hits), "arrivals": JSONValue(rule.arrivals),
            "condition": rule.condition.map { .string($0.description) },
            "countCondition": rule.countCondition.map { .string($0.description) },
            "ignore": rule.ignoreCount > 0 ? JSONValue(rule.ignoreCount) : nil,
            "isTemporary": rule.isTemporary ? true : nil, "message": rule.message.map { .string($0.description) },
            "commands": rule.commands.isEmpty ? nil : .array(rule.commands.map { .string($0) }),
        ]
        return JSONValue(members: members.merging(more) { $1 })
    }
}
