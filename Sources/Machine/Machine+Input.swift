import Processor

/// The recorded input and how much of it has been delivered.
struct InputHistory {
    private(set) var log = InputLog()
    private(set) var delivered = 0
    /// Entry n is a hash of the first n events.
    private var hashes: [UInt64] = [0]

    /// A hash of what has been delivered.
    var hash: UInt64 { hashes[delivered] }
    var isReplaying: Bool { delivered < log.events.count }
    /// When the next recorded event is to be delivered.
    var nextStep: UInt64? { isReplaying ? log.events[delivered].step : nil }

    /// Records an event that is delivered now.
    mutating func record(_ event: StampedInput) {
        append(event)
        delivered = log.events.count
    }

    private mutating func append(_ event: StampedInput) {
        log.append(event)
        while hashes.count <= log.events.count {
            hashes.append(Self.chain(hashes[hashes.count - 1], log.events[hashes.count - 1]))
        }
    }

    private static func chain(_ hash: UInt64, _ event: StampedInput) -> UInt64 {
        var hasher = Hasher64()
        hasher.add(hash)
        hasher.add(BinaryEncoder.encode(event))
        return hasher.value
    }

    /// The next recorded event, if its time has come.
    mutating func takeRecorded(at step: UInt64) -> InputEvent? {
        guard isReplaying, log.events[delivered].step <= step else { return nil }
        defer { delivered += 1 }
        return log.events[delivered].event
    }

    mutating func forgetFuture() {
        log.truncate(to: delivered)
        hashes.removeSubrange((delivered + 1)...)
    }

    /// Makes `log` the history; what is before `step` counts as delivered, and the first `count` events.
    mutating func replace(by log: InputLog, at step: UInt64, delivered count: Int) {
        self = InputHistory()
        for event in log.events { append(event) }
        let first = self.log.events.firstIndex { $0.step >= step } ?? self.log.events.count
        delivered = max(first, min(count, self.log.events.count))
    }

    /// Goes to where `count` events hashing to `hash` have been delivered. If this history does not contain them, it is
    /// of another life and is forgotten.
    mutating func rewind(to count: Int, hash: UInt64) {
        if hashes.indices.contains(count), hashes[count] == hash {
            delivered = count
        } else {
            self = InputHistory()
            // Later snapshots of the new life must not look like any of the old one.
            hashes = [hash]
        }
    }
}

extension Machine {
    /// Delivers `event` now and records it. Returns false, and does nothing, while a replay is going on
    /// (``isReplaying``) or input is held back (``inputIsHeld``).
    @discardableResult
    public func inject(_ event: InputEvent) -> Bool {
        guard !isReplaying, !inputIsHeld else { return false }
        // At one step, what is due goes before what comes from outside; a replay does it in the same order.
        board.fireDueEvents()
        input.record(StampedInput(step: steps, event: event))
        deliver(event)
        board.fireDueEvents()
        return true
    }

    /// All input delivered so far, and while replaying also what is still to come.
    public var inputLog: InputLog { input.log }

    /// Whether recorded input is still to come.
    public var isReplaying: Bool { input.isReplaying }

    /// How many events of ``inputLog`` have been delivered.
    public var deliveredInput: Int { input.delivered }

    /// Makes `log` the machine's input: its events are delivered when their steps come. Those before the present, and
    /// the first `delivered` in any case, are taken as delivered.
    public func replay(_ log: InputLog, delivered: Int = 0) {
        input.replace(by: log, at: steps, delivered: delivered)
    }

    /// Forgets the recorded input that is still to come: the present is a new branch of history from here.
    public func forgetFuture() {
        input.forgetFuture()
    }

    /// Changes the processor's state as a debugger does; recorded as input, so that replays do it too.
    ///
    /// What belongs to the machine (the step count, A20, the interrupt pin) keeps its value. Ignored while replaying.
    public func modifyProcessor(_ change: (inout ProcessorState) -> Void) {
        var state = processor.state.pointee
        change(&state)
        inject(.processorState(BinaryEncoder.encode(SavedProcessor(state))))
    }

    func deliver(_ event: InputEvent) {
        switch event {
        case .key(let key, let isPressed): board.keyboard.setKey(key, isPressed: isPressed)
        case .text(let text): board.keyboard.type(text)
        case .serial(let bytes, let port):
            guard Int(port) < board.serialPorts.count else { return }
            board.serialPorts[Int(port)].inject(bytes)
        case .date(let seconds): board.realTimeClock.setDate(secondsSince1970: seconds)
        case .clockRate(let rate): board.clock.setRate(nanosecondsPerStep: rate, at: steps)
        case .resetButton: reset()
        case .nonMaskableInterrupt: processor.state.pointee.nmiRequested = true
        case .writeMemory(let address, let bytes): memory.write(bytes, at: address)
        case .processorState(let bytes): replaceProcessorState(bytes)
        }
    }

    /// Bytes that are no state (a recording from a file may hold any) change nothing.
    private func replaceProcessorState(_ bytes: [UInt8]) {
        guard var saved = try? BinaryDecoder.decode(SavedProcessor.self, from: bytes),
            (try? saved.validate()) != nil
        else { return }
        let present = processor.state.pointee
        saved.steps = present.steps
        saved.interruptRequested = present.interruptRequested
        saved.a20IsOpen = processor.isA20Enabled
        saved.store(in: &processor.state.pointee)
        processor.stateWasReplaced()
    }
}
