import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func notificationCreate(_ caller: Caller) throws(KernelError) -> UInt32? {
        let slot = try caller.table.empty(caller.frame.pointee.ebx)
        Capabilities.put(slot, try Notifications.create(caller.process.pointee.account), .notification)
        return 0
    }
}
