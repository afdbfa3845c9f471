import CSelfTest
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

/// Gives way to others until something is so. How much they do in how much time depends on the machine, which may
/// itself be a program that somebody else's machine lets wait, so no test may count on it. What never becomes so is
/// left to the checks that follow.
func giveWay(until condition: () -> Bool) {
    var turns = 0
    while !condition(), turns < 10_000 {
        _ = invoke(.sleep, 0, 1)
        turns += 1
    }
}

/// Gives way until a thread waits for something that others have to do, or has ended.
func settle(_ number: UInt32) {
    giveWay {
        switch threadInformation(number).map({ ThreadState(rawValue: $0.state) }) {
        case .created, .ready, .faulted: false
        default: true
        }
    }
}

/// Starts a second thread at `entry`; its number.
@discardableResult
func start(_ entry: @convention(c) () -> Void) -> UInt32 {
    _ = invoke(.capabilityDelete, Place.thread)
    let address = UInt32(UInt(bitPattern: unsafeBitCast(entry, to: UnsafeRawPointer.self)))
    let thread = invoke(.threadCreate, InitialSlot.process, Place.thread, address, Place.stack + 0x4000, 0)
    Check.succeeds(thread, "threadCreate")
    Check.equal(invoke(.threadStart, Place.thread), 0, "threadStart")
    return UInt32(bitPattern: thread.value)
}

/// What a thread begins with: its argument, its stack pointer, and nothing of anybody else's.
private func testFirstRegisters() {
    let words = UnsafeMutablePointer<UInt32>(bitPattern: UInt(Place.stack))!
    for index in 0..<9 { words[index] = 0xDEAD_BEEF }
    _ = invoke(.capabilityDelete, Place.thread)
    let thread = invoke(
        .threadCreate, InitialSlot.process, Place.thread, first_registers_address(), Place.stack + 0x3FF0, Place.stack)
    Check.succeeds(thread, "threadCreate: to look at its registers")
    _ = invoke(.threadStart, Place.thread)
    settle(UInt32(bitPattern: thread.value))
    // EAX, EBX, ECX, EDX, ESI, EDI, EBP, ESP, EFLAGS
    for index in 1..<7 { Check.equal(Int32(bitPattern: words[index]), 0, "threadCreate: a register") }
    Check.isTrue(
        words[0] == Place.stack && words[7] == Place.stack + 0x3FF0, "threadCreate: argument and stack pointer")
    Check.equal(Int32(words[8] & 0x600), 0x200, "threadCreate: interrupts on, direction flag clear")
}

func testThreads() {
    var registers = system_call_registers()
    registers.eax = 0
    system_call(&registers)
    Check.error(Int32(bitPattern: registers.eax), .unknownCall, "call 0")
    // Numbers on either side of those there are, and bits that shall be 0.
    for number in [
        SystemCall.numbers.upperBound, 0xFF, 0x201, 0x8001, 0x400_0001, 0x8000_0001, 0xFFFF_FFFF,
    ] as [UInt32] {
        registers.eax = number
        system_call(&registers)
        Check.error(Int32(bitPattern: registers.eax), .unknownCall, "a call that there is not")
    }

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

    startCall(.threadDestroy, Place.thread)
    Check.error(invoke(.threadStart, Place.thread), .objectGone, "threadDestroy: itself")
    Check.isTrue(answer == nil, "threadDestroy: itself, does not return")
    testFirstRegisters()
    startCall(.threadExit, 0)
    Check.error(invoke(.threadStart, Place.thread), .objectGone, "threadExit: ended")
    Check.isTrue(answer == nil, "threadExit: does not return")

    // A thread that was never started.
    _ = invoke(.capabilityDelete, Place.thread)
    _ = invoke(.threadCreate, InitialSlot.process, Place.thread, 0, 0)
    Check.equal(invoke(.threadDestroy, Place.thread), 0, "threadDestroy")
    Check.equal(invoke(.capabilityDelete, Place.thread), 0, "capabilityDelete: a thread")
}
