import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func memoryUnmap(_ caller: Caller) throws(KernelError) -> UInt32? {
        let frame = caller.frame.pointee
        let process = try caller.process(frame.ebx, .manage)
        let pages = try userPages(frame.ecx, frame.edx)
        guard pages <= maximumPages else { throw .badArgument }
        var freed: UInt32 = 0
        for page in 0..<pages where process.pointee.space.unmap(frame.ecx + page << 12, account: process.pointee.account) { freed += 1 }
        return freed
    }
}
