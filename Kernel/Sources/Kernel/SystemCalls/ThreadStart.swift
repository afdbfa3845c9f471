import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func threadStart(_ caller: Caller) throws(KernelError) -> UInt32? {
        let thread = try caller.thread(caller.frame.pointee.ebx, .manage)
        guard thread.pointee.state == .created else { throw .badState }
        Scheduler.makeReady(thread)
        return 0
    }
}
