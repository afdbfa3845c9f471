import KernelABI
import KernelLogic

/// When a thread's sleep or patience ends; part of the thread.
struct Timer: QueueNode {
    var next: UnsafeMutablePointer<Timer>?
    var previous: UnsafeMutablePointer<Timer>?
    var isSet = false
    var time: UInt32 = 0
    var thread: ThreadReference?
}

/// Time, counted in interrupts of the 8254, and the threads that wait for it.
enum Clock {
    private(set) nonisolated(unsafe) static var ticks: UInt32 = 0
    /// In the order in which they end.
    private nonisolated(unsafe) static var timers = Queue<Timer>()

    /// A tick is a millisecond: `IntervalTimer8254.ticksPerSecond` is 1000.
    static var milliseconds: UInt32 { ticks }

    static func tick() {
        ticks &+= 1
        while let timer = timers.first, isPast(timer.pointee.time), let thread = timer.pointee.thread {
            cancel(thread)
            if thread.pointee.state == .sleeping {
                Scheduler.makeReady(thread)
            } else {
                _ = Messages.interrupt(thread, .timedOut)
            }
        }
        Scheduler.tick()
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
        timer.pointee.isSet = true
        timers.insert(timer) { Int32(bitPattern: $0.pointee.time &- time) > 0 }
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
