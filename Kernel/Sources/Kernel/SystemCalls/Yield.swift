import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func yield(_ caller: Caller) -> UInt32? {
        Scheduler.yield()
        return 0
    }
}
