import KernelABI
import KernelAssembly
import KernelLogic

/// The memory of a process: a page directory whose lower 32 entries are the kernel's.
///
/// Page tables are frames of the kernel zone. Every frame taken is charged to the process's account, so running out
/// is an error of the one who asked.
struct AddressSpace {
    /// Physical address of the page directory.
    let directory: UInt32

    /// The page table entry for `address`, or nil if its table does not exist.
    @inline(__always)
    private func entry(_ address: UInt32) -> UnsafeMutablePointer<UInt32>? {
        // Valid: directories and tables are frames of the kernel zone, which are mapped one to one, and none is frame
        // 0.
        let upper = PageTable(bitPattern: UInt(directory)).unsafelyUnwrapped[Int(address >> 22)]
        guard upper & PageFlags.present != 0 else { return nil }
        return PageTable(bitPattern: UInt(upper & PageFlags.addressMask)).unsafelyUnwrapped + Int(address >> 12 & 1023)
    }

    /// The frame that user code finds at `address` and may read, or also write; nil if there is none.
    @inline(__always)
    func frame(at address: UInt32, writable: Bool) -> UInt32? {
        guard address >= klimit, let entry = entry(address)?.pointee else { return nil }
        let needed = PageFlags.present | PageFlags.user | (writable ? PageFlags.writable : 0)
        guard entry & needed == needed else { return nil }
        return entry & PageFlags.addressMask
    }

    /// The frame at `address` if it belongs to the mapping, whether user code may write it or not.
    func ownedFrame(at address: UInt32) -> UInt32? {
        guard address >= klimit, let entry = entry(address)?.pointee else { return nil }
        let needed = PageFlags.present | PageFlags.owned
        guard entry & needed == needed else { return nil }
        return entry & PageFlags.addressMask
    }

    /// The frame at `address` if it belongs to something else than the mapping.
    func sharedFrame(at address: UInt32) -> UInt32? {
        guard address >= klimit, let entry = entry(address)?.pointee else { return nil }
        guard entry & (PageFlags.present | PageFlags.owned) == PageFlags.present else { return nil }
        return entry & PageFlags.addressMask
    }

    func isMapped(_ address: UInt32) -> Bool {
        guard let entry = entry(address) else { return false }
        return entry.pointee & PageFlags.present != 0
    }

    /// Maps the frame `physical` at `address`, which is user space and not mapped. `flags`: `.writable`, `.owned`,
    /// `.copyOnWrite` and cache bits.
    func map(
        _ address: UInt32, to physical: UInt32, flags: UInt32, account: AccountReference
    ) throws(KernelError) {
        let root = pageTable(at: directory)
        if root[Int(address >> 22)] & PageFlags.present == 0 {
            let table = try Accounts.allocateFrame(from: account)
            KernelSpace.memset(table, count: pageSize)
            root[Int(address >> 22)] = table | PageFlags.present | PageFlags.writable | PageFlags.user
        }
        // Another thread may have mapped it while a long call was interrupted.
        guard let entry = entry(address), entry.pointee & PageFlags.present == 0 else { throw .alreadyMapped }
        entry.pointee = physical | flags | PageFlags.present | PageFlags.user
        account.pointee.mappedPages += 1
    }

    /// Maps a new frame of zeros at `address`.
    func mapZeroed(_ address: UInt32, writable: Bool, account: AccountReference) throws(KernelError) {
        let frame = try Accounts.allocateUserFrame(from: account)
        Window.open(frame, .destination).initializeMemory(as: UInt8.self, repeating: 0, count: Int(pageSize))
        do {
            try map(address, to: frame, flags: PageFlags.owned | (writable ? PageFlags.writable : 0), account: account)
        } catch {
            Accounts.releaseFrame(frame, to: account)
            throw error
        }
    }

    /// Makes the page at `address` writable: one that is mapped copy-on-write is replaced by a copy, in a new frame.
    ///
    /// - Returns: Whether there was something to copy.
    /// - Throws: `.badAddress` if the page is missing or nobody may write it, and what the lack of a frame is.
    func unshare(_ address: UInt32, account: AccountReference) throws(KernelError) -> Bool {
        guard let entry = entry(address), entry.pointee & PageFlags.present != 0 else { throw .badAddress }
        if entry.pointee & PageFlags.writable != 0 { return false }
        guard entry.pointee & PageFlags.copyOnWrite != 0 else { throw .badAddress }
        let frame = try Accounts.allocateUserFrame(from: account)
        Window.open(frame, .destination).copyMemory(
            from: Window.open(entry.pointee & PageFlags.addressMask, .source), byteCount: Int(pageSize))
        entry.pointee = frame | PageFlags.owned | PageFlags.writable | PageFlags.present | PageFlags.user
        if read_cr3() == directory { invalidate_page(address) }
        return true
    }

    /// Unmaps the page at `address`, and frees its frame if it belongs to the mapping. False if nothing is mapped.
    func unmap(_ address: UInt32, account: AccountReference) -> Bool {
        guard let entry = entry(address), entry.pointee & PageFlags.present != 0 else { return false }
        let old = entry.pointee
        entry.pointee = 0
        account.pointee.mappedPages -= 1
        if read_cr3() == directory { invalidate_page(address) }
        if old & PageFlags.owned != 0 {
            Accounts.releaseFrame(old & PageFlags.addressMask, to: account)
        }
        return true
    }

    /// Frees a part of the user memory with its page table, or at last the directory. False if that was the last. Not
    /// while the directory is in CR3. `next` is the number of the page to go on with.
    func destroyPart(account: AccountReference, next: inout UInt32) -> Bool {
        let root = pageTable(at: directory)
        let first = Int(next >> 10)
        if let index = Self.nextEntry(in: root, first..<1024) {
            if index > first { next = UInt32(index) << 10 }
            let table = pageTable(at: root[index])
            var entry = Int(next & 1023)
            let end = entry + destructionStep
            while let used = Self.nextEntry(in: table, entry..<end) {
                entry = used + 1
                guard table[used] & PageFlags.owned != 0 else { continue }
                Accounts.releaseFrame(table[used] & PageFlags.addressMask, to: account)
            }
            next += UInt32(destructionStep)
            if next & 1023 == 0 { Accounts.releaseFrame(root[index] & PageFlags.addressMask, to: account) }
            return true
        }
        Accounts.releaseFrame(directory, to: account)
        return false
    }

    /// Entries of a page table that are looked at in a step; a part of 1024.
    private var destructionStep: Int { 256 }

    /// The next entry in use, of which there are few: an entry of user space is present or 0.
    private static func nextEntry(in table: PageTable, _ range: Range<Int>) -> Int? {
        let index = range.lowerBound + Int(count_zero_words(table + range.lowerBound, UInt32(range.count)))
        return index < range.upperBound ? index : nil
    }

    /// A directory with the kernel's part only; charged to `account`.
    static func create(account: AccountReference) throws(KernelError) -> AddressSpace {
        let directory = try Accounts.allocateFrame(from: account)
        let root = pageTable(at: directory)
        root.update(from: pageTable(at: KernelSpace.directory), count: KernelSpace.directoryEntries)
        (root + KernelSpace.directoryEntries).update(repeating: 0, count: 1024 - KernelSpace.directoryEntries)
        return AddressSpace(directory: directory)
    }
}
