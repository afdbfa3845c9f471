import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func notificationBind(_ caller: Caller) throws(KernelError) -> UInt32? {
        let frame = caller.frame.pointee
        let notification = try caller.notification(frame.ebx, .receive)
        if frame.ecx == 0 {
            Notifications.unbind(notification)
        } else {
            let endpoint = try caller.endpoint(frame.ecx, .send)
            guard notification.pointee.waiters.isEmpty else { throw .badState }
            Notifications.bind(notification, to: endpoint, badge: frame.edx)
        }
        return 0
    }
}
