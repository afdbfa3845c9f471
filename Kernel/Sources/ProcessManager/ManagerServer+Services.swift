import ManagerLogic
import User

extension ManagerServer {
    /// Makes an endpoint for a name, and lets a process receive there.
    mutating func register(
        _ name: UnsafeRawBufferPointer, slot: UInt32, for client: Int
    ) throws(ManagerError) {
        guard let name = ShortName(service: name) else { throw .badName }
        let index = try services.register(name, owner: client)
        do throws(KernelError) {
            _ = try Endpoint.create(in: ManagerSlot.service(index))
            try grantService(index, to: client, slot)
        } catch {
            try? Capabilities.delete(ManagerSlot.service(index))
            services.remove(index)
            throw ManagerError(grant: error)
        }
        // Those who have waited for the name get it now.
        for waiter in 0..<ProcessTable.capacity where table[waiter].isAlive {
            guard case .service(name, let slot) = table[waiter].wait else { continue }
            do throws(ManagerError) {
                try connect(waiter, to: index, slot)
                resume(waiter, Message(0))
            } catch {
                resume(waiter, Message(error.rawValue))
            }
        }
    }

    /// Gives a process what it needs to receive for a service: also to send, for threads of its own, and to make
    /// capabilities for its clients.
    func grantService(_ index: Int, to client: Int, _ slot: UInt32) throws(KernelError) {
        try Capabilities.copy(
            ManagerSlot.service(index), to: Process(slot: ManagerSlot.process(client)), slot,
            rights: [.receive, .send, .copy])
    }

    /// Looks a name up for a process.
    ///
    /// - Returns: Whether it is there; otherwise the process waits, and is answered later.
    mutating func lookUp(
        _ name: UnsafeRawBufferPointer, slot: UInt32, waits: Bool, for client: Int
    ) throws(ManagerError) -> Bool {
        guard let name = ShortName(service: name) else { throw .badName }
        if let index = services.index(name) {
            try connect(client, to: index, slot)
            return true
        }
        guard waits else { throw .noSuchName }
        suspend(client, .service(name, slot: slot))
        return false
    }

    /// Gives a process a capability to send to a service. Its badge says which process, and what it may.
    private func connect(_ client: Int, to index: Int, _ slot: UInt32) throws(ManagerError) {
        guard services[index].state != .givenUp else { throw .givenUp }
        var badge = table.badge(client)
        if table[client].permissions.contains(.diskWrite) { badge |= DiskRequest.writerBadge }
        do throws(KernelError) {
            // With the right to copy, so that it can be a child's standard stream.
            try Capabilities.copy(
                ManagerSlot.service(index), to: Process(slot: ManagerSlot.process(client)), slot,
                rights: [.send, .copy], badge: badge)
        } catch {
            throw ManagerError(grant: error)
        }
    }

    func serveServiceInformation(_ position: UInt32) {
        guard let service = services.used(position) else { return reply(.noSuchName) }
        let owner = service.owner.map { table[$0].number } ?? 0
        service.name.text.withBytes { reply(owner, service.state.rawValue, bytes: $0) }
    }

    /// Takes the names away from a process that has ended. A driver's stays, with its endpoint, for its successor.
    mutating func releaseServices(of process: Int) {
        for index in 0..<ServiceTable.capacity where services[index].isUsed && services[index].owner == process {
            services[index].owner = nil
            if services[index].driver == nil {
                closeService(index)
                services.remove(index)
            } else {
                services[index].state = .restarting
            }
        }
    }

    /// Closes a service's endpoint: whoever waits there, or calls it later, gets an error.
    func closeService(_ index: Int) {
        try? Capabilities.revoke(ManagerSlot.service(index))
        try? Capabilities.delete(ManagerSlot.service(index))
    }
}

extension ManagerError {
    /// Why a capability could not be put into a client's slot.
    init(grant error: KernelError) {
        switch error {
        case .slotOccupied, .badSlot: self = .badSlot
        case .outOfMemory, .quotaExceeded: self = .outOfMemory
        default: self = .failed
        }
    }
}
