import JSON

extension Schedule {
    var json: [String: JSONValue] {
        [
            "from": JSONValue(steps.lowerBound), "to": JSONValue(steps.upperBound),
            "threads": .array(
                threads.map { thread in
                    [
                        "number": JSONValue(thread.number), "process": JSONValue(thread.process),
                        "name": .string(thread.name), "steps": JSONValue(stepsRun(by: thread.number)),
                    ]
                }),
            "slices": .array(
                slices.map { slice in
                    [
                        "thread": JSONValue(slice.thread), "from": JSONValue(slice.steps.lowerBound),
                        "to": JSONValue(slice.steps.upperBound),
                        "nanoseconds": .array([
                            JSONValue(slice.nanoseconds.lowerBound), JSONValue(slice.nanoseconds.upperBound),
                        ]),
                        "end": .string(slice.end.rawValue), "text": .string(slice.endText),
                    ]
                }),
            "interrupts": .array(
                interrupts.map { interrupt in
                    [
                        "step": JSONValue(interrupt.step), "vector": JSONValue(interrupt.vector),
                        "thread": JSONValue(interrupt.thread),
                    ]
                }),
        ]
    }

    /// The same as Chrome's trace events ("Trace Event Format"), which Perfetto and `chrome://tracing` show: virtual
    /// time in microseconds, the kernel's processes and threads with 1 added to their numbers, since 0 has a meaning of
    /// its own there.
    public var traceEvents: JSONValue {
        var events: [JSONValue] = []
        func microseconds(_ nanoseconds: UInt64) -> JSONValue { .number(Double(nanoseconds) / 1000) }
        var pids: [UInt32: Int64] = [:]
        for thread in threads {
            let pid = Int64(thread.process) + 1
            if !pids.values.contains(pid) {
                events.append([
                    "name": "process_name", "ph": "M", "pid": .integer(pid), "args": ["name": .string(thread.name)],
                ])
            }
            pids[thread.number] = pid
            events.append([
                "name": "thread_name", "ph": "M", "pid": .integer(pid), "tid": .integer(Int64(thread.number) + 1),
                "args": ["name": .string(thread.isIdle ? "idle" : "thread \(thread.number)")],
            ])
        }
        for slice in slices {
            events.append([
                "name": .string(slice.end == .open ? "runs" : slice.endText), "cat": "scheduling", "ph": "X",
                "ts": microseconds(slice.nanoseconds.lowerBound),
                "dur": microseconds(slice.nanoseconds.upperBound - slice.nanoseconds.lowerBound),
                "pid": .integer(pids[slice.thread] ?? 1), "tid": .integer(Int64(slice.thread) + 1),
                "args": [
                    "end": .string(slice.end.rawValue), "from step": JSONValue(slice.steps.lowerBound),
                    "to step": JSONValue(slice.steps.upperBound),
                ],
            ])
        }
        for interrupt in interrupts {
            events.append([
                "name": .string("interrupt \(interrupt.vector.hexadecimal)"), "cat": "interrupts", "ph": "i", "s": "t",
                "ts": microseconds(interrupt.nanoseconds), "pid": .integer(pids[interrupt.thread] ?? 1),
                "tid": .integer(Int64(interrupt.thread) + 1), "args": ["step": JSONValue(interrupt.step)],
            ])
        }
        return ["traceEvents": .array(events), "displayTimeUnit": "ns"]
    }
}
