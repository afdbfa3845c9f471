import CUser
import User

func milliseconds() -> UInt32 { clock().milliseconds }

func clock() -> ClockInformation {
    guard let clock = try? System(slot: ProgramSlot.system).clock() else { return ClockInformation() }
    return clock
}

/// What the kernel says of the thread with a number.
func threadInformation(_ number: UInt32) -> ThreadInformation? {
    guard let thread = try? System(slot: ProgramSlot.system).thread(from: number), thread.thread == number else {
        return nil
    }
    return thread
}

/// What the second thread has done.
nonisolated(unsafe) var marker: UInt32 = 0

@c(self_test_mark)
func mark() {
    marker += 1
    User.Thread.exit()
}

/// Starts a second thread at `entry`.
func start(_ entry: @convention(c) () -> Void) {
    _ = invoke(.capabilityDelete, Place.thread)
    let address = UInt32(UInt(bitPattern: unsafeBitCast(entry, to: UnsafeRawPointer.self)))
    Check.succeeds(
        invoke(.threadCreate, InitialSlot.process, Place.thread, address, Place.stack + 0x4000, 0), "threadCreate")
    Check.equal(invoke(.threadStart, Place.thread), 0, "threadStart")
}

func testThreads() {
    var registers = system_call_registers()
    registers.eax = 0
    system_call(&registers)
    Check.error(Int32(bitPattern: registers.eax), .unknownCall, "call 0")
    registers.eax = 0xFFFF_FFFF
    system_call(&registers)
    Check.error(Int32(bitPattern: registers.eax), .unknownCall, "call 0xffffffff")

    Check.equal(invoke(.yield), 0, "yield")
    let before = milliseconds()
    Check.equal(invoke(.sleep, 0, 20), 0, "sleep")
    Check.isTrue(milliseconds() &- before >= 20, "sleep: at least as long")

    Check.equal(invoke(.memoryMap, InitialSlot.process, Place.stack, 0x4000, 1), 0, "memoryMap: a stack")
    start(mark)
    Check.error(invoke(.threadStart, Place.thread), .badState, "threadStart: twice")
    while marker == 0 { _ = invoke(.yield) }
    Check.error(invoke(.threadStart, Place.thread), .objectGone, "threadStart: ended")
    Check.error(invoke(.threadDestroy, Place.thread), .objectGone, "threadDestroy: ended")
    Check.error(invoke(.threadCreate, InitialSlot.process, Place.thread, 0, 0), .slotOccupied, "threadCreate: slot")
    Check.error(invoke(.threadCreate, InitialSlot.process, 0, 0, 0), .badSlot, "threadCreate: slot 0")
    Check.error(invoke(.threadCreate, InitialSlot.process, 256, 0, 0), .badSlot, "threadCreate: slot 256")
    Check.error(invoke(.threadCreate, ProgramSlot.output, 99, 0, 0), .badCapability, "threadCreate: not a process")
    Check.error(invoke(.threadStart, InitialSlot.process), .badCapability, "threadStart: not a thread")

    startCall(.threadExit, 0)
    Check.error(invoke(.threadStart, Place.thread), .objectGone, "threadExit: ended")
    Check.isTrue(answer == nil, "threadExit: does not return")

    // A thread that was never started.
    _ = invoke(.capabilityDelete, Place.thread)
    _ = invoke(.threadCreate, InitialSlot.process, Place.thread, 0, 0)
    Check.equal(invoke(.threadDestroy, Place.thread), 0, "threadDestroy")
    Check.equal(invoke(.capabilityDelete, Place.thread), 0, "capabilityDelete: a thread")
}
