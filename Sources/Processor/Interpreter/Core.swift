/// What instruction handlers are written against: a pointer to the state, passed in a register.
///
/// Every instruction family is an extension of `Core` in a file of its own. `Core` is a trivial struct: copying it costs
/// nothing, and methods on it compile to plain functions of one pointer; no reference counting and no exclusivity checks
/// happen on the way.
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

    init(memory: PhysicalMemory, processor: Processor) {
        self.memory = MemoryContext(memory: memory)
        self.processor = .passUnretained(processor)
        model = processor.model
    }
}
