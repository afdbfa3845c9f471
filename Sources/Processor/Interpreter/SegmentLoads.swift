/// Modes, and loading segment registers.
extension Core {
    // MARK: Modes

    /// CR0.PE is clear.
    @inline(__always)
    var isRealMode: Bool { state.pointee.cr0 & ControlRegister.protection == 0 }

    /// EFLAGS.VM is set (only possible with CR0.PE).
    @inline(__always)
    var isVirtual8086: Bool { state.pointee.systemFlags & Flag.virtual8086 != 0 }

    /// Protected mode, and not virtual-8086 mode: selectors are indices into descriptor tables.
    @inline(__always)
    var usesDescriptors: Bool { !isRealMode && !isVirtual8086 }

    // MARK: Descriptor tables

    /// The linear address of the descriptor that `selector` names; nil if it is outside its table.
    func descriptorAddress(_ selector: UInt16) -> UInt32? {
        let offset = UInt32(selector & 0xFFF8)
        if selector.isLocal {
            let ldtr = state.pointee.ldtr
            guard ldtr.isPresent, offset &+ 7 <= ldtr.limit else { return nil }
            return ldtr.base &+ offset
        }
        guard offset &+ 7 <= UInt32(state.pointee.gdtLimit) else { return nil }
        return state.pointee.gdtBase &+ offset
    }

    /// Reads the descriptor that `selector` names; throws `vector` with the selector (and `external`, the EXT bit) as
    /// error code if it is outside its table.
    func readDescriptor(
        _ selector: UInt16, orFault vector: UInt8 = Vector.generalProtection, external: UInt16 = 0
    ) throws(Fault) -> Descriptor {
        guard let address = descriptorAddress(selector) else {
            throw Fault(vector, errorCode: selector.errorCode | external)
        }
        return Descriptor(low: try readSystem32(address), high: try readSystem32(address &+ 4))
    }

    /// Sets the accessed bit of the code or data descriptor that `selector` names, in memory and in `descriptor`
    /// (SDM vol. 3A, 3.4.5.1).
    func markAccessed(_ selector: UInt16, _ descriptor: inout Descriptor) throws(Fault) {
        guard !descriptor.isAccessed, let address = descriptorAddress(selector) else { return }
        descriptor.high |= 1 << 8
        try writeSystem8(address &+ 5, UInt8(truncatingIfNeeded: descriptor.high >> 8))
    }

    // MARK: Loads

    /// `mov` and `pop` to a segment register other than CS, `lds` and its like: everything that SDM vol. 2 says under
    /// MOV. The register changes only if nothing faults.
    func loadSegment(_ index: UInt8, selector: UInt16) throws(Fault) {
        guard usesDescriptors else {
            setSegment(index, realModeSegment(index, selector: selector))
            return
        }
        if index == SegmentIndex.ss.rawValue {
            let privilege = state.pointee.cpl
            setSegment(index, try stackSegment(selector, privilege: privilege, orFault: Vector.generalProtection))
        } else {
            setSegment(index, try dataSegment(selector))
        }
    }

    /// What a load outside of protected mode makes of the segment register with number `index`.
    ///
    /// In real mode limit, granularity and type stay as they were loaded in protected mode: "unreal mode" and its 4 GiB
    /// segments rest on that (SDM vol. 3A, 9.9.2). CS allows everything there. Virtual-8086 mode has 64 KiB segments
    /// only (SDM vol. 3B, 20.2.1).
    func realModeSegment(_ index: UInt8, selector: UInt16) -> SegmentRegister {
        if isVirtual8086 {
            return SegmentRegister(realModeSelector: selector, privilege: 3)
        }
        var register = state.pointee.segments[Int(index & 7)]
        let fresh = SegmentRegister(realModeSelector: selector, privilege: 0)
        register.selector = selector
        register.base = fresh.base
        let kept: UInt16 = index == SegmentIndex.cs.rawValue ? 0xFF00 : 0xFF00 | SegmentAttribute.typeMask
        register.attributes = register.attributes & kept | fresh.attributes & ~kept
        register.updateExtents()
        return register
    }

    /// A segment register for DS, ES, FS or GS in protected mode.
    private func dataSegment(_ selector: UInt16) throws(Fault) -> SegmentRegister {
        guard !selector.isNullSelector else {
            var null = SegmentRegister()
            null.selector = selector
            return null
        }
        var descriptor = try readDescriptor(selector)
        guard descriptor.isReadable else { throw .generalProtection(selector.errorCode) }
        if !descriptor.isConforming {
            let weakest = max(state.pointee.cpl, selector.requestedPrivilege)
            guard descriptor.privilege >= weakest else { throw .generalProtection(selector.errorCode) }
        }
        guard descriptor.isPresent else { throw .notPresent(selector.errorCode) }
        try markAccessed(selector, &descriptor)
        return SegmentRegister(selector: selector, descriptor: descriptor)
    }

    /// A segment register for SS at the level `privilege`. `vector` is what to throw for a selector that cannot be
    /// used:
    /// #GP for loads, #TS for stacks from a TSS.
    func stackSegment(
        _ selector: UInt16, privilege: UInt8, orFault vector: UInt8, external: UInt16 = 0
    ) throws(Fault) -> SegmentRegister {
        guard !selector.isNullSelector else { throw Fault(vector, errorCode: external) }
        var descriptor = try readDescriptor(selector, orFault: vector, external: external)
        guard selector.requestedPrivilege == privilege, descriptor.privilege == privilege, descriptor.isWritableData
        else { throw Fault(vector, errorCode: selector.errorCode | external) }
        guard descriptor.isPresent else { throw .stackFault(selector.errorCode | external) }
        try markAccessed(selector, &descriptor)
        return SegmentRegister(selector: selector, descriptor: descriptor)
    }

    /// The one place where a segment register changes.
    func setSegment(_ index: UInt8, _ register: SegmentRegister) {
        state.pointee.segments[Int(index & 7)] = register
    }

    @inline(__always)
    func segment(_ index: SegmentIndex) -> SegmentRegister {
        state.pointee.segments[Int(index.rawValue & 7)]
    }

    /// Makes CS that of `register` with `eip`, at its privilege level, which is the RPL of the selector.
    func setCode(_ register: SegmentRegister, eip: UInt32) {
        setSegment(SegmentIndex.cs.rawValue, register)
        state.pointee.eip = eip
    }
}
