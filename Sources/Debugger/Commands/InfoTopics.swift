import JSON
import Machine
import Processor

/// What `info` knows besides the commands that show things: each topic is a command of its own, but lives behind
/// `info`, so that the names of commands stay few and short.
extension DebuggerCommand {
    static let infoTopics: [DebuggerCommand] = [
        pageMap, tlb, firmwareMap, modelSpecificRegisters, identification, fpu, sse, events, chips,
    ] + kernelTopics

    private static let pageMap = DebuggerCommand(
        "pages", "map", usage: "pages [ADDRESS]", summary: "what the page tables map, from an address on",
        details: "Neighbouring pages with the same rights are one range.", group: .tables
    ) { (commands, arguments) throws(CommandError) in
        guard let all = commands.debugger.mappedRanges() else {
            return Output("paging is off: every address is physical")
        }
        let start = arguments.words.isEmpty ? 0 : try commands.address(arguments.text)
        let ranges = all.filter { $0.end >= start }
        let total = all.reduce(UInt64(0)) { $0 + $1.size }
        var lines = ranges.prefix(listLimit).map(text)
        if ranges.count > listLimit {
            lines.append(
                "... and \(ranges.count - listLimit) more; 'info pages \(ranges[listLimit].start.hexadecimal)' goes on")
        }
        lines.append("\(all.count) ranges, \(total >> 10) KiB are mapped")
        return Output(lines, values: ["ranges": .array(ranges.map(json))])
    }

    /// How many entries are listed at most.
    private static let listLimit = 100

    private static func text(_ range: Debugger.MappedRange) -> String {
        let rights = [
            range.isUser ? "user" : "supervisor", range.isWritable ? "read-write" : "read-only",
            range.isExecutable ? "" : "not executable", range.isGlobal ? "global" : "",
            range.isLarge ? "large pages" : "",
        ].filter { !$0.isEmpty }.joined(separator: ", ")
        let physical =
            String(range.physical, radix: 16).count > 8
            ? String(range.physical, radix: 16) : UInt32(truncatingIfNeeded: range.physical).digits
        let place = range.isContiguous ? "physical \(physical)" : "scattered from \(physical)"
        return "\(range.start.digits)-\(range.end.digits)  \("\(range.size >> 10) KiB".paddedLeft(to: 11))  "
            + "\(place.padded(to: 24))  \(rights)"
    }

    private static func json(_ range: Debugger.MappedRange) -> JSONValue {
        [
            "start": JSONValue(range.start), "size": JSONValue(range.size), "physical": JSONValue(range.physical),
            "isContiguous": .boolean(range.isContiguous), "isUser": .boolean(range.isUser),
            "isWritable": .boolean(range.isWritable), "isExecutable": .boolean(range.isExecutable),
            "isGlobal": .boolean(range.isGlobal), "isLarge": .boolean(range.isLarge),
        ]
    }

    private static let tlb = DebuggerCommand(
        "tlb", usage: "tlb [ADDRESS]", summary: "which translations the processor holds, and which of them are stale",
        details: "A translation is stale if the page tables of the moment say something else.", group: .tables
    ) { (commands, arguments) throws(CommandError) in
        let debugger = commands.debugger
        var entries = debugger.machine.processor.cachedTranslations
        if !arguments.words.isEmpty {
            let page = try commands.address(arguments.text) & 0xFFFF_F000
            entries = entries.filter { $0.page == page }
            guard !entries.isEmpty else { throw CommandError("the TLB holds no translation of \(page.digits)") }
        }
        let runs = runs(entries, debugger)
        var lines = runs.prefix(listLimit).map { run in
            let last = run.first.page &+ UInt32(run.count - 1) << 12 | 0xFFF
            return "\(run.first.page.digits)-\(last.digits) -> \(run.first.physical.digits)  \(run.words)"
        }
        if runs.count > listLimit { lines.append("... and \(runs.count - listLimit) more ranges") }
        lines.append("\(entries.count) translations of pages are held")
        return Output(
            lines,
            values: [
                "translations": .array(
                    entries.map { entry in
                        [
                            "page": JSONValue(entry.page), "physical": JSONValue(entry.physical),
                            "isForFetches": .boolean(entry.isForFetches),
                            "isOfUserTable": .boolean(entry.isOfUserTable),
                            "isUser": .boolean(entry.isUser), "isWritable": .boolean(entry.isWritable),
                            "isDirty": .boolean(entry.isDirty), "isGlobal": .boolean(entry.isGlobal),
                            "isLarge": .boolean(entry.isLarge), "isStale": .boolean(debugger.isStale(entry)),
                        ]
                    })
            ])
    }

    /// Neighbouring pages that are translated in the same way.
    private struct TranslationRun {
        let first: Processor.CachedTranslation
        let words: String
        var count = 1
    }

    private static func runs(_ entries: [Processor.CachedTranslation], _ debugger: Debugger) -> [TranslationRun] {
        var runs: [TranslationRun] = []
        // The tables apart, or data and fetches of a page would lie between neighbours.
        for entry in entries.sorted(by: { ($0.slot >> 11, $0.page) < ($1.slot >> 11, $1.page) }) {
            let words = [
                entry.isForFetches ? "fetches" : "data", entry.isOfUserTable ? "for level 3" : "for levels 0-2",
                entry.isUser ? "user" : "supervisor", entry.isWritable ? "read-write" : "read-only",
                entry.isDirty ? "dirty" : "", entry.isGlobal ? "global" : "", entry.isLarge ? "large page" : "",
                debugger.isStale(entry) ? "STALE: the page tables say otherwise" : "",
            ].filter { !$0.isEmpty }.joined(separator: ", ")
            if let last = runs.last, last.words == words, last.first.page &+ UInt32(last.count) << 12 == entry.page,
                last.first.physical &+ UInt32(last.count) << 12 == entry.physical
            {
                runs[runs.count - 1].count += 1
            } else {
                runs.append(TranslationRun(first: entry, words: words))
            }
        }
        return runs
    }

    private static let firmwareMap = DebuggerCommand(
        "e820", usage: "e820", summary: "the memory map that the firmware gives (int 15h, AX=E820h)",
        details: "The firmware itself is asked, in a copy of the machine's state.", group: .tables
    ) { (commands, arguments) throws(CommandError) in
        try arguments.limit(0)
        let ranges: [Debugger.FirmwareRange]
        do throws(Debugger.FirmwareSilence) {
            ranges = try commands.debugger.firmwareMap()
        } catch {
            throw CommandError(error.description)
        }
        func digits(_ value: UInt64) -> String { value >> 32 == 0 ? UInt32(value).digits : value.digits }
        return Output(
            ranges.map { range in
                "\(digits(range.base))-\(digits(range.base &+ range.length &- 1))  "
                    + "\("\(range.length >> 10) KiB".paddedLeft(to: 11))  \(range.typeText)"
            },
            values: [
                "ranges": .array(
                    ranges.map { range in
                        [
                            "base": JSONValue(range.base), "length": JSONValue(range.length),
                            "type": JSONValue(range.type),
                        ]
                    })
            ])
    }

    private static let events = DebuggerCommand(
        "events", "queue", usage: "events", summary: "what is going to happen by itself, and when", group: .looking
    ) { (commands, arguments) throws(CommandError) in
        try arguments.limit(0)
        let machine = commands.debugger.machine
        let events = machine.scheduledEvents
        let now = machine.nanoseconds
        var lines = events.map { event in
            let left = event.nanoseconds > now ? event.nanoseconds - now : 0
            return "step \(event.step)  in \(event.step - machine.steps) steps, \(left) ns  \(event.text)"
        }
        if lines.isEmpty { lines.append("nothing is scheduled") }
        return Output(
            lines,
            values: [
                "events": .array(
                    events.map { event in
                        [
                            "name": .string(event.name), "step": JSONValue(event.step),
                            "nanoseconds": JSONValue(event.nanoseconds),
                        ]
                    })
            ])
    }
}

extension Debugger {
    /// Whether a cached translation is not what the page tables of the moment say.
    public func isStale(_ entry: Processor.CachedTranslation) -> Bool {
        guard let walk = machine.processor.inspectPage(at: entry.page) else {
            return entry.physical != entry.page & machine.processor.state.pointee.a20Mask
        }
        return !walk.isPresent
            || walk.page & UInt64(machine.processor.state.pointee.a20Mask) != UInt64(entry.physical)
            || (walk.rights & PageEntry.writable != 0) != entry.isWritable
            || (walk.rights & PageEntry.user != 0) != entry.isUser
    }
}
