/// `sysenter` and `sysexit` (SDM vol. 2, SYSENTER and SYSEXIT): between levels 3 and 0 without tables.
///
/// Segments are not loaded but made: flat, whatever the descriptors say that the selectors name.
extension Core {
    /// `sysenter`, from any level and from virtual-8086 mode. TF stays, so that a debugger steps into the kernel.
    func systemEnter() throws(Fault) {
        let selector = try fastCallSelector()
        setFlags(0, mask: Flag.virtual8086 | Flag.interrupt | Flag.resume)
        setPrivilege(0)
        setSegment(SegmentIndex.ss.rawValue, SegmentRegister(flat: selector &+ 8, type: 3, privilege: 0))
        state.pointee.general[4] = state.pointee.modelSpecific.sysenterESP
        setCode(
            SegmentRegister(flat: selector, type: 11, privilege: 0), eip: state.pointee.modelSpecific.sysenterEIP)
    }

    /// `sysexit`: to EDX with the stack at ECX.
    func systemExit() throws(Fault) {
        let selector = try fastCallSelector()
        try requireFullPrivilege()
        setPrivilege(3)
        setSegment(SegmentIndex.ss.rawValue, SegmentRegister(flat: (selector &+ 24) | 3, type: 3, privilege: 3))
        state.pointee.general[4] = state.pointee.general[1]
        setCode(
            SegmentRegister(flat: (selector &+ 16) | 3, type: 11, privilege: 3), eip: state.pointee.general[2])
    }

    /// The kernel's code selector, after the checks that both instructions make.
    private func fastCallSelector() throws(Fault) -> UInt16 {
        guard context.pointee.model.has(CPUFeature.fastSystemCalls) else { throw .invalidOpcode }
        let selector = UInt16(truncatingIfNeeded: state.pointee.modelSpecific.sysenterCS)
        guard !isRealMode, !selector.isNullSelector else { throw .generalProtection(0) }
        return selector & 0xFFFC
    }
}

extension SegmentRegister {
    /// A 32-bit segment of 4 GiB at 0. `type`: the four type bits.
    fileprivate init(flat selector: UInt16, type: UInt16, privilege: UInt8) {
        self.init()
        self.selector = selector
        attributes =
            SegmentAttribute.granularity | SegmentAttribute.big | SegmentAttribute.present | SegmentAttribute.nonSystem
            | UInt16(privilege) << SegmentAttribute.privilegeShift | type
        limit = 0xFFFF_FFFF
        updateExtents()
    }
}
