/// Instructions about descriptor tables and descriptors: SDM vol. 2 under their names.
extension Core {
    // MARK: GDTR and IDTR

    /// `lgdt` from the six bytes at `offset` in `segment`; with a 16-bit operand size only 24 bits of the base count.
    func loadGlobalDescriptorTable(_ segment: UInt8, _ offset: UInt32, operandSize: UInt32) throws(Fault) {
        let (base, limit) = try tableRegister(segment, offset, operandSize: operandSize)
        state.pointee.gdtBase = base
        state.pointee.gdtLimit = limit
    }

    /// `lidt`, likewise.
    func loadInterruptDescriptorTable(_ segment: UInt8, _ offset: UInt32, operandSize: UInt32) throws(Fault) {
        let (base, limit) = try tableRegister(segment, offset, operandSize: operandSize)
        state.pointee.idtBase = base
        state.pointee.idtLimit = limit
    }

    private func tableRegister(
        _ segment: UInt8, _ offset: UInt32, operandSize: UInt32
    ) throws(Fault) -> (base: UInt32, limit: UInt16) {
        try requireFullPrivilege()
        let limit = try read16(segment, offset)
        let base = try read32(segment, offset &+ 2)
        return (operandSize == 2 ? base & 0x00FF_FFFF : base, limit)
    }

    /// `sgdt`: the whole base, whatever the operand size, as all 32-bit processors store it.
    func storeGlobalDescriptorTable(_ segment: UInt8, _ offset: UInt32) throws(Fault) {
        try storeTableRegister(segment, offset, base: state.pointee.gdtBase, limit: state.pointee.gdtLimit)
    }

    /// `sidt`.
    func storeInterruptDescriptorTable(_ segment: UInt8, _ offset: UInt32) throws(Fault) {
        try storeTableRegister(segment, offset, base: state.pointee.idtBase, limit: state.pointee.idtLimit)
    }

    private func storeTableRegister(_ segment: UInt8, _ offset: UInt32, base: UInt32, limit: UInt16) throws(Fault) {
        // Both parts are checked before one is written.
        try probeWrite(segment, offset &+ 2, 4)
        try write16(segment, offset, limit)
        try write32(segment, offset &+ 2, base)
    }

    // MARK: LDTR and TR

    /// `sldt`.
    func storeLocalDescriptorTable() throws(Fault) -> UInt16 {
        guard usesDescriptors else { throw .invalidOpcode }
        return state.pointee.ldtr.selector
    }

    /// `str`.
    func storeTaskRegister() throws(Fault) -> UInt16 {
        guard usesDescriptors else { throw .invalidOpcode }
        return state.pointee.tr.selector
    }

    /// `lldt`.
    func loadLocalDescriptorTable(_ selector: UInt16) throws(Fault) {
        guard usesDescriptors else { throw .invalidOpcode }
        try requireFullPrivilege()
        guard !selector.isNullSelector else {
            state.pointee.ldtr = SegmentRegister()
            state.pointee.ldtr.selector = selector
            return
        }
        guard !selector.isLocal else { throw .generalProtection(selector.errorCode) }
        let descriptor = try readDescriptor(selector)
        guard descriptor.isSystem, descriptor.type == SystemType.ldt else {
            throw .generalProtection(selector.errorCode)
        }
        guard descriptor.isPresent else { throw .notPresent(selector.errorCode) }
        state.pointee.ldtr = SegmentRegister(selector: selector, descriptor: descriptor)
    }

    /// `ltr`: marks the TSS busy.
    func loadTaskRegister(_ selector: UInt16) throws(Fault) {
        guard usesDescriptors else { throw .invalidOpcode }
        try requireFullPrivilege()
        guard !selector.isNullSelector else { throw .generalProtection(0) }
        guard !selector.isLocal, let address = descriptorAddress(selector) else {
            throw .generalProtection(selector.errorCode)
        }
        var descriptor = try readDescriptor(selector)
        guard descriptor.isSystem, descriptor.type == SystemType.tss16 || descriptor.type == SystemType.tss32 else {
            throw .generalProtection(selector.errorCode)
        }
        guard descriptor.isPresent else { throw .notPresent(selector.errorCode) }
        descriptor.high |= UInt32(SystemType.busy) << 8
        try writeSystem32(address &+ 4, descriptor.high)
        state.pointee.tr = SegmentRegister(selector: selector, descriptor: descriptor)
    }

    /// What instructions that only know descriptors check before they look at an operand in memory.
    func requireDescriptors() throws(Fault) {
        guard usesDescriptors else { throw .invalidOpcode }
    }

    // MARK: Questions about selectors

    /// `lar`: the access rights, as masked for a 32-bit operand; nil (and ZF clear) if the selector does not stand for
    /// a descriptor that the program may see.
    func loadAccessRights(_ selector: UInt16) throws(Fault) -> UInt32? {
        let types: UInt32 = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 9 | 1 << 11 | 1 << 12
        let descriptor = try visibleDescriptor(selector, systemTypes: types)
        setZeroFlag(descriptor != nil)
        return descriptor.map { $0.high & 0x00FF_FF00 }
    }

    /// `lsl`: the limit in bytes; nil (and ZF clear) as for `lar`.
    func loadSegmentLimit(_ selector: UInt16) throws(Fault) -> UInt32? {
        let types: UInt32 = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 9 | 1 << 11
        let descriptor = try visibleDescriptor(selector, systemTypes: types)
        setZeroFlag(descriptor != nil)
        return descriptor.map(\.limit)
    }

    /// `verr`: ZF tells whether the segment can be read.
    func verifyReadable(_ selector: UInt16) throws(Fault) {
        let descriptor = try visibleDescriptor(selector, systemTypes: 0)
        setZeroFlag(descriptor?.isReadable ?? false)
    }

    /// `verw`: ZF tells whether the segment can be written.
    func verifyWritable(_ selector: UInt16) throws(Fault) {
        let descriptor = try visibleDescriptor(selector, systemTypes: 0)
        setZeroFlag(descriptor?.isWritableData ?? false)
    }

    /// The descriptor if it exists, is of a type in the set `systemTypes` or not of the system, and is visible at CPL
    /// and RPL.
    private func visibleDescriptor(_ selector: UInt16, systemTypes: UInt32) throws(Fault) -> Descriptor? {
        guard usesDescriptors else { throw .invalidOpcode }
        guard !selector.isNullSelector, let address = descriptorAddress(selector) else { return nil }
        let descriptor = Descriptor(low: try readSystem32(address), high: try readSystem32(address &+ 4))
        if descriptor.isSystem, systemTypes >> UInt32(descriptor.type) & 1 == 0 { return nil }
        if !descriptor.isConforming, descriptor.privilege < max(state.pointee.cpl, selector.requestedPrivilege) {
            return nil
        }
        return descriptor
    }

    /// `arpl`: what the destination becomes; nil (and ZF clear) if it stays.
    func adjustRequestedPrivilege(_ destination: UInt16, source: UInt16) throws(Fault) -> UInt16? {
        guard usesDescriptors else { throw .invalidOpcode }
        let raises = destination & 3 < source & 3
        setZeroFlag(raises)
        return raises ? destination & ~3 | source & 3 : nil
    }
}
