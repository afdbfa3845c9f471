import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func capabilityRevoke(_ caller: Caller) throws(KernelError) -> UInt32? {
        let slot = try caller.table.occupied(caller.frame.pointee.ebx)
        return Capabilities.revoke(slot, limit: revocationStep) ? 0 : again(caller)
    }

    /// How many capabilities are deleted between two looks at the interrupts.
    private static var revocationStep: Int { 32 }
}
