/// Bits of a page fault's error code (SDM vol. 3A, 4.7).
enum PageFaultCode {
    /// P: the page is there; a right is missing, or a reserved bit is set.
    static let protection: UInt16 = 1
    static let write: UInt16 = 2
    static let user: UInt16 = 4
    /// RSVD: an entry has a bit set that must be clear.
    static let reserved: UInt16 = 8
    /// I/D: an instruction fetch, where execution can be forbidden.
    static let fetch: UInt16 = 16
}

/// From linear addresses to physical ones: the TLB, and behind it the page tables.
///
/// Accessed and dirty bits are set when the access is sure to happen: a walk that ends in a fault changes nothing.
/// The manual leaves it open whether the directory entry on the way to a fault is marked (SDM vol. 3A, 4.8), and
/// processors differ.
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
        let found = PageWalk(linear, state, context.pointee.model) { readPageEntry($0) }
        guard found.isPresent else {
            let code = found.hasReservedBits ? PageFaultCode.protection | PageFaultCode.reserved : 0
            throw pageFault(linear, kind, user: user, code)
        }
        // The bits of both rights have the same places in entries and in translations.
        let rights = UInt32(truncatingIfNeeded: found.rights)
        if user && rights & TLBFlag.user == 0 || kind == .write && !mayWrite(rights, user: user)
            || kind == .fetch && !found.isExecutable
        {
            throw pageFault(linear, kind, user: user, PageFaultCode.protection)
        }
        if !found.isLarge, found.directoryEntry & PageEntry.accessed == 0 {
            markPageEntry(found.directoryAddress, found.directoryEntry, PageEntry.accessed)
        }
        let leaf = found.leaf
        let marks = kind == .write ? PageEntry.accessed | PageEntry.dirty : PageEntry.accessed
        if leaf & marks != marks {
            // Read again: directory and table may be the same page, and the entry the same word.
            markPageEntry(found.leafAddress, UInt64(readPageEntry(found.leafAddress)), marks)
        }
        var flags = rights
        if (leaf | marks) & PageEntry.dirty != 0 { flags |= TLBFlag.dirty }
        if leaf & PageEntry.global != 0, state.pointee.cr4 & ControlRegister.pageGlobalEnable != 0 {
            flags |= TLBFlag.global
        }
        if found.isLarge { flags |= TLBFlag.large }
        let page = physicalAddress(found.page)
        fill(entry, linear: linear, physical: page, flags: flags)
        return page | linear & 0xFFF
    }

    private func pageFault(_ linear: UInt32, _ kind: AccessKind, user: Bool, _ reason: UInt16) -> Fault {
        var code = reason
        if user { code |= PageFaultCode.user }
        switch kind {
        case .read: break
        case .write: code |= PageFaultCode.write
        case .fetch:
            let state = state
            if state.pointee.modelSpecific.efer & ExtendedFeatureEnable.executeDisable != 0,
                state.pointee.cr4 & ControlRegister.physicalAddressExtension != 0
            {
                code |= PageFaultCode.fetch
            }
        }
        flushTLB(page: linear)
        state.pointee.cr2 = linear
        return Fault(Vector.pageFault, errorCode: code)
    }

    // MARK: Entries

    /// The doubleword of a page table at a physical address.
    func readPageEntry(_ address: UInt64) -> UInt32 {
        readPhysical(physicalAddress(address), size: 4)
    }

    /// Sets bits of an entry; they are in its low half.
    private func markPageEntry(_ address: UInt64, _ entry: UInt64, _ marks: UInt64) {
        context.pointee.isWalking = true
        defer { context.pointee.isWalking = false }
        writePhysical(physicalAddress(address), size: 4, value: UInt32(truncatingIfNeeded: entry | marks))
    }

    /// A 36-bit physical address as the rest of the engine has it: A20 applied, and in ``PhysicalMemory/absentPage`` if
    /// it is above 4 GiB.
    @inline(__always)
    private func physicalAddress(_ address: UInt64) -> UInt32 {
        let low = UInt32(truncatingIfNeeded: address)
        return address >> 32 == 0 ? low & state.pointee.a20Mask : PhysicalMemory.absentPage | low & 0xFFF
    }
}
