import KernelABI
import KernelAssembly

/// Who has used the processor, and how long, to the counter's precision: the time-stamp counter's where there is one,
/// else the 8254's (0.8 microseconds).
///
/// The constraint: the calls that are made most cost so little that a look at a counter on the way in and another on
/// the way out would be a good part of them. The choice: the counter is read where another thread is switched to, which
/// charges the time since the last switch to the thread that ran; and on the long way into and out of the kernel, which
/// says how much of it was spent in the kernel. So threads' times add up to all the time there was, the idle thread's
/// included; but the time of the short way (`FastPath`), some hundred instructions a call, counts as the program's own.
///
/// The time-stamp counter's rate is measured against the 8254, whenever somebody asks for a time: what it has counted
/// since the beginning, by the ticks since. So it becomes more and more exact, and all threads' times add up to the
/// clock's, also on a machine that is itself a program, whose ticks get lost while it is not running and whose counter
/// goes on.
enum ProcessorTime {
    /// When the current thread was switched to, and when it entered the kernel last.
    private nonisolated(unsafe) static var lastSwitch: UInt64 = 0
    private nonisolated(unsafe) static var entry: UInt64 = 0
    /// The counter's value at the beginning, and at the last tick.
    private nonisolated(unsafe) static var start: UInt64 = 0
    private nonisolated(unsafe) static var lastTick: UInt64 = 0
    /// The last value that the 8254 gave: while a tick is pending, it seems to go back.
    private nonisolated(unsafe) static var lastCounts: UInt64 = 0
    /// What the clock has shown last.
    private nonisolated(unsafe) static var lastMicroseconds: UInt64 = 0

    /// The counter.
    @inline(__always)
    private static var now: UInt64 { CPU.hasTimestamp ? read_timestamp() : counts() }

    @inline(never)
    private static func counts() -> UInt64 {
        lastCounts = max(lastCounts, Clock.counts)
        return lastCounts
    }

    /// From here on time counts; the 8254 ticks.
    static func begin() {
        start = now
        lastTick = start
        lastSwitch = start
        entry = start
    }

    /// A tick has come, or several at once.
    static func noteTick() {
        if CPU.hasTimestamp { lastTick = read_timestamp() }
    }

    /// Another thread than `thread` is going to run.
    @inline(__always)
    static func charge(_ thread: ThreadReference) {
        let now = now
        thread.pointee.time &+= now &- lastSwitch
        lastSwitch = now
    }

    /// The kernel has been entered by the long way, ...
    @inline(__always)
    static func enterKernel() { entry = now }

    /// ... and is going to be left, with another thread perhaps.
    @inline(__always)
    static func leaveKernel(_ thread: ThreadReference) { thread.pointee.kernelTime &+= now &- entry }

    /// The counter's steps in a millisecond; 0 before the first tick.
    private static var rate: UInt64 {
        guard CPU.hasTimestamp else { return UInt64(IntervalTimer8254.countsPerTick) }
        return Clock.allTicks == 0 ? 0 : (lastTick &- start) / Clock.allTicks
    }

    /// Microseconds in some steps of the counter.
    private static func microseconds(_ steps: UInt64) -> UInt64 {
        let rate = rate
        return rate == 0 ? 0 : steps / rate * 1000 + steps % rate * 1000 / rate
    }

    /// Microseconds since the kernel's start: the ticks, and between them the counter. It never goes back.
    static var microseconds: UInt64 {
        let time =
            CPU.hasTimestamp
            ? Clock.allTicks * 1000 + microseconds(now &- lastTick) : microseconds(now &- start)
        lastMicroseconds = max(lastMicroseconds, time)
        return lastMicroseconds
    }

    /// Microseconds that a thread has run, up to now, and those of them that it spent in the kernel.
    static func microseconds(of thread: ThreadReference) -> (all: UInt64, kernel: UInt64) {
        let time = thread.pointee.time &+ (thread == Scheduler.current ? now &- lastSwitch : 0)
        return (microseconds(time), microseconds(thread.pointee.kernelTime))
    }

    /// Microseconds of the threads of a process that have ended.
    static func microseconds(ofEnded process: ProcessReference) -> UInt64 { microseconds(process.pointee.endedTime) }
}
