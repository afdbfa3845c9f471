import KernelABI
import KernelAssembly
import KernelLogic

/// Access to the memory of processes, checked page by page: what user code could not read or write itself, the kernel
/// does not for it. There is no page fault to recover from, because nothing is touched before it has been looked up.
///
/// A page of the current process that is missing, or that it may only read, need not be a mistake: the process's
/// handler may be about to supply it. So a check that fails leaves a note of the page, and the system call becomes a
/// fault message (`SystemCalls.dispatch`). That is why every call checks all the memory that it is given before it does
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
    @inline(__always)
    static func readable(_ address: UInt32, _ count: UInt32) throws(KernelError) -> UnsafeRawBufferPointer {
        try check(address, count, writable: false)
        return UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: UInt(address)), count: Int(count))
    }

    /// The same, if it can write them all.
    @inline(__always)
    static func writable(_ address: UInt32, _ count: UInt32) throws(KernelError) -> UnsafeMutableRawBufferPointer {
        try check(address, count, writable: true)
        return UnsafeMutableRawBufferPointer(
            start: UnsafeMutableRawPointer(bitPattern: UInt(address)), count: Int(count))
    }

    @inline(__always)
    static func check(_ address: UInt32, _ count: UInt32, writable: Bool) throws(KernelError) {
        guard count > 0 else { return }
        let last = address &+ (count - 1)
        // Valid: there is always a current thread once user code runs.
        let space = Scheduler.current.unsafelyUnwrapped.pointee.process.pointee.space
        // Nearly always it is one page.
        if (address ^ last) < pageSize, space.frame(at: address, writable: writable) != nil { return }
        try checkPages(space, address, last, writable)
    }

    @inline(never)
    private static func checkPages(
        _ space: AddressSpace, _ address: UInt32, _ last: UInt32, _ writable: Bool
    ) throws(KernelError) {
        guard last >= address, address >= klimit else { throw .badAddress }
        var next = address
        repeat {
            guard space.frame(at: next, writable: writable) != nil else {
                missing = MissingPage(address: next, isWrite: writable)
                throw .badAddress
            }
            next = (next | (pageSize - 1)) &+ 1
        } while next &- 1 < last
    }

    /// The same for each piece of a list, at most 64 KiB in all.
    static func check(_ list: UnsafePointer<PieceList>, writable: Bool) throws(KernelError) {
        for index in 0..<list.pointee.count {
            let piece = list.pointee[index]
            try check(piece.address, piece.length, writable: writable)
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
    @inline(__always)
    static func copy(
        from source: AddressSpace, _ sourceAddress: UInt32, to destination: AddressSpace, _ destinationAddress: UInt32,
        count: UInt32, force: Bool = false
    ) throws(CopyError) {
        var from = sourceAddress
        var to = destinationAddress
        var left = count
        // An address that runs past the end becomes 0, where nothing is mapped.
        while left > 0 {
            guard let sourceFrame = source.frame(at: from, writable: false) else { throw .source }
            guard let destinationFrame = target(destination, to, force) else { throw .destination }
            let chunk = min(left, pageSize - from & (pageSize - 1), pageSize - to & (pageSize - 1))
            copy_bytes(
                Window.open(destinationFrame, .destination) + Int(to & (pageSize - 1)),
                Window.open(sourceFrame, .source) + Int(from & (pageSize - 1)), chunk)
            from &+= chunk
            to &+= chunk
            left -= chunk
        }
    }

    @inline(__always)
    private static func target(_ space: AddressSpace, _ address: UInt32, _ force: Bool) -> UInt32? {
        space.frame(at: address, writable: true) ?? (force ? space.ownedFrame(at: address) : nil)
    }

    /// Copies the bytes `range` of a message, which both lists have.
    static func copy(
        from source: AddressSpace, _ sourceList: UnsafePointer<PieceList>, to destination: AddressSpace,
        _ destinationList: UnsafePointer<PieceList>, _ range: Range<UInt32>
    ) throws(CopyError) {
        if sourceList.pointee.count == 1, destinationList.pointee.count == 1 {
            return try copy(
                from: source, sourceList.pointee[0].address &+ range.lowerBound, to: destination,
                destinationList.pointee[0].address &+ range.lowerBound,
                count: range.upperBound &- range.lowerBound)
        }
        var walk = PieceWalk(from: sourceList, to: destinationList, range)
        while let run = walk.next() {
            guard let sourceFrame = source.frame(at: run.source, writable: false) else { throw .source }
            guard let destinationFrame = destination.frame(at: run.destination, writable: true) else {
                throw .destination
            }
            copy_bytes(
                Window.open(destinationFrame, .destination) + Int(run.destination & 4095),
                Window.open(sourceFrame, .source) + Int(run.source & 4095), run.count)
        }
    }

    /// Copies memory that the kernel can read at this moment into a process.
    ///
    /// `force` is that of the other `copy`.
    static func copy(
        from source: UnsafeRawBufferPointer, to destination: AddressSpace, _ address: UInt32, force: Bool = false
    ) throws(CopyError) {
        try copy(from: source, to: destination, cursor: PieceCursor(address, UInt32(source.count)), force: force)
    }

    /// The same into the pieces of a process's memory, which must have room for it.
    @inline(__always)
    static func copy(
        from source: UnsafeRawBufferPointer, to destination: AddressSpace, _ list: UnsafePointer<PieceList>
    ) throws(CopyError) {
        try copy(from: source, to: destination, cursor: PieceCursor(list), force: false)
    }

    @inline(__always)
    private static func copy(
        from source: UnsafeRawBufferPointer, to destination: AddressSpace, cursor start: PieceCursor, force: Bool
    ) throws(CopyError) {
        guard var from = source.baseAddress else { return }
        var cursor = start
        var left = UInt32(truncatingIfNeeded: source.count)
        while left > 0 {
            let count = min(left, cursor.run)
            guard count > 0, let frame = target(destination, cursor.address, force) else { throw .destination }
            copy_bytes(Window.open(frame, .destination) + Int(cursor.address & (pageSize - 1)), from, count)
            from += Int(count)
            left -= count
            if left > 0 { cursor.advance(count) }
        }
    }
}
