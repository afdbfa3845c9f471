/// A cached translation of one linear page.
///
/// The first half is what the guest can notice and what a snapshot holds; the second half is for the host, can be
/// computed from the first and the page table of ``PhysicalMemory`` at any time, and is what the fast path looks at.
@usableFromInline
struct TLBEntry {
    /// Linear page number in bits 12-31, ``TLBFlag`` bits in bits 0-11.
    @usableFromInline
    var linear: UInt32 = 0
    /// Physical address of the page.
    @usableFromInline
    var physical: UInt32 = 0

    /// The linear page if reads (or fetches, in a table of the fetch kind) may go to ``addend`` without asking,
    /// otherwise ``noTag``.
    @usableFromInline
    var readTag = TLBEntry.noTag
    /// The linear page if writes may go to ``addend`` without asking, otherwise ``noTag``.
    @usableFromInline
    var writeTag = TLBEntry.noTag
    /// Host address minus linear address.
    @usableFromInline
    var addend = 0
    /// Makes an entry 32 bytes, so that a shift finds it.
    private var padding = 0

    /// No page-aligned address equals it.
    @usableFromInline
    static let noTag: UInt32 = 1

    @usableFromInline
    init() {}
}

/// Attributes of a cached translation, as found by the page walk.
enum TLBFlag {
    static let valid: UInt32 = 1
    /// R/W is set on every level.
    static let writable: UInt32 = 2
    /// U/S is set on every level.
    static let user: UInt32 = 4
    /// D is set in memory: writes need no walk.
    static let dirty: UInt32 = 8
    /// Survives loads of CR3.
    static let global: UInt32 = 0x10
    /// Part of a page of 4 MiB (with PAE 2 MiB): `invlpg` of any of its addresses drops it.
    static let large: UInt32 = 0x20
    /// The slot's index is in the list of slots to flush. Belongs to the slot, not to the translation.
    static let listed: UInt32 = 0x800
}

/// The processor's translation lookaside buffers and what else the fast path of a memory access needs.
///
/// **Constraint.** A hit must cost an index and one compare, also for unaligned operands. A flush happens on every
/// switch of address space and must not cost a sweep. Which translations are cached is visible to the guest (stale
/// entries, accessed bits), so it must be the same for every engine and part of a snapshot.
///
/// **Choice.** Four direct-mapped tables: data and instruction fetches, each for supervisor and user privilege. A tag
/// is compared with the page of the *last* byte of the operand while the index comes from the first, so that an operand
/// which crosses a page misses by itself. Fetches have tables of their own because data accesses could otherwise evict
/// the translation of the running code, which an engine that executes a block at a time would not notice and one that
/// fetches every instruction would. A list of the slots in use makes a flush cost what was filled since the last one;
/// it takes the place of a generation number in every tag, which would cost each access an operation.
///
/// **Example.** `mov [esp], eax` at privilege 0: the slot for ESP's page in the supervisor data table has a write tag
/// equal to the page, so the store goes to ESP + addend. The first store after a snapshot finds no write tag (the page
/// is marked clean), takes the slow path, marks the page changed and puts the write tag in place.
@usableFromInline
struct MemoryContext {
    /// Slots in each table.
    @usableFromInline
    static let slots = 2048
    /// Log2 of the size of an entry.
    @usableFromInline
    static let entryShift: UInt32 = 5

    /// The data table of the current privilege level.
    @usableFromInline
    var data: UnsafeMutablePointer<TLBEntry>
    /// The fetch table of the current privilege level.
    @usableFromInline
    var fetch: UnsafeMutablePointer<TLBEntry>
    /// Host address of physical address 0 (``PhysicalMemory/host``).
    @usableFromInline
    let host: UnsafeMutableRawPointer
    /// What each physical page is (``PhysicalMemory/pages``).
    @usableFromInline
    let pages: UnsafeMutablePointer<UInt8>

    /// Four tables, in the order supervisor data, user data, supervisor fetch, user fetch; and one that stays empty,
    /// for ``data`` while every access has to be looked at.
    let tables: UnsafeMutablePointer<TLBEntry>
    /// Alignment is checked: privilege level 3 with CR0.AM and EFLAGS.AC.
    var checksAlignment = false
    /// Slots (indices into ``tables``) that hold a translation or did since the last flush.
    let filled: UnsafeMutablePointer<UInt16>
    var filledCount = 0
    /// Parts of large pages are, or were since the last flush, among the translations.
    var hasLargePages = false
    /// Not owned: the processor keeps its memory alive as long as this context lives.
    let memory: Unmanaged<PhysicalMemory>
    /// A read-modify-write access on its slow way.
    var modification = PendingModification()

    static let tableCount = 4

    init(memory: PhysicalMemory) {
        let capacity = Self.tableCount * Self.slots
        tables = .allocate(capacity: capacity + Self.slots)
        tables.initialize(repeating: TLBEntry(), count: capacity + Self.slots)
        filled = .allocate(capacity: capacity)
        filled.initialize(repeating: 0, count: capacity)
        data = tables
        fetch = tables + 2 * Self.slots
        host = memory.host
        pages = memory.pages
        self.memory = .passUnretained(memory)
    }

    func deallocate() {
        tables.deallocate()
        filled.deallocate()
    }
}

/// Which of the tables serves an access.
enum AccessKind {
    case read, write, fetch
}

extension Core {
    @inline(__always)
    func slot(_ linear: UInt32) -> Int {
        Int(linear >> 12) & (MemoryContext.slots - 1)
    }

    @inline(__always)
    func table(_ kind: AccessKind, user: Bool) -> UnsafeMutablePointer<TLBEntry> {
        let index = (kind == .fetch ? 2 : 0) + (user ? 1 : 0)
        return context.pointee.memory.tables + index * MemoryContext.slots
    }

    /// To be called when ``ProcessorState/cpl``, EFLAGS.AC or CR0.AM has changed.
    func selectTables() {
        let user = state.pointee.cpl == 3
        let checksAlignment =
            user && state.pointee.systemFlags & Flag.alignmentCheck != 0
            && state.pointee.cr0 & ControlRegister.alignmentMask != 0
        context.pointee.memory.checksAlignment = checksAlignment
        let empty = context.pointee.memory.tables + MemoryContext.tableCount * MemoryContext.slots
        context.pointee.memory.data = checksAlignment ? empty : table(.read, user: user)
        context.pointee.memory.fetch = table(.fetch, user: user)
    }

    /// Changes the privilege level.
    func setPrivilege(_ level: UInt8) {
        state.pointee.cpl = level
        selectTables()
    }

    /// Puts a translation into its slot. `flags`: ``TLBFlag`` bits.
    func fill(_ entry: UnsafeMutablePointer<TLBEntry>, linear: UInt32, physical: UInt32, flags: UInt32) {
        if entry.pointee.linear & TLBFlag.listed == 0 {
            let memory = context.pointee.memory
            memory.filled[memory.filledCount] = UInt16(truncatingIfNeeded: entry - memory.tables)
            context.pointee.memory.filledCount = memory.filledCount + 1
        }
        if flags & TLBFlag.large != 0 { context.pointee.memory.hasLargePages = true }
        entry.pointee.linear = linear & 0xFFFF_F000 | flags | TLBFlag.valid | TLBFlag.listed
        entry.pointee.physical = physical & 0xFFFF_F000
        refresh(entry)
    }

    /// Computes the host's half of an entry from the guest's half.
    func refresh(_ entry: UnsafeMutablePointer<TLBEntry>) {
        let memory = context.pointee.memory
        let flags = entry.pointee.linear
        let page = flags & 0xFFFF_F000
        let gate = memory.pages[Int(entry.pointee.physical >> 12)]
        let kind = gate & PageKind.mask
        entry.pointee.readTag = TLBEntry.noTag
        entry.pointee.writeTag = TLBEntry.noTag
        guard flags & TLBFlag.valid != 0, kind == PageKind.ram || kind == PageKind.rom else { return }
        let index = entry - memory.tables
        let isFetch = index >= 2 * MemoryContext.slots
        if !isFetch, hasDataBreakpoint(inPage: page) || isWatched(page: page, gate: gate) { return }
        entry.pointee.addend = Int(bitPattern: memory.host) &+ Int(entry.pointee.physical) &- Int(page)
        entry.pointee.readTag = page
        let isUser = index & MemoryContext.slots != 0
        if gate == PageKind.ram, flags & TLBFlag.dirty != 0, mayWrite(flags, user: isUser) {
            entry.pointee.writeTag = page
        }
    }

    /// Whether a translation with these ``TLBFlag`` bits may be written through (SDM vol. 3A, 4.6).
    @inline(__always)
    func mayWrite(_ flags: UInt32, user: Bool) -> Bool {
        flags & TLBFlag.writable != 0 || !user && state.pointee.cr0 & ControlRegister.writeProtect == 0
    }

    private func clear(_ entry: UnsafeMutablePointer<TLBEntry>) {
        entry.pointee.linear &= TLBFlag.listed
        entry.pointee.readTag = TLBEntry.noTag
        entry.pointee.writeTag = TLBEntry.noTag
    }

    /// Drops every translation; those of global pages only if `includingGlobal`.
    func flushTLB(includingGlobal: Bool) {
        let memory = context.pointee.memory
        var kept = 0
        for position in 0..<memory.filledCount {
            let index = memory.filled[position]
            let entry = memory.tables + Int(index)
            let survivor = TLBFlag.valid | TLBFlag.global
            if !includingGlobal, entry.pointee.linear & survivor == survivor {
                memory.filled[kept] = index
                kept += 1
            } else {
                entry.pointee.linear = 0
                entry.pointee.readTag = TLBEntry.noTag
                entry.pointee.writeTag = TLBEntry.noTag
            }
        }
        context.pointee.memory.filledCount = kept
        if kept == 0 { context.pointee.memory.hasLargePages = false }
    }

    /// Drops the translations of the page that holds `linear`, global ones included, as `invlpg` does.
    func flushTLB(page linear: UInt32) {
        let memory = context.pointee.memory
        let page = linear & 0xFFFF_F000
        for index in 0..<MemoryContext.tableCount {
            let entry = memory.tables + (index * MemoryContext.slots + slot(linear))
            guard entry.pointee.linear & TLBFlag.valid != 0, entry.pointee.linear & 0xFFFF_F000 == page else {
                continue
            }
            clear(entry)
        }
        // Large pages are cached 4 KiB by 4 KiB. Which parts of one are is not known here, so look at all: it is what
        // `invlpg` promises (SDM vol. 3A, 4.10.4.1), and whether this part itself was cached does not matter.
        guard memory.hasLargePages else { return }
        let shift: UInt32 = state.pointee.cr4 & ControlRegister.physicalAddressExtension != 0 ? 21 : 22
        for position in 0..<memory.filledCount {
            let entry = memory.tables + Int(memory.filled[position])
            let flags = TLBFlag.valid | TLBFlag.large
            if entry.pointee.linear & flags == flags, (entry.pointee.linear ^ linear) >> shift == 0 { clear(entry) }
        }
    }

    /// Computes the host's half of all entries anew: what pages are, or why writes to them need attention, has changed.
    @inline(never)
    func refreshHostSide() {
        let memory = context.pointee.memory
        for position in 0..<memory.filledCount {
            refresh(memory.tables + Int(memory.filled[position]))
        }
    }

    /// Sends the writes to one physical page to the slow path.
    @inline(never)
    func withdrawFastWrites(physicalPage: UInt32) {
        let memory = context.pointee.memory
        for position in 0..<memory.filledCount {
            let entry = memory.tables + Int(memory.filled[position])
            if entry.pointee.physical == physicalPage {
                entry.pointee.writeTag = TLBEntry.noTag
            }
        }
    }
}
