/// What instruction handlers are written against: a pointer to the state, passed in a register.
///
/// Every instruction family is an extension of `Core` in a file of its own. `Core` is a trivial struct: copying it
/// costs nothing, and methods on it compile to plain functions of one pointer; no reference counting and no exclusivity
/// checks happen on the way.
@usableFromInline
struct Core {
    /// Valid as long as the ``Processor`` that allocated it lives; one thread owns both.
    @usableFromInline
    let context: UnsafeMutablePointer<Context>

    @inline(__always)
    init(_ context: UnsafeMutablePointer<Context>) {
        self.context = context
    }

    @inline(__always)
    var state: UnsafeMutablePointer<ProcessorState> {
        // The state is the first member of the context, so both have the same address.
        UnsafeMutableRawPointer(context).assumingMemoryBound(to: ProcessorState.self)
    }
}

/// The architectural state and, behind it, what the engine needs at hand: not part of a snapshot, but for the
/// translations in ``memory``.
@usableFromInline
struct Context {
    /// Must stay first: see ``Core/state``.
    @usableFromInline
    var state = ProcessorState()
    /// TLB and host addresses.
    @usableFromInline
    var memory: MemoryContext
    /// What the processor can do.
    let model: ProcessorModel
    /// The exceptions of the last delivery.
    var faultChain = FaultChain()
    /// The owner of this context; outlives it.
    let processor: Unmanaged<Processor>

    /// Decoded code.
    var code = CodeCache()
    /// The running instruction; a slot of the code cache, so that the slot behind it can be written.
    var current: InstructionPointer
    /// The slot of the last instruction that ``ProcessorState/steps`` counts, or a block's header: what lies behind it,
    /// up to ``current``, is still to be counted.
    var counted: InstructionPointer
    /// The step count up to which blocks may run without the run loop looking around.
    var limit: UInt64 = 0
    /// The pages whose blocks are at hand.
    let fetchPages: UnsafeMutablePointer<FetchPage>
    /// In bits 32-63; see ``FetchPage/tag``.
    var fetchGeneration: UInt64 = 1 << 32
    /// The blocks that were last found.
    let recentBlocks: UnsafeMutablePointer<RecentBlock>
    /// In bits 32-63; see ``RecentBlock/tag``.
    var recentGeneration: UInt64 = 1 << 32
    /// Instructions of later processors are invalid.
    let generation: ProcessorGeneration
    /// Where to note what was executed; nil unless somebody asked.
    let coverage = RowCoverage.shared
    /// ``Processor/requestExit()`` was called.
    var exitRequested = false
    /// There is no single-step trap behind the instruction: it has entered a handler, which cleared TF, or loaded SS.
    var suppressesTrap = false
    /// The linear addresses in ``Processor/breakpoints``.
    var breakpoints: UnsafeMutablePointer<UInt32>
    var breakpointCount = 0
    /// There are ``Processor/breakpoints`` or ``Processor/physicalBreakpoints``.
    var hasBreakpoints = false
    var hasPhysicalBreakpoints = false
    /// ``Processor/eventListener`` is there.
    var hasEventListener = false
    /// ``Processor/watches`` has one of linear memory.
    var watchesLinear = false
    /// ``Processor/watches`` has one of reads of physical memory.
    var watchesPhysicalReads = false
    /// The step of the first access to watched memory: the run ends behind it.
    var watchedStep = UInt64.max
    /// ``Processor/observer`` is there.
    var isObserved = false
    /// It wants to see ``Processor/observedCode`` only.
    var observesCode = false
    /// It wants to see the step that is under way.
    var observesStep = false
    /// Blocks end before certain addresses: ``hasBreakpoints`` or ``observesCode``.
    var looksForAddresses = false
    /// What the processor is doing.
    var activity = Activity.nothing
    /// The page walk is writing.
    var isWalking = false

    init(memory: PhysicalMemory, processor: Processor) {
        self.memory = MemoryContext(memory: memory)
        self.processor = .passUnretained(processor)
        model = processor.model
        generation = processor.model.generation
        current = code.scratch
        fetchPages = .allocate(capacity: FetchPage.count)
        fetchPages.initialize(repeating: FetchPage(), count: FetchPage.count)
        recentBlocks = .allocate(capacity: RecentBlock.count)
        recentBlocks.initialize(repeating: RecentBlock(), count: RecentBlock.count)
        counted = code.scratch - 1
        breakpoints = .allocate(capacity: 1)
    }
}
