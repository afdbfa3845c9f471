import Debugger
import Foundation
import Machine

/// What the command line wants to be written down about the run: a trace, a profile, the coverage of its source.
final class Measurements {
    private let options: VM
    private let debugger: Debugger
    private let profile: Profile?
    private let coverage: Coverage?

    /// Opens the files.
    init(_ options: VM, _ debugger: Debugger) throws(HostFailure) {
        self.options = options
        self.debugger = debugger
        profile = options.profile == nil ? nil : Profile(debugger, interval: options.profileInterval)
        coverage = options.coverage == nil ? nil : Coverage(debugger)
        if let coverage { debugger.instruments.append(coverage) }
        guard let path = options.traceFile, let kinds = options.trace else { return }
        do {
            var filter = try TraceFilter(kinds: kinds)
            for word in options.traceOnly { try filter.add(word, debugger) }
            debugger.tracer = Tracer(debugger, filter, try TraceFile(path))
        } catch {
            throw HostFailure("--trace: \(error)")
        }
    }

    /// As ``Timeline/run(until:)``.
    func run(until step: UInt64) -> RunResult {
        profile?.run(until: step) ?? debugger.timeline.run(until: step)
    }

    /// Calls what runs the machine by other means than the debugger's moves, which see to it by themselves.
    func lookingOn(_ body: () -> RunResult) -> RunResult {
        debugger.instruments.forEach { $0.attach() }
        defer { debugger.instruments.reversed().forEach { $0.detach() } }
        return body()
    }

    /// Writes what is written at the end. Returns what went wrong.
    func finish() -> [String] {
        var failures: [String] = []
        if let tracer = debugger.tracer {
            tracer.file.flush()
            if let failure = tracer.file.failure { failures.append(failure) }
        }
        func write(_ text: String?, to path: String?) {
            guard let text, let path else { return }
            do {
                try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            } catch {
                failures.append("cannot write '\(path)': \(error.localizedDescription)")
            }
        }
        write(profile?.foldedStacks, to: options.profile)
        write(coverage?.lcov, to: options.coverage)
        return failures
    }
}
