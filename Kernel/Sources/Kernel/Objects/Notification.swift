import KernelABI
import KernelAssembly
import KernelLogic

typealias NotificationReference = UnsafeMutablePointer<Notification>

/// Thirty-two bits that anybody with a capability can set without ever waiting, and that somebody waits for: for events
/// that have no contents, such as an interrupt or a full ring.
///
/// A signal sets the bits of its capability's badge. Bits that are set already stay set, so a signal needs no memory,
/// and whoever waits learns that something has happened since the last time, not how often. A notification that is
/// bound to an endpoint puts its bits into a message for whoever receives there, so that a server has one place to
/// wait.
struct Notification: QueueNode {
    /// Links of the queue of condemned ones.
    var next: NotificationReference?
    var previous: NotificationReference?
    /// Capabilities and interrupt lines that name it.
    var references: UInt32 = 0
    /// Set and not yet taken.
    var bits: UInt32 = 0
    var waiters = Queue<Thread>()
    /// Where its bits go instead of to waiters.
    var endpoint: EndpointReference?
    var notice = Notice()
}

enum Notifications {
    /// A notification with one reference, charged to `account`.
    static func create(_ account: AccountReference) throws(KernelError) -> NotificationReference {
        let notification = try Accounts.allocate(Notification.self, from: account)
        notification.initialize(to: Notification())
        notification.pointee.references = 1
        notification.pointee.notice.label = MessageLabel.notification
        return notification
    }

    private nonisolated(unsafe) static var condemned = Queue<Notification>()

    /// Drops a reference. With the last one, whoever waits is told that the notification is gone, on the way out of the
    /// kernel.
    static func release(_ notification: NotificationReference) {
        notification.pointee.references -= 1
        guard notification.pointee.references == 0 else { return }
        unbind(notification)
        condemned.append(notification)
        Endings.note()
    }

    /// Makes a step of the end of a condemned notification. False if there is none.
    static func endCondemned() -> Bool {
        guard let notification = condemned.first else { return false }
        if let thread = notification.pointee.waiters.removeFirst() {
            thread.pointee.notification = nil
            Messages.fail(thread, .objectGone)
        } else {
            condemned.remove(notification)
            Accounts.release(notification)
        }
        return true
    }

    /// Sets bits, of which there is at least one.
    static func signal(_ notification: NotificationReference, _ bits: UInt32) {
        if let endpoint = notification.pointee.endpoint {
            let notice = notice(notification)
            notice.pointee.word = notice.pointee.isQueued ? notice.pointee.word | bits : bits
            Notices.send(notice, to: endpoint)
            return
        }
        notification.pointee.bits |= bits
        guard let waiter = notification.pointee.waiters.removeFirst() else { return }
        waiter.pointee.notification = nil
        waiter.pointee.frame.pointee.eax = 0
        waiter.pointee.frame.pointee.ebx = take(notification)
        Scheduler.makeReady(waiter)
    }

    /// The bits that are set; none are afterwards.
    static func take(_ notification: NotificationReference) -> UInt32 {
        let bits = notification.pointee.bits
        notification.pointee.bits = 0
        return bits
    }

    /// Sends its bits to an endpoint from now on, those that are set already included.
    static func bind(_ notification: NotificationReference, to endpoint: EndpointReference, badge: UInt32) {
        endpoint.pointee.references += 1
        unbind(notification)
        notification.pointee.endpoint = endpoint
        notification.pointee.notice.badge = badge
        let bits = take(notification)
        if bits != 0 { signal(notification, bits) }
    }

    /// Keeps its bits for those who wait, again; what no one has received yet included.
    static func unbind(_ notification: NotificationReference) {
        guard let endpoint = notification.pointee.endpoint else { return }
        let notice = notice(notification)
        if notice.pointee.isQueued {
            Notices.cancel(notice, endpoint)
            notification.pointee.bits |= notice.pointee.word
        }
        notification.pointee.endpoint = nil
        Endpoints.release(endpoint)
    }

    /// Valid as long as the notification: its memory does not move.
    private static func notice(_ notification: NotificationReference) -> UnsafeMutablePointer<Notice> {
        withUnsafeMutablePointer(to: &notification.pointee.notice) { $0 }
    }
}
