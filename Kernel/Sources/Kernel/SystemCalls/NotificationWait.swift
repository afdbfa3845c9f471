import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func notificationWait(_ caller: Caller) throws(KernelError) -> UInt32? {
        let frame = caller.frame
        let notification = try caller.notification(frame.pointee.ebx, .receive)
        // Its bits go elsewhere.
        guard notification.pointee.endpoint == nil else { throw .badState }
        if notification.pointee.bits != 0 {
            frame.pointee.ebx = Notifications.take(notification)
            return 0
        }
        let timeout = frame.pointee.ecx
        guard timeout != Timeout.now else { throw .timedOut }
        caller.thread.pointee.notification = notification
        notification.pointee.waiters.append(caller.thread)
        Clock.setTimeout(caller.thread, timeout)
        Scheduler.block(.waiting)
        return nil
    }
}
