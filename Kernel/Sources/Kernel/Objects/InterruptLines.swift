import KernelABI
import KernelLogic

/// The interrupt lines that user space has taken. An interrupt becomes a notice to the line's endpoint or a signal of
/// its notification, and the line stays masked until its driver has served the device, so that no driver can be
/// flooded.
enum InterruptLines {
    private struct Line {
        var references: UInt32 = 0
        /// Where its interrupts go: one of the two.
        var endpoint: EndpointReference?
        var notification: NotificationReference?
        /// What is sent; its badge is what is signalled.
        var notice = Notice()
    }

    static var count: UInt32 { 16 }
    /// Allocated once, from the boot heap.
    private nonisolated(unsafe) static var lines: UnsafeMutablePointer<Line>!

    static func initialise() {
        lines = UnsafeMutablePointer<Line>.allocate(capacity: Int(count))
        lines.initialize(repeating: Line(), count: Int(count))
    }

    /// Valid for good: the lines are never freed.
    private static func notice(_ line: UInt32) -> UnsafeMutablePointer<Notice> {
        withUnsafeMutablePointer(to: &lines[Int(line)].notice) { $0 }
    }

    /// Whether user space can have the line: the clock and the cascade are the kernel's.
    static func isAvailable(_ line: UInt32) -> Bool { line < count && line != 0 && line != 2 }

    /// Takes a free line; the caller's capability is its first reference.
    static func bind(_ line: UInt32, to endpoint: EndpointReference, badge: UInt32) throws(KernelError) {
        try take(line, badge: badge)
        endpoint.pointee.references += 1
        lines[Int(line)].endpoint = endpoint
        InterruptController8259.enable(line)
    }

    /// The same, for a notification in which the bits of `badge` are to be set.
    static func bind(_ line: UInt32, to notification: NotificationReference, badge: UInt32) throws(KernelError) {
        try take(line, badge: badge)
        notification.pointee.references += 1
        lines[Int(line)].notification = notification
        InterruptController8259.enable(line)
    }

    private static func take(_ line: UInt32, badge: UInt32) throws(KernelError) {
        guard lines[Int(line)].references == 0 else { throw .inUse }
        lines[Int(line)].references = 1
        lines[Int(line)].notice = Notice(label: MessageLabel.interrupt, badge: badge, word: line)
    }

    static func retain(_ line: UInt32) { lines[Int(line)].references += 1 }

    /// Drops a reference; the last one gives the line back.
    static func release(_ line: UInt32) {
        lines[Int(line)].references -= 1
        guard lines[Int(line)].references == 0 else { return }
        InterruptController8259.disable(line)
        if let endpoint = lines[Int(line)].endpoint {
            Notices.cancel(notice(line), endpoint)
            lines[Int(line)].endpoint = nil
            Endpoints.release(endpoint)
        }
        if let notification = lines[Int(line)].notification {
            lines[Int(line)].notification = nil
            Notifications.release(notification)
        }
    }

    /// An interrupt has come.
    static func handle(_ line: UInt32) {
        InterruptController8259.disable(line)
        InterruptController8259.endOfInterrupt(line)
        if let endpoint = lines[Int(line)].endpoint { Notices.send(notice(line), to: endpoint) }
        if let notification = lines[Int(line)].notification {
            Notifications.signal(notification, lines[Int(line)].notice.badge)
        }
    }
}
