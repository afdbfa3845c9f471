import Processor

/// A whole PC.
///
/// **Constraint.** The same image, configuration and recorded input must lead to bit-identical states, whoever runs
/// them, in whatever portions, with whatever stops in between; or no past could be gone through again.
///
/// **Choice.** The step count is the only clock (``VirtualClock``). ``run(until:)`` alternates between two things: what
/// happens between instructions (input, events that are due, resets) and running the processor up to the next step at
/// which something happens between instructions. At one step the order is fixed: the guest's own wishes, events that
/// are due, input, events that the input made due. What comes from outside enters by ``inject(_:)`` and nowhere else.
///
/// **Example.** The guest executes `hlt`; the timer's next edge is due at step 1,200,000. The processor returns at step
/// 1,003,217; the step count is set to 1,200,000; the edge raises IRQ 0; the processor goes on with the interrupt.
///
/// One thread owns a machine. Several machines can live in one process: nothing is global.
public final class Machine {
    public let configuration: Configuration
    public let processor: Processor
    public var memory: PhysicalMemory { processor.memory }
    /// Where input from other threads goes; also how another thread stops ``run(until:)``.
    public let inputQueue = InputQueue()
    let board: Board
    var input = InputHistory()
    let configurationHash: UInt64
    /// The last time the processor slept; see ``lastSleep``.
    var sleep = Sleep()
    /// Holds back what waits in ``inputQueue``, and refuses ``inject(_:)``: the machine goes through a past that is not
    /// to change. Requests to stop are heard.
    public var inputIsHeld = false

    /// Where output goes. Kept alive by the machine.
    public var output: (any OutputSink)? {
        get { board.output.sink }
        set { board.output.sink = newValue }
    }

    /// While true, nothing reaches ``output`` or a disk image: the machine goes through its past again. Set back to
    /// false, disk images are brought up to date.
    public var outputIsSilenced: Bool {
        get { board.output.isSilenced }
        set {
            board.output.isSilenced = newValue
            if !newValue { synchronizeDisks() }
        }
    }

    /// The names that ``Configuration/processorModel`` may have.
    public static let processorModels = ProcessorModel.all.map(\.name)

    /// Builds the machine and puts it into the state after power-on.
    public init(_ configuration: Configuration) throws(ConfigurationError) {
        let model = try configuration.validated()
        self.configuration = configuration
        configurationHash = configuration.hash
        let memory: PhysicalMemory
        do {
            memory = try PhysicalMemory(ramSize: configuration.memorySize)
        } catch {
            throw ConfigurationError(error.description)
        }
        processor = Processor(memory: memory, model: model)
        let drives = configuration.driveSlots
        board = Board(
            processor: processor, nanosecondsPerStep: configuration.nanosecondsPerStep,
            hostility: configuration.hostility, serialPorts: configuration.serialPorts,
            cmos: CMOSLayout.contents(
                memorySize: configuration.memorySize, disks: drives.map { $0?.geometry },
                overrides: configuration.cmosOverrides),
            drives: drives)
        processor.bus = board
        mapMemory()
        switch configuration.clockStart {
        case .fixed(let seconds): board.realTimeClock.setDate(secondsSince1970: seconds)
        case .host: inject(.date(secondsSince1970: HostClock.secondsSince1970))
        }
    }

    private func mapMemory() {
        if case .junk(let seed) = configuration.memoryFill { memory.fillWithJunk(seed: seed) }
        memory.mapMMIO(0xA0000..<0xC0000)
        let rom = configuration.firmware
        guard !rom.isEmpty else { return }
        memory.mapROM(rom, at: UInt32(truncatingIfNeeded: 0x1_0000_0000 - rom.count))
        let low = Array(rom.suffix(128 << 10))
        memory.mapROM(low, at: UInt32(0x10_0000 - low.count))
        // The page's contents stay when its kind changes.
        if configuration.hasShadowRAM { memory.mapRAM(0xC0000..<0x10_0000) }
    }

    // MARK: Time

    /// Steps since power-on: retired instructions, iterations of `rep`, delivered exceptions and interrupts, and what
    /// the processor idled away in `hlt`. Never goes back, not even at a reset.
    public var steps: UInt64 { processor.steps }
    /// Virtual nanoseconds since power-on.
    public var nanoseconds: UInt64 { board.now }
    /// Virtual nanoseconds that a step takes now.
    public var nanosecondsPerStep: UInt32 { UInt32(truncatingIfNeeded: board.clock.nanosecondsPerStep) }

    /// A stretch of steps that the processor spent in `hlt`, without executing anything.
    public struct Sleep: Sendable, Equatable {
        /// The step at which it fell asleep.
        public internal(set) var start: UInt64 = 0
        /// How far time has jumped so far.
        public internal(set) var end: UInt64 = 0
        /// All steps since power-on that were slept through.
        public internal(set) var total: UInt64 = 0

        /// ``Machine/work`` of a machine whose processor is in `state`.
        func work(_ state: borrowing ProcessorState) -> UInt64 {
            state.steps &- total &- state.iterations &+ state.iterations / 4
        }
    }

    /// The last sleep; it lasts if it ends at the present step. Known as far back as this machine, or the one whose
    /// snapshot in memory was restored, has run.
    public var lastSleep: Sleep { sleep }

    /// Steps that were work, as far as ``lastSleep`` is known: what it takes to come here again. An iteration of a
    /// repeated string instruction is a quarter of one, since many are done at once.
    public var work: UInt64 { sleep.work(processor.state.pointee) }

    // MARK: Running

    /// Runs until ``steps`` is at least `step`, or something else ends the run.
    ///
    /// A breakpoint at the current instruction stops it at once; ``step()`` gets past it.
    public func run(until step: UInt64) -> RunResult {
        while true {
            if let result = serveBetweenInstructions() { return result }
            if processor.observe() || processor.hasWatchedAccesses || processor.hasEvents { return .watchpoint }
            guard steps < step else { return .reached }
            let deadline = min(step, nextStop)
            switch processor.run(until: deadline) {
            case .deadline, .requested: break
            case .halted:
                guard canWakeUp else {
                    sendLastWords()
                    return .halted
                }
                // Nothing happens before the deadline: time jumps there.
                if sleep.end != steps { sleep.start = steps }
                sleep.total &+= max(steps, deadline) &- steps
                processor.state.pointee.steps = max(steps, deadline)
                sleep.end = steps
            case .shutdown:
                sendLastWords()
                let report = tripleFaultReport()
                // A step of its own: what happened on the way to the shutdown lies behind it, and what comes from
                // outside then (a reset, as a rule) comes after.
                processor.state.pointee.steps &+= 1
                return .tripleFault(report)
            case .breakpoint(let address): return .breakpoint(address)
            }
        }
    }

    /// Runs until `nanoseconds` more virtual nanoseconds have passed, or something else ends the run.
    public func run(forNanoseconds nanoseconds: UInt64) -> RunResult {
        let (end, overflow) = self.nanoseconds.addingReportingOverflow(nanoseconds)
        return run(until: overflow ? .max : board.clock.step(at: end))
    }

    /// Takes one step: an instruction, an iteration of `rep` or the delivery of an interrupt; breakpoints are ignored.
    /// In `hlt`, time goes on to the next event, but not beyond the step `limit`.
    public func step(atMost limit: UInt64 = .max) -> RunResult {
        let breakpoints = (processor.breakpoints, processor.physicalBreakpoints)
        processor.breakpoints = []
        processor.physicalBreakpoints = []
        defer { (processor.breakpoints, processor.physicalBreakpoints) = breakpoints }
        if let result = serveBetweenInstructions() { return result }
        let sleeps = processor.state.pointee.halted && !processor.state.pointee.interruptRequested
        return run(until: min(limit, sleeps ? max(nextStop, steps &+ 1) : steps &+ 1))
    }

    /// The first step after the present at which something may happen between two instructions.
    private var nextStop: UInt64 {
        // Input from other threads is looked for at least once in a virtual millisecond.
        let look = steps &+ max(1, 1_000_000 / board.clock.nanosecondsPerStep)
        return max(min(board.clock.step(at: board.events.next), input.nextStep ?? .max, look), steps &+ 1)
    }

    /// In `hlt` with interrupts disabled only an NMI (and a reset) can end the sleep.
    private var canWakeUp: Bool {
        processor.state.pointee.systemFlags & Self.interruptFlag != 0 || processor.state.pointee.nmiRequested
    }

    private static let interruptFlag: UInt32 = 1 << 9

    /// Everything that happens at the present step outside the processor, in the order of the essay above.
    private func serveBetweenInstructions() -> RunResult? {
        if board.request.reset { reset() }
        if let code = board.request.exitCode {
            board.request.exitCode = nil
            sendLastWords()
            board.output.send { $0.guestExited(code: code) }
            return .exited(code: code)
        }
        board.fireDueEvents()
        while let event = input.takeRecorded(at: steps) {
            deliver(event)
            board.fireDueEvents()
        }
        if !inputIsHeld {
            for event in inputQueue.drain() {
                inject(event)
            }
        }
        return inputQueue.takeStopRequest() ? .stopped : nil
    }

    /// The guest has ended the machine: what its serial ports were about to send is heard first.
    private func sendLastWords() {
        for port in board.serialPorts { port.sendAhead() }
    }

    /// A reset of processor and devices, as by the reset button (which, pressed from outside, is
    /// ``InputEvent/resetButton``). RAM, disks, CMOS RAM and the date are kept, and ``steps`` goes on.
    public func reset() {
        board.resetChips()
        processor.reset()
        // The pins are the board's, and a reset does not change what drives them.
        processor.state.pointee.interruptRequested = board.interrupts.isRequesting
    }

    private func tripleFaultReport() -> TripleFaultReport {
        let records = processor.faultChain
        let first = records.first
        let bytes = first.map { record in
            readLinear(record.codeBase &+ record.eip, count: 16)
        }
        return TripleFaultReport(
            chain: records.map { TripleFaultReport.Link($0) }, instructionBytes: bytes ?? [], step: steps)
    }

    // MARK: Screen

    /// What the screen shows. Rendered when asked, and only if something changed since the last call.
    public func frame() -> Frame { board.display.frame() }

    /// The characters on the screen, without drawing them; nil in graphics modes and while the screen is off.
    public func textScreen() -> TextScreen? { board.display.textScreen() }

    /// Whether ``frame()`` would draw something else than its last call did (as far as one can say without drawing).
    public var frameIsStale: Bool { board.display.isStale }
}
