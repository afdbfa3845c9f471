import KernelABI
import KernelAssembly

/// What the kernel says when it has failed itself: an exception in ring 0 is a defect of the kernel, never of a
/// program.
enum ExceptionReport {
    /// Reports an exception in kernel mode, and halts with status 2.
    static func stop(_ frame: UnsafePointer<TrapFrame>) -> Never {
        let registers = frame.pointee
        heading(vector: registers.vector, error: registers.error)
        // An exception in ring 0 pushes neither ESP nor SS: the stack went on where the frame's EFLAGS end.
        let stack = UInt32(UInt(bitPattern: frame)) + UInt32(MemoryLayout<TrapFrame>.size - 8)
        general(registers.eax, registers.ebx, registers.ecx, registers.edx)
        Log.line("  esi ").address(registers.esi).text("  edi ").address(registers.edi)
            .text("  ebp ").address(registers.ebp).text("  esp ").address(stack).end()
        control(eip: registers.eip, eflags: registers.eflags, cs: registers.cs)
        backtrace(eip: registers.eip, ebp: registers.ebp)
        Power.halt(status: 2)
    }

    /// Reports a double fault from the registers that the task switch saved in the main TSS, and halts with status 2.
    static func stopDoubleFault() -> Never {
        heading(vector: 8, error: 0)
        general(TaskState.saved(40), TaskState.saved(52), TaskState.saved(44), TaskState.saved(48))
        Log.line("  esi ").address(TaskState.saved(64)).text("  edi ").address(TaskState.saved(68))
            .text("  ebp ").address(TaskState.saved(60)).text("  esp ").address(TaskState.saved(56)).end()
        control(eip: TaskState.saved(32), eflags: TaskState.saved(36), cs: TaskState.saved(76))
        backtrace(eip: TaskState.saved(32), ebp: TaskState.saved(60))
        Power.halt(status: 2)
    }

    private static func heading(vector: UInt32, error: UInt32) {
        Log.takeScreen()
        let log = Log.line("kernel failure: ", .error).text(ExceptionName.text(vector))
            .text(" (").decimal(vector).text(")")
        ExceptionName.explain(log, vector: vector, error: error)
        log.end()
    }

    private static func general(_ eax: UInt32, _ ebx: UInt32, _ ecx: UInt32, _ edx: UInt32) {
        Log.line("  eax ").address(eax).text("  ebx ").address(ebx).text("  ecx ").address(ecx).text("  edx ")
            .address(edx).end()
    }

    private static func control(eip: UInt32, eflags: UInt32, cs: UInt32) {
        Log.line("  eip ").address(eip).text("  eflags ").address(eflags).text("  cs ").hexadecimal(
            UInt64(cs), digits: 4
        )
        .end()
        Log.line("  cr0 ").address(read_cr0()).text("  cr2 ").address(read_cr2()).text("  cr3 ").address(read_cr3())
            .end()
    }

    /// Follows the chain of stack frames, each of which the compiler begins with the caller's EBP and the return
    /// address.
    private static func backtrace(eip: UInt32, ebp: UInt32) {
        line(eip, behind: 0)
        var frame = ebp
        for _ in 0..<32 {
            guard frame & 3 == 0, KernelSpace.isReadable(frame), KernelSpace.isReadable(frame &+ 7),
                let words = UnsafePointer<UInt32>(bitPattern: UInt(frame))
            else { return }
            let caller = words[0]
            guard words[1] != 0 else { return }
            // A call that does not return may be the last instruction of its function: one byte before is inside.
            line(words[1], behind: 1)
            guard caller > frame else { return }
            frame = caller
        }
    }

    /// Names the function that the byte `behind` bytes before `address` lies in.
    private static func line(_ address: UInt32, behind: UInt32) {
        let log = Log.line("  at ").address(address).text("  ")
        if let (name, offset) = Symbols.find(address &- behind) {
            log.cString(name, limit: 512).text(" + ").decimal(offset &+ behind)
        } else {
            log.text("?")
        }
        log.end()
    }
}

/// The double fault's task begins here: see traps.S.
@c(kernel_double_fault)
func kernelDoubleFault() {
    ExceptionReport.stopDoubleFault()
}
