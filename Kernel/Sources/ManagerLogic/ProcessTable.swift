import ServiceProtocols

/// What a process waits for; its call is a saved reply.
public enum ProcessWait: Equatable, Sendable {
    case nothing
    /// The end of the child with that number; 0: of any child.
    case child(UInt32)
    /// A name; the capability goes into the slot.
    case service(ShortName, slot: UInt32)
    /// That the machine is to stop.
    case shutdown
    /// That it has stopped, which is never answered: the process asked for it.
    case end
}

/// What the process manager knows of a process.
public struct ProcessEntry {
    public enum State: Sendable {
        /// Nothing: the entry is not in use.
        case free
        /// Made, and not yet let run by whoever made it.
        case created
        case running
        /// Ended, and whoever started it has not asked yet.
        case ended
    }

    public var state = State.free
    /// Counts the processes that this entry has been, so that messages meant for an earlier one are told apart.
    public var generation: UInt16 = 0
    /// The number that the kernel gave it.
    public var number: UInt32 = 0
    public var name = ShortName()
    /// The index of the process that started it, while that lives and may wait for it.
    public var parent: Int?
    /// The row of the driver table that it is, if it is one.
    public var driver: Int?
    public var permissions = Permissions.none
    /// Whether nobody will wait for it, once it runs.
    public var isDetached = false
    public var wait = ProcessWait.nothing
    /// How it ended.
    public var end = ProcessEnd.killed
    /// Where it begins: the first instruction, and its stack pointer.
    public var entry: UInt32 = 0
    public var stack: UInt32 = 0
    /// The file that it was loaded from, if that is in the payload.
    public var image = UnsafeRawBufferPointer(start: nil, count: 0)
    /// What its pages hold that are mapped from the payload.
    public var pages: ProgramPages
    /// Memory that appears when it is touched, beside its file's and the stack.
    public var reserved = ReservedRanges()
    /// How far its heap reaches.
    public var heapEnd: UInt32 = 0
    /// How many page faults were answered with a page, and for how many of them a page of the payload was copied.
    public var pageFaults: UInt32 = 0
    public var copiedPages: UInt32 = 0

    public init(pages: ProgramPages) { self.pages = pages }

    /// Whether there is a process behind the entry.
    public var isAlive: Bool { state == .created || state == .running }
}

/// All processes, and the badges that name them in messages.
public struct ProcessTable {
    public static var capacity: Int { 48 }

    private let entries: FixedTable<ProcessEntry>

    public init() {
        entries = FixedTable(ProcessEntry(pages: ProgramPages()), count: ProcessTable.capacity)
        for index in 1..<Self.capacity { entries[index].pages = ProgramPages() }
    }

    public subscript(index: Int) -> ProcessEntry {
        unsafeAddress { UnsafePointer(entries.address(index)) }
        nonmutating unsafeMutableAddress { entries.address(index) }
    }

    /// An entry that is not in use, for a program.
    ///
    /// - Parameter reserved: How many entries, from the first on, are kept for others: whoever starts programs until
    ///   there is no room for one more shall not keep a driver from being started again.
    public func freeIndex(above reserved: Int) -> Int? {
        for index in reserved..<Self.capacity where entries[index].state == .free { return index }
        return nil
    }

    /// The process with a number, alive or not yet asked for.
    public func index(number: UInt32) -> Int? {
        for index in 0..<Self.capacity where entries[index].state != .free && entries[index].number == number {
            return index
        }
        return nil
    }

    /// The process with a number, if `parent` started it.
    public func child(_ number: UInt32, of parent: Int) -> Int? {
        guard let index = index(number: number), entries[index].parent == parent else { return nil }
        return index
    }

    /// A child of `parent` that has ended.
    public func endedChild(of parent: Int) -> Int? {
        for index in 0..<Self.capacity where entries[index].state == .ended && entries[index].parent == parent {
            return index
        }
        return nil
    }

    /// Whether a process has children to wait for.
    public func hasChildren(_ parent: Int) -> Bool {
        for index in 0..<Self.capacity where entries[index].state != .free && entries[index].parent == parent {
            return true
        }
        return false
    }

    /// Whether a process was started by another, or by one that was, and so on.
    public func descends(_ index: Int, from ancestor: Int) -> Bool {
        var current = entries[index].parent
        // A tree has no cycles; the bound makes a table that is none harmless.
        for _ in 0..<Self.capacity {
            guard let parent = current else { return false }
            if parent == ancestor { return true }
            current = entries[parent].parent
        }
        return false
    }

    /// Makes an entry unused.
    public func free(_ index: Int) {
        let generation = entries[index].generation
        var pages = entries[index].pages
        pages.removeAll()
        entries[index] = ProcessEntry(pages: pages)
        entries[index].generation = generation &+ 1
    }

    /// Takes the children of a process that has ended away from it: those that run go on without a parent, and those
    /// that have ended are forgotten, since nobody can ask for them any more.
    public func orphanChildren(of parent: Int) {
        for child in 0..<Self.capacity where entries[child].state != .free && entries[child].parent == parent {
            entries[child].parent = nil
            if entries[child].state == .ended { free(child) }
        }
    }

    /// Set in the badges of faults, which only the kernel sends.
    public static var faultBadge: UInt32 { 1 << 24 }

    /// The badge of a process's requests: its entry in bits 0-7, the entry's generation in bits 8-23, and bit 26, so
    /// that it is never 0.
    public func badge(_ index: Int) -> UInt32 { UInt32(index) | UInt32(entries[index].generation) << 8 | 1 << 26 }

    /// The living process that a badge names.
    public func index(badge: UInt32) -> Int? {
        let index = Int(badge & 0xFF)
        guard index < Self.capacity, entries[index].isAlive, self.badge(index) == badge & ~Self.faultBadge
        else { return nil }
        return index
    }
}
