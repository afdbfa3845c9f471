import KernelABI
import KernelAssembly

/// Every entry into the kernel, from the stubs in traps.S, and every way out: what it returns are the registers to
/// resume.
@c(kernel_trap)
func kernelTrap(_ frame: UnsafeMutablePointer<TrapFrame>) -> UnsafeMutablePointer<TrapFrame> {
    let isUser = frame.pointee.cs & 3 == 3
    let vector = frame.pointee.vector
    let isInterrupt = vector >= InterruptController8259.firstVector && vector < InterruptController8259.firstVector + 16
    guard isUser || isInterrupt else { ExceptionReport.stop(frame) }

    let thread = Scheduler.current!
    thread.pointee.frame = frame
    Threads.buryDying()
    if isInterrupt {
        interrupt(vector - InterruptController8259.firstVector)
    } else if vector == UInt32(systemCallVector) {
        SystemCalls.dispatch(Caller(thread: thread))
    } else if vector == 2 || vector == 18 {
        // Not the thread's doing: the machine reports a defect.
        ExceptionReport.stop(frame)
    } else if vector == 13, Ports.load(thread.pointee.process) {
        // The instruction is tried again, and refused again if the port is none of the process's.
    } else {
        Faults.raise(thread, address: vector == 14 ? read_cr2() : 0)
    }
    while Threads.endCondemned() || Processes.endCondemned() {}
    return Scheduler.resume()
}

private func interrupt(_ line: UInt32) {
    guard !InterruptController8259.isSpurious(line) else { return }
    if line == 0 {
        InterruptController8259.endOfInterrupt(0)
        Clock.tick()
    } else {
        InterruptLines.handle(line)
    }
}
