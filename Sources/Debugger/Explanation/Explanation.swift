import Machine
import Processor

/// Why the machine is where it is, in plain words.
///
/// **Constraint.** What a processor reports is the last thing that went wrong, in numbers: a double fault, an error
/// code, an address. A person wants the first thing, in words, and every one of them can be wrong: a guess must not
/// look like knowledge.
///
/// **Choice.** What can be known is looked up: the descriptor that a selector names, the page tables of the faulting
/// address, the privilege, the limit, what stands at the address, and what was executed before (``RecentPast``). Each
/// rule that fits adds a ``Finding`` with its ``Cause``; they are ordered from what has been seen to where it came
/// from. Where no rule fits, the facts stand alone.
///
/// **Example.** A function calls itself without end: #PF by a `push`; findings: the stack has overflowed into a page
/// that is not mapped; `recurse` has called itself 60 times; the page fault cannot be delivered since that needs the
/// stack as well.
public struct Explanation: Sendable, Equatable {
    /// What is explained.
    public enum Occasion: String, Sendable {
        case tripleFault = "triple-fault"
        case halted
        case loop
        case exception
        /// The guest is all right, as far as can be seen.
        case nothing
    }

    public let occasion: Occasion
    /// A line.
    public let headline: String
    /// The facts: exceptions in order, registers, page tables. Lines.
    public var facts: [String] = []
    /// From what was seen to where it began.
    public var findings: [Finding] = []
    /// The last instructions and what else is known of the past; nil where nothing is recorded.
    public var past: RecentPast?
    /// ``past`` in words.
    var pastLines: [String] = []

    /// A link in the chain of causes.
    public struct Finding: Sendable, Equatable {
        public let cause: Cause
        /// Without a capital at the beginning and a full stop at the end.
        public let text: String

        init(_ cause: Cause, _ text: String) {
            self.cause = cause
            self.text = text
        }
    }

    /// What can be found out, by a name that programs can compare.
    public enum Cause: String, Sendable, CaseIterable {
        // What an instruction did.
        case nullPointer, notMapped, pageProtection, reservedBit, stackOverflow, stackNotMapped, recursion
        case jumpIntoNothing, executesZeros, executesOnes, lastBranch
        case trapInstruction, undefinedOpcode, notInThisProcessor, featureDisabled, modeForbids, misplacedLock
        case badSelector, privilegedInstruction, portNotAllowed, segmentLimit, segmentType, nullSegment, misaligned
        case badControlValue, badModelSpecificRegister, gatePrivilege, jumpBeyondLimit, tooLong
        case divideByZero, quotientOverflow, taskSwitched, noFPU, boundExceeded
        // Why its exception could not be handled.
        case noIDT, idtTooShort, badGate, idtNotMapped, gdtNotMapped, handlerStack, handlerSegment, handlerFaults
        // Why nothing goes on.
        case interruptsOff, interruptWaits, lastException, endlessLoop, waitsForInterrupt, pollsPort
    }

    /// All of it, in lines.
    public var text: String {
        var lines = [headline]
        lines += facts.map { "  " + $0 }
        for (index, finding) in findings.enumerated() { lines.append((index == 0 ? "why: " : "     ") + finding.text) }
        return (lines + pastLines).joined(separator: "\n")
    }
}

/// The exceptions of a delivery: the first, those that arose from delivering it, and the double fault that two made.
struct ExceptionChain: Sendable, Equatable {
    let links: [TripleFaultReport.Link]
    /// ``Machine/steps`` before the delivery.
    let step: UInt64

    init() {
        links = []
        step = 0
    }

    init(_ processor: Processor) {
        let records = processor.faultChain
        links = records.map { TripleFaultReport.Link($0) }
        step = records.first?.steps ?? 0
    }

    /// Even the double fault could not be delivered.
    var isShutdown: Bool {
        guard let doubled = links.firstIndex(where: { $0.vector == Vector.doubleFault }) else { return false }
        return doubled < links.count - 1
    }
}

extension Debugger {
    /// Explains what the machine stands before: a shutdown, a halt for good, a loop that leads nowhere, or else the
    /// last exception. The machine stays as it is, but the past is executed again.
    ///
    /// - Parameter instructions: how many of the last instructions are to be listed.
    public func explain(instructions: Int = 16) -> Explanation {
        var chain = ExceptionChain(machine.processor)
        let past = recentPast(instructions: instructions)
        if chain.links.isEmpty, let past { chain = past.lastChain.links.isEmpty ? lastChain() : past.lastChain }
        var explanation: Explanation
        if chain.isShutdown, machine.steps == chain.step &+ 1 {
            explanation = explainShutdown(chain, past)
        } else if isHaltedForGood {
            explanation = explainHalt(chain, past)
        } else if machine.processor.state.pointee.halted {
            explanation = Explanation(occasion: .nothing, headline: sleepText)
        } else if let loop = explainLoop(past) {
            explanation = loop
        } else if !chain.links.isEmpty {
            explanation = explainException(chain, past)
        } else {
            let start = machine.steps - min(machine.steps, Self.searchedSteps)
            let since =
                "; no exception since step \(max(timeline.beginning, start)), no loop since step \(farBeginning)"
            explanation = Explanation(occasion: .nothing, headline: "nothing to explain: the processor runs" + since)
        }
        explanation.past = past
        if let past, explanation.occasion != .nothing { explanation.pastLines += instructionLines(past) }
        return explanation
    }

    /// How many steps are executed again at most to find the last exception.
    private static let searchedSteps: UInt64 = 50_000_000

    /// The exceptions of the last delivery before here, looked for in the past; empty if there is none.
    private func lastChain() -> ExceptionChain {
        let origin = machine.snapshot()
        defer { timeline.restore(origin) }
        var end = machine.steps
        while end > timeline.beginning, origin.steps - end < Self.searchedSteps,
            let index = timeline.lastEntry(notAfter: end - 1)
        {
            timeline.restore(index)
            let start = machine.steps
            guard timeline.runThrough(until: end) else { break }
            let chain = ExceptionChain(machine.processor)
            if !chain.links.isEmpty { return chain }
            end = start
        }
        return ExceptionChain()
    }

    /// `hlt` with interrupts disabled, and no NMI in sight.
    var isHaltedForGood: Bool {
        let state = machine.processor.state.pointee
        return state.halted && !state.nmiRequested && state.systemFlags & Flag.interrupt == 0
    }

    private var sleepText: String {
        let text = "the processor sleeps in `hlt` until an interrupt comes"
        guard let event = machine.scheduledEvents.first else { return text }
        return text + "; what happens next: \(event.text), in \(event.step - machine.steps) steps"
    }

    /// The last steps; those of a repetition are one line.
    private func instructionLines(_ past: RecentPast) -> [String] {
        guard !past.instructions.isEmpty else { return [] }
        var lines: [String] = ["the last steps:"]
        var source: String?
        var index = 0
        while index < past.instructions.count {
            let executed = past.instructions[index]
            var end = index + 1
            while end < past.instructions.count, past.instructions[end].isRepetition(of: executed) { end += 1 }
            let what =
                switch executed.event {
                case .instruction: executed.text ?? "(the instruction cannot be read)"
                case .exception(let vector):
                    "\(executed.text ?? "(cannot be read)")  ; \(VectorText.description(vector))"
                case .interrupt: "(an interrupt is delivered)"
                case .sleep: "(asleep in hlt)"
                }
            if let line = sourceText(executed.place), line != source {
                lines.append("      " + line)
                source = line
            }
            let times = end - index > 1 ? "  (\(end - index) times)" : ""
            lines.append("  \(executed.place.step)  \(placeText(executed.place))  \(what)\(times)")
            index = end
        }
        return lines
    }

    /// `0008:00100020 <kernelMain+0x10>`.
    func placeText(_ place: RecentPast.Place) -> String {
        var text =
            "\(place.selector.digits):"
            + (place.offset > 0xFFFF || place.isCode32
                ? place.offset.digits : UInt16(truncatingIfNeeded: place.offset).digits)
        if let symbol = symbolText(at: place.linear) { text += " <\(symbol)>" }
        return text
    }

    /// The source line, if it is known; without its text where the file is not there.
    func sourceText(_ place: RecentPast.Place) -> String? {
        guard let location = sourceLocation(at: place.linear) else { return nil }
        guard case .line(let text) = sourceText(of: location) else { return "\(location)" }
        return "\(location)  \(text.drop(while: \.isWhitespace))"
    }
}

extension RecentPast.Executed {
    /// The same again, at the next step.
    fileprivate func isRepetition(of other: RecentPast.Executed) -> Bool {
        place.linear == other.place.linear && event == other.event && text == other.text
    }
}
