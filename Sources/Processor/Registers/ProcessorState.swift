/// The whole architectural state of the processor, in one fixed-layout struct.
///
/// The state lives behind one pointer for the whole life of a ``Processor``, is trivially copyable (no references), and
/// every field can be reached by its byte offset (`MemoryLayout<ProcessorState>.offset(of:)`), so that generated code
/// can use the same state as the interpreter. A snapshot of the processor is a copy of this struct and of the TLB.
public struct ProcessorState: Sendable {
    /// EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI in the order of instruction encoding; slot 8 is always zero, so that an
    /// address without base or index register needs no branch. The other slots are unused.
    public var general = InlineArray<16, UInt32>(repeating: 0)
    /// Offset of the current instruction in the code segment.
    public var eip: UInt32 = 0

    /// The arithmetic flags, computed when something asks (``LazyFlags``).
    public var arithmeticFlags = LazyFlags()
    /// EFLAGS without the six arithmetic flags (CF, PF, AF, ZF, SF, OF), which ``arithmeticFlags`` holds; bit 1 is set.
    public var systemFlags: UInt32 = 2

    /// ES, CS, SS, DS, FS, GS: the order of ``SegmentIndex``. Slots 6 and 7 are unused.
    public var segments = InlineArray<8, SegmentRegister>(repeating: SegmentRegister())
    public var ldtr = SegmentRegister()
    public var tr = SegmentRegister()
    public var gdtBase: UInt32 = 0
    public var gdtLimit: UInt16 = 0
    public var idtBase: UInt32 = 0
    public var idtLimit: UInt16 = 0

    public var cr0: UInt32 = 0
    public var cr2: UInt32 = 0
    public var cr3: UInt32 = 0
    public var cr4: UInt32 = 0
    /// The page-directory-pointer-table entries that the last load of CR3 (or of CR0 or CR4) read: with PAE these are
    /// translated with, whatever became of them in memory (SDM vol. 3A, 4.4.1).
    public var pageDirectoryPointers = InlineArray<4, UInt64>(repeating: 0)
    public var debugRegisters = InlineArray<8, UInt32>(repeating: 0)
    /// TR3-TR7, of a 386 or 486.
    public var testRegisters = InlineArray<8, UInt32>(repeating: 0)
    public var modelSpecific = ModelSpecificRegisters()
    /// Current privilege level, 0...3. 3 in virtual-8086 mode, 0 in real mode.
    public var cpl: UInt8 = 0
    /// What physical addresses are masked with: all ones, or bit 20 clear while the A20 gate is closed.
    public var a20Mask: UInt32 = 0xFFFF_FFFF

    /// Steps since reset: retired instructions, iterations of `rep`, delivered exceptions and interrupts. The machine's
    /// only clock. Exact whenever code outside the run loop can see it.
    public var steps: UInt64 = 0
    /// What is added to the clock's reading by `rdtsc` (changed by writes to the TSC MSR).
    public var timestampOffset: UInt64 = 0

    /// The INTR pin: the interrupt controller wants an INTA cycle.
    public var interruptRequested = false
    /// The NMI latch.
    public var nmiRequested = false
    /// NMIs are held back from the delivery of one to the next `iret` (SDM vol. 3A, 6.7.1).
    public var nmiBlocked = false
    /// The step count up to which interrupts are held back after `sti`, `mov ss` or `pop ss` (SDM vol. 3A, 6.8.3).
    public var interruptShadowEnd: UInt64 = 0
    /// Bits of DR6 for the debug exception that comes before the next instruction: the last one was executed with TF
    /// set, or met data breakpoints (SDM vol. 3B, 17.3.1).
    public var pendingDebugStatus: UInt32 = 0
    /// RF, if set, holds while ``steps`` is not above this: it covers one instruction (SDM vol. 3B, 17.3.1.1).
    public var resumeEnd: UInt64 = 0
    /// The flags that this model of processor has.
    public var flagsMask: UInt32 = 0x003F_7FD5
    /// `hlt` was executed and nothing has woken the processor since.
    public var halted = false

    /// The FPU, whose registers MMX shares. Unused in a model that has none.
    public var x87 = X87State()

    /// XMM0...XMM7. Unused in a model without SSE.
    public var xmm = InlineArray<8, XMM>(repeating: XMM())
    /// Control and status of SSE (``MXCSR``).
    public var mxcsr = MXCSR.initial

    /// How many of ``steps`` were iterations of repeated string instructions. No guest can see it, and files do not
    /// have it: it says how much work the steps were.
    public var iterations: UInt64 = 0

    public init() {}
}
