import KernelLogic

/// What is left to be done of the end of objects: each step takes a bounded time, and interrupts can have their turn
/// after any.
///
/// The constraint: the end of one object can be the end of many others (the last capability to a process, to whose
/// endpoint a hundred threads send), and a call that ends something must neither nest without bound nor keep the kernel
/// for long. The choice: what ends is only condemned, which takes it away from everybody; the steps are made one after
/// the other on the way out of the kernel (`leaveKernel`), and what is left when an interrupt is pending is done on the
/// next way out.
enum Endings {
    private nonisolated(unsafe) static var isPending = false

    /// Something has been condemned.
    static func note() { isPending = true }

    /// Makes a step; false if there is nothing to do.
    static func step() -> Bool {
        guard isPending else { return false }
        if Threads.endCondemned() || Processes.endCondemned() || Endpoints.endCondemned()
            || Notifications.endCondemned() || MemoryObjects.endCondemned()
        {
            return true
        }
        isPending = false
        return false
    }
}
