import KernelABI
import KernelAssembly

/// Every entry into the kernel but `sysenter`, from the stubs in traps.S, and every way out: what it returns are the
/// registers to resume.
@c(kernel_trap)
func kernelTrap(_ frame: UnsafeMutablePointer<TrapFrame>) -> UnsafeMutablePointer<TrapFrame> {
    let isUser = frame.pointee.cs & 3 == 3
    let vector = frame.pointee.vector
    if vector == UInt32(systemCallVector) { return kernelSystemCall(frame) }
    let isInterrupt = vector >= InterruptController8259.firstVector && vector < InterruptController8259.firstVector + 16
    guard isUser || isInterrupt else {
        // User code that has set TF takes it along through `sysenter`: the kernel's first instruction is a trap.
        guard vector == 1, frame.pointee.eip == address_of_sysenter_entry() else { ExceptionReport.stop(frame) }
        frame.pointee.eflags &= ~0x100
        return frame
    }

    ProcessorTime.enterKernel()
    let thread = Scheduler.current!
    thread.pointee.frame = frame
    Threads.buryDying()
    if isInterrupt {
        interrupt(vector - InterruptController8259.firstVector)
    } else if vector == 2 || vector == 18 {
        // Not the thread's doing: the machine reports a defect.
        ExceptionReport.stop(frame)
    } else if vector == 7, FloatingPoint.load(thread) {
        // The registers are the thread's now.
    } else if vector == 13, Ports.load(thread.pointee.process) {
        // The instruction is tried again, and refused again if the port is none of the process's.
    } else {
        Faults.raise(thread, address: vector == 14 ? read_cr2() : 0)
    }
    return leaveKernel()
}

/// System calls, by `int 0x80` and by `sysenter`.
@c(kernel_system_call)
func kernelSystemCall(_ frame: UnsafeMutablePointer<TrapFrame>) -> UnsafeMutablePointer<TrapFrame> {
    FastPath.enter(frame) ?? slowSystemCall(frame)
}

@inline(never)
private func slowSystemCall(_ frame: UnsafeMutablePointer<TrapFrame>) -> UnsafeMutablePointer<TrapFrame> {
    ProcessorTime.enterKernel()
    let thread = Scheduler.current!
    thread.pointee.frame = frame
    Threads.buryDying()
    if frame.pointee.vector == FastPath.sysenterVector, !FastPath.completeFrame(frame) {
        frame.pointee.eax = UInt32(bitPattern: KernelError.badAddress.rawValue)
    } else {
        SystemCalls.dispatch(Caller(thread: thread))
    }
    return leaveKernel()
}

private func leaveKernel() -> UnsafeMutablePointer<TrapFrame> {
    // There may be much to do: interrupts have their turn, and what is left is done on the next way out.
    while Clock.endNext() || Endings.step() {
        if !Processes.areThreadsCondemned, InterruptController8259.isPending { break }
    }
    ProcessorTime.leaveKernel(Scheduler.current)
    let frame = Scheduler.resume()
    if Scheduler.current == Scheduler.idle { Clock.beginIdle() }
    return frame
}

private func interrupt(_ line: UInt32) {
    guard !InterruptController8259.isSpurious(line) else { return }
    Clock.interrupt(isTimer: line == 0)
    if line == 0 {
        InterruptController8259.endOfInterrupt(0)
    } else {
        InterruptLines.handle(line)
    }
}
