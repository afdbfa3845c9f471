// Martlet's microkernel.
//
// The constraint: a kernel can be told what to do by programs that are wrong or hostile, and has nobody to ask for
// help. So it holds mechanism only: address spaces, threads, messages between them, capabilities that name all of
// these, interrupts and faults turned into messages, a clock. What to do about a fault, how a program is loaded, what a
// key means, is decided in user space, beginning with the process manager.
//
// The choice: every object is named by a slot of the caller's capability table; the kernel runs with interrupts off and
// never waits in the middle of its own code, so a thread that is not running is no more than its registers; memory for
// objects comes from frames, and running out of it is an error code; nothing is allocated through Swift's runtime after
// start-up.
//
// A reading order, as things happen: KernelAssembly/start.S, `Kernel.main` below, Start/KernelStart.swift; then
// KernelAssembly/traps.S, Processor/Traps.swift, SystemCalls/SystemCalls.swift, Messages/Messages.swift. For example, a
// keyboard driver's wait for a key is a `receive` (SystemCalls/Receive.swift); the key's interrupt enters through
// traps.S and Traps.swift, becomes a notice in Objects/InterruptLines.swift, which ends the driver's wait by writing
// into its saved registers; and Threads/Scheduler.swift resumes the driver instead of whoever was interrupted.

/// Called by start.S.
@main
struct Kernel {
    static func main() {
        Log.initialise()
        SerialPort.initialise()
        TextScreen.initialise()
        KernelStart.begin()
    }
}
