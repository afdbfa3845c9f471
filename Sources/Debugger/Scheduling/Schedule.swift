/// Which thread of the kernel ran when, and why it stopped.
///
/// **Constraint.** Who wants to know has not asked beforehand, and a kernel that keeps such a log for everybody's sake
/// pays for it with every switch.
///
/// **Choice.** The past is executed again, with one watchpoint: a switch is a write to the kernel's variable
/// `Scheduler.current`. Right behind it the kernel has written down what the old thread waits for, and the new one is
/// known. So the kernel carries nothing for it, and every stretch that is recorded can be asked about, as often as one
/// likes.
///
/// **Example.**
///
///     let schedule = try debugger.schedule(from: 20_000_000, to: 22_000_000)
///     for slice in schedule.slices { print(slice.thread, slice.steps, slice.endText) }
public struct Schedule: Sendable, Equatable {
    /// A time in which one thread was the current one.
    public struct Slice: Sendable, Equatable {
        /// Its number.
        public let thread: UInt32
        public let steps: Range<UInt64>
        /// Virtual time.
        public let nanoseconds: Range<UInt64>
        public let end: End
        /// ``end`` in words: `waits for the answer of thread 3 (serial)`.
        public let endText: String
    }

    /// Why a thread did not run any more.
    public enum End: String, Sendable {
        /// An interrupt or a call has made a more important thread ready, or its turn was over.
        case preempted
        /// It let another of its priority run.
        case yielded
        /// It waits for something.
        case waits
        /// Its exception is being handled by another.
        case faulted
        /// It was the idle thread, and somebody else can run.
        case woken
        case ended
        /// The time that was asked about is over.
        case open
    }

    /// A device's interrupt.
    public struct Interrupt: Sendable, Equatable {
        public let step: UInt64
        public let nanoseconds: UInt64
        public let vector: UInt8
        /// Who was interrupted.
        public let thread: UInt32
    }

    public struct Thread: Sendable, Equatable {
        public let number: UInt32
        public let process: UInt32
        /// That of its process.
        public let name: String
        public let isIdle: Bool
    }

    public internal(set) var steps: Range<UInt64> = 0..<0
    /// Of all threads that have run, by their numbers.
    public internal(set) var threads: [Thread] = []
    public internal(set) var slices: [Slice] = []
    public internal(set) var interrupts: [Interrupt] = []
    /// Somebody asked for a stop before it was complete.
    public internal(set) var isInterrupted = false

    /// In how many of the steps a thread was the current one.
    public func stepsRun(by thread: UInt32) -> UInt64 {
        slices.filter { $0.thread == thread }.reduce(0) { $0 + UInt64($1.steps.count) }
    }
}
