import User

/// The channel's interrupt line, whose interrupts set a bit of a notification: they must not come between the requests
/// at the driver's endpoint, one of which is being served while an interrupt is awaited.
///
/// On some machines the line is not connected, and any interrupt can get lost. So nobody waits for one for longer than
/// `patience` without looking at the drive; and once one was missing that should have come, only for a millisecond,
/// until they come again.
struct DiskInterrupt {
    /// How long an interrupt is waited for, in milliseconds.
    private static var patience: UInt32 { 500 }

    private let notification = Notification(slot: DriverSlot.notification)
    /// Whether the last command ended without one.
    private var isMissing = false

    /// Forgets interrupts that have come: of an earlier command, or of a predecessor that died over one.
    func clear() {
        _ = try? notification.wait(timeout: Timeout.now)
        acknowledge()
    }

    /// Waits for an interrupt. Returns whether one has come.
    func wait() -> Bool {
        do throws(KernelError) {
            _ = try notification.wait(timeout: isMissing ? 1 : Self.patience)
            return true
        } catch {
            // Without a line, which somebody else may have, there is nothing to wait for.
            if error != .timedOut { Thread.sleep(milliseconds: 1) }
            return false
        }
    }

    /// Lets the next one come. The drive's status must have been read before, which takes its request back.
    func acknowledge() { Interrupt.acknowledge(DriverSlot.line) }

    /// Learns from a wait that has ended well.
    mutating func note(hasCome: Bool) { isMissing = !hasCome }
}
