/// What stands between an x87 instruction and its execution, and how errors are reported.
///
/// **Constraint.** An exception that is not masked belongs to the instruction that found it, but is reported by the
/// next one that waits. There are two ways to report (SDM vol. 1, 8.7): with CR0.NE set, by #MF. With CR0.NE clear, as
/// a PC/AT with a coprocessor of its own did: the processor asserts FERR#, the board turns that into IRQ 13, and the
/// processor stands still before the instruction until some interrupt comes; the handler writes to port F0h, by which
/// the board asserts IGNNE#, so that the handler itself can execute x87 instructions, and clears the exceptions.
///
/// **Choice.** FERR# is asserted by the instruction that waits, not by the one that failed: the Pentium and the P6
/// defer it. Standing still is a ``Fault`` that the run loop does not deliver but turns into a halt with EIP at the
/// instruction.
///
/// **Example.** `fdiv` by zero, unmasked, NE clear: ZE, ES and B are set, execution goes on. The next instruction is
/// `fstp`: FERR# goes to the board, whose interrupt controller asks for IRQ 13, and the processor waits. The handler
/// writes F0h, stores the status word and executes `fnclex`: FERR# goes away and, with it, IGNNE#.
extension Core {
    /// Reports an exception that is still pending: for every instruction that waits, MMX included.
    @inline(__always)
    func reportPendingX87Error() throws(Fault) {
        if _slowPath(state.pointee.x87.status & X87Status.errorSummary != 0) {
            try reportX87Error()
        }
    }

    @inline(never)
    private func reportX87Error() throws(Fault) {
        if state.pointee.cr0 & ControlRegister.numericError != 0 { throw Fault(Vector.floatingPoint) }
        if !state.pointee.x87.errorOutput {
            state.pointee.x87.errorOutput = true
            context.pointee.processor._withUnsafeGuaranteedRef { $0.bus?.numericErrorChanged(true) }
        }
        if !state.pointee.x87.ignoresErrors { throw .standstill }
    }

    /// Recomputes ES and B, and FERR# with them: after the control word or the exceptions have changed.
    func updateX87Errors() {
        state.pointee.x87.updateErrorSummary()
        let isPending = state.pointee.x87.status & X87Status.errorSummary != 0
        if state.pointee.x87.errorOutput && !isPending {
            state.pointee.x87.errorOutput = false
            context.pointee.processor._withUnsafeGuaranteedRef { $0.bus?.numericErrorChanged(false) }
        }
    }

    /// `wait`.
    func waitForX87() throws(Fault) {
        let mask = ControlRegister.monitorCoprocessor | ControlRegister.taskSwitched
        if state.pointee.cr0 & mask == mask { throw Fault(Vector.deviceNotAvailable) }
        try reportPendingX87Error()
    }
}

extension Fault {
    /// Not an exception: the processor stands still before the instruction until an interrupt comes (vector 255 with an
    /// error code is nothing that an instruction could throw).
    static let standstill = Fault(255, errorCode: 0xFFFF)
}
