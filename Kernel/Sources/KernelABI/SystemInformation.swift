/// What `SystemCall.systemInformation` is asked for, in ECX.
public enum InformationKind: UInt32 {
    /// A `MemoryInformation`.
    case memory = 0
    /// The `ThreadInformation` of the thread with the lowest number that is not below EDI; the result is 0 if there is
    /// none.
    case thread = 1
    /// A `ClockInformation`.
    case clock = 2
    /// Text for people: the memory layout, one `layout:` line each, lines ending in LF. EDI is the byte offset to read
    /// from; at most the buffer's size is copied; the result is 0 at the end.
    case layout = 3
    /// The same for processes: a `ProcessInformation`.
    case process = 4
}

/// How much memory there is and who has it. Sizes in 4 KiB page frames.
public struct MemoryInformation {
    /// RAM that the BIOS reports as usable, below 4 GB, in KiB.
    public var ramKilobytes: UInt32
    /// Frames that the kernel manages (RAM that is neither image nor boot structures).
    public var totalFrames: UInt32
    /// Of these, frames that are free.
    public var freeFrames: UInt32
    /// Free frames below KLIMIT: only these can hold page tables and kernel objects.
    public var freeKernelFrames: UInt32
    /// Bytes of the kernel image, payload included.
    public var imageBytes: UInt32

    public init(
        ramKilobytes: UInt32, totalFrames: UInt32, freeFrames: UInt32, freeKernelFrames: UInt32, imageBytes: UInt32
    ) {
        self.ramKilobytes = ramKilobytes
        self.totalFrames = totalFrames
        self.freeFrames = freeFrames
        self.freeKernelFrames = freeKernelFrames
        self.imageBytes = imageBytes
    }
}

/// Time since the kernel started.
public struct ClockInformation {
    /// Milliseconds, wrapping after 49 days.
    public var milliseconds: UInt32
    /// Clock interrupts a second.
    public var ticksPerSecond: UInt32
    /// Microseconds, by the time-stamp counter where there is one; within a tick of `milliseconds`.
    public var microseconds: UInt64
    /// Of these, those in which nobody ran, interrupts meanwhile included.
    public var idleMicroseconds: UInt64

    public init(
        milliseconds: UInt32 = 0, ticksPerSecond: UInt32 = 0, microseconds: UInt64 = 0, idleMicroseconds: UInt64 = 0
    ) {
        self.milliseconds = milliseconds
        self.ticksPerSecond = ticksPerSecond
        self.microseconds = microseconds
        self.idleMicroseconds = idleMicroseconds
    }
}

/// What a thread is doing.
public enum ThreadState: UInt32 {
    /// Created and not started.
    case created = 0
    /// Running, or ready to.
    case ready = 1
    /// Waiting to send.
    case sending = 2
    /// Waiting for a message.
    case receiving = 3
    /// Waiting for a reply.
    case calling = 4
    /// Sleeping.
    case sleeping = 5
    /// Faulted, waiting for its handler.
    case faulted = 6
    /// Waiting for a notification.
    case waiting = 7
}

/// One thread. The idle thread is number 0 of process 0, the kernel.
public struct ThreadInformation {
    public var thread: UInt32
    public var process: UInt32
    /// A `ThreadState`.
    public var state: UInt32
    /// The priority that it runs with, its own or a lent one.
    public var priority: UInt32
    /// Microseconds that it has run.
    public var microseconds: UInt64
    /// Of these, microseconds in the kernel; the short way of messages counts as the thread's own.
    public var kernelMicroseconds: UInt64

    public init(
        thread: UInt32 = 0, process: UInt32 = 0, state: UInt32 = 0, priority: UInt32 = 0, microseconds: UInt64 = 0,
        kernelMicroseconds: UInt64 = 0
    ) {
        self.thread = thread
        self.process = process
        self.state = state
        self.priority = priority
        self.microseconds = microseconds
        self.kernelMicroseconds = kernelMicroseconds
    }
}

/// One process.
public struct ProcessInformation {
    public var process: UInt32
    public var threads: UInt32
    /// Page frames charged to it: its memory, page tables, kernel stacks and tables.
    public var frames: UInt32
    /// The most that it and those whose accounts are below its own may have, or 0.
    public var frameLimit: UInt32
    /// Pages that it can reach: its own, and those that it shares, which others pay for.
    public var mappedPages: UInt32
    public var reserved: UInt32 = 0
    /// Microseconds that those of its threads have run that have ended.
    public var endedMicroseconds: UInt64

    public init(
        process: UInt32 = 0, threads: UInt32 = 0, frames: UInt32 = 0, frameLimit: UInt32 = 0, mappedPages: UInt32 = 0,
        endedMicroseconds: UInt64 = 0
    ) {
        self.endedMicroseconds = endedMicroseconds
        self.process = process
        self.threads = threads
        self.frames = frames
        self.frameLimit = frameLimit
        self.mappedPages = mappedPages
    }
}
