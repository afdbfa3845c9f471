import KernelABI
import KernelAssembly
import KernelLogic

typealias ThreadReference = UnsafeMutablePointer<Thread>

/// A thread: a kernel stack with the registers of its user mode, and what it waits for.
///
/// While a thread does not run, its kernel stack holds nothing but its `TrapFrame`: the kernel never waits in the
/// middle of its own code. Whoever ends a thread's wait writes the results into that frame.
struct Thread: PriorityNode, NumberTreeNode {
    /// Links of the queue that it waits in: ready, an endpoint's, a notification's, or condemned.
    var next: ThreadReference?
    var previous: ThreadReference?
    /// Its place in an endpoint's queue of senders (`PriorityList`).
    var level: UInt8 = 0
    var otherEnd: ThreadReference?

    let number: UInt32
    var zero: ThreadReference?
    var one: ThreadReference?
    let process: ProcessReference
    /// Links of the process's list of threads.
    var nextInProcess: ThreadReference?
    var previousInProcess: ThreadReference?
    /// Capabilities that name it.
    var references: UInt32 = 0
    var state = ThreadState.created
    var hasEnded = false
    var isCondemned = false

    /// Where its kernel stack begins (its upper end), and its registers there.
    let kernelStack: UInt32
    var frame: UnsafeMutablePointer<TrapFrame>

    /// Its own priority, 0 (lowest) to 31, and the one that it runs with, which others may have lent.
    var priority: UInt8
    var effectivePriority: UInt8

    /// Clock ticks left of its turn.
    var turn: UInt32 = 0
    /// How long it has run, up to when it ran last, and how much of that in the kernel, by the long way
    /// (`ProcessorTime`).
    var time: UInt64 = 0
    var kernelTime: UInt64 = 0
    /// When its wait ends.
    var timer = Timer()

    // What it sends or wants to receive; valid while it waits.

    /// Its x87, MMX and SSE registers, once it has used them and while they are not in the unit.
    var floatingPoint: UnsafeMutableRawPointer?
    /// Where its thread-local storage begins: the base of the segment `Selector.threadLocal`.
    var threadLocalBase: UInt32 = 0

    /// The endpoint in whose queue it stands.
    var endpoint: EndpointReference?
    /// The notification whose bits it waits for.
    var notification: NotificationReference?
    /// Where the bytes of its message come from, and where those of the message or reply that it waits for go.
    var sends = PieceList()
    var receives = PieceList()
    /// The same for capabilities.
    var slots = MessageSlots()
    /// A copy of bytes to or from this thread, while it waits, that has not come to its end: the number of the thread
    /// that does it (0: none), and the bytes copied so far.
    var copier: UInt32 = 0
    var copied: UInt32 = 0
    var label: UInt32 = 0
    var badge: UInt32 = 0
    /// It sends with `call`, or has faulted: it then waits for the reply.
    var wantsReply = false
    var isFaulted = false
    /// Where its faults go, and the badge they go with; nil: where the process's go.
    var handler: EndpointReference?
    var handlerBadge: UInt32 = 0
    /// CR2 at its page fault, else 0.
    var faultAddress: UInt32 = 0

    // Replies.

    /// The caller that this thread received last and has not answered.
    var caller: ThreadReference?
    /// The endpoint that it received from last: who waits there lends it the priority.
    var served: EndpointReference?
    /// Who can answer this thread: a thread, ...
    var answerer: ThreadReference?
    /// ... or the holder of a saved reply capability, which is in this slot.
    var answerSlot: UnsafeMutablePointer<Capability>?

    init(
        number: UInt32, process: ProcessReference, kernelStack: UInt32, frame: UnsafeMutablePointer<TrapFrame>
    ) {
        self.number = number
        self.process = process
        self.kernelStack = kernelStack
        self.frame = frame
        priority = process.pointee.priorityLimit
        effectivePriority = priority
    }
}

enum Threads {
    private nonisolated(unsafe) static var nextNumber: UInt32 = 0
    /// All that have not ended.
    private(set) nonisolated(unsafe) static var byNumber = NumberTree<Thread>()
    /// A thread that ended while the kernel was running on its stack; freed at the next entry.
    private nonisolated(unsafe) static var dying: ThreadReference?
    private nonisolated(unsafe) static var condemned = Queue<Thread>()

    /// A thread that has not started, without references. It is charged to the process.
    static func create(
        _ process: ProcessReference, entry: UInt32, stack: UInt32, argument: UInt32
    ) throws(KernelError) -> ThreadReference {
        let thread = try create(process)
        thread.pointee.frame.pointee = TrapFrame(
            gs: Selector.userData, fs: Selector.userData, es: Selector.userData, ds: Selector.userData, edi: 0, esi: 0,
            ebp: 0, ignored_esp: 0, ebx: 0, edx: 0, ecx: 0, eax: argument, vector: 0, error: 0, eip: entry,
            cs: Selector.userCode, eflags: 0x202, esp: stack, ss: Selector.userData)
        return thread
    }

    /// The idle thread, which runs in the kernel when nobody else can.
    static func createIdle(_ process: ProcessReference) throws(KernelError) -> ThreadReference {
        let thread = try create(process)
        thread.pointee.frame.pointee = TrapFrame(
            gs: 0, fs: 0, es: Selector.kernelData, ds: Selector.kernelData, edi: 0, esi: 0, ebp: 0, ignored_esp: 0,
            ebx: 0, edx: 0, ecx: 0, eax: 0, vector: 0, error: 0, eip: address_of_idle_loop(), cs: Selector.kernelCode,
            eflags: 0x202, esp: 0, ss: 0)
        return thread
    }

    private static func create(_ process: ProcessReference) throws(KernelError) -> ThreadReference {
        let account = process.pointee.account
        let thread = try Accounts.allocate(Thread.self, from: account)
        let stack: UInt32
        do {
            stack = try KernelStacks.allocate(account)
        } catch {
            Accounts.release(thread)
            throw error
        }
        // Valid: the stack was just mapped; the frame is where the processor and traps.S put it.
        let frame = UnsafeMutablePointer<TrapFrame>(bitPattern: UInt(stack) - UInt(MemoryLayout<TrapFrame>.size))!
        thread.initialize(to: Thread(number: nextNumber, process: process, kernelStack: stack, frame: frame))
        byNumber.insert(thread)
        nextNumber = byNumber.unused(after: nextNumber)
        thread.pointee.nextInProcess = process.pointee.firstThread
        process.pointee.firstThread?.pointee.previousInProcess = thread
        process.pointee.firstThread = thread
        process.pointee.threads += 1
        return thread
    }

    /// Ends a thread, whatever it does, and whatever others expect of it. It stays as a tombstone while capabilities
    /// name it.
    static func end(_ thread: ThreadReference) {
        guard !thread.pointee.hasEnded else { return }
        thread.pointee.hasEnded = true
        if thread.pointee.isCondemned { condemned.remove(thread) }
        Scheduler.forget(thread)
        Messages.abandon(thread)
        setHandler(thread, nil, badge: 0)
        FloatingPoint.release(thread)

        let process = thread.pointee.process
        byNumber.remove(thread)
        if let next = thread.pointee.nextInProcess {
            next.pointee.previousInProcess = thread.pointee.previousInProcess
        }
        if let previous = thread.pointee.previousInProcess {
            previous.pointee.nextInProcess = thread.pointee.nextInProcess
        } else {
            process.pointee.firstThread = thread.pointee.nextInProcess
        }
        process.pointee.threads -= 1
        if thread == Scheduler.current { ProcessorTime.charge(thread) }
        process.pointee.endedTime &+= thread.pointee.time
        if process.pointee.threads == 0, process.pointee.isAlive { Processes.lastThreadEnded(process) }
        // Both must last until the kernel stack is freed.
        thread.pointee.references += 1
        process.pointee.references += 1
        if thread == Scheduler.current { dying = thread } else { bury(thread) }
    }

    /// Says where a thread's faults go; takes and drops references to the endpoints.
    static func setHandler(_ thread: ThreadReference, _ endpoint: EndpointReference?, badge: UInt32) {
        if let endpoint { endpoint.pointee.references += 1 }
        let old = thread.pointee.handler
        thread.pointee.handler = endpoint
        thread.pointee.handlerBadge = badge
        if let old { Endpoints.release(old) }
    }

    /// Ends a thread when the kernel is about to return to user mode. (Ending it at once could nest without bound: a
    /// faulted thread may hold the reply that another faulted thread waits for.)
    static func condemn(_ thread: ThreadReference) {
        guard !thread.pointee.hasEnded, !thread.pointee.isCondemned else { return }
        thread.pointee.isCondemned = true
        condemned.append(thread)
        Endings.note()
    }

    /// Ends the next condemned thread. False if there is none.
    static func endCondemned() -> Bool {
        guard let thread = condemned.removeFirst() else { return false }
        thread.pointee.isCondemned = false
        end(thread)
        return true
    }

    /// Frees what the thread that ended last still has. Called on another stack than its own.
    static func buryDying() {
        guard let thread = dying else { return }
        dying = nil
        bury(thread)
    }

    private static func bury(_ thread: ThreadReference) {
        let process = thread.pointee.process
        KernelStacks.release(thread.pointee.kernelStack, process.pointee.account)
        release(thread)
        Processes.release(process)
    }

    /// Drops a reference.
    static func release(_ thread: ThreadReference) {
        thread.pointee.references -= 1
        guard thread.pointee.references == 0, thread.pointee.hasEnded || thread.pointee.state == .created else {
            return
        }
        if thread.pointee.hasEnded {
            Accounts.release(thread)
        } else {
            end(thread)
        }
    }
}
