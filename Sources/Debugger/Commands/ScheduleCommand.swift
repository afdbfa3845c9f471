import Foundation
import JSON

extension DebuggerCommand {
    static let schedule = DebuggerCommand(
        "schedule", usage: "schedule[/c FILE] [FROM [TO]]",
        summary: "show which thread of the kernel ran when, and why it stopped",
        details: """
            Of the steps FROM to TO; without TO up to here, without FROM the last million. The past is executed again for it. \
            With /c it is written to a file as trace events, which Perfetto (ui.perfetto.dev) and chrome://tracing show.
            """,
        group: .goingBack
    ) { (commands, arguments) throws(CommandError) in
        guard arguments.format.isEmpty || arguments.format == "c" else {
            throw CommandError("'\(arguments.format)' is no format for schedule: only c, for trace events")
        }
        var words = arguments.words
        var path: String?
        if arguments.format == "c" {
            guard !words.isEmpty else { throw CommandError("into which file? 'schedule/c FILE'") }
            path = words.removeFirst()
        }
        guard words.count <= 2 else { throw CommandError("'\(words[2])' is one word too many: 'schedule FROM TO'") }
        let here = commands.debugger.machine.steps
        let to = words.count > 1 ? try commands.count(words[1]) : here
        let from = words.isEmpty ? to - min(to, 1_000_000) : try commands.count(words[0])
        guard from <= to else { throw CommandError("\(from) comes behind \(to)") }
        let schedule: Schedule
        do throws(KernelView.Silence) {
            schedule = try commands.debugger.schedule(from: from, to: to)
        } catch {
            throw CommandError(error.description)
        }
        guard let path else { return Output(schedule.text(), values: schedule.json) }
        do {
            try Data(schedule.traceEvents.encoded()).write(to: URL(fileURLWithPath: path))
        } catch {
            throw CommandError("cannot write '\(path)': \(error.localizedDescription)")
        }
        return Output(
            "\(schedule.slices.count) slices of \(schedule.threads.count) threads in '\(path)'", values: schedule.json)
    }
}
