import Processor

/// A whole PC.
public final class Machine {
    public let configuration: Configuration
    public let processor: Processor
    public var memory: PhysicalMemory { processor.memory }
    /// Where input from other threads goes; also how another thread stops ``run(until:)``.
    public let inputQueue = InputQueue()
    /// Where output goes. Kept alive by the machine.
    public var output: (any OutputSink)?
    /// While true, nothing reaches ``output`` or a disk image: the machine goes through its past again.
    public var outputIsSilenced = false

    /// Builds the machine and puts it into the state after power-on.
    public init(_ configuration: Configuration) throws(ConfigurationError) {
        self.configuration = configuration
        processor = Processor(memory: PhysicalMemory(ramSize: configuration.memorySize))
    }

    /// The names that ``Configuration/processorModel`` may have.
    public static let processorModels = ["pentium"]

    // MARK: Time

    /// Steps since power-on: retired instructions, iterations of `rep`, delivered exceptions and interrupts, and what
    /// the processor idled away in `hlt`. Never goes back, not even at a reset.
    public var steps: UInt64 { processor.steps }
    /// Virtual nanoseconds since power-on.
    public var nanoseconds: UInt64 { 0 }

    // MARK: Running

    /// Runs until ``steps`` is at least `step`, or something else ends the run.
    ///
    /// A breakpoint at the current instruction stops it at once; ``step()`` gets past it.
    public func run(until step: UInt64) -> RunResult { .reached }

    /// Runs until `nanoseconds` more virtual nanoseconds have passed, or something else ends the run.
    public func run(forNanoseconds nanoseconds: UInt64) -> RunResult { .reached }

    /// Takes one step: an instruction, an iteration of `rep` or the delivery of an interrupt; breakpoints are ignored.
    /// In `hlt`, time goes on to the next event.
    public func step() -> RunResult { .reached }

    /// A reset of processor and devices, as by the reset button (which, pressed from outside, is
    /// ``InputEvent/resetButton``). RAM, disks, CMOS RAM and the date are kept, and ``steps`` goes on.
    public func reset() {}

    // MARK: Input

    /// Delivers `event` now and records it. Returns false, and does nothing, while a replay is going on
    /// (``isReplaying``).
    @discardableResult
    public func inject(_ event: InputEvent) -> Bool { true }

    /// All input delivered so far, and while replaying also what is still to come.
    public var inputLog: InputLog { InputLog() }

    /// Whether recorded input is still to come.
    public var isReplaying: Bool { false }

    /// Makes `log` the machine's input: its events are delivered when their steps come. Those before the present are
    /// taken as delivered.
    public func replay(_ log: InputLog) {}

    /// Forgets the recorded input that is still to come: the present is a new branch of history from here.
    public func forgetFuture() {}

    /// Changes the processor's state as a debugger does; recorded as input, so that replays do it too.
    public func modifyProcessor(_ change: (inout ProcessorState) -> Void) {}

    // MARK: Snapshots

    /// The whole state as a value. Cheap: RAM that has not changed since the last snapshot is shared with it.
    public func snapshot() -> MachineSnapshot {
        MachineSnapshot(steps: steps)
    }

    /// Goes back (or forward) to the state in `snapshot`. The recorded input stays; what was delivered after the
    /// snapshot is going to be replayed. Nothing changes if it throws.
    public func restore(_ snapshot: MachineSnapshot) throws(SnapshotError) {}

    /// A hash of everything that the guest could ever see or be influenced by.
    public func stateDigest() -> UInt64 { 0 }

    // MARK: Screen

    /// What the screen shows. Rendered when asked, and only if something changed since the last call.
    public func frame() -> Frame { Frame(width: 0, height: 0, pixels: [], text: nil) }

    /// The characters on the screen, without drawing them; nil in graphics modes.
    public func textScreen() -> TextScreen? { nil }

    /// Whether ``frame()`` would draw something else than its last call did (as far as one can say without drawing).
    public var frameIsStale: Bool { true }
}
