import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func systemInformation(_ caller: Caller) throws(KernelError) -> UInt32? {
        let frame = caller.frame.pointee
        _ = try caller.table.find(frame.ebx, .system, .read)
        guard let kind = InformationKind(rawValue: frame.ecx) else { throw .badArgument }
        switch kind {
        case .memory:
            return try put(
                MemoryInformation(
                    ramKilobytes: KernelStart.ramKilobytes, totalFrames: Frames.total, freeFrames: Frames.free,
                    freeKernelFrames: Frames.kernelZone.freeCount, imageBytes: BootImage.size), caller)
        case .thread:
            guard let thread = Threads.byNumber.first(from: frame.edi) else { return 0 }
            let time = ProcessorTime.microseconds(of: thread)
            return try put(
                ThreadInformation(
                    thread: thread.pointee.number, process: thread.pointee.process.pointee.number,
                    state: thread.pointee.state.rawValue, priority: UInt32(thread.pointee.effectivePriority),
                    microseconds: time.all, kernelMicroseconds: time.kernel), caller)
        case .clock:
            return try put(
                ClockInformation(
                    milliseconds: Clock.milliseconds, ticksPerSecond: IntervalTimer8254.ticksPerSecond,
                    microseconds: ProcessorTime.microseconds,
                    idleMicroseconds: ProcessorTime.microseconds(of: Scheduler.idle).all), caller)
        case .layout:
            let capacity = min(frame.esi, 4096)
            let window = TextWindow(try UserMemory.writable(frame.edx, capacity), offset: Int(frame.edi & 0xFFFF))
            KernelStart.printLayout(to: window)
            return UInt32(window.count)
        case .process:
            guard let process = Processes.byNumber.first(from: frame.edi) else { return 0 }
            return try put(
                ProcessInformation(
                    process: process.pointee.number, threads: process.pointee.threads,
                    frames: process.pointee.account.pointee.frames,
                    frameLimit: process.pointee.account.pointee.limit,
                    mappedPages: process.pointee.account.pointee.mappedPages,
                    endedMicroseconds: ProcessorTime.microseconds(ofEnded: process)), caller)
        }
    }

    /// Copies a record of plain numbers to the caller's buffer; returns its size.
    private static func put<Record>(_ record: Record, _ caller: Caller) throws(KernelError) -> UInt32 {
        let size = UInt32(MemoryLayout<Record>.size)
        guard caller.frame.pointee.esi >= size else { throw .bufferTooSmall }
        let buffer = try UserMemory.writable(caller.frame.pointee.edx, size)
        withUnsafeBytes(of: record) { buffer.copyMemory(from: $0) }
        return size
    }
}
