import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func processDestroy(_ caller: Caller) throws(KernelError) -> UInt32? {
        Processes.destroy(try caller.process(caller.frame.pointee.ebx, .manage))
        return 0
    }
}
