/// A process as the kernel has written it down.
public struct KernelProcess: Sendable, Equatable {
    /// Of its structure.
    public let address: UInt32
    public let number: UInt32
    /// False once it has been destroyed.
    public let isAlive: Bool
    /// Physical address of its page directory: CR3 while it runs; 0 if the kernel does not say.
    public let directory: UInt32
    /// How many threads it has, by its own count.
    public let threadCount: UInt32
    /// The number of the process that made it; nil for the first.
    public let creator: UInt32?
    /// Capabilities and others that name it.
    public let references: UInt32
    public let priorityLimit: UInt32
    /// What it is charged for; nil if that cannot be read.
    public let account: KernelAccount?
    /// Where its faults go: the address of an endpoint.
    public let faultEndpoint: UInt32?
    /// The parts of memory objects that it has mapped.
    public let mappings: [KernelMapping]

    let firstThread: UInt32?
    /// The two pages of its capability table.
    let table: (lower: UInt32, upper: UInt32)?

    public static func == (left: KernelProcess, right: KernelProcess) -> Bool { left.address == right.address }
}

/// An account of page frames.
public struct KernelAccount: Sendable, Equatable {
    public let address: UInt32
    /// Frames in use, and the most that may be; 0 = no limit.
    public let frames: UInt32
    public let limit: UInt32
    /// The account that its limit is charged to.
    public let parent: UInt32?
}

/// A part of a memory object in the memory of a process.
public struct KernelMapping: Sendable, Equatable {
    /// Linear address in the process.
    public let address: UInt32
    public let pages: UInt32
    /// The first page of the memory object.
    public let firstPage: UInt32
    /// The memory object.
    public let memory: UInt32
}

extension KernelView {
    func readProcesses() -> [KernelProcess] {
        var numbers: [UInt32: UInt32] = [:]
        var structures: [GuestStructure] = []
        for queue in ["Processes.all", "Processes.condemned", "Processes.ending"] {
            for structure in self.queue("Process", in: queue) where numbers[structure.address] == nil {
                numbers[structure.address] = structure.number("number") ?? 0
                structures.append(structure)
            }
        }
        return structures.map { process($0, numbers) }
    }

    private func process(_ structure: GuestStructure, _ numbers: [UInt32: UInt32]) -> KernelProcess {
        let number = structure.number("number") ?? 0
        let mappings = list("Mapping", from: structure.pointer("mappings.first"), "the mappings of process \(number)")
        let table: (UInt32, UInt32)?
        if let lower = structure.pointer("capabilities.lower"), let upper = structure.pointer("capabilities.upper") {
            table = (lower, upper)
        } else {
            table = nil
        }
        return KernelProcess(
            address: structure.address, number: number, isAlive: structure.flag("isAlive"),
            directory: structure.number("space.directory") ?? 0, threadCount: structure.number("threads") ?? 0,
            creator: structure.pointer("creator").flatMap { numbers[$0] },
            references: structure.number("references") ?? 0, priorityLimit: structure.number("priorityLimit") ?? 0,
            account: structure.pointer("account").flatMap(account), faultEndpoint: structure.pointer("faultEndpoint"),
            mappings: mappings.map {
                KernelMapping(
                    address: $0.number("address") ?? 0, pages: $0.number("pages") ?? 0,
                    firstPage: $0.number("firstPage") ?? 0, memory: $0.number("memory") ?? 0)
            },
            firstThread: structure.pointer("firstThread"), table: table)
    }

    private func account(at address: UInt32) -> KernelAccount? {
        structure("Account", at: address).map {
            KernelAccount(
                address: address, frames: $0.number("frames") ?? 0, limit: $0.number("limit") ?? 0,
                parent: $0.pointer("parent"))
        }
    }
}
