import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func notificationSignal(_ caller: Caller) throws(KernelError) -> UInt32? {
        let frame = caller.frame.pointee
        let notification = try caller.notification(frame.ebx, .send)
        let badge = caller.table[frame.ebx].pointee.badge
        let bits = badge != 0 ? badge : frame.ecx
        guard bits != 0 else { throw .badArgument }
        Notifications.signal(notification, bits)
        return 0
    }
}
