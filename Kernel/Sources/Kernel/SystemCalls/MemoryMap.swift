import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    /// The most pages that one call maps or unmaps, and those between two looks at the interrupts.
    static var maximumPages: UInt32 { 4096 }
    static var mapStep: UInt32 { 8 }

    static func memoryMap(_ caller: Caller) throws(KernelError) -> UInt32? {
        let frame = caller.frame.pointee
        let process = try caller.process(frame.ebx, .manage)
        let pages = try userPages(frame.ecx, frame.edx)
        // What has been mapped of it before the call was interrupted. Whoever pretends can only lose pages of a process
        // that it manages.
        let done = frame.ebp
        guard pages <= maximumPages, done < pages else { throw .badArgument }
        let space = process.pointee.space
        if done == 0 {
            for page in 0..<pages where space.isMapped(frame.ecx + page << 12) { throw .alreadyMapped }
        }
        let isWritable = MemoryAccess(rawValue: frame.esi).contains(.write)
        let end = min(pages, done + mapStep)
        for page in done..<end {
            do {
                try space.mapZeroed(
                    frame.ecx + page << 12, writable: isWritable, account: process.pointee.account)
            } catch {
                for mapped in 0..<page {
                    _ = space.unmap(frame.ecx + mapped << 12, account: process.pointee.account)
                }
                caller.frame.pointee.ebp = 0
                throw error
            }
        }
        caller.frame.pointee.ebp = end < pages ? end : 0
        return end < pages ? again(caller) : 0
    }

    /// The number of pages of the user memory that begins at `address`, a multiple of 4096, with `bytes` bytes.
    static func userPages(_ address: UInt32, _ bytes: UInt32) throws(KernelError) -> UInt32 {
        guard address & 4095 == 0, address >= klimit, bytes > 0, bytes - 1 <= UInt32.max - address else {
            throw .badArgument
        }
        return (bytes - 1) >> 12 + 1
    }
}
