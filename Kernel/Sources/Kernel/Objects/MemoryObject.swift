import KernelABI
import KernelLogic

typealias MemoryReference = UnsafeMutablePointer<MemoryObject>

/// Memory that whoever holds a capability to it can map, in as many processes as there are: shared buffers, programs'
/// text.
struct MemoryObject {
    enum Backing {
        /// Frames of its own, listed in the frame at `index`; 0 = not there yet. They are charged to the process that made
        /// it, and appear, zeroed, when they are mapped first.
        case frames(index: UInt32)
        /// A part of the kernel image, from the physical address `start` on, that is there for good.
        case image(start: UInt32)
    }

    /// Capabilities that name it.
    var references: UInt32 = 0
    let pages: UInt32
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
        let frame = try Frames.allocateForUser(Accounts.of(memory))
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

    /// Drops a reference; the last one frees the memory. (Mappings go with the capabilities that they were made through.)
    static func release(_ memory: MemoryReference) {
        memory.pointee.references -= 1
        guard memory.pointee.references == 0 else { return }
        if case .frames(let index) = memory.pointee.backing {
            let account = Accounts.of(memory)
            let frames = pageTable(at: index)
            for page in 0..<Int(memory.pointee.pages) where frames[page] != 0 {
                Accounts.releaseFrame(frames[page], to: account)
            }
            Accounts.releaseFrame(index, to: account)
        }
        Accounts.release(memory)
    }
}

typealias MappingReference = UnsafeMutablePointer<Mapping>

/// A part of a memory object in the memory of a process. It lives as long as the capability that it was made through, so
/// that revoking one takes the memory away too; and no longer than the process.
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
    }

    /// The mapping that was made at an address of a process through a capability.
    static func find(_ process: ProcessReference, _ address: UInt32, _ slot: CapabilityTable.Slot) -> MappingReference? {
        var candidate = process.pointee.mappings.first
        while let mapping = candidate {
            if mapping.pointee.address == address, mapping.pointee.slot == slot { return mapping }
            candidate = mapping.pointee.next
        }
        return nil
    }

    /// Unmaps what is left of a mapping, and forgets it; returns how many pages that were.
    @discardableResult
    static func remove(_ mapping: MappingReference) -> UInt32 {
        var unmapped: UInt32 = 0
        let old = mapping.pointee
        for page in 0..<old.pages {
            // Where something else has been mapped since, it stays; a copy of the page's too.
            let address = old.address + page << 12
            guard let frame = MemoryObjects.presentFrame(old.memory, old.firstPage + page),
                old.process.pointee.space.sharedFrame(at: address) == frame
            else { continue }
            _ = old.process.pointee.space.unmap(address, account: old.process.pointee.account)
            unmapped += 1
        }
        if let previous = old.previousOfSlot {
            previous.pointee.nextOfSlot = old.nextOfSlot
        } else {
            old.slot.pointee.dependents = UInt(bitPattern: old.nextOfSlot)
        }
        old.nextOfSlot?.pointee.previousOfSlot = old.previousOfSlot
        old.process.pointee.mappings.remove(mapping)
        Accounts.release(mapping)
        return unmapped
    }

    /// Removes the mappings that were made through a capability.
    static func removeAll(of slot: CapabilityTable.Slot) {
        while let mapping = MappingReference(bitPattern: slot.pointee.dependents) { remove(mapping) }
    }

    /// Removes the mappings that a process has.
    static func removeAll(in process: ProcessReference) {
        while let mapping = process.pointee.mappings.first { remove(mapping) }
    }

    /// Removes the mappings of a process that lie in a range of pages; returns how many pages that were.
    static func remove(in process: ProcessReference, _ address: UInt32, pages: UInt32) -> UInt32 {
        var unmapped: UInt32 = 0
        var candidate = process.pointee.mappings.first
        while let mapping = candidate {
            candidate = mapping.pointee.next
            let offset = mapping.pointee.address &- address
            if mapping.pointee.address >= address, offset >> 12 <= pages,
                mapping.pointee.pages <= pages - offset >> 12
            {
                unmapped += remove(mapping)
            }
        }
        return unmapped
    }
}
