import Machine
import Processor

/// What moves and conditions ask of the kernel in the machine.
extension Debugger {
    /// `thread` and `process` in expressions: the numbers of the kernel's current thread and of its process; -1 where
    /// no kernel runs. Nil for other names.
    func kernelVariable(_ name: String) -> UInt32? {
        guard name == "thread" || name == "process" else { return nil }
        guard let thread = (try? kernelView())?.currentThread else { return .max }
        return name == "thread" ? thread.number : thread.process
    }

    /// The numbers of the processes of a name.
    func processes(named name: String) -> Set<UInt32> {
        guard let view = try? kernelView() else { return [] }
        return Set(view.processes.map(\.number).filter { view.name(ofProcess: $0) == name })
    }

    /// The thread that the processor works for, and the name of its process; nil where no kernel runs.
    public var runningThread: (number: UInt32, process: String)? {
        guard let view = try? kernelView(), let thread = view.runningThread else { return nil }
        return (thread.number, view.name(ofProcess: thread.process))
    }

    /// Goes on until a thread of the kernel that does not run goes on where it was. Nil if there is none of this
    /// number, or if it runs already.
    public func run(toThread number: UInt32) -> Stop? {
        guard let view = try? kernelView(), let thread = view.thread(number),
            thread.address != view.runningThread?.address,
            let place = try? looking(from: thread, { location })
        else { return nil }
        return move(
            to: Goal(
                addresses: [place.linear],
                isReached: { [unowned self] in
                    location.selector == place.selector && runningThread?.number == number
                }))
    }

    // MARK: Switches

    /// What to watch to see every switch of threads: the kernel's variable that says which one is current.
    func switchWatch() throws(KernelView.Silence) -> MemoryWatch {
        guard let address = kernelLayout?.address(of: ProgramLayout.currentThread) else { throw KernelView.noSymbols }
        return MemoryWatch(.linear, address, count: 4, reads: false, writes: true)
    }

    /// Stops at switches of threads, in whichever direction the machine is moved: to `thread`, or to any.
    @discardableResult
    public func setSwitchCatchpoint(thread: UInt32? = nil) throws(KernelView.Silence) -> Watchpoint {
        let watch = try switchWatch()
        let watchpoint = setWatchpoint(watch, text: thread.map { "switches to thread \($0)" } ?? "switches of threads")
        if let thread {
            changeRule(watchpoint.number) {
                $0.condition = StopRule.Condition(
                    description: "thread == \(thread)",
                    expression: .binary(.equal, .register("thread"), .number(thread)))
            }
        }
        return watchpoint
    }

    /// Whether a watchpoint is one for switches.
    func isSwitch(_ watchpoint: Watchpoint) -> Bool {
        kernelLayout?.address(of: ProgramLayout.currentThread) == watchpoint.watch.address
            && watchpoint.watch.count == 4
            && watchpoint.text.hasPrefix("switches")
    }

    /// Goes on to the next switch of threads, or to the next one to `thread`.
    public func nextSwitch(to thread: UInt32? = nil) throws(KernelView.Silence) -> Stop {
        try untilSwitch(to: thread) { $0.continue() }
    }

    /// Goes back to the last switch of threads, or to the last one to `thread`.
    public func reverseSwitch(to thread: UInt32? = nil) throws(KernelView.Silence) -> Stop {
        try untilSwitch(to: thread) { $0.reverseContinue() }
    }

    private func untilSwitch(
        to thread: UInt32?, _ move: (Debugger) -> Stop
    ) throws(KernelView.Silence) -> Stop {
        let watchpoint = try setSwitchCatchpoint(thread: thread)
        defer { deleteBreakpoint(watchpoint.number) }
        return move(self)
    }

    /// The names of the threads that an access to the kernel's current thread was, or is going to be, a switch between;
    /// nil for other memory.
    func switchText(_ access: Watchpoint.Access) -> String? {
        guard access.isWrite, access.before.count == 4, let layout = kernelLayout,
            layout.address(of: ProgramLayout.currentThread) == access.address, let view = try? kernelView()
        else { return nil }
        func name(_ bytes: [UInt8]) -> String {
            let address = bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
            return address == 0 ? "start-up" : view.threadName(at: address)
        }
        if access.after.isEmpty { return "next comes the switch away from \(name(access.before))" }
        return "\(name(access.before)) -> \(name(access.after))"
    }
}
