import KernelABI
import KernelAssembly
import KernelLogic

/// Capabilities, the reference counts of what they name, and which was derived from which.
enum Capabilities {
    typealias Slot = CapabilityTable.Slot

    /// Fills an empty slot with a capability that is derived from none; the object's reference must have been counted.
    static func put(_ slot: Slot, _ object: UnsafeMutableRawPointer, _ kind: ObjectKind) {
        slot.pointee = Capability(object: UInt(bitPattern: object), kind: kind, rights: .all)
    }

    /// Fills an empty slot with a capability derived from the one in `source`, and counts the reference.
    static func derive(_ capability: Capability, from source: Slot, into slot: Slot) {
        retain(capability)
        slot.pointee = capability
        DerivationTree.insert(slot, under: source)
    }

    /// Counts one more reference to what `capability` names.
    private static func retain(_ capability: Capability) {
        switch capability.kind {
        case .process: process(capability)?.pointee.references += 1
        case .thread: thread(capability)?.pointee.references += 1
        case .endpoint: if let endpoint = endpoint(capability) { Endpoints.retain(endpoint, for: capability) }
        case .notification: notification(capability)?.pointee.references += 1
        case .interruptLine: InterruptLines.retain(UInt32(capability.object))
        case .ports: Ports.forget()
        case .memory: memory(capability)?.pointee.references += 1
        case .none, .reply, .log, .system, .interruptAuthority: break
        }
    }

    /// Empties a slot and drops the reference. What was derived from the capability is derived from its own origin now.
    ///
    /// - Returns: Whether that is done: if not, a part of what the capability has mapped is unmapped, and it is to be
    ///   called again.
    static func delete(_ slot: Slot) -> Bool {
        let capability = slot.pointee
        guard capability.kind != .none else { return true }
        if capability.dependents != 0, !Mappings.removePart(of: slot) { return false }
        DerivationTree.remove(slot)
        slot.pointee = .empty
        switch capability.kind {
        case .process: if let process = process(capability) { Processes.release(process) }
        case .thread: if let thread = thread(capability) { Threads.release(thread) }
        case .endpoint: if let endpoint = endpoint(capability) { Endpoints.release(endpoint, for: capability) }
        case .notification: if let notification = notification(capability) { Notifications.release(notification) }
        case .interruptLine: InterruptLines.release(UInt32(capability.object))
        case .ports: Ports.forget()
        case .memory: if let memory = memory(capability) { MemoryObjects.release(memory) }
        case .reply:
            if let caller = thread(capability) {
                caller.pointee.answerSlot = nil
                Messages.fail(caller, .objectGone)
            }
        case .none, .log, .system, .interruptAuthority: break
        }
        return true
    }

    /// Deletes up to `limit` capabilities that were derived from the one in `slot`, directly or not; returns whether
    /// that was all of them.
    static func revoke(_ slot: Slot, limit: Int) -> Bool {
        for _ in 0..<limit {
            guard let child = slot.pointee.firstChild else { return true }
            guard delete(child) else { return false }
        }
        return slot.pointee.firstChild == nil
    }

    // Valid: a slot of that kind holds a counted reference, so the object exists.

    static func process(_ capability: Capability) -> ProcessReference? {
        ProcessReference(bitPattern: capability.object)
    }
    static func thread(_ capability: Capability) -> ThreadReference? { ThreadReference(bitPattern: capability.object) }
    static func endpoint(_ capability: Capability) -> EndpointReference? {
        EndpointReference(bitPattern: capability.object)
    }
    static func memory(_ capability: Capability) -> MemoryReference? {
        MemoryReference(bitPattern: capability.object)
    }
    static func notification(_ capability: Capability) -> NotificationReference? {
        NotificationReference(bitPattern: capability.object)
    }
}

/// What a system call finds in its caller's slots.
struct Caller {
    let thread: ThreadReference
    var process: ProcessReference { thread.pointee.process }
    var frame: UnsafeMutablePointer<TrapFrame> { thread.pointee.frame }
    var table: CapabilityTable { thread.pointee.process.pointee.capabilities }

    func process(_ slot: UInt32, _ rights: CapabilityRights) throws(KernelError) -> ProcessReference {
        guard let process = Capabilities.process(try table.find(slot, .process, rights).pointee) else {
            throw .badCapability
        }
        guard process.pointee.isAlive else { throw .objectGone }
        return process
    }

    func thread(_ slot: UInt32, _ rights: CapabilityRights) throws(KernelError) -> ThreadReference {
        guard let thread = Capabilities.thread(try table.find(slot, .thread, rights).pointee) else {
            throw .badCapability
        }
        guard !thread.pointee.hasEnded else { throw .objectGone }
        return thread
    }

    func endpoint(_ slot: UInt32, _ rights: CapabilityRights) throws(KernelError) -> EndpointReference {
        guard let endpoint = Capabilities.endpoint(try table.find(slot, .endpoint, rights).pointee) else {
            throw .badCapability
        }
        return endpoint
    }

    func notification(_ slot: UInt32, _ rights: CapabilityRights) throws(KernelError) -> NotificationReference {
        guard let notification = Capabilities.notification(try table.find(slot, .notification, rights).pointee) else {
            throw .badCapability
        }
        return notification
    }
}
