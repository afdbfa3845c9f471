import KernelABI
import KernelAssembly
import KernelLogic

typealias ProcessReference = UnsafeMutablePointer<Process>

/// A process: an address space, a capability table, and an account that both are charged to.
///
/// It lives as long as capabilities to it, or threads in it, do; but once destroyed it is only a tombstone, so that a
/// stale capability is an error and not a dangling pointer.
struct Process: QueueNode, NumberTreeNode {
    var next: ProcessReference?
    var previous: ProcessReference?

    /// For people to read; used again only after 2^31 others.
    let number: UInt32
    var zero: ProcessReference?
    var one: ProcessReference?
    /// Who created it, and takes it along when it is destroyed; the first of those that it has created itself, and the
    /// links of that list.
    var creator: ProcessReference?
    var firstCreated: ProcessReference?
    var nextCreated: ProcessReference?
    var previousCreated: ProcessReference?
    /// Capabilities that name it.
    var references: UInt32 = 0
    var isAlive = true
    var space = AddressSpace(directory: 0)
    var capabilities: CapabilityTable
    var threads: UInt32 = 0
    /// How long its threads have run that have ended.
    var endedTime: UInt64 = 0
    var firstThread: ThreadReference?
    /// Where its faults go, and the badge they go with.
    var faultEndpoint: EndpointReference?
    var faultBadge: UInt32 = 0
    /// Tells the fault endpoint that the last thread has ended.
    var endNotice = Notice()
    /// How far its end has come: the next slot to empty, and the number of the next page to free.
    var nextSlot: UInt32 = 1
    var nextPage = klimit >> 12
    /// The parts of memory objects in its memory.
    var mappings = Queue<Mapping>()
    var mappingCount: UInt32 = 0
    /// What its memory and its objects are charged to.
    let account: AccountReference
    /// The highest priority that its threads can give to any thread; a new thread begins with it.
    let priorityLimit: UInt8

    init(
        number: UInt32, creator: ProcessReference?, account: AccountReference, priorityLimit: UInt8,
        capabilities: CapabilityTable
    ) {
        self.number = number
        self.priorityLimit = priorityLimit
        self.creator = creator
        self.account = account
        self.capabilities = capabilities
    }
}

/// All processes.
enum Processes {
    private(set) nonisolated(unsafe) static var all = Queue<Process>()
    private(set) nonisolated(unsafe) static var byNumber = NumberTree<Process>()
    private nonisolated(unsafe) static var nextNumber: UInt32 = 0

    /// An empty process, without references. It is charged to an account of its own, below `account`, with the limit
    /// `frameLimit`; 0 = no limit of its own.
    static func create(
        by creator: ProcessReference?, account: AccountReference, frameLimit: UInt32, priorityLimit: UInt8
    ) throws(KernelError) -> ProcessReference {
        let account = try Accounts.create(limit: frameLimit, parent: account)
        do throws(KernelError) {
            let process = try create(creator, account, priorityLimit)
            do throws(KernelError) {
                process.pointee.space = try AddressSpace.create(account: account)
            } catch {
                releaseTable(process)
                Accounts.release(process)
                throw error
            }
            register(process)
            if let creator { adopt(process, creator) }
            return process
        } catch {
            Accounts.close(account)
            throw error
        }
    }

    /// The kernel as a process, number 0: it owns the idle thread. It can name nothing, and nothing can name it.
    static func createKernel() throws(KernelError) -> ProcessReference {
        let process = try create(nil, Accounts.kernel, 0)
        process.pointee.space = AddressSpace(directory: KernelSpace.directory)
        process.pointee.references = 1
        register(process)
        return process
    }

    private static func register(_ process: ProcessReference) {
        all.append(process)
        byNumber.insert(process)
        nextNumber = byNumber.unused(after: nextNumber)
    }

    /// A process without an address space.
    private static func create(
        _ creator: ProcessReference?, _ account: AccountReference, _ priorityLimit: UInt8
    ) throws(KernelError) -> ProcessReference {
        let process = try Accounts.allocate(Process.self, from: account)
        do throws(KernelError) {
            let lower = try Accounts.allocateFrame(from: account)
            do throws(KernelError) {
                let upper = try Accounts.allocateFrame(from: account)
                // Valid: frames of the kernel zone, each of which holds half a table.
                let capabilities = CapabilityTable(
                    lower: CapabilityTable.Slot(bitPattern: UInt(lower))!,
                    upper: CapabilityTable.Slot(bitPattern: UInt(upper))!)
                capabilities.clear()
                process.initialize(
                    to: Process(
                        number: nextNumber, creator: creator, account: account, priorityLimit: priorityLimit,
                        capabilities: capabilities))
                return process
            } catch {
                Accounts.releaseFrame(lower, to: account)
                throw error
            }
        } catch {
            Accounts.release(process)
            throw error
        }
    }

    private static func releaseTable(_ process: ProcessReference) {
        let pages = process.pointee.capabilities.pages
        Accounts.releaseFrame(UInt32(UInt(bitPattern: pages.lower)), to: process.pointee.account)
        Accounts.releaseFrame(UInt32(UInt(bitPattern: pages.upper)), to: process.pointee.account)
    }

    /// The process manager: when it ends, the system does.
    nonisolated(unsafe) static var manager: ProcessReference?
    private nonisolated(unsafe) static var condemned = Queue<Process>()
    private nonisolated(unsafe) static var ending = Queue<Process>()

    /// Destroys a process when the kernel is about to return to user mode. (Doing it at once could nest without bound:
    /// its capabilities may be the last ones to other processes.)
    static func destroy(_ process: ProcessReference) {
        guard process.pointee.isAlive else { return }
        process.pointee.isAlive = false
        process.pointee.references += 1  // it must outlast its own capability table
        all.remove(process)
        byNumber.remove(process)
        condemned.append(process)
        Endings.note()
    }

    /// Does a part of the end of processes: first their threads, which must not run again; then, process by process,
    /// what they have. What is left in the end is a tombstone for the capabilities that name it. False if there is
    /// nothing to do.
    static func endCondemned() -> Bool {
        if let process = condemned.first {
            if process == manager { Power.stop("the process manager has ended") }
            if let thread = process.pointee.firstThread {
                Threads.end(thread)
            } else if let created = process.pointee.firstCreated {
                // Nobody may be left who could name it, and it could run for ever.
                disown(created)
                destroy(created)
            } else {
                disown(process)
                Scheduler.leave(process)
                condemned.remove(process)
                ending.append(process)
            }
            return true
        }
        guard let process = ending.first else { return false }
        if process.pointee.nextSlot < capabilitySlotCount {
            let end = min(process.pointee.nextSlot + slotStep, capabilitySlotCount)
            let capabilities = process.pointee.capabilities
            for slot in process.pointee.nextSlot..<end where capabilities[slot].pointee.kind != .none {
                guard Capabilities.delete(capabilities[slot]) else {
                    process.pointee.nextSlot = slot
                    return true
                }
            }
            process.pointee.nextSlot = end
        } else if let mapping = process.pointee.mappings.first {
            _ = Mappings.removePart(mapping)
        } else if !process.pointee.space.destroyPart(
            account: process.pointee.account, next: &process.pointee.nextPage)
        {
            finish(process)
        }
        return true
    }

    /// Whether processes are condemned whose threads have not all ended.
    static var areThreadsCondemned: Bool { !condemned.isEmpty }

    /// How many capabilities are deleted between two looks at the interrupts.
    private static var slotStep: UInt32 { 32 }

    private static func finish(_ process: ProcessReference) {
        ending.remove(process)
        releaseTable(process)
        setFaultEndpoint(process, nil, badge: 0)
        // Its record is still charged to it, or the account would end here.
        Accounts.close(process.pointee.account)
        release(process)
    }

    private static func adopt(_ process: ProcessReference, _ creator: ProcessReference) {
        let next = creator.pointee.firstCreated
        process.pointee.nextCreated = next
        next?.pointee.previousCreated = process
        creator.pointee.firstCreated = process
    }

    /// Takes a process out of its creator's list.
    private static func disown(_ process: ProcessReference) {
        guard let creator = process.pointee.creator else { return }
        let next = process.pointee.nextCreated
        let previous = process.pointee.previousCreated
        if let previous { previous.pointee.nextCreated = next } else { creator.pointee.firstCreated = next }
        next?.pointee.previousCreated = previous
        process.pointee.creator = nil
        process.pointee.nextCreated = nil
        process.pointee.previousCreated = nil
    }

    /// Drops a reference; the last one frees a tombstone, or destroys a process that nobody can name and that runs
    /// nothing.
    static func release(_ process: ProcessReference) {
        process.pointee.references -= 1
        if process.pointee.isAlive {
            collect(process)
        } else if process.pointee.references == 0 {
            Accounts.release(process)
        }
    }

    /// Tells the fault endpoint that a process has no threads any more.
    static func lastThreadEnded(_ process: ProcessReference) {
        if process == manager { Power.stop("the process manager has ended") }
        guard let endpoint = process.pointee.faultEndpoint else { return }
        process.pointee.endNotice.label = MessageLabel.processEnded
        process.pointee.endNotice.badge = process.pointee.faultBadge
        process.pointee.endNotice.word = process.pointee.number
        Notices.send(endNotice(process), to: endpoint)
    }

    /// Valid as long as the process: its memory does not move.
    private static func endNotice(_ process: ProcessReference) -> UnsafeMutablePointer<Notice> {
        withUnsafeMutablePointer(to: &process.pointee.endNotice) { $0 }
    }

    /// Destroys a living process without threads if only its own capabilities name it.
    private static func collect(_ process: ProcessReference) {
        guard process.pointee.threads == 0 else { return }
        var own: UInt32 = 0
        for slot in 1..<capabilitySlotCount {
            let capability = process.pointee.capabilities[slot].pointee
            if capability.kind == .process, capability.object == UInt(bitPattern: process) { own += 1 }
        }
        if own == process.pointee.references { destroy(process) }
    }

    /// Says where a process's faults go; takes and drops references to the endpoints.
    static func setFaultEndpoint(_ process: ProcessReference, _ endpoint: EndpointReference?, badge: UInt32) {
        if let endpoint { endpoint.pointee.references += 1 }
        if let old = process.pointee.faultEndpoint {
            Notices.cancel(endNotice(process), old)
            Endpoints.release(old)
        }
        process.pointee.faultEndpoint = endpoint
        process.pointee.faultBadge = badge
    }
}
