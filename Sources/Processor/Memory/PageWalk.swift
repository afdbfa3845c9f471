/// Bits of page-directory and page-table entries (SDM vol. 3A, table 4-5, 4-6).
enum PageEntry {
    static let present: UInt32 = 1 << 0
    static let writable: UInt32 = 1 << 1
    static let user: UInt32 = 1 << 2
    static let accessed: UInt32 = 1 << 5
    static let dirty: UInt32 = 1 << 6
    /// In a page-directory entry, with CR4.PSE: it maps 4 MiB itself.
    static let large: UInt32 = 1 << 7
    static let global: UInt32 = 1 << 8
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
        let directoryAddress = state.pointee.cr3 & 0xFFFF_F000 | linear >> 20 & 0xFFC
        let directoryEntry = readPhysical32(directoryAddress)
        guard directoryEntry & PageEntry.present != 0 else {
            throw pageFault(linear, kind, user: user, present: false)
        }
        let isLarge =
            directoryEntry & PageEntry.large != 0 && state.pointee.cr4 & ControlRegister.pageSizeExtensions != 0
        let tableAddress = directoryEntry & 0xFFFF_F000 | linear >> 10 & 0xFFC
        let leafAddress = isLarge ? directoryAddress : tableAddress
        let leaf = isLarge ? directoryEntry : readPhysical32(tableAddress)
        guard leaf & PageEntry.present != 0 else {
            throw pageFault(linear, kind, user: user, present: false)
        }
        // A right exists only if both levels grant it; R/W and U/S have the same places in entry and flag.
        let rights = directoryEntry & leaf & (PageEntry.writable | PageEntry.user)
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
        var page = leaf & 0xFFFF_F000
        if isLarge {
            flags |= TLBFlag.large
            page = leaf & 0xFFC0_0000 | linear & 0x003F_F000
        }
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
