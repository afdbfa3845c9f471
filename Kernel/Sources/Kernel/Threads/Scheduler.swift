import KernelABI
import KernelAssembly
import KernelLogic

/// Which thread runs: the one with the highest priority that is ready, in turns with others of the same; and the idle
/// thread when there is none.
///
/// A switch happens in one place, on the way out of the kernel (`resume`): until then the kernel works for the thread
/// that entered it, and only notes that another should run. (The fast path of messages, `FastPath`, switches in the
/// same way, when it is clear who runs next.)
///
/// A thread that others wait for runs with the highest of their priorities, if that is higher than its own
/// (`Priorities`), so that a thread of middling priority cannot keep the server of an important one from running.
enum Scheduler {
    /// Clock ticks in a turn.
    private static var turn: UInt32 { 10 }

    /// The thread that entered the kernel. It may have ended, or wait, by the time the kernel is left.
    nonisolated(unsafe) static var current: ThreadReference!
    private(set) nonisolated(unsafe) static var idle: ThreadReference!
    /// Threads that are ready, but for the current one.
    nonisolated(unsafe) static var ready: ReadyQueue<Thread>!
    private nonisolated(unsafe) static var needsSwitch = false
    /// The current thread has had its turn, and stands in the queue already.
    private nonisolated(unsafe) static var isCurrentQueued = false
    /// The page directory in CR3.
    private nonisolated(unsafe) static var directory: UInt32 = 0

    /// Start-up counts as the idle thread until the first `resume`.
    static func initialise(idle: ThreadReference) {
        // Allocated once, from the boot heap.
        ready = ReadyQueue(memory: UnsafeMutablePointer.allocate(capacity: Int(ReadyQueue<Thread>.levels)))
        self.idle = idle
        current = idle
        idle.pointee.state = .ready
        directory = KernelSpace.directory
        needsSwitch = true
    }

    /// Queues a thread whose wait is over. `first`: before others of its priority, as somebody's answer or counterpart.
    /// It has then what was left of its turn: two that send each other messages must not keep a third from running.
    ///
    /// The current thread's wait can end on the same way out of the kernel on which it has begun: by the end of a
    /// process that its own call has brought about, of which it is told. It has not been left yet, and so is not queued
    /// either.
    static func makeReady(_ thread: ThreadReference, first: Bool = false) {
        Clock.cancel(thread)
        thread.pointee.state = .ready
        if !first || thread.pointee.turn == 0 { thread.pointee.turn = turn }
        guard thread != current else { return }
        ready.insert(thread, thread.pointee.effectivePriority, first: first)
        noteReady(thread)
    }

    /// A thread in the queue may have to run instead of the current one.
    private static func noteReady(_ thread: ThreadReference) {
        if current == idle || thread.pointee.effectivePriority > current.pointee.effectivePriority {
            needsSwitch = true
        }
    }

    /// The current thread waits from now on; somebody else queues it somewhere.
    static func block(_ state: ThreadState) {
        current.pointee.state = state
        needsSwitch = true
    }

    /// The current thread lets others of its priority run.
    static func yield() {
        guard current != idle, !isCurrentQueued, ready.isOccupied(current.pointee.effectivePriority) else { return }
        ready.insert(current, current.pointee.effectivePriority)
        isCurrentQueued = true
        current.pointee.turn = turn
        needsSwitch = true
    }

    /// Clock ticks have passed: the current thread's turn may be over. (More than one only while nobody ran.)
    static func tick(_ count: UInt32) {
        guard current != idle, current.pointee.state == .ready, !needsSwitch else { return }
        current.pointee.turn &-= 1
        if current.pointee.turn == 0 {
            current.pointee.turn = turn
            yield()
        }
    }

    /// Changes the priority that a thread runs with.
    static func setEffectivePriority(_ thread: ThreadReference, _ priority: UInt8) {
        let isQueued = thread.pointee.state == .ready && (thread != current || isCurrentQueued)
        if isQueued { ready.remove(thread, thread.pointee.effectivePriority) }
        thread.pointee.effectivePriority = priority
        if isQueued {
            ready.insert(thread, priority)
            noteReady(thread)
        } else if thread == current, ready.highest > Int32(priority) {
            needsSwitch = true
        }
    }

    /// Takes an ending thread out of the scheduler's hands.
    static func forget(_ thread: ThreadReference) {
        if thread == current {
            if isCurrentQueued { ready.remove(thread, thread.pointee.effectivePriority) }
            isCurrentQueued = false
            needsSwitch = true
        } else if thread.pointee.state == .ready {
            ready.remove(thread, thread.pointee.effectivePriority)
        }
        // It is in no queue any more, and a change of its priority must not put it into one.
        if thread.pointee.state == .ready { thread.pointee.state = .created }
        Clock.cancel(thread)
    }

    /// Leaves an address space that is about to be destroyed.
    static func leave(_ process: ProcessReference) {
        guard directory == process.pointee.space.directory else { return }
        directory = KernelSpace.directory
        write_cr3(directory)
    }

    /// The registers to leave the kernel with.
    static func resume() -> UnsafeMutablePointer<TrapFrame> {
        guard needsSwitch else { return current.pointee.frame }
        needsSwitch = false
        let runs = current != idle && current.pointee.state == .ready && !current.pointee.hasEnded
        if runs, !isCurrentQueued {
            guard ready.highest > Int32(current.pointee.effectivePriority) else { return current.pointee.frame }
            // Its turn is interrupted, not over.
            ready.insert(current, current.pointee.effectivePriority, first: true)
        }
        isCurrentQueued = false
        let next = ready.removeFirst() ?? idle!
        if next != current { switchTo(next, from: current) }
        return next.pointee.frame
    }

    /// Makes `next`, which is in no queue, the current thread instead of `old`.
    @inline(__always)
    static func switchTo(_ next: ThreadReference, from old: ThreadReference) {
        ProcessorTime.charge(old)
        // A frame from `sysenter` lacks FS and GS, and `sysexit` does not load them.
        if old.pointee.frame.pointee.vector == FastPath.sysenterVector { save_user_segments(old.pointee.frame) }
        ThreadLocal.prepare(next)
        if next.pointee.frame.pointee.vector == FastPath.sysenterVector { load_user_segments(next.pointee.frame) }
        current = next
        FloatingPoint.prepare(next)
        TaskState.setKernelStack(next.pointee.kernelStack)
        guard next != idle else { return }
        let process = next.pointee.process
        if process.pointee.space.directory != directory {
            directory = process.pointee.space.directory
            write_cr3(directory)
            Ports.prepare(process)
        }
    }
}
