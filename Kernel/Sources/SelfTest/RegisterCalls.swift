import CSelfTest
import CUser
import User

/// What the second thread has found.
nonisolated(unsafe) private var differences: UInt32 = 0
nonisolated(unsafe) private var rounds: UInt32 = 0
private let pattern: (mine: UInt32, other: UInt32) = (0x1234_5678, 0x0765_4321)

@c(self_test_floating)
func floating() {
    differences += fpu_first_state(system_call_flags)
    for _ in 0..<20 {
        fpu_fill(pattern.other, system_call_flags)
        _ = invoke(.yield)
        differences += fpu_differences(pattern.other, system_call_flags)
        rounds += 1
    }
    User.Thread.exit()
}

/// Two threads with the same registers, each of which finds its own.
func testFloatingPoint() {
    guard system_call_flags & ManagerStartup.hasFloatingPoint != 0 else { return }
    differences = 0
    rounds = 0
    fpu_fill(pattern.mine, system_call_flags)
    start(floating)
    var mine: UInt32 = 0
    while rounds < 20 {
        _ = invoke(.yield)
        mine += fpu_differences(pattern.mine, system_call_flags)
        fpu_fill(pattern.mine, system_call_flags)
    }
    Check.equal(Int32(mine), 0, "floating-point registers: the first thread's")
    Check.equal(Int32(differences), 0, "floating-point registers: the second thread's, zeros at first")
}

nonisolated(unsafe) private var storage: (UInt32, UInt32) = (111, 222)
nonisolated(unsafe) private var otherWord: UInt32 = 0

@c(self_test_thread_local)
func threadLocal() {
    for _ in 0..<10 {
        otherWord = thread_local_load()
        _ = invoke(.yield)
        if otherWord != 222 || thread_local_read() != 222 { otherWord = 1 }
    }
    User.Thread.exit()
}

/// Two threads with storage of their own behind the same selector.
func testThreadLocalStorage() {
    let setting = ThreadSetting.threadLocalBase.rawValue
    let address = withUnsafeMutablePointer(to: &storage) { UInt32(UInt(bitPattern: $0)) }
    // The thread that runs this is named by nothing: another one sets its own.
    _ = invoke(.capabilityDelete, Place.thread)
    let entry = UInt32(
        UInt(bitPattern: unsafeBitCast(threadLocal as @convention(c) () -> Void, to: UnsafeRawPointer.self)))
    otherWord = 0
    _ = invoke(.threadCreate, InitialSlot.process, Place.thread, entry, Place.stack + 0x4000, 0)
    Check.equal(invoke(.threadConfigure, Place.thread, setting, address + 4), 0, "threadConfigure: thread-local")
    _ = invoke(.threadStart, Place.thread)
    while !(invoke(.threadStart, Place.thread) == KernelError.objectGone) { _ = invoke(.yield) }
    Check.equal(Int32(otherWord), 222, "threadConfigure: thread-local storage")
}
