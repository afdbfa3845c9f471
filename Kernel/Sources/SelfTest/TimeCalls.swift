import CUser
import User

/// What the spinning thread has seen of the clock.
nonisolated(unsafe) private var spun: UInt32 = 0

/// Keeps the processor busy for 60 milliseconds, mostly outside the kernel.
@c(self_test_busy)
func busy() {
    let start = milliseconds()
    var work: UInt32 = 1
    while milliseconds() &- start < 60 {
        for _ in 0..<2000 { work = work &* 1_664_525 &+ 1_013_904_223 }
    }
    spun = work | 1
    _ = invoke(.sleep, 0, 1_000_000)
    User.Thread.exit()
}

@c(self_test_lazy)
func lazy() {
    _ = invoke(.sleep, 0, 1_000_000)
    User.Thread.exit()
}

/// The processor time of all threads that live, or have ended in processes that live; and of these, the idle thread's.
private func allTime() -> (sum: UInt64, idle: UInt64) {
    let system = System(slot: ProgramSlot.system)
    var sum: UInt64 = 0
    var idle: UInt64 = 0
    system.forEachThread { thread in
        sum += thread.microseconds
        if thread.thread == 0 { idle = thread.microseconds }
    }
    system.forEachProcess { process in sum += process.endedMicroseconds }
    return (sum, idle)
}

/// Processor time: whose it is, and that it adds up.
func testProcessorTime() {
    let allBefore = allTime()
    let before = clock()
    // The milliseconds wrap around.
    Check.isTrue(
        UInt32(truncatingIfNeeded: before.microseconds / 1000) &- before.milliseconds &+ 20 < 40,
        "systemInformation: both clocks agree")

    // One thread works and one sleeps, both for as long.
    spun = 0
    let stack = Place.free
    _ = invoke(.memoryMap, InitialSlot.process, stack, 0x4000, 1)
    let entry = UInt32(UInt(bitPattern: unsafeBitCast(lazy as @convention(c) () -> Void, to: UnsafeRawPointer.self)))
    let sleeper = invoke(.threadCreate, InitialSlot.process, Place.many, entry, stack + 0x4000, 0)
    _ = invoke(.threadStart, Place.many)
    _ = invoke(.capabilityDelete, Place.thread)
    let address = UInt32(UInt(bitPattern: unsafeBitCast(busy as @convention(c) () -> Void, to: UnsafeRawPointer.self)))
    let worker = invoke(.threadCreate, InitialSlot.process, Place.thread, address, Place.stack + 0x4000, 0)
    _ = invoke(.threadStart, Place.thread)
    while spun == 0 { _ = invoke(.sleep, 0, 5) }
    guard let busy = threadInformation(UInt32(bitPattern: worker.value)),
        let lazy = threadInformation(UInt32(bitPattern: sleeper.value))
    else {
        Check.isTrue(false, "systemInformation: the threads are there")
        return
    }
    Check.isTrue(busy.microseconds > 4 * lazy.microseconds, "systemInformation: who works has used more time")
    Check.isTrue(busy.kernelMicroseconds > 0, "systemInformation: some of it in the kernel")
    Check.isTrue(busy.kernelMicroseconds < busy.microseconds, "systemInformation: not all of it")
    Check.isTrue(busy.state == ThreadState.sleeping.rawValue && busy.priority == 16, "systemInformation: a thread")

    // All that has passed is somebody's: the idle thread's, that of others that live, or of those that have ended.
    let (sum, idle) = allTime()
    let after = clock()
    // The counter's rate is measured anew for each.
    let tolerance = after.microseconds / 8 + 50_000
    let longest = after.microseconds + tolerance
    Check.isTrue(sum <= longest, "systemInformation: no more time than there was")
    Check.isTrue(
        sum + tolerance >= allBefore.sum + (after.microseconds - before.microseconds),
        "systemInformation: all that has passed is somebody's")
    Check.isTrue(after.idleMicroseconds >= idle, "systemInformation: the idle time")
    Check.isTrue(after.idleMicroseconds <= longest, "systemInformation: idle no longer than time has passed")
    Check.isTrue(after.microseconds > before.microseconds, "systemInformation: the clock goes forward")
    for slot in [Place.many, Place.thread] {
        _ = invoke(.threadDestroy, slot)
        _ = invoke(.capabilityDelete, slot)
    }
    _ = invoke(.memoryUnmap, InitialSlot.process, stack, 0x4000)
}
