import KernelABI
import KernelAssembly
import KernelLogic

/// Which thread runs: round robin among those that are ready, a turn each, and the idle thread when there is none.
///
/// A switch happens in one place only, on the way out of the kernel (`resume`): until then the kernel works for the
/// thread that entered it, and only notes that another should run.
enum Scheduler {
    /// Clock ticks in a turn.
    private static var turn: UInt32 { 10 }

    /// The thread that entered the kernel. It may have ended, or wait, by the time the kernel is left.
    private(set) nonisolated(unsafe) static var current: ThreadReference!
    private(set) nonisolated(unsafe) static var idle: ThreadReference!
    private nonisolated(unsafe) static var ready = Queue<Thread>()
    private nonisolated(unsafe) static var needsSwitch = false
    /// The page directory in CR3.
    private nonisolated(unsafe) static var directory: UInt32 = 0

    /// Start-up counts as the idle thread until the first `resume`.
    static func initialise(idle: ThreadReference) {
        self.idle = idle
        current = idle
        idle.pointee.state = .ready
        directory = KernelSpace.directory
        needsSwitch = true
    }

    /// Queues a thread whose wait is over. `first`: it runs next, as somebody's answer or counterpart.
    static func makeReady(_ thread: ThreadReference, first: Bool = false) {
        Clock.cancel(thread)
        thread.pointee.state = .ready
        thread.pointee.turn = turn
        if first { ready.prepend(thread) } else { ready.append(thread) }
        if current == idle { needsSwitch = true }
    }

    /// The current thread waits from now on; somebody else queues it somewhere.
    static func block(_ state: ThreadState) {
        current.pointee.state = state
        needsSwitch = true
    }

    /// The current thread lets others run.
    static func yield() {
        guard current != idle else { return }
        ready.append(current)
        current.pointee.turn = turn
        needsSwitch = true
    }

    /// A clock tick has passed: the current thread's turn may be over.
    static func tick() {
        current.pointee.ticks &+= 1
        guard current != idle, current.pointee.state == .ready, !needsSwitch else { return }
        current.pointee.turn &-= 1
        if current.pointee.turn == 0 {
            if ready.isEmpty { current.pointee.turn = turn } else { yield() }
        }
    }

    /// Takes an ending thread out of the scheduler's hands.
    static func forget(_ thread: ThreadReference) {
        if thread == current {
            needsSwitch = true
        } else if thread.pointee.state == .ready {
            ready.remove(thread)
        }
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
        let next = ready.removeFirst() ?? idle!
        if next != current {
            current = next
            TaskState.setKernelStack(next.pointee.kernelStack)
            if next != idle {
                let process = next.pointee.process
                if process.pointee.space.directory != directory {
                    directory = process.pointee.space.directory
                    write_cr3(directory)
                }
                Ports.prepare(process)
            }
        }
        return next.pointee.frame
    }
}
