import CSelfTest
import CUser
import User

// Exceptions of the floating-point units, and what a thread leaves in them when it ends.

nonisolated(unsafe) private var value: UInt32 = 0

@c(self_test_leave_exception)
func leaveException() {
    fpu_leave_exception()
    User.Thread.exit()
}

@c(self_test_report_exception)
func reportException() {
    fpu_leave_exception()
    _ = invoke(.receive, Place.scratch)
    fpu_report_exception()
    User.Thread.exit()
}

@c(self_test_divide)
func divide() {
    sse_divide_by_zero()
    User.Thread.exit()
}

@c(self_test_fill)
func fill() {
    fpu_fill(0x5A5A_5A5A, system_call_flags)
    User.Thread.exit()
}

@c(self_test_look)
func look() {
    value = 1 + fpu_first_state(system_call_flags)
    User.Thread.exit()
}

/// Exceptions of the floating-point units, and what a thread leaves in them when it ends.
func testFloatingPointExceptions() {
    guard system_call_flags & ManagerStartup.hasFloatingPoint != 0 else { return }
    let pattern: UInt32 = 0x0123_4567
    _ = invoke(.endpointCreate, Place.endpoint)
    // One that nobody has waited for stays in the unit when its thread ends, and is nobody else's.
    fpu_fill(pattern, system_call_flags)
    start(leaveException)
    giveWay { invoke(.threadStart, Place.thread) == KernelError.objectGone }
    Check.equal(Int32(fpu_differences(pattern, system_call_flags)), 0, "floating-point registers: after a thread's end")

    // One is reported to the thread that it is of, although others have used the unit meanwhile.
    _ = invoke(.endpointCreate, Place.scratch)
    startHandled(reportException)
    giveWay { invoke(.send, Place.scratch, Timeout.now).value != KernelError.timedOut.rawValue }
    fpu_fill(pattern, system_call_flags)
    Check.equal(Int32(receiveFault(21).vector), 16, "a fault message: a floating-point exception")
    Check.equal(invoke(.reply, label: FaultReply.end, 0), 0, "reply: ends the thread")
    Check.equal(
        Int32(fpu_differences(pattern, system_call_flags)), 0, "floating-point registers: the exception is not theirs")

    // Registers are not inherited from a thread that has ended with them in the unit.
    start(fill)
    giveWay { invoke(.threadStart, Place.thread) == KernelError.objectGone }
    value = 0
    start(look)
    giveWay { value != 0 }
    Check.equal(Int32(value), 1, "floating-point registers: zeros, not a dead thread's")
    for slot in [Place.thread, Place.endpoint, Place.scratch] { _ = invoke(.capabilityDelete, slot) }
}

/// The same of SSE, which QEMU does not raise: tried only where it is asked for.
func testSIMDExceptions() {
    Check.isTrue(system_call_flags & ManagerStartup.hasSSE != 0, "SSE")
    _ = invoke(.memoryMap, InitialSlot.process, Place.stack, 0x4000, 1)
    _ = invoke(.endpointCreate, Place.endpoint)
    startHandled(divide)
    Check.equal(Int32(receiveFault(21).vector), 19, "a fault message: a SIMD floating-point exception")
    Check.equal(invoke(.reply, label: FaultReply.end, 0), 0, "reply: ends the thread")
}
