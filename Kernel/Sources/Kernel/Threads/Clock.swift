import KernelABI
import KernelLogic

/// Time, counted in interrupts of the 8254, and the threads that sleep.
enum Clock {
    private(set) nonisolated(unsafe) static var ticks: UInt32 = 0
    /// In the order in which they wake.
    private nonisolated(unsafe) static var sleepers = Queue<Thread>()

    /// A tick is a millisecond: `IntervalTimer8254.ticksPerSecond` is 1000.
    static var milliseconds: UInt32 { ticks }

    static func tick() {
        ticks &+= 1
        while let thread = sleepers.first, isPast(thread.pointee.wakeTime) {
            sleepers.remove(thread)
            Scheduler.makeReady(thread)
        }
        Scheduler.tick()
    }

    /// Puts the current thread to sleep.
    static func sleep(_ thread: ThreadReference, milliseconds: UInt32) {
        // The tick that has begun does not count: at least this long. Half the counter's range keeps the order unique.
        let wakeTime = ticks &+ min(milliseconds, 0x7FFF_FFF0) &+ 1
        thread.pointee.wakeTime = wakeTime
        sleepers.insert(thread) { Int32(bitPattern: $0.pointee.wakeTime &- wakeTime) > 0 }
        Scheduler.block(.sleeping)
    }

    static func cancel(_ thread: ThreadReference) { sleepers.remove(thread) }

    private static func isPast(_ time: UInt32) -> Bool { Int32(bitPattern: ticks &- time) >= 0 }
}
