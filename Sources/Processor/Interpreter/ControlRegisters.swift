/// Control and debug registers, and what changing them means for translations: SDM vol. 3A, 2.5; vol. 2, MOV.
extension Core {
    /// Throws #GP unless the program is fully privileged: real mode, or privilege level 0.
    @inline(__always)
    func requireFullPrivilege() throws(Fault) {
        guard state.pointee.cpl == 0 else { throw .generalProtection(0) }
    }

    // MARK: Control registers

    /// `mov r32, crN`.
    func movFromControl(_ number: UInt8) throws(Fault) -> UInt32 {
        let model = context.pointee.model
        switch number {
        case 0, 2, 3: break
        case 4 where model.controlRegister4 != nil: break
        default: throw .invalidOpcode
        }
        try requireFullPrivilege()
        switch number {
        case 0: return state.pointee.cr0
        case 2: return state.pointee.cr2
        case 3: return state.pointee.cr3
        default: return state.pointee.cr4
        }
    }

    /// `mov crN, r32`. What follows in the instruction stream is to be fetched anew: mode, privilege and translations
    /// may have changed.
    func movToControl(_ number: UInt8, _ value: UInt32) throws(Fault) {
        let model = context.pointee.model
        switch number {
        case 0:
            try requireFullPrivilege()
            try setCR0(value)
        case 2:
            try requireFullPrivilege()
            state.pointee.cr2 = value
        case 3:
            try requireFullPrivilege()
            try setPageDirectoryBase(value)
        case 4:
            guard let writable = model.controlRegister4 else { throw .invalidOpcode }
            try requireFullPrivilege()
            try setCR4(value, writable: writable)
        default:
            throw .invalidOpcode
        }
    }

    private func setCR0(_ value: UInt32) throws(Fault) {
        let model = context.pointee.model
        let pagingWithoutProtection =
            value & (ControlRegister.paging | ControlRegister.protection) == ControlRegister.paging
        let writeThroughWithoutCache =
            value & (ControlRegister.notWriteThrough | ControlRegister.cacheDisable) == ControlRegister.notWriteThrough
        if pagingWithoutProtection
            || writeThroughWithoutCache && model.controlRegister0 & ControlRegister.cacheDisable != 0
        {
            throw .generalProtection(0)
        }
        let new = value & model.controlRegister0 | model.fixedControlRegister0
        let changed = state.pointee.cr0 ^ new
        let reloading = ControlRegister.paging | ControlRegister.cacheDisable | ControlRegister.notWriteThrough
        if changed & reloading != 0, usesPAE(cr0: new, cr4: state.pointee.cr4) {
            try loadPageDirectoryPointers(from: state.pointee.cr3)
        }
        note(.controlRegister(number: 0, old: state.pointee.cr0, new: new))
        state.pointee.cr0 = new
        if changed & (ControlRegister.paging | ControlRegister.protection) != 0 {
            flushTLB(includingGlobal: true)
        } else if changed & ControlRegister.writeProtect != 0 {
            refreshHostSide()
        }
        if changed & ControlRegister.alignmentMask != 0 { selectTables() }
    }

    private func setCR4(_ value: UInt32, writable: UInt32) throws(Fault) {
        guard value & ~writable == 0 else { throw .generalProtection(0) }
        let changed = state.pointee.cr4 ^ value
        let paging =
            ControlRegister.pageSizeExtensions | ControlRegister.physicalAddressExtension
            | ControlRegister.pageGlobalEnable
        if changed & paging != 0, usesPAE(cr0: state.pointee.cr0, cr4: value) {
            try loadPageDirectoryPointers(from: state.pointee.cr3)
        }
        note(.controlRegister(number: 4, old: state.pointee.cr4, new: value))
        state.pointee.cr4 = value
        // SDM vol. 3A, 11.9.
        if changed & paging != 0 { flushTLB(includingGlobal: true) }
    }

    /// Loads CR3, for `mov` and task switches: translations but for those of global pages are dropped
    /// (SDM vol. 3A, 4.10.4.1). Throws #GP with nothing changed if PAE's tables have reserved bits set.
    func setPageDirectoryBase(_ value: UInt32) throws(Fault) {
        if usesPAE(cr0: state.pointee.cr0, cr4: state.pointee.cr4) { try loadPageDirectoryPointers(from: value) }
        note(.controlRegister(number: 3, old: state.pointee.cr3, new: value))
        state.pointee.cr3 = value
        flushTLB(includingGlobal: false)
    }

    private func usesPAE(cr0: UInt32, cr4: UInt32) -> Bool {
        cr0 & ControlRegister.paging != 0 && cr4 & ControlRegister.physicalAddressExtension != 0
    }

    /// Reads the four entries that PAE translates with until the next load (SDM vol. 3A, 4.4.1). Throws #GP(0), and
    /// keeps those that there are, if a present one has a reserved bit set.
    private func loadPageDirectoryPointers(from base: UInt32) throws(Fault) {
        var entries = InlineArray<4, UInt64>(repeating: 0)
        for index in 0..<4 {
            let address = UInt64(base & 0xFFFF_FFE0) &+ UInt64(index * 8)
            entries[index] = UInt64(readPageEntry(address)) | UInt64(readPageEntry(address &+ 4)) << 32
            let reserved = PageWalk.reservedAddress | PageEntry.executeDisable | 0x1E6
            if entries[index] & PageEntry.present != 0, entries[index] & reserved != 0 { throw .generalProtection(0) }
        }
        state.pointee.pageDirectoryPointers = entries
    }

    /// `smsw`: a word for memory, all of CR0 for a 32-bit register.
    func storeMachineStatusWord() -> UInt32 { state.pointee.cr0 }

    /// `lmsw`: PE, MP, EM and TS only, and PE cannot be cleared.
    func loadMachineStatusWord(_ value: UInt16) throws(Fault) {
        try requireFullPrivilege()
        let old = state.pointee.cr0
        try setCR0(old & ~0xE | UInt32(value) & 0xF)
    }

    /// `clts`.
    func clearTaskSwitched() throws(Fault) {
        try requireFullPrivilege()
        state.pointee.cr0 &= ~ControlRegister.taskSwitched
    }

    /// `invlpg` of the operand at `offset` in the segment register `segment`; the limit does not matter.
    func invalidatePage(_ segment: UInt8, _ offset: UInt32) throws(Fault) {
        guard context.pointee.model.has486Instructions else { throw .invalidOpcode }
        try requireFullPrivilege()
        flushTLB(page: state.pointee.segments[Int(segment & 7)].base &+ offset)
    }

    /// `invd` and `wbinvd`: there is no cache to be seen.
    func invalidateCaches() throws(Fault) {
        guard context.pointee.model.has486Instructions else { throw .invalidOpcode }
        try requireFullPrivilege()
    }

    // MARK: Debug registers

    /// `mov r32, drN`.
    func movFromDebug(_ number: UInt8) throws(Fault) -> UInt32 {
        state.pointee.debugRegisters[Int(try debugRegister(number))]
    }

    /// `mov drN, r32`.
    func movToDebug(_ number: UInt8, _ value: UInt32) throws(Fault) {
        let number = try debugRegister(number)
        switch number {
        case 6:
            // Bits 0-3 and 13-15 can be written; 16-31 and 4-11 read as ones, 12 as zero.
            let writable =
                DebugStatus.breakpoints | DebugStatus.registerAccess | DebugStatus.singleStep | DebugStatus.taskSwitch
            state.pointee.debugRegisters[6] = value & writable | DebugStatus.fixed
        case 7:
            state.pointee.debugRegisters[7] = value & 0xFFFF_2FFF | DebugControl.fixed
            refreshHostSide()
        default:
            state.pointee.debugRegisters[Int(number & 7)] = value
            refreshHostSide()
        }
    }

    /// The register that `number` means, after the checks that reads and writes share: DR4 and DR5 are other names of
    /// DR6 and DR7 unless CR4.DE is set.
    private func debugRegister(_ number: UInt8) throws(Fault) -> UInt8 {
        var number = number & 7
        if number == 4 || number == 5 {
            guard state.pointee.cr4 & ControlRegister.debuggingExtensions == 0 else { throw .invalidOpcode }
            number += 2
        }
        try requireFullPrivilege()
        if state.pointee.debugRegisters[7] & DebugControl.generalDetect != 0 {
            state.pointee.debugRegisters[6] |= DebugStatus.registerAccess
            state.pointee.debugRegisters[7] &= ~DebugControl.generalDetect
            throw Fault(Vector.debug)
        }
        return number
    }
}
