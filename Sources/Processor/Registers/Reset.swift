extension Core {
    /// The state after a hardware reset (SDM vol. 3A, table 9-1). The clock goes on, and so does the A20 gate, which is
    /// not the processor's.
    func resetState() {
        let steps = state.pointee.steps
        let a20Mask = state.pointee.a20Mask
        let model = context.pointee.model
        var fresh = ProcessorState()
        fresh.steps = steps
        fresh.iterations = state.pointee.iterations
        fresh.a20Mask = a20Mask
        fresh.flagsMask = model.flags
        fresh.timestampOffset = 0 &- steps
        fresh.interruptShadowEnd = 0
        fresh.general[2] = model.signature
        fresh.cr0 =
            (ControlRegister.cacheDisable | ControlRegister.notWriteThrough) & model.controlRegister0
            | model.fixedControlRegister0
        for index in 0..<6 {
            fresh.segments[index] = SegmentRegister(realModeSelector: 0, privilege: 0)
        }
        // A system segment of 64 KiB at 0, of the LDT type and of a busy TSS.
        fresh.ldtr.limit = 0xFFFF
        fresh.ldtr.attributes = SegmentAttribute.present | UInt16(SystemType.ldt)
        fresh.tr.limit = 0xFFFF
        fresh.tr.attributes = SegmentAttribute.present | UInt16(SystemType.busyTSS32)
        // The first instruction is fetched from the top of the address space, until the first far jump.
        fresh.segments[1].selector = 0xF000
        fresh.segments[1].base = 0xFFFF_0000
        fresh.eip = 0xFFF0
        fresh.gdtLimit = 0xFFFF
        fresh.idtLimit = 0xFFFF
        fresh.debugRegisters[6] = DebugStatus.fixed
        fresh.debugRegisters[7] = DebugControl.fixed
        state.pointee = fresh
        context.pointee.faultChain = FaultChain()
        flushTLB(includingGlobal: true)
        selectTables()
    }
}
