/// Why ``Processor/run(until:)`` came back.
public enum RunExit: Equatable, Sendable {
    /// ``Processor/steps`` has reached the deadline.
    case deadline
    /// `hlt` was executed, no interrupt is pending: time may jump to the next event.
    case halted
    /// A device asked for it by ``Processor/requestExit()``.
    case requested
    /// A fault could not be delivered, nor the double fault that it became: the processor has shut down
    /// (SDM vol. 3A, 6.15). The state is as at the last fault; nothing has been reset.
    case shutdown
    /// The next instruction's linear address is one of ``Processor/breakpoints``; it has not been executed.
    case breakpoint(UInt32)
}

/// A processor with its physical memory.
public final class Processor {
    public let memory: PhysicalMemory
    public let model: ProcessorModel
    /// Everything that is neither RAM nor ROM. Not owned: the machine owns both.
    public unowned(unsafe) var bus: (any Bus)?
    /// The architectural state; valid as long as this object lives, to be used by the thread that runs the processor.
    public let state: UnsafeMutablePointer<ProcessorState>
    /// Linear addresses at which ``run(until:)`` stops before executing; empty: no cost.
    public var breakpoints: Set<UInt32> = [] {
        didSet {
            context.pointee.breakpoints.deallocate()
            context.pointee.breakpoints = .allocate(capacity: max(breakpoints.count, 1))
            context.pointee.breakpointCount = breakpoints.count
            _ = UnsafeMutableBufferPointer(start: context.pointee.breakpoints, count: breakpoints.count)
                .initialize(from: breakpoints)
            updateHasBreakpoints()
        }
    }

    /// Memory whose accesses end a run; empty: no cost. See ``MemoryWatch``.
    public var watches: [MemoryWatch] = [] {
        didSet { watchesChanged(from: oldValue) }
    }
    /// As ``breakpoints``, by physical addresses: at code there, however it is mapped.
    public var physicalBreakpoints: Set<UInt32> = [] {
        didSet { updateHasBreakpoints() }
    }
    /// Who hears of events, and ends runs; nil: no cost. See ``ProcessorEvent``.
    public var eventListener: EventListener? {
        didSet { context.pointee.hasEventListener = eventListener != nil }
    }
    var caughtEvents: [ProcessorEvent.Occurrence] = []

    /// What of ``watches`` has been accessed since ``takeWatchedAccesses()`` was last called.
    var watchedAccesses: [WatchedAccess] = []
    /// Called between any two steps. Makes execution go step by step, which takes ten times as long; nil: no cost.
    public var observer: Observer? {
        didSet { updateObservation() }
    }
    /// Only what begins at these linear addresses is wanted by ``observer``, which is called before and behind each
    /// such step; between them, execution goes on as with breakpoints. Empty: every step.
    public var observedCode: [ClosedRange<UInt32>] = [] {
        didSet { updateObservation() }
    }
    /// The observer has asked for the end of the run.
    var observerWantsStop = false

    /// The state and what the engine keeps beside it.
    let context: UnsafeMutablePointer<Context>

    /// One processor can use `memory` at a time. The processor is in the state after a reset.
    public init(memory: PhysicalMemory, model: ProcessorModel = .standard) {
        self.memory = memory
        self.model = model
        context = .allocate(capacity: 1)
        // The state is the first member of the context, so both have the same address.
        state = UnsafeMutableRawPointer(context).assumingMemoryBound(to: ProcessorState.self)
        context.initialize(to: Context(memory: memory, processor: self))
        memory.client = context
        Core(context).resetState()
    }

    deinit {
        if memory.client == context {
            memory.client = nil
        }
        context.pointee.memory.deallocate()
        context.pointee.code.deallocate()
        context.pointee.fetchPages.deallocate()
        context.pointee.recentBlocks.deallocate()
        context.pointee.breakpoints.deallocate()
        context.deallocate()
    }

    /// Steps since power-on (``ProcessorState/steps``). Exact also when a device asks during a call to the ``Bus``: the
    /// instruction that accesses the device is not counted yet.
    public var steps: UInt64 { Core(context).synchronizedSteps }

    /// Puts the processor into the state after a hardware reset (SDM vol. 3A, 9.1).
    public func reset() {
        Core(context).resetState()
    }

    /// Executes until `steps` reaches `deadline` or something else ends the run.
    ///
    /// A step at which execution begins with a breakpoint is not taken; to get past it, remove the breakpoint for one
    /// step. Results do not depend on how a run is cut into pieces.
    public func run(until deadline: UInt64) -> RunExit {
        Core(context).run(until: deadline)
    }

    private func updateHasBreakpoints() {
        context.pointee.hasBreakpoints = !breakpoints.isEmpty || !physicalBreakpoints.isEmpty
        context.pointee.hasPhysicalBreakpoints = !physicalBreakpoints.isEmpty
        updateObservation()
    }

    private func updateObservation() {
        context.pointee.isObserved = observer != nil
        context.pointee.observesCode = observer != nil && !observedCode.isEmpty
        context.pointee.looksForAddresses = context.pointee.hasBreakpoints || context.pointee.observesCode
    }

    /// Makes ``run(until:)`` return before the next instruction. For use by devices during a call to the ``Bus``:
    /// an event became due earlier than the running deadline, or the machine has to stop.
    public func requestExit() {
        context.pointee.exitRequested = true
        Core(context).requestAttention()
    }
}
