import KernelABI
import KernelAssembly

/// Access to the memory of processes, checked page by page: what user code could not read or write itself, the kernel
/// does not for it. There is no page fault to recover from, because nothing is touched before it has been looked up.
///
/// A page of the current process that is missing, or that it may only read, need not be a mistake: the process's handler
/// may be about to supply it. So a check that fails leaves a note of the page, and the system call becomes a fault
/// message (`SystemCalls.dispatch`). That is why every call checks all the memory that it is given before it does
/// anything that cannot be done twice.
enum UserMemory {
    /// What a check of the current process's memory has missed.
    struct MissingPage {
        var address: UInt32
        var isWrite: Bool
    }

    private(set) nonisolated(unsafe) static var missing: MissingPage?

    /// Forgets what was missed: a new system call begins.
    @inline(__always)
    static func begin() { missing = nil }

    /// The bytes `address ..< address + count` of the current process, if it can read them all.
    ///
    /// Valid until the kernel returns to user mode: nothing else changes mappings meanwhile.
    static func readable(_ address: UInt32, _ count: UInt32) throws(KernelError) -> UnsafeRawBufferPointer {
        try check(address, count, writable: false)
        return UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: UInt(address)), count: Int(count))
    }

    /// The same, if it can write them all.
    static func writable(_ address: UInt32, _ count: UInt32) throws(KernelError) -> UnsafeMutableRawBufferPointer {
        try check(address, count, writable: true)
        return UnsafeMutableRawBufferPointer(
            start: UnsafeMutableRawPointer(bitPattern: UInt(address)), count: Int(count))
    }

    static func check(_ address: UInt32, _ count: UInt32, writable: Bool) throws(KernelError) {
        guard count > 0 else { return }
        let (last, overflow) = address.addingReportingOverflow(count - 1)
        guard !overflow, address >= klimit else { throw .badAddress }
        let space = Scheduler.current.pointee.process.pointee.space
        var page = address & ~4095
        while true {
            guard space.frame(at: page, writable: writable) != nil else {
                missing = MissingPage(address: max(page, address), isWrite: writable)
                throw .badAddress
            }
            if last & ~4095 == page { return }
            page &+= pageSize
        }
    }

    /// Which side of a copy was wrong.
    enum CopyError: Error {
        case source
        case destination
    }

    /// Copies between two processes, or inside one (`memmove` is not promised).
    ///
    /// `force` writes read-only pages as well, if they are the process's own: for its manager.
    static func copy(
        from source: AddressSpace, _ sourceAddress: UInt32, to destination: AddressSpace, _ destinationAddress: UInt32,
        count: UInt32, force: Bool = false
    ) throws(CopyError) {
        var done: UInt32 = 0
        while done < count {
            let (from, sourceWraps) = sourceAddress.addingReportingOverflow(done)
            let (to, destinationWraps) = destinationAddress.addingReportingOverflow(done)
            guard !sourceWraps, let sourceFrame = source.frame(at: from, writable: false) else { throw .source }
            guard !destinationWraps, let destinationFrame = target(destination, to, force) else {
                throw .destination
            }
            let chunk = min(count - done, pageSize - from & 4095, pageSize - to & 4095)
            let bytes = Window.open(destinationFrame, .destination) + Int(to & 4095)
            bytes.copyMemory(from: Window.open(sourceFrame, .source) + Int(from & 4095), byteCount: Int(chunk))
            done += chunk
        }
    }

    private static func target(_ space: AddressSpace, _ address: UInt32, _ force: Bool) -> UInt32? {
        space.frame(at: address, writable: true) ?? (force ? space.ownedFrame(at: address) : nil)
    }

    /// Copies kernel memory into a process.
    static func copy(
        from source: UnsafeRawBufferPointer, to destination: AddressSpace, _ address: UInt32, force: Bool = false
    ) throws(CopyError) {
        var done = 0
        while done < source.count, let base = source.baseAddress {
            let (to, wraps) = address.addingReportingOverflow(UInt32(truncatingIfNeeded: done))
            guard !wraps, let frame = target(destination, to, force) else { throw .destination }
            let chunk = min(source.count - done, Int(pageSize - to & 4095))
            let bytes = Window.open(frame, .destination) + Int(to & 4095)
            bytes.copyMemory(from: base + done, byteCount: chunk)
            done += chunk
        }
    }
}
