import KernelABI
import KernelAssembly
import KernelLogic

/// Capabilities and the reference counts of what they name.
enum Capabilities {
    /// Fills an empty slot; the object's reference must have been counted.
    static func put(
        _ slot: UnsafeMutablePointer<Capability>, _ object: UnsafeMutableRawPointer, _ kind: ObjectKind,
        badge: UInt32 = 0
    ) {
        slot.pointee = Capability(object: UInt(bitPattern: object), kind: kind, rights: .all, badge: badge)
    }

    /// Counts one more reference to what `capability` names.
    static func retain(_ capability: Capability) {
        switch capability.kind {
        case .process: process(capability)?.pointee.references += 1
        case .thread: thread(capability)?.pointee.references += 1
        case .endpoint: endpoint(capability)?.pointee.references += 1
        case .interruptLine: InterruptLines.retain(UInt32(capability.object))
        case .none, .reply, .log, .system, .interruptAuthority, .portAuthority: break
        }
    }

    /// Empties a slot and drops the reference.
    static func delete(_ slot: UnsafeMutablePointer<Capability>) {
        let capability = slot.pointee
        slot.pointee = .empty
        switch capability.kind {
        case .process: if let process = process(capability) { Processes.release(process) }
        case .thread: if let thread = thread(capability) { Threads.release(thread) }
        case .endpoint: if let endpoint = endpoint(capability) { Endpoints.release(endpoint) }
        case .interruptLine: InterruptLines.release(UInt32(capability.object))
        case .reply:
            if let caller = thread(capability) {
                caller.pointee.answerSlot = nil
                Messages.fail(caller, .objectGone)
            }
        case .none, .log, .system, .interruptAuthority, .portAuthority: break
        }
    }

    // Valid: a slot of that kind holds a counted reference, so the object exists.

    static func process(_ capability: Capability) -> ProcessReference? {
        ProcessReference(bitPattern: capability.object)
    }
    static func thread(_ capability: Capability) -> ThreadReference? { ThreadReference(bitPattern: capability.object) }
    static func endpoint(_ capability: Capability) -> EndpointReference? {
        EndpointReference(bitPattern: capability.object)
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
}
