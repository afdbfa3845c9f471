import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func endpointCreate(_ caller: Caller) throws(KernelError) -> UInt32? {
        let slot = try caller.table.empty(caller.frame.pointee.ebx)
        Capabilities.put(slot, try Endpoints.create(caller.process.pointee.account), .endpoint)
        return 0
    }
}
