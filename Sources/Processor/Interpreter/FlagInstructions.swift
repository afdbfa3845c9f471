/// Instructions whose effect on IF and its like depends on privilege: SDM vol. 3B, 20.3.3 for virtual-8086 mode and its
/// extensions, vol. 2 under their names.
extension Core {
    /// What `pushf` pushes: RF and VM read as zero.
    func flagsForPush(operandSize: UInt32) throws(Fault) -> UInt32 {
        var flags = eflags & ~(Flag.resume | Flag.virtual8086)
        if isVirtual8086, ioPrivilege < 3 {
            guard state.pointee.cr4 & ControlRegister.virtual8086Extensions != 0, operandSize == 2 else {
                throw .generalProtection(0)
            }
            flags = flags & ~Flag.interrupt | Flag.ioPrivilege
            if flags & Flag.virtualInterrupt != 0 { flags |= Flag.interrupt }
        }
        return flags
    }

    /// Throws what `popf` throws before it reads the stack.
    func checkPopFlags(operandSize: UInt32) throws(Fault) {
        guard isVirtual8086, ioPrivilege < 3 else { return }
        guard state.pointee.cr4 & ControlRegister.virtual8086Extensions != 0, operandSize == 2 else {
            throw .generalProtection(0)
        }
    }

    /// What `popf` does with the value that it took from the stack. Throws with nothing changed.
    func popFlags(_ value: UInt32, operandSize: UInt32) throws(Fault) {
        try checkPopFlags(operandSize: operandSize)
        var mask =
            Flag.arithmetic | Flag.trap | Flag.direction | Flag.nestedTask | Flag.alignmentCheck | Flag.identification
        if isVirtual8086, ioPrivilege < 3 {
            let isPending = state.pointee.systemFlags & Flag.virtualInterruptPending != 0
            if value & Flag.trap != 0 || isPending && value & Flag.interrupt != 0 { throw .generalProtection(0) }
            setFlags(value, mask: mask & 0xFFFF)
            setFlags(value & Flag.interrupt != 0 ? Flag.virtualInterrupt : 0, mask: Flag.virtualInterrupt)
            return
        }
        if state.pointee.cpl <= ioPrivilege { mask |= Flag.interrupt }
        if state.pointee.cpl == 0 { mask |= Flag.ioPrivilege }
        if operandSize == 2 {
            setFlags(value, mask: mask & 0xFFFF)
        } else {
            setFlags(value & ~Flag.resume, mask: mask | Flag.resume)
        }
    }

    /// `cli`.
    func clearInterruptFlag() throws(Fault) {
        if state.pointee.cpl <= ioPrivilege {
            setFlags(0, mask: Flag.interrupt)
        } else if usesVirtualInterruptFlag {
            setFlags(0, mask: Flag.virtualInterrupt)
        } else {
            throw .generalProtection(0)
        }
    }

    /// `sti`: interrupts are held back for one more instruction if they were before (SDM vol. 2, STI).
    func setInterruptFlag() throws(Fault) {
        if state.pointee.cpl <= ioPrivilege {
            if state.pointee.systemFlags & Flag.interrupt == 0 {
                holdInterrupts()
            }
            setFlags(Flag.interrupt, mask: Flag.interrupt)
        } else if usesVirtualInterruptFlag, state.pointee.systemFlags & Flag.virtualInterruptPending == 0 {
            setFlags(Flag.virtualInterrupt, mask: Flag.virtualInterrupt)
        } else {
            throw .generalProtection(0)
        }
    }

    /// `cli` and `sti` act on VIF: virtual-8086 mode with VME, or privilege level 3 with PVI.
    private var usesVirtualInterruptFlag: Bool {
        let cr4 = state.pointee.cr4
        return isVirtual8086
            ? cr4 & ControlRegister.virtual8086Extensions != 0
            : state.pointee.cpl == 3 && cr4 & ControlRegister.protectedVirtualInterrupts != 0
    }

    /// VIF and VIP are both set where they count: #GP before the next instruction, so that the monitor can deliver the
    /// interrupt (SDM vol. 3B, 20.3.2). Only `popf`, `iret` and task switches lead here.
    var virtualInterruptIsDue: Bool {
        let both = Flag.virtualInterrupt | Flag.virtualInterruptPending
        return _slowPath(state.pointee.systemFlags & both == both) && usesVirtualInterruptFlag
    }

    /// Interrupts are recognised only after the instruction that follows this one: `sti`, `mov ss` and `pop ss`. To be
    /// called by the instruction, with ``ProcessorState/steps`` not counting it yet.
    func holdInterrupts() {
        state.pointee.interruptShadowEnd = state.pointee.steps &+ 1
    }

    /// As ``holdInterrupts()``, because a stack pointer is loaded in two instructions: no single-step trap follows, an
    /// instruction breakpoint at the next instruction is suppressed as if RF were set, and a data breakpoint waits
    /// until that instruction is done (SDM vol. 3A, 6.8.3).
    func holdInterruptsAndTraps() {
        holdInterrupts()
        context.pointee.suppressesTrap = true
        setFlags(Flag.resume, mask: Flag.resume)
    }

    /// The last instruction was `mov ss` or `pop ss`: only they end RF and the interrupt shadow at the same step.
    var holdsDebugExceptions: Bool {
        state.pointee.interruptShadowEnd == state.pointee.resumeEnd && isResuming
    }

    /// `hlt`.
    func halt() throws(Fault) {
        try requireFullPrivilege()
        state.pointee.halted = true
    }
}
