/// EFLAGS as a whole, and who may change which of its bits.
extension Core {
    /// All flags. RF as ``isResuming`` says.
    var eflags: UInt32 {
        let flags = state.pointee.eflags
        return isResuming ? flags : flags & ~Flag.resume
    }

    /// Replaces the flags in `mask` by those of `value`.
    func setFlags(_ value: UInt32, mask: UInt32) {
        let mask = mask & state.pointee.flagsMask
        if mask & Flag.arithmetic != 0 {
            state.pointee.eflags = state.pointee.eflags & ~mask | value & mask
        } else {
            state.pointee.systemFlags = state.pointee.systemFlags & ~mask | value & mask
        }
        if mask & value & Flag.resume != 0 {
            state.pointee.resumeEnd = state.pointee.steps &+ 1
        }
        if mask & Flag.alignmentCheck != 0 { selectTables() }
    }

    /// RF is set and no instruction has completed since the one that set it: the processor clears RF after every
    /// instruction (SDM vol. 3B, 17.3.1.1), which is found out here instead of being done there.
    var isResuming: Bool {
        state.pointee.systemFlags & Flag.resume != 0 && state.pointee.steps <= state.pointee.resumeEnd
    }

    /// I/O privilege level, 0...3.
    @inline(__always)
    var ioPrivilege: UInt8 { UInt8(truncatingIfNeeded: state.pointee.systemFlags >> 12) & 3 }

    func setZeroFlag(_ value: Bool) {
        setFlags(value ? Flag.zero : 0, mask: Flag.zero)
    }
}
