import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func memoryMap(_ caller: Caller) throws(KernelError) -> UInt32? {
        let frame = caller.frame.pointee
        let process = try caller.process(frame.ebx, .manage)
        let pages = try userPages(frame.ecx, frame.edx)
        guard pages <= maximumPages else { throw .badArgument }
        let isWritable = MemoryAccess(rawValue: frame.esi).contains(.write)
        return try mapPages(caller, process, frame.ecx, pages) { page throws(KernelError) in
            try process.pointee.space.mapZeroed(
                frame.ecx + page << 12, writable: isWritable, account: process.pointee.account)
        }
    }

    /// The most pages that one call maps or unmaps.
    static var maximumPages: UInt32 { 4096 }
    /// Pages that are mapped, unmapped, or only looked at, between two looks at the interrupts.
    static var mapStep: UInt32 { 8 }
    static var unmapStep: UInt32 { 64 }
    private static var checkStep: UInt32 { 256 }

    /// Maps `pages` pages of a process, where nothing is mapped, in steps: `map` is given the number of each. If one
    /// fails, those before are unmapped, in steps too.
    ///
    /// How far it has come is in EBP. Whoever makes that up can only lose pages of a process that it manages.
    static func mapPages(
        _ caller: Caller, _ process: ProcessReference, _ address: UInt32, _ pages: UInt32,
        _ map: (UInt32) throws(KernelError) -> Void
    ) throws(KernelError) -> UInt32? {
        let space = process.pointee.space
        var progress = MapProgress(rawValue: caller.frame.pointee.ebp)
        caller.frame.pointee.ebp = 0
        guard progress.page < pages, progress.phase <= MapProgress.undoing else { throw .badArgument }
        if progress.phase == MapProgress.checking { progress = try check(space, address, pages, progress) }
        if progress.phase == MapProgress.mapping {
            let end = min(pages, progress.page + mapStep)
            while progress.page < end, progress.phase == MapProgress.mapping {
                do {
                    try map(progress.page)
                    progress = MapProgress(MapProgress.mapping, progress.page + 1)
                } catch {
                    progress = MapProgress(MapProgress.undoing, progress.page, error)
                }
            }
            if progress.page == pages { return 0 }
        }
        if progress.phase == MapProgress.undoing {
            let first = progress.page - min(progress.page, unmapStep)
            for page in first..<progress.page {
                _ = space.unmap(address + page << 12, account: process.pointee.account)
            }
            guard first > 0 else { throw progress.error }
            progress = MapProgress(MapProgress.undoing, first, progress.error)
        }
        caller.frame.pointee.ebp = progress.rawValue
        return again(caller)
    }

    /// Makes a step of looking whether anything is mapped; when there is nothing, the next is to map the first page.
    static func check(
        _ space: AddressSpace, _ address: UInt32, _ pages: UInt32, _ progress: MapProgress
    ) throws(KernelError) -> MapProgress {
        let end = min(pages, progress.page + checkStep)
        for page in progress.page..<end where space.isMapped(address + page << 12) { throw .alreadyMapped }
        return end < pages ? MapProgress(MapProgress.checking, end) : MapProgress(MapProgress.mapping, 0)
    }

    /// The number of pages of the user memory that begins at `address`, a multiple of 4096, with `bytes` bytes.
    static func userPages(_ address: UInt32, _ bytes: UInt32) throws(KernelError) -> UInt32 {
        guard address & 4095 == 0, address >= klimit, bytes > 0, bytes - 1 <= UInt32.max - address else {
            throw .badArgument
        }
        return (bytes - 1) >> 12 + 1
    }
}
