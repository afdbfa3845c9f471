import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func threadExit(_ caller: Caller) -> UInt32? {
        Threads.end(caller.thread)
        return nil
    }
}
