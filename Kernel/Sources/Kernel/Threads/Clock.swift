import KernelABI
import KernelLogic

/// When a thread's sleep or patience ends; part of the thread.
struct Timer: TimerNode {
    var place: UInt32 = 0
    var order: UInt32 = 0
    var time: UInt32 = 0
    var thread: ThreadReference?
    /// It stands in the heap: said in a field of its own, so that a debugger can read it.
    var isSet = false
}

/// Time, counted in ticks of the 8254, and the threads that wait for it.
///
/// While somebody runs there is an interrupt each tick. When nobody does, the next interrupt comes when a thread's wait
/// ends (or after 54 ms, the longest that the counter can measure), and the ticks that have passed are counted then.
enum Clock {
    private(set) nonisolated(unsafe) static var ticks: UInt32 = 0
    /// The same, but it does not begin anew after 49 days: for times that only grow.
    private(set) nonisolated(unsafe) static var allTicks: UInt64 = 0
    /// One at most of each thread, and there are no more threads than kernel stacks.
    private nonisolated(unsafe) static var timers: TimerHeap<Timer>!

    static func initialise() {
        // Allocated once, from the boot heap.
        timers = TimerHeap(
            memory: UnsafeMutablePointer.allocate(capacity: Int(KernelStacks.count)), capacity: KernelStacks.count)
    }

    /// A tick is a millisecond: `IntervalTimer8254.ticksPerSecond` is 1000.
    static var milliseconds: UInt32 { ticks }

    /// Counts of the 8254 since the clock began to run. Reading it takes three accesses to ports.
    static var counts: UInt64 {
        let left = IntervalTimer8254.read()
        let period = waitingFor == 0 ? IntervalTimer8254.countsPerTick : waitingFor
        return allTicks * UInt64(IntervalTimer8254.countsPerTick) + UInt64(remainder)
            + UInt64(period - min(left, period))
    }

    /// How many counts the 8254 waits for, while nobody runs; 0: it ticks.
    private nonisolated(unsafe) static var waitingFor: UInt32 = 0
    /// Counts that have passed since the last tick.
    private nonisolated(unsafe) static var remainder: UInt32 = 0

    /// Nobody runs from now on: no ticks until the next thread is to be woken.
    static func beginIdle() {
        guard waitingFor == 0 else { return }
        var wait = IntervalTimer8254.longestWait
        if let timer = timers.first { wait = isPast(timer.pointee.time) ? 0 : min(wait, timer.pointee.time &- ticks) }
        // A tick that is about to be counted would be lost.
        guard wait > 1, !InterruptController8259.isTimerPending else { return }
        // Mode 2 counts down from the reload value.
        let passed = IntervalTimer8254.countsPerTick &- min(IntervalTimer8254.read(), IntervalTimer8254.countsPerTick)
        remainder &+= passed
        let counts = wait * IntervalTimer8254.countsPerTick
        waitingFor = counts > remainder ? counts - remainder : 1
        IntervalTimer8254.startWait(waitingFor)
    }

    /// The next interrupt of the 8254 is none of its ticks.
    private nonisolated(unsafe) static var isStrayExpected = false

    /// An interrupt has come; `isTimer`: that of the 8254.
    static func interrupt(isTimer: Bool) {
        guard waitingFor != 0 else {
            if isTimer {
                if !isStrayExpected { advance(1) }
                isStrayExpected = false
            }
            return
        }
        // The counter goes on behind zero, from 65535.
        let passed = (waitingFor &- IntervalTimer8254.read()) & 0xFFFF
        remainder &+= isTimer ? max(passed, waitingFor) : passed
        waitingFor = 0
        IntervalTimer8254.startTicking()
        // The output has been low while the counter waited, and is high from here on: the interrupt controller takes
        // that for an interrupt. (So it is if the wait has come to its end meanwhile.)
        isStrayExpected = !isTimer && InterruptController8259.isTimerPending
        let count = remainder / IntervalTimer8254.countsPerTick
        remainder %= IntervalTimer8254.countsPerTick
        advance(count)
    }

    private static func advance(_ count: UInt32) {
        guard count > 0 else { return }
        ticks &+= count
        allTicks &+= UInt64(count)
        ProcessorTime.noteTick()
        Scheduler.tick(count)
    }

    /// Ends the wait of the next thread whose time has come; false if there is none.
    static func endNext() -> Bool {
        guard let timer = timers.unsafelyUnwrapped.first, isPast(timer.pointee.time), let thread = timer.pointee.thread
        else { return false }
        cancel(thread)
        if thread.pointee.state == .sleeping {
            Scheduler.makeReady(thread)
        } else {
            _ = Messages.interrupt(thread, .timedOut)
        }
        return true
    }

    /// Puts the current thread to sleep.
    static func sleep(_ thread: ThreadReference, milliseconds: UInt32) {
        set(thread, milliseconds)
        Scheduler.block(.sleeping)
    }

    /// Limits the wait that a thread begins.
    @inline(__always)
    static func setTimeout(_ thread: ThreadReference, _ milliseconds: UInt32) {
        if milliseconds != Timeout.never { set(thread, milliseconds) }
    }

    private static func set(_ thread: ThreadReference, _ milliseconds: UInt32) {
        // The tick that has begun does not count: at least this long. Half the counter's range keeps the order unique.
        let time = ticks &+ min(milliseconds, 0x7FFF_FFF0) &+ 1
        let timer = timer(thread)
        timer.pointee.time = time
        timer.pointee.thread = thread
        // There is room for the timers of all threads.
        timer.pointee.isSet = timers.insert(timer)
    }

    /// Forgets what a thread waits for.
    @inline(__always)
    static func cancel(_ thread: ThreadReference) {
        guard thread.pointee.timer.isSet else { return }
        thread.pointee.timer.isSet = false
        timers.remove(timer(thread))
    }

    /// Valid as long as the thread: its memory does not move.
    private static func timer(_ thread: ThreadReference) -> UnsafeMutablePointer<Timer> {
        withUnsafeMutablePointer(to: &thread.pointee.timer) { $0 }
    }

    private static func isPast(_ time: UInt32) -> Bool { Int32(bitPattern: ticks &- time) >= 0 }
}
