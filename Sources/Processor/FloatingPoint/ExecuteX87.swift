/// The switch over the x87 instructions.
extension Core {
    /// Executes one x87 instruction. ``ProcessorState/eip`` is still that of its block.
    ///
    /// There is no FPU yet: with CR0.EM or CR0.TS set its instructions raise #NM, otherwise nothing answers (SDM vol. 3A,
    /// section 2.5).
    @inline(never)
    func executeX87(_ instruction: InstructionPointer) throws(Fault) {
        let mask = ControlRegister.emulation | ControlRegister.taskSwitched
        if state.pointee.cr0 & mask != 0 { throw Fault(Vector.deviceNotAvailable) }
    }
}
