import Machine
import Processor

extension Debugger {
    /// Who ran between two steps of the recording, which are cut to what is recorded. The machine stays where it is.
    ///
    /// - Throws: in words if there is no kernel that could be watched.
    public func schedule(from first: UInt64, to last: UInt64) throws(KernelView.Silence) -> Schedule {
        let watch = try switchWatch()
        let begin = min(max(first, timeline.beginning), timeline.end)
        let end = min(max(last, begin), timeline.end)
        let origin = machine.snapshot()
        timeline.record()
        defer { timeline.restore(origin) }
        var schedule = Schedule(steps: begin..<end)
        guard timeline.travel(to: begin) else {
            schedule.isInterrupted = true
            return schedule
        }
        let scribe = ScheduleScribe(self)
        scribe.begin()
        let interrupts: Processor.EventListener = { if case .interrupt = $0.event { true } else { false } }
        let isComplete = runThrough(until: end, Arming(watches: [watch], eventListener: interrupts)) { finding in
            switch finding {
            case .accesses(let accesses):
                if let access = accesses.last, access.isWrite {
                    scribe.noteSwitch(at: access.step + 1, from: access.before)
                }
            case .events(let events): events.forEach(scribe.note)
            case .address: break
            }
        }
        schedule.isInterrupted = !isComplete
        scribe.finish(&schedule)
        return schedule
    }
}

/// Writes down what happens while the past is executed.
private final class ScheduleScribe {
    private let debugger: Debugger
    private var slices: [Open] = []
    private var interrupts: [Schedule.Interrupt] = []
    private var threads: [UInt32: Schedule.Thread] = [:]
    private var names: [UInt32: String] = [:]
    /// The thread that runs, since when.
    private var current: (thread: UInt32, step: UInt64, nanoseconds: UInt64)?

    /// A slice, with what is put into words when all names are known.
    private struct Open {
        let thread: UInt32
        let steps: Range<UInt64>
        let nanoseconds: Range<UInt64>
        let end: Schedule.End
        let wait: KernelWait
        let supplier: UInt32?
    }

    init(_ debugger: Debugger) { self.debugger = debugger }

    private var machine: Machine { debugger.machine }
    /// Looked at once: it is another a step later.
    private var view: KernelView? { try? debugger.kernelView() }

    func begin() {
        guard let view, let thread = view.currentThread else { return }
        note(thread, view)
        current = (thread.number, machine.steps, machine.nanoseconds)
    }

    /// A switch has just happened; `before` is what the kernel's variable held.
    func noteSwitch(at step: UInt64, from before: [UInt8]) {
        guard let view, let new = view.currentThread else { return }
        defer {
            note(new, view)
            current = (new.number, step, machine.nanoseconds)
        }
        guard let current, current.step < step else { return }
        let address = before.reversed().reduce(0) { $0 << 8 | UInt32($1) }
        var end = Schedule.End.open
        var wait = KernelWait.unknown
        var supplier: UInt32?
        if let old = view.thread(at: address), old.number == current.thread {
            wait = old.wait
            end = Self.end(of: old, new, view)
            if case .answer(let thread) = wait { supplier = view.thread(at: thread).map(\.number) }
        }
        close(current, step, machine.nanoseconds, end, wait, supplier)
    }

    private func close(
        _ current: (thread: UInt32, step: UInt64, nanoseconds: UInt64), _ step: UInt64, _ nanoseconds: UInt64,
        _ end: Schedule.End, _ wait: KernelWait, _ supplier: UInt32?
    ) {
        slices.append(
            Open(
                thread: current.thread, steps: current.step..<step,
                nanoseconds: current.nanoseconds..<max(current.nanoseconds, nanoseconds), end: end, wait: wait,
                supplier: supplier))
    }

    private static func end(of old: KernelThread, _ new: KernelThread, _ view: KernelView) -> Schedule.End {
        if old.hasEnded { return .ended }
        if old.isIdle { return .woken }
        if old.isFaulted { return .faulted }
        guard old.wait == .nothing else { return .waits }
        // In the middle of its code, or in favour of somebody more important; else it has asked for it.
        let vector = view.structure("TrapFrame", at: old.frame)?.number("vector") ?? 0
        return 32..<48 ~= vector || new.effectivePriority > old.effectivePriority ? .preempted : .yielded
    }

    func note(_ event: ProcessorEvent) {
        guard case .interrupt(let vector) = event, let current else { return }
        interrupts.append(
            Schedule.Interrupt(
                step: machine.steps, nanoseconds: machine.nanoseconds, vector: vector, thread: current.thread))
    }

    private func note(_ thread: KernelThread, _ view: KernelView) {
        guard threads[thread.number] == nil else { return }
        let name = view.name(ofProcess: thread.process)
        names[thread.process] = name
        threads[thread.number] = Schedule.Thread(
            number: thread.number, process: thread.process, name: name, isIdle: thread.isIdle)
    }

    func finish(_ schedule: inout Schedule) {
        if let current, current.step < machine.steps {
            close(current, machine.steps, machine.nanoseconds, .open, .unknown, nil)
        }
        let view = view
        // Who had no name when it first ran may have one now.
        schedule.threads = threads.values.map { thread in
            let name = view?.names[thread.process] ?? names[thread.process] ?? thread.name
            return Schedule.Thread(number: thread.number, process: thread.process, name: name, isIdle: thread.isIdle)
        }.sorted { $0.number < $1.number }
        let known = Dictionary(schedule.threads.map { ($0.number, $0.name) }) { first, _ in first }
        func name(_ thread: UInt32) -> String { "thread \(thread)" + (known[thread].map { " (\($0))" } ?? "") }
        var endpoints: [UInt32: String] = [:]
        func endpoint(_ address: UInt32) -> String {
            if let text = endpoints[address] { return text }
            let text = view?.endpointName(address) ?? "endpoint \(address.digits)"
            endpoints[address] = text
            return text
        }
        schedule.slices = slices.map { slice in
            let wait: String
            switch slice.wait {
            case .sender(let address): wait = "receives at " + endpoint(address)
            case .receiver(let address): wait = "sends to " + endpoint(address)
            case .answer: wait = "calls " + (slice.supplier.map(name) ?? "somebody")
            case .savedReply: wait = "waits for a saved reply"
            case .notification(let address): wait = "waits for notification \(address.digits)"
            case .time: wait = "sleeps"
            case .nothing, .start, .unknown: wait = "waits"
            }
            let text: String
            switch slice.end {
            case .preempted: text = "preempted"
            case .yielded: text = "lets others run"
            case .waits: text = wait
            case .faulted: text = "has faulted, " + wait
            case .woken: text = "somebody can run"
            case .ended: text = "ends"
            case .open: text = "goes on"
            }
            return Schedule.Slice(
                thread: slice.thread, steps: slice.steps, nanoseconds: slice.nanoseconds, end: slice.end, endText: text)
        }
        schedule.interrupts = interrupts
    }
}
