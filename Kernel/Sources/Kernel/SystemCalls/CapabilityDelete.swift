import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func capabilityDelete(_ caller: Caller) throws(KernelError) -> UInt32? {
        Capabilities.delete(try caller.table.occupied(caller.frame.pointee.ebx)) ? 0 : again(caller)
    }
}
