/// A notification, thirty-two bits that are set without waiting and waited for, by the slot of a capability to it.
public struct Notification {
    /// The slot in this process's capability table.
    public let slot: UInt32

    public init(slot: UInt32) { self.slot = slot }

    /// Creates a notification in an empty slot.
    public static func create(in slot: UInt32) throws(KernelError) -> Notification {
        try Call(.notificationCreate, ebx: slot).result()
        return Notification(slot: slot)
    }

    /// Creates a notification in whichever slot is empty; `Slots.release` gives it back.
    public static func create() throws(KernelError) -> Notification {
        try Slots.fill { slot throws(KernelError) in try create(in: slot) }
    }

    /// Sets bits, at least one. A capability with a badge sets the badge's bits instead.
    public func signal(_ bits: UInt32 = 1) throws(KernelError) {
        try Call(.notificationSignal, ebx: slot, ecx: bits).result()
    }

    /// Waits until a bit is set, takes all bits and clears them.
    ///
    /// - Parameter timeout: Milliseconds, or a value of `Timeout`.
    public func wait(timeout: UInt32 = Timeout.never) throws(KernelError) -> UInt32 {
        let call = Call(.notificationWait, ebx: slot, ecx: timeout)
        try call.result()
        return call.ebx
    }

    /// Sends the bits to whoever receives from an endpoint, in a message with the label `MessageLabel.notification`;
    /// nil ends that.
    public func bind(to endpoint: Endpoint?, badge: UInt32 = 0) throws(KernelError) {
        try Call(.notificationBind, ebx: slot, ecx: endpoint?.slot ?? 0, edx: badge).result()
    }
}
