/// Bits of page-directory and page-table entries (SDM vol. 3A, table 4-5, 4-6).
public enum PageEntry {
    public static let present: UInt32 = 1 << 0
    public static let writable: UInt32 = 1 << 1
    public static let user: UInt32 = 1 << 2
    public static let accessed: UInt32 = 1 << 5
    public static let dirty: UInt32 = 1 << 6
    /// In a page-directory entry, with CR4.PSE: it maps 4 MiB itself.
    public static let large: UInt32 = 1 << 7
    public static let global: UInt32 = 1 << 8
}

/// What the page tables say about one linear address: the one reader of page tables, for translations and for debuggers.
public struct PageWalk: Equatable, Sendable {
    /// The address that was looked up.
    public let linear: UInt32
    /// Physical address of the page-directory entry.
    public let directoryAddress: UInt32
    public let directoryEntry: UInt32
    /// Physical address of the page-table entry; 0 if the walk ended in the directory.
    public let tableAddress: UInt32
    /// 0 if the walk ended in the directory.
    public let tableEntry: UInt32
    /// The directory entry maps 4 MiB itself.
    public let isLarge: Bool

    /// Reads the tables at `cr3` (SDM vol. 3A, 4.3). Nothing is marked as accessed.
    ///
    /// `read`: the doubleword at a physical address, A20 not applied yet.
    @inline(__always)
    init(_ linear: UInt32, cr3: UInt32, cr4: UInt32, read: (UInt32) -> UInt32) {
        self.linear = linear
        directoryAddress = cr3 & 0xFFFF_F000 | linear >> 20 & 0xFFC
        directoryEntry = read(directoryAddress)
        isLarge = directoryEntry & PageEntry.large != 0 && cr4 & ControlRegister.pageSizeExtensions != 0
        if directoryEntry & PageEntry.present != 0 && !isLarge {
            tableAddress = directoryEntry & 0xFFFF_F000 | linear >> 10 & 0xFFC
            tableEntry = read(tableAddress)
        } else {
            tableAddress = 0
            tableEntry = 0
        }
    }

    /// The entry that maps the page: of the table, or of the directory for a large page.
    @inline(__always)
    var leaf: UInt32 { isLarge ? directoryEntry : tableEntry }

    @inline(__always)
    var leafAddress: UInt32 { isLarge ? directoryAddress : tableAddress }

    /// Whether the address is mapped.
    @inline(__always)
    public var isPresent: Bool { leaf & PageEntry.present != 0 }

    /// R/W and U/S: a right exists only if both levels grant it (SDM vol. 3A, 4.6). At the same places as in an entry.
    @inline(__always)
    public var rights: UInt32 { directoryEntry & leaf & (PageEntry.writable | PageEntry.user) }

    /// Physical address of the 4 KiB that the address lies in, A20 not applied yet; meaningful if ``isPresent``.
    @inline(__always)
    public var page: UInt32 {
        isLarge ? directoryEntry & 0xFFC0_0000 | linear & 0x003F_F000 : tableEntry & 0xFFFF_F000
    }
}

extension Processor {
    /// Looks `linear` up in the page tables of the moment; nil while paging is off. For debuggers: no bit is set, no
    /// translation is cached, no device is asked, and what the TLB holds is not looked at.
    public func inspectPage(at linear: UInt32) -> PageWalk? {
        guard state.pointee.cr0 & ControlRegister.paging != 0 else { return nil }
        return PageWalk(linear, cr3: state.pointee.cr3, cr4: state.pointee.cr4) { address in
            let bytes = memory.read(address & state.pointee.a20Mask, count: 4)
            return bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }
    }

    /// All flags, the lazily kept ones computed.
    public var eflags: UInt32 { Core(context).eflags }
}

/// Bits of a page fault's error code (SDM vol. 3A, 4.7).
enum PageFaultCode {
    static let protection: UInt16 = 1
    static let write: UInt16 = 2
    static let user: UInt16 = 4
}

extension Core {
    /// The physical address for `linear`, from the TLB or by a page walk that fills it.
    ///
    /// Throws a page fault with CR2 set; nothing else has changed then, but for translations of that page, which are
    /// dropped (SDM vol. 3A, 4.10.4.1).
    func translate(_ linear: UInt32, _ kind: AccessKind, user: Bool) throws(Fault) -> UInt32 {
        let entry = table(kind, user: user) + slot(linear)
        let flags = entry.pointee.linear
        if flags & TLBFlag.valid != 0, (flags ^ linear) & 0xFFFF_F000 == 0 {
            if kind != .write || flags & TLBFlag.dirty != 0 && mayWrite(flags, user: user) {
                return entry.pointee.physical | linear & 0xFFF
            }
        }
        return try walk(linear, kind, user: user, into: entry)
    }

    @inline(never)
    private func walk(
        _ linear: UInt32, _ kind: AccessKind, user: Bool, into entry: UnsafeMutablePointer<TLBEntry>
    ) throws(Fault) -> UInt32 {
        let state = state
        guard state.pointee.cr0 & ControlRegister.paging != 0 else {
            let physical = linear & state.pointee.a20Mask
            let flags = TLBFlag.writable | TLBFlag.user | TLBFlag.dirty
            fill(entry, linear: linear, physical: physical, flags: flags)
            return physical
        }
        let found = PageWalk(linear, cr3: state.pointee.cr3, cr4: state.pointee.cr4) { readPhysical32($0) }
        guard found.isPresent else {
            throw pageFault(linear, kind, user: user, present: false)
        }
        let isLarge = found.isLarge
        let directoryAddress = found.directoryAddress
        let directoryEntry = found.directoryEntry
        let leafAddress = found.leafAddress
        let leaf = found.leaf
        let rights = found.rights
        if user && rights & PageEntry.user == 0 || kind == .write && !mayWrite(rights, user: user) {
            throw pageFault(linear, kind, user: user, present: true)
        }
        if !isLarge, directoryEntry & PageEntry.accessed == 0 {
            writePhysical32(directoryAddress, directoryEntry | PageEntry.accessed)
        }
        let marks = kind == .write ? PageEntry.accessed | PageEntry.dirty : PageEntry.accessed
        if leaf & marks != marks {
            // Read again: directory and table may be the same page, and the entry the same word.
            let current = isLarge ? leaf : readPhysical32(leafAddress)
            writePhysical32(leafAddress, current | marks)
        }
        var flags = rights
        if (leaf | marks) & PageEntry.dirty != 0 { flags |= TLBFlag.dirty }
        if leaf & PageEntry.global != 0, state.pointee.cr4 & ControlRegister.pageGlobalEnable != 0 {
            flags |= TLBFlag.global
        }
        if isLarge { flags |= TLBFlag.large }
        var page = found.page
        page &= state.pointee.a20Mask
        fill(entry, linear: linear, physical: page, flags: flags)
        return page | linear & 0xFFF
    }

    private func pageFault(_ linear: UInt32, _ kind: AccessKind, user: Bool, present: Bool) -> Fault {
        var code: UInt16 = present ? PageFaultCode.protection : 0
        if kind == .write { code |= PageFaultCode.write }
        if user { code |= PageFaultCode.user }
        flushTLB(page: linear)
        state.pointee.cr2 = linear
        return Fault(Vector.pageFault, errorCode: code)
    }

    // MARK: Physical accesses

    /// Reads `size` (1, 2 or 4) bytes within one page; `physical` is masked by A20 already.
    func readPhysical(_ physical: UInt32, size: UInt32) -> UInt32 {
        let memory = context.pointee.memory
        switch memory.pages[Int(physical >> 12)] & PageKind.mask {
        case PageKind.ram, PageKind.rom:
            let pointer = memory.host + Int(physical)
            switch size {
            case 1: return UInt32(pointer.load(as: UInt8.self))
            case 2: return UInt32(pointer.loadUnaligned(as: UInt16.self))
            default: return pointer.loadUnaligned(as: UInt32.self)
            }
        case PageKind.mmio:
            return readMMIO(physical, size: size)
        default:
            return size == 4 ? 0xFFFF_FFFF : 1 << (size * 8) &- 1
        }
    }

    /// Writes `size` (1, 2 or 4) bytes within one page, through the gate; `physical` is masked by A20 already.
    func writePhysical(_ physical: UInt32, size: UInt32, value: UInt32) {
        let memory = context.pointee.memory
        switch memory.pages[Int(physical >> 12)] & PageKind.mask {
        case PageKind.ram:
            // The memory outlives this call: the processor owns it.
            _ = memory.memory._withUnsafeGuaranteedRef { $0.beginWrite(physical, count: size) }
            let pointer = memory.host + Int(physical)
            switch size {
            case 1: pointer.storeBytes(of: UInt8(truncatingIfNeeded: value), as: UInt8.self)
            case 2: pointer.storeBytes(of: UInt16(truncatingIfNeeded: value), as: UInt16.self)
            default: pointer.storeBytes(of: value, as: UInt32.self)
            }
        case PageKind.mmio:
            writeMMIO(physical, size: size, value: value)
        default:
            break
        }
    }

    private func readPhysical32(_ address: UInt32) -> UInt32 {
        readPhysical(address & state.pointee.a20Mask, size: 4)
    }

    private func writePhysical32(_ address: UInt32, _ value: UInt32) {
        writePhysical(address & state.pointee.a20Mask, size: 4, value: value)
    }
}
