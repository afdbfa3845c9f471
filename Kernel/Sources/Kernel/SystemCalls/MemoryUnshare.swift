import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func memoryUnshare(_ caller: Caller) throws(KernelError) -> UInt32? {
        let frame = caller.frame.pointee
        let process = try caller.process(frame.ebx, .manage)
        let pages = try userPages(frame.ecx, frame.edx)
        guard pages <= maximumPages else { throw .badArgument }
        // How many have been copied before the call was interrupted.
        var copied = frame.ebp
        caller.frame.pointee.ebp = 0
        let step = min(pages, mapStep)
        for page in 0..<step
        where try process.pointee.space.unshare(frame.ecx + page << 12, account: process.pointee.account) {
            copied &+= 1
        }
        guard step < pages else { return copied & 0x7FFF_FFFF }
        caller.frame.pointee.ebp = copied
        caller.frame.pointee.ecx += step << 12
        caller.frame.pointee.edx -= step << 12
        return again(caller)
    }
}
