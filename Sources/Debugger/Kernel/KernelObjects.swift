/// An endpoint and who waits there.
public struct KernelEndpoint: Sendable, Equatable {
    public let address: UInt32
    public let references: UInt32
    /// Structures of the threads that wait to send, and to receive, in the order of their turns.
    public let senders: [UInt32]
    public let receivers: [UInt32]
    /// The kernel's own messages that nobody has received yet.
    public let notices: Int
    /// The thread that received last.
    public let server: UInt32?
}

/// A notification and who waits for it.
public struct KernelNotification: Sendable, Equatable {
    public let address: UInt32
    public let references: UInt32
    /// Set, and not taken yet.
    public let bits: UInt32
    public let waiters: [UInt32]
    /// The endpoint that its bits go to instead.
    public let endpoint: UInt32?
}

/// An interrupt line that somebody has taken.
public struct KernelInterrupt: Sendable, Equatable {
    public let line: UInt32
    public let endpoint: UInt32?
    public let notification: UInt32?
    public let badge: UInt32
    /// An interrupt has come that nobody has received yet.
    public let isPending: Bool
}

/// Memory that several processes can map.
public struct KernelMemoryObject: Sendable, Equatable {
    public let address: UInt32
    public let pages: UInt32
    /// Pages that there are frames for already; nil if the kernel says that in a way that is not understood.
    public let present: Int?
    /// Where it is mapped: the number of the process, and the mapping.
    public let mappings: [(process: UInt32, mapping: KernelMapping)]

    public static func == (left: KernelMemoryObject, right: KernelMemoryObject) -> Bool {
        left.address == right.address
    }
}

extension KernelView {
    /// All memory objects that a capability or a mapping names, by address.
    public var memoryObjects: [KernelMemoryObject] {
        let mappings = processes.flatMap { process in process.mappings.map { (process: process.number, mapping: $0) } }
        let addresses = Set(capabilities.filter { $0.kind == "memory" }.map(\.object) + mappings.map(\.mapping.memory))
        return addresses.sorted().compactMap { address in
            guard let structure = structure("MemoryObject", at: address) else { return nil }
            let pages = structure.number("pages") ?? 0
            return KernelMemoryObject(
                address: address, pages: pages, present: present(structure, pages: pages),
                mappings: mappings.filter { $0.mapping.memory == address })
        }
    }

    /// How many pages of a memory object there are frames for; nil if its structure says that in a way that is not
    /// understood.
    private func present(_ object: GuestStructure, pages: UInt32) -> Int? {
        guard let backing = object.variant("backing") else { return nil }
        // A part of the kernel image is there for good.
        if backing.name == "image" { return Int(pages) }
        guard backing.name == "frames" else { return nil }
        // The frame that lists its frames is below KLIMIT, where physical and kernel addresses are the same.
        let list = debugger.readPhysicalMemory(at: backing.payload, count: Int(min(pages, 1024)) * 4)
        return stride(from: 0, to: list.count, by: 4).filter { list[$0..<$0 + 4].contains { $0 != 0 } }.count
    }

    /// All endpoints that a capability, a fault handler, an interrupt line or a waiting thread names, by address.
    public var endpoints: [KernelEndpoint] {
        var addresses = Set(capabilities.filter { $0.kind == "endpoint" }.map(\.object))
        addresses.formUnion(processes.compactMap(\.faultEndpoint))
        addresses.formUnion(interrupts.compactMap(\.endpoint))
        for thread in threads {
            switch thread.wait {
            case .sender(let endpoint), .receiver(let endpoint): addresses.insert(endpoint)
            default: break
            }
        }
        return addresses.sorted().compactMap { endpoint(at: $0) }
    }

    func endpoint(at address: UInt32) -> KernelEndpoint? {
        guard let structure = structure("Endpoint", at: address) else { return nil }
        func threads(_ queue: String) -> [UInt32] {
            list(
                "Thread", from: structure.pointer(queue + ".first"),
                "the queue of \(queue) of endpoint \(address.digits)"
            )
            .map(\.address)
        }
        let notices = list(
            "Notice", from: structure.pointer("notices.first"), "the notices of endpoint \(address.digits)")
        return KernelEndpoint(
            address: address, references: structure.number("references") ?? 0, senders: threads("senders"),
            receivers: threads("receivers"), notices: notices.count, server: structure.pointer("receiver"))
    }

    /// All notifications that a capability, an interrupt line or a waiting thread names, by address.
    public var notifications: [KernelNotification] {
        var addresses = Set(capabilities.filter { $0.kind == "notification" }.map(\.object))
        addresses.formUnion(interrupts.compactMap(\.notification))
        for thread in threads {
            if case .notification(let address) = thread.wait { addresses.insert(address) }
        }
        return addresses.sorted().compactMap { address in
            guard let structure = structure("Notification", at: address) else { return nil }
            let waiters = list(
                "Thread", from: structure.pointer("waiters.first"), "the waiters of notification \(address.digits)")
            return KernelNotification(
                address: address, references: structure.number("references") ?? 0, bits: structure.number("bits") ?? 0,
                waiters: waiters.map(\.address), endpoint: structure.pointer("endpoint"))
        }
    }

    /// The interrupt lines that user space has taken.
    public var interrupts: [KernelInterrupt] {
        guard let lines = variable("InterruptLines.lines"), let stride = layout.layout("InterruptLines.Line")?.stride
        else {
            return []
        }
        // Two 8259s have sixteen lines.
        return (0..<16 as Range<UInt32>).compactMap { line in
            guard let structure = structure("InterruptLines.Line", at: lines &+ line &* stride),
                structure.number("references") ?? 0 > 0
            else { return nil }
            return KernelInterrupt(
                line: line, endpoint: structure.pointer("endpoint"), notification: structure.pointer("notification"),
                badge: structure.number("notice.badge") ?? 0, isPending: structure.flag("notice.isQueued"))
        }
    }

    /// The clock ticks (milliseconds) that the kernel has counted.
    public var ticks: UInt32? { layout.address(of: "Clock.ticks").flatMap { debugger.readValue(at: $0, size: 4) } }

    /// The threads whose sleep or patience ends at some time, the next first.
    public var timers: [KernelThread] {
        let now = ticks ?? 0
        return threads.filter { $0.deadline != nil }.sorted {
            // The kernel's clock wraps around.
            Int32(bitPattern: ($0.deadline ?? 0) &- now) < Int32(bitPattern: ($1.deadline ?? 0) &- now)
        }
    }

    /// The queues of those that are ready, by priority: structures of threads in the order of their turns.
    public var readyQueues: [(priority: Int, threads: [UInt32])] {
        guard let address = layout.address(of: "Scheduler.ready"), let ready = structure("ReadyQueue", at: address),
            let queues = ready.pointer("queues"), let occupied = ready.number("occupied"),
            let stride = layout.layout("Queue")?.stride
        else { return [] }
        return (0..<32).reversed().compactMap { level in
            guard let queue = structure("Queue", at: queues &+ UInt32(level) &* stride) else { return nil }
            let threads = list("Thread", from: queue.pointer("first"), "the ready queue of priority \(level)").map(
                \.address)
            if threads.isEmpty != (occupied >> UInt32(level) & 1 == 0) {
                complain("the ready queue of priority \(level) and its bit in the map do not agree")
            }
            return threads.isEmpty ? nil : (level, threads)
        }
    }
}
