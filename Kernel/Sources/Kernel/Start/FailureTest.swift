import KernelAssembly

/// Failures on purpose, by the boot option `fail=`: what the kernel reports of itself must be seen to work while it is
/// not needed.
enum FailureTest {
    enum Kind {
        /// A page fault in the kernel.
        case page
        /// A kernel stack overflow, which can only end in a double fault.
        case stack
    }

    nonisolated(unsafe) static var kind: Kind?

    /// Fails as asked. Called when start-up is complete.
    static func run() {
        switch kind {
        case .page: readNull()
        case .stack:
            call_on_stack(UnsafeMutableRawPointer(bitPattern: UInt(Scheduler.idle.pointee.kernelStack)), exhaust_stack)
        case nil: break
        }
    }

    @inline(never)
    private static func readNull() { _ = memory_read32(0) }
}
