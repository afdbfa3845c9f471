import KernelABI
import KernelAssembly

/// Access to the memory of processes, checked page by page: what user code could not read or write itself, the kernel
/// does not for it. There is no page fault to recover from, because nothing is touched before it has been looked up.
enum UserMemory {
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

    private static func check(_ address: UInt32, _ count: UInt32, writable: Bool) throws(KernelError) {
        guard count > 0 else { return }
        let (last, overflow) = address.addingReportingOverflow(count - 1)
        guard !overflow, address >= klimit, count <= UInt32(Int32.max) else { throw .badAddress }
        let space = Scheduler.current.pointee.process.pointee.space
        var page = address & ~4095
        while true {
            guard space.frame(at: page, writable: writable) != nil else { throw .badAddress }
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
        force ? space.ownedFrame(at: address) : space.frame(at: address, writable: true)
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
