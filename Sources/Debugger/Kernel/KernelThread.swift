/// A thread as the kernel has written it down.
public struct KernelThread: Sendable, Equatable {
    /// Of its structure.
    public let address: UInt32
    public let number: UInt32
    /// The number of its process.
    public let process: UInt32
    /// The structure of its process.
    public let processAddress: UInt32
    /// The name of its state in the kernel's source: `ready`, `receiving`. A thread that has ended keeps its last.
    public let state: String
    public let hasEnded: Bool
    /// It is the one that the kernel counts as running.
    public let isCurrent: Bool
    /// It runs when nobody else can.
    public let isIdle: Bool
    /// Its own priority, and the one that it runs with, which others may have lent.
    public let priority: UInt32
    public let effectivePriority: UInt32
    /// How long it has run, in steps of the kernel's counter, up to when it ran last; nil if the kernel does not count
    /// it.
    public let time: UInt64?
    /// What its wait depends on.
    public let wait: KernelWait
    /// The clock tick at which its sleep or patience ends, if one is set.
    public let deadline: UInt32?
    /// Its last exception has stopped it; ``faultAddress`` is that of a page fault.
    public let isFaulted: Bool
    public let faultAddress: UInt32
    /// The structure of the caller that it has received and not answered.
    public let caller: UInt32?
    /// The upper end of its kernel stack.
    public let kernelStack: UInt32
    /// Where its registers are saved while it does not run: a `TrapFrame`.
    public let frame: UInt32
}

/// What a thread waits for, by what the kernel's structures name.
public enum KernelWait: Sendable, Equatable {
    /// It runs, or could.
    case nothing
    /// It has not been started.
    case start
    /// Somebody who sends to an endpoint.
    case sender(endpoint: UInt32)
    /// Somebody who receives from an endpoint.
    case receiver(endpoint: UInt32)
    /// The answer of a thread that has received its call, or its fault.
    case answer(thread: UInt32)
    /// The answer by whoever holds the reply capability in a slot.
    case savedReply(slot: UInt32)
    /// A signal of a notification.
    case notification(UInt32)
    /// The clock only.
    case time
    /// Its structure names nothing: it has ended, or stands between two states.
    case unknown
}

extension KernelThread {
    init(_ structure: GuestStructure, _ view: KernelView) {
        address = structure.address
        number = structure.number("number") ?? 0
        processAddress = structure.number("process") ?? 0
        // Of a process that ends or has ended as well, which is in no list.
        process = view.structure("Process", at: processAddress)?.number("number") ?? 0
        state = structure.name("state") ?? "unknown"
        hasEnded = structure.flag("hasEnded")
        isCurrent = view.variable(ProgramLayout.currentThread) == structure.address
        isIdle = view.variable("Scheduler.idle") == structure.address
        priority = structure.number("priority") ?? 0
        effectivePriority = structure.number("effectivePriority") ?? 0
        time = structure.wide("time")
        deadline = structure.flag("timer.isSet") ? structure.number("timer.time") : nil
        isFaulted = structure.flag("isFaulted")
        faultAddress = structure.number("faultAddress") ?? 0
        caller = structure.pointer("caller")
        kernelStack = structure.number("kernelStack") ?? 0
        frame = structure.number("frame") ?? 0
        wait = Self.wait(structure, state, hasEnded)
    }

    private static func wait(_ structure: GuestStructure, _ state: String, _ hasEnded: Bool) -> KernelWait {
        if hasEnded { return .unknown }
        switch state {
        case "ready": return .nothing
        case "created": return .start
        case "sleeping": return .time
        default: break
        }
        if let endpoint = structure.pointer("endpoint") {
            return state == "receiving" ? .sender(endpoint: endpoint) : .receiver(endpoint: endpoint)
        }
        if let notification = structure.pointer("notification") { return .notification(notification) }
        if let thread = structure.pointer("answerer") { return .answer(thread: thread) }
        if let slot = structure.pointer("answerSlot") { return .savedReply(slot: slot) }
        return .unknown
    }
}

extension KernelView {
    func readThreads() -> [KernelThread] {
        var threads: [UInt32: KernelThread] = [:]
        for process in processes {
            let list = list(
                "Thread", from: process.firstThread, by: "nextInProcess",
                "the list of the threads of process \(process.number)")
            if list.count != Int(process.threadCount) {
                complain(
                    "process \(process.number) counts \(process.threadCount) threads, and its list has \(list.count)")
            }
            for structure in list { threads[structure.address] = thread(at: structure.address) }
        }
        return threads.values.sorted { ($0.number, $0.address) < ($1.number, $1.address) }
    }

    /// The thread that the processor works for: in the kernel the one whose kernel stack is in use, which is another
    /// than the current one for a few instructions of a switch.
    public var runningThread: KernelThread? {
        let registers = debugger.machineRegisters
        guard let code = registers.segments.indices.contains(1) ? registers.segments[1] : nil, code.selector & 3 == 0,
            let stack = registers.general.indices.contains(4) ? registers.general[4] : nil
        else { return currentThread }
        if let current = currentThread, isOnStack(stack, of: current) { return current }
        return threads.first { isOnStack(stack, of: $0) } ?? currentThread
    }

    private func isOnStack(_ pointer: UInt32, of thread: KernelThread) -> Bool {
        thread.kernelStack > 0 && pointer <= thread.kernelStack
            && pointer >= thread.kernelStack &- stackSize(of: thread)
    }

    /// Bytes of a thread's kernel stack: the pages that are mapped below its upper end, down to the guard page.
    public func stackSize(of thread: KernelThread) -> UInt32 {
        var size: UInt32 = 0
        while size < 0x1_0000, thread.kernelStack > size,
            debugger.physicalAddress(of: thread.kernelStack &- size &- 1) != nil
        {
            size += 0x1000
        }
        return size
    }

    /// Bytes of its kernel stack that a thread uses: while it does not run its saved registers.
    public func stackUse(of thread: KernelThread) -> UInt32? {
        let registers = debugger.machineRegisters
        let isInKernel = registers.segments.indices.contains(1) && registers.segments[1].selector & 3 == 0
        let pointer = thread == runningThread ? (isInKernel ? registers.general[4] : thread.kernelStack) : thread.frame
        guard pointer <= thread.kernelStack, thread.kernelStack &- pointer <= stackSize(of: thread) else { return nil }
        return thread.kernelStack &- pointer
    }
}
