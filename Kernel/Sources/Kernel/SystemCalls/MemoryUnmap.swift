import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func memoryUnmap(_ caller: Caller) throws(KernelError) -> UInt32? {
        let frame = caller.frame.pointee
        let process = try caller.process(frame.ebx, .manage)
        let pages = try userPages(frame.ecx, frame.edx)
        guard pages <= maximumPages else { throw .badArgument }
        // In EBP, what has been done before the call was interrupted: the number of pages in bits 0-15; above, how many
        // mappings have been looked at.
        var freed = frame.ebp & 0xFFFF
        var looked = frame.ebp >> 16
        if looked < allMappings {
            freed += Mappings.removePart(in: process, frame.ecx, pages: pages, looked: &looked)
            if looked < min(process.pointee.mappingCount, allMappings) {
                caller.frame.pointee.ebp = freed & 0xFFFF | looked << 16
                return again(caller)
            }
        }
        let step = min(pages, unmapStep)
        for page in 0..<step
        where process.pointee.space.unmap(frame.ecx + page << 12, account: process.pointee.account) {
            freed += 1
        }
        guard step < pages else {
            caller.frame.pointee.ebp = 0
            return freed & 0xFFFF
        }
        caller.frame.pointee.ebp = freed & 0xFFFF | allMappings << 16
        caller.frame.pointee.ecx += step << 12
        caller.frame.pointee.edx -= step << 12
        return again(caller)
    }

    /// So many have been looked at when no more are to be.
    private static var allMappings: UInt32 { 0xFFFF }
}
