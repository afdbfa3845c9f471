import Disassembler
import Machine
import Processor

/// What the processor did on its way to where it is.
///
/// **Constraint.** Whoever asks why something broke wants to know what came before, and nobody has asked for it to be
/// written down: a list of the last instructions or branches that is always kept would slow every instruction down.
///
/// **Choice.** The past can be executed again. So the last stretch of it is, with an observer that looks on between any
/// two steps, when somebody asks, and the machine is back where it was afterwards.
public struct RecentPast: Sendable, Equatable {
    /// An instruction, by where it is.
    public struct Place: Sendable, Equatable {
        /// ``Machine/steps`` before it.
        public let step: UInt64
        public let selector: UInt16
        /// EIP.
        public let offset: UInt32
        /// Base of CS plus EIP.
        public let linear: UInt32
        public let isCode32: Bool
    }

    /// A step, by what it did.
    public struct Executed: Sendable, Equatable {
        public enum Event: Sendable, Equatable {
            /// The instruction was executed.
            case instruction
            /// It raised an exception instead.
            case exception(vector: UInt8)
            /// An interrupt was delivered before it.
            case interrupt
            /// The processor slept in the `hlt` before it.
            case sleep
        }

        public let place: Place
        public let event: Event
        /// The instruction; nil if it could not be read.
        public let text: String?
    }

    /// A step behind which execution went on somewhere else than at the following instruction: a branch, or the
    /// delivery of an interrupt or exception.
    public struct Transfer: Sendable, Equatable {
        public let from: Place
        public let to: Place
    }

    /// An exception that was delivered.
    public struct Exception: Sendable, Equatable {
        /// The instruction that raised it.
        public let place: Place
        public let vector: UInt8
        public let errorCode: UInt16?
        /// ESP at that moment.
        public let stackPointer: UInt32
        /// Where its handler begins.
        public let handler: Place
    }

    /// The first step that was gone through.
    public let beginning: UInt64
    /// The last steps, oldest first.
    public let instructions: [Executed]
    /// The last transfers, oldest first.
    public let transfers: [Transfer]
    /// The exceptions whose handlers have not returned, oldest first: each that lies on the same stack as the one
    /// before happened in its handler.
    public let unresolved: [Exception]
    /// The step that disabled interrupts last, if they have been enabled since ``beginning``.
    public let interruptsDisabled: Place?
    /// The last exception's handler has returned.
    public let lastExceptionIsResolved: Bool
    /// The exceptions of the last delivery, as ``Processor/faultChain``; empty if there was none.
    let lastChain: ExceptionChain
    /// When the registers were last as they are now, at the same instruction.
    let sameRegisters: UInt64?
}

extension Debugger {
    /// How many steps are gone through when somebody wants an explanation.
    static let recentSteps: UInt64 = 200_000

    /// Goes through the last `steps` steps again, and comes back. Nil if nothing is recorded before here, or somebody
    /// asked for a stop.
    ///
    /// - Parameters:
    ///   - count: how many instructions are to be listed.
    func recentPast(steps: UInt64 = recentSteps, instructions count: Int = 16) -> RecentPast? {
        let end = machine.steps
        let start = max(timeline.beginning, end - min(end, steps))
        guard start < end else { return nil }
        let origin = machine.snapshot()
        defer { timeline.restore(origin) }
        timeline.record()
        guard timeline.travel(to: start) else { return nil }
        let recorder = PastRecorder(self, origin, listingFrom: end - min(end, UInt64(count)))
        machine.processor.observer = {
            recorder.look()
            return false
        }
        let isComplete = runThrough(until: end)
        machine.processor.observer = nil
        guard isComplete else { return nil }
        return recorder.past(beginning: start)
    }
}

/// Looks on while the past is executed again. What happens at every step is kept as numbers, and put into words only if
/// it turns out to be among the last.
private final class PastRecorder {
    private let debugger: Debugger
    private let processor: Processor
    private let state: UnsafeMutablePointer<ProcessorState>
    private let listingStart: UInt64
    private var last: RecentPast.Place?
    private var lastFlags: UInt32 = 0
    private var line: Disassembler.Line?
    private var wasHalted = false
    private var instructions: [RecentPast.Executed] = []
    private var transfers = Ring<RecentPast.Transfer>(capacity: 16)
    private var unresolved: [RecentPast.Exception] = []
    private var lastExceptionIsResolved = false
    private var interruptsDisabled: RecentPast.Place?
    private let end: LoopRegisters
    private let endStep: UInt64
    private var sameRegisters: UInt64?

    init(_ debugger: Debugger, _ origin: MachineSnapshot, listingFrom step: UInt64) {
        end = LoopRegisters(origin.processorState)
        endStep = origin.steps
        self.debugger = debugger
        processor = debugger.machine.processor
        state = processor.state
        listingStart = step
    }

    func look() {
        let place = place
        let flags = state.pointee.systemFlags
        defer {
            lastFlags = flags
            last = place
        }
        if let last, last.step != place.step {
            if last.step >= listingStart { list(last, next: place) }
            if place.isJourney(from: last) { transfers.append(RecentPast.Transfer(from: last, to: place)) }
            if lastFlags & ~flags & Flag.interrupt != 0 { interruptsDisabled = last }
            if processor.lastExceptionStep == last.step { noteException(at: last, handler: place) }
        }
        if let exception = unresolved.last, isBehind(exception, place) {
            unresolved.removeLast()
            lastExceptionIsResolved = true
        }
        if place.offset == end.eip, LoopRegisters(state.pointee) == end { noteReturn(to: place) }
        if place.step >= listingStart {
            line = debugger.currentInstruction
            wasHalted = state.pointee.halted
        }
    }

    /// The registers are as they will be in the end; the last such step before the end counts.
    private func noteReturn(to place: RecentPast.Place) {
        if place.step < endStep { sameRegisters = place.step }
    }

    private func list(_ place: RecentPast.Place, next: RecentPast.Place) {
        var event = RecentPast.Executed.Event.instruction
        if processor.lastExceptionStep == place.step {
            event = .exception(vector: processor.faultChain.first?.fault.vector ?? 0)
        } else if wasHalted {
            event = state.pointee.halted || next.linear == place.linear ? .sleep : .interrupt
        } else if let line, !line.isBranch, next.linear &- place.linear != UInt32(line.bytes.count),
            next.linear != place.linear
        {
            event = .interrupt
        }
        instructions.append(RecentPast.Executed(place: place, event: event, text: line?.text))
    }

    private var place: RecentPast.Place { RecentPast.Place(state.pointee) }

    /// Whether the handler of an exception has returned: to the same code segment, with its frame off the stack.
    private func isBehind(_ exception: RecentPast.Exception, _ place: RecentPast.Place) -> Bool {
        place.selector == exception.place.selector && place.step > exception.place.step + 1
            && state.pointee.general[4] &- exception.stackPointer < 0x1_0000
    }

    private func noteException(at place: RecentPast.Place, handler: RecentPast.Place) {
        let records = processor.faultChain
        guard let first = records.first, let last = records.last, !ExceptionChain(processor).isShutdown else { return }
        lastExceptionIsResolved = false
        unresolved.append(
            RecentPast.Exception(
                place: place, vector: last.fault.vector,
                errorCode: last.fault.hasErrorCode ? last.fault.errorCode : nil, stackPointer: first.general[4],
                handler: handler))
    }

    func past(beginning: UInt64) -> RecentPast {
        RecentPast(
            beginning: beginning, instructions: instructions, transfers: transfers.elements,
            unresolved: unresolved, interruptsDisabled: interruptsDisabled,
            lastExceptionIsResolved: lastExceptionIsResolved, lastChain: ExceptionChain(processor),
            sameRegisters: sameRegisters)
    }
}

/// What must be the same for a loop to be at the same place.
struct LoopRegisters: Equatable {
    let eip: UInt32
    let codeBase: UInt32
    let systemFlags: UInt32
    let general: SIMD8<UInt32>

    init(_ state: borrowing ProcessorState) {
        eip = state.eip
        codeBase = state.segments[1].base
        systemFlags = state.systemFlags
        var general = SIMD8<UInt32>()
        for index in 0..<8 { general[index] = state.general[index] }
        self.general = general
    }
}

extension RecentPast.Place {
    /// The instruction that comes next in `state`.
    init(_ state: borrowing ProcessorState) {
        let code = state.segments[Int(SegmentIndex.cs.rawValue)]
        self.init(
            step: state.steps, selector: code.selector, offset: state.eip, linear: code.base &+ state.eip,
            isCode32: code.attributes & SegmentAttribute.big != 0)
    }

    /// No instruction is longer; what jumps less far than one is no journey worth telling.
    func isJourney(from other: RecentPast.Place) -> Bool {
        linear &- other.linear > UInt32(Decoder.maximumLength)
    }
}

extension Disassembler.Line {
    /// Execution may go on elsewhere than behind it by its own doing.
    var isBranch: Bool {
        let beginnings = ["j", "call", "ret", "iret", "int", "loop", "sys", "lcall", "ljmp"]
        return beginnings.contains { text.hasPrefix($0) }
    }
}

/// The last elements of a sequence.
private struct Ring<Element> {
    private var storage: [Element] = []
    private var next = 0
    private let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
        storage.reserveCapacity(capacity)
    }

    mutating func append(_ element: Element) {
        if storage.count < capacity {
            storage.append(element)
        } else {
            storage[next] = element
        }
        next = (next + 1) % capacity
    }

    /// Oldest first.
    var elements: [Element] {
        storage.count < capacity ? storage : Array(storage[next...] + storage[..<next])
    }
}
