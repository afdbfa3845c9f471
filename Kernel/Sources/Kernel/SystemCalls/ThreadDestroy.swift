import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func threadDestroy(_ caller: Caller) throws(KernelError) -> UInt32? {
        let thread = try caller.thread(caller.frame.pointee.ebx, .manage)
        Threads.end(thread)
        return thread == caller.thread ? nil : 0
    }
}
