import KernelABI
import KernelAssembly
import KernelLogic

/// The registers of x87, MMX and SSE, which belong to one thread at a time.
///
/// The constraint: they are 108 or 512 bytes, which most threads never touch. The choice: they are switched when a
/// thread touches them whose they are not. Until then CR0.TS makes each instruction for them a *device not available*
/// exception; it is set whenever another thread runs than the one whose registers are in the unit. A thread begins with
/// registers of zeros, never with what another has left: its first state is restored like any other, from a template.
/// The states are charged to their threads' accounts.
enum FloatingPoint {
    /// Whose registers are in the unit.
    private nonisolated(unsafe) static var owner: ThreadReference?
    /// CR0.TS is clear: the owner runs.
    private nonisolated(unsafe) static var isUsable = false
    private(set) nonisolated(unsafe) static var isPresent = false
    /// The processor has SSE registers, or at least `fxsave`.
    private nonisolated(unsafe) static var isExtended = false

    /// Bytes of a state: as many as `fxsave` wants.
    static var stateSize: Int { 512 }

    private static var monitorCoprocessor: UInt32 { 2 }
    private static var emulation: UInt32 { 4 }
    private static var taskSwitched: UInt32 { 8 }
    private static var numericError: UInt32 { 32 }

    /// Looks for the unit; without one, its instructions are faults of the threads that execute them.
    static func initialise() {
        let cr0 = read_cr0() & ~(emulation | taskSwitched)
        write_cr0(cr0)
        isPresent = CPU.knowsFeatures ? CPU.hasFloatingPoint : fpu_is_present() != 0
        isExtended = isPresent && CPU.hasExtendedState
        guard isPresent else {
            write_cr0(cr0 | emulation | taskSwitched)
            return
        }
        write_cr0(cr0 | monitorCoprocessor | numericError | taskSwitched)
        // OSFXSR and OSXMMEXCPT: SSE may be used, and its exceptions are vector 19.
        if isExtended { write_cr4(read_cr4() | (CPU.hasSSE ? 0x600 : 0x200)) }
    }

    /// Called when another thread begins to run.
    @inline(__always)
    static func prepare(_ thread: ThreadReference) {
        let shallBe = owner == thread
        guard shallBe != isUsable else { return }
        isUsable = shallBe
        if shallBe { clear_task_switched() } else { write_cr0(read_cr0() | taskSwitched) }
    }

    /// The current thread has used an instruction for the unit: its registers are put there. False if there is no unit,
    /// or no memory for them.
    static func load(_ thread: ThreadReference) -> Bool {
        guard isPresent, !isUsable else { return false }
        if thread.pointee.floatingPoint == nil {
            guard let state = try? Accounts.allocateState(from: thread.pointee.process.pointee.account) else {
                return false
            }
            state.initializeMemory(as: UInt32.self, repeating: 0, count: stateSize / 4)
            if isExtended {
                state.storeBytes(of: 0x37F, as: UInt16.self)  // all exceptions masked, 64 bits of precision
                state.storeBytes(of: 0x1F80, toByteOffset: 24, as: UInt32.self)  // MXCSR: all masked
            } else {
                state.storeBytes(of: 0xFFFF_037F, as: UInt32.self)
                state.storeBytes(of: 0xFFFF_0000, toByteOffset: 4, as: UInt32.self)
                state.storeBytes(of: 0xFFFF_FFFF, toByteOffset: 8, as: UInt32.self)  // all registers empty
            }
            thread.pointee.floatingPoint = state
        }
        clear_task_switched()
        if let old = owner?.pointee.floatingPoint { isExtended ? fpu_save_extended(old) : fpu_save(old) }
        owner = thread
        isUsable = true
        if let state = thread.pointee.floatingPoint {
            isExtended ? fpu_restore_extended(state) : fpu_restore(state)
        }
        return true
    }

    /// Frees the state of a thread that ends.
    static func release(_ thread: ThreadReference) {
        if owner == thread {
            owner = nil
            if isUsable { write_cr0(read_cr0() | taskSwitched) }
            isUsable = false
        }
        guard let state = thread.pointee.floatingPoint else { return }
        thread.pointee.floatingPoint = nil
        Accounts.releaseState(state)
    }
}
