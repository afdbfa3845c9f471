/// What `SystemCall.systemInformation` is asked for, in ECX.
public enum InformationKind: UInt32 {
    /// A `MemoryInformation`; the index is ignored.
    case memory = 0
    /// The `ThreadInformation` of the thread with that index (0, 1, ... until the result is 0; indices have no holes).
    case thread = 1
    /// A `ClockInformation`; the index is ignored.
    case clock = 2
    /// Text for people: the memory layout, one `layout:` line each, lines ending in LF. EDI is the byte offset to read
    /// from; at most the buffer's size is copied; the result is 0 at the end.
    case layout = 3
    /// The `ProcessInformation` of the process with that index, as for threads.
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

    public init(milliseconds: UInt32, ticksPerSecond: UInt32) {
        self.milliseconds = milliseconds
        self.ticksPerSecond = ticksPerSecond
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
    /// Processor time, in clock ticks.
    public var ticks: UInt32

    public init(thread: UInt32, process: UInt32, state: UInt32, ticks: UInt32) {
        self.thread = thread
        self.process = process
        self.state = state
        self.ticks = ticks
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

    public init(process: UInt32, threads: UInt32, frames: UInt32, frameLimit: UInt32, mappedPages: UInt32) {
        self.process = process
        self.threads = threads
        self.frames = frames
        self.frameLimit = frameLimit
        self.mappedPages = mappedPages
    }
}
