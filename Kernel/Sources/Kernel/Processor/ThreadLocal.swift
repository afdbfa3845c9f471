import KernelABI
import KernelAssembly

/// Thread-local storage: a data segment that begins where each thread has it. User code loads its selector into GS (or
/// FS), and finds the thread's own variables there.
enum ThreadLocal {
    /// The base in the descriptor.
    private nonisolated(unsafe) static var base: UInt32 = 0

    /// Puts the descriptor right for a thread that is about to run. A segment register gets the new base when it is
    /// loaded, which happens on each way out of the kernel that leads to another thread.
    @inline(__always)
    static func prepare(_ thread: ThreadReference) {
        if thread.pointee.threadLocalBase != base { set(thread.pointee.threadLocalBase) }
    }

    private static func set(_ address: UInt32) {
        base = address
        DescriptorTables.setThreadLocalBase(address)
    }
}
