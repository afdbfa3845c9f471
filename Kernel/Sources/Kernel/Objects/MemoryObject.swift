import KernelABI
import KernelLogic

typealias MemoryReference = UnsafeMutablePointer<MemoryObject>

/// Memory that whoever holds a capability to it can map, in as many processes as there are: shared buffers, programs'
/// text.
struct MemoryObject: QueueNode {
    enum Backing {
        /// Frames of its own, listed in the frame at `index`; 0 = not there yet. They are charged to the process that
        /// made it, and appear, zeroed, when they are mapped first.
        case frames(index: UInt32)
        /// A part of the kernel image, from the physical address `start` on, that is there for good.
        case image(start: UInt32)
    }

    /// Links of the queue of condemned ones.
    var next: MemoryReference?
    var previous: MemoryReference?
    /// Capabilities that name it.
    var references: UInt32 = 0
    /// How many it has; of a condemned one, how many have not been freed yet.
    var pages: UInt32
    let backing: Backing
}

enum MemoryObjects {
    /// The most pages of an object: as many as a frame can list.
    static var maximumPages: UInt32 { pageSize / 4 }

    /// An object of `pages` pages with one reference, charged to `account`.
    static func create(pages: UInt32, _ account: AccountReference) throws(KernelError) -> MemoryReference {
        let memory = try Accounts.allocate(MemoryObject.self, from: account)
        let index: UInt32
        do {
            index = try Accounts.allocateFrame(from: account)
        } catch {
            Accounts.release(memory)
            throw error
        }
        KernelSpace.memset(index, count: pageSize)
        memory.initialize(to: MemoryObject(references: 1, pages: pages, backing: .frames(index: index)))
        return memory
    }

    /// An object that is `pages` pages of the kernel image, with one reference; its record is charged to `account`.
    static func create(
        image start: UInt32, pages: UInt32, _ account: AccountReference
    ) throws(KernelError) -> MemoryReference {
        let memory = try Accounts.allocate(MemoryObject.self, from: account)
        memory.initialize(to: MemoryObject(references: 1, pages: pages, backing: .image(start: start)))
        return memory
    }

    /// The frame of a page, 0 ..< `pages`, which is made if it is not there.
    static func frame(_ memory: MemoryReference, _ page: UInt32) throws(KernelError) -> UInt32 {
        if let frame = presentFrame(memory, page) { return frame }
        guard case .frames(let index) = memory.pointee.backing else { throw .badArgument }
        let frame = try Accounts.allocateUserFrame(from: Accounts.of(memory))
        Window.open(frame, .destination).initializeMemory(as: UInt8.self, repeating: 0, count: Int(pageSize))
        pageTable(at: index)[Int(page)] = frame
        return frame
    }

    /// The frame of a page, 0 ..< `pages`, if it is there.
    static func presentFrame(_ memory: MemoryReference, _ page: UInt32) -> UInt32? {
        switch memory.pointee.backing {
        case .image(let start): return start + page << 12
        case .frames(let index):
            let frame = pageTable(at: index)[Int(page)]
            return frame == 0 ? nil : frame
        }
    }

    private nonisolated(unsafe) static var condemned = Queue<MemoryObject>()
    /// Pages that are freed, or unmapped, in a step.
    static var pageStep: UInt32 { 64 }

    /// Drops a reference; the last one frees the memory, on the way out of the kernel. (Mappings go with the
    /// capabilities that they were made through.)
    static func release(_ memory: MemoryReference) {
        memory.pointee.references -= 1
        guard memory.pointee.references == 0 else { return }
        condemned.append(memory)
        Endings.note()
    }

    /// Makes a step of the end of a condemned object. False if there is none.
    static func endCondemned() -> Bool {
        guard let memory = condemned.first else { return false }
        if case .frames(let index) = memory.pointee.backing {
            let account = Accounts.of(memory)
            let frames = pageTable(at: index)
            let left = memory.pointee.pages - min(pageStep, memory.pointee.pages)
            for page in Int(left)..<Int(memory.pointee.pages) where frames[page] != 0 {
                Accounts.releaseFrame(frames[page], to: account)
            }
            memory.pointee.pages = left
            if left > 0 { return true }
            Accounts.releaseFrame(index, to: account)
        }
        condemned.remove(memory)
        Accounts.release(memory)
        return true
    }
}

typealias MappingReference = UnsafeMutablePointer<Mapping>

/// A part of a memory object in the memory of a process. It lives as long as the capability that it was made through,
/// so that revoking one takes the memory away too; and no longer than the process.
struct Mapping: QueueNode {
    /// Links of the process's list.
    var next: MappingReference?
    var previous: MappingReference?
    /// Links of the capability's list.
    var nextOfSlot: MappingReference?
    var previousOfSlot: MappingReference?
    let slot: CapabilityTable.Slot
    let memory: MemoryReference
    let process: ProcessReference
    let address: UInt32
    let firstPage: UInt32
    let pages: UInt32
    /// It is being removed, and nothing is added any more: how many pages at its end have been looked at.
    var isEnding = false
    var removed: UInt32 = 0
}

enum Mappings {
    /// Notes a mapping, whose pages are then mapped one by one. It is charged to `account`.
    static func create(_ mapping: Mapping, _ account: AccountReference) throws(KernelError) {
        let reference = try Accounts.allocate(Mapping.self, from: account)
        reference.initialize(to: mapping)
        let next = MappingReference(bitPattern: mapping.slot.pointee.dependents)
        reference.pointee.nextOfSlot = next
        next?.pointee.previousOfSlot = reference
        mapping.slot.pointee.dependents = UInt(bitPattern: reference)
        mapping.process.pointee.mappings.append(reference)
        mapping.process.pointee.mappingCount += 1
    }

    /// The mapping of so many pages that was begun not long ago at an address of a process through a capability; nil if
    /// there is none, or if it ends already and `orEnding` does not say that such a one is wanted.
    static func find(
        _ process: ProcessReference, _ address: UInt32, _ slot: CapabilityTable.Slot, firstPage: UInt32, pages: UInt32,
        orEnding: Bool
    ) -> MappingReference? {
        var candidate = MappingReference(bitPattern: slot.pointee.dependents)
        // The last made is the first.
        for _ in 0..<recent {
            guard let mapping = candidate else { return nil }
            if mapping.pointee.address == address, mapping.pointee.process == process,
                orEnding || !mapping.pointee.isEnding,
                mapping.pointee.firstPage == firstPage, mapping.pointee.pages == pages
            {
                return mapping
            }
            candidate = mapping.pointee.nextOfSlot
        }
        return nil
    }

    /// Among how many of a capability's mappings one is looked for, and how many of a process's are looked at in a
    /// step.
    private static var recent: Int { 32 }

    /// Unmaps a part of a mapping, and forgets it when nothing is left.
    ///
    /// - Returns: How many pages were unmapped, and whether the mapping is gone.
    static func removePart(_ mapping: MappingReference) -> (unmapped: UInt32, isGone: Bool) {
        mapping.pointee.isEnding = true
        let old = mapping.pointee
        let left = old.pages - old.removed
        let step = min(left, MemoryObjects.pageStep)
        var unmapped: UInt32 = 0
        for page in (left - step)..<left {
            // Where something else has been mapped since, it stays; a copy of the page's too.
            let address = old.address + page << 12
            guard let frame = MemoryObjects.presentFrame(old.memory, old.firstPage + page),
                old.process.pointee.space.sharedFrame(at: address) == frame
            else { continue }
            _ = old.process.pointee.space.unmap(address, account: old.process.pointee.account)
            unmapped += 1
        }
        mapping.pointee.removed += step
        guard step == left else { return (unmapped, false) }
        if let previous = old.previousOfSlot {
            previous.pointee.nextOfSlot = old.nextOfSlot
        } else {
            old.slot.pointee.dependents = UInt(bitPattern: old.nextOfSlot)
        }
        old.nextOfSlot?.pointee.previousOfSlot = old.previousOfSlot
        old.process.pointee.mappings.remove(mapping)
        old.process.pointee.mappingCount -= 1
        Accounts.release(mapping)
        return (unmapped, true)
    }

    /// Makes a step of removing the mappings that were made through a capability; whether there are none left.
    static func removePart(of slot: CapabilityTable.Slot) -> Bool {
        if let mapping = MappingReference(bitPattern: slot.pointee.dependents) { _ = removePart(mapping) }
        return slot.pointee.dependents == 0
    }

    /// Makes a step of removing those mappings of a process that lie in a range of pages. `looked` counts the ones that
    /// have been looked at: when they are as many as the process has, none is left in the range.
    ///
    /// The list is turned round meanwhile, so that it needs no mark of how far the search has come.
    ///
    /// - Returns: How many pages were unmapped.
    static func removePart(
        in process: ProcessReference, _ address: UInt32, pages: UInt32, looked: inout UInt32
    ) -> UInt32 {
        for _ in 0..<recent {
            guard looked < process.pointee.mappingCount, let mapping = process.pointee.mappings.first else { return 0 }
            let offset = mapping.pointee.address &- address
            if mapping.pointee.address >= address, offset >> 12 <= pages,
                mapping.pointee.pages <= pages - offset >> 12
            {
                return removePart(mapping).unmapped
            }
            process.pointee.mappings.remove(mapping)
            process.pointee.mappings.append(mapping)
            looked += 1
        }
        return 0
    }
}
