import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func memoryUnmap(_ caller: Caller) throws(KernelError) -> UInt32? {
        let frame = caller.frame.pointee
        let process = try caller.process(frame.ebx, .manage)
        let pages = try userPages(frame.ecx, frame.edx)
        guard pages <= maximumPages else { throw .badArgument }
        // How many have been unmapped before the call was interrupted.
        var freed = frame.ebp &+ Mappings.remove(in: process, frame.ecx, pages: pages)
        let step = min(pages, unmapStep)
        for page in 0..<step
        where process.pointee.space.unmap(frame.ecx + page << 12, account: process.pointee.account) {
            freed &+= 1
        }
        guard step < pages else {
            caller.frame.pointee.ebp = 0
            return freed & 0x7FFF_FFFF
        }
        caller.frame.pointee.ebp = freed
        caller.frame.pointee.ecx += step << 12
        caller.frame.pointee.edx -= step << 12
        return again(caller)
    }

    private static var unmapStep: UInt32 { 64 }
}
