import Disassembler
import Machine
import Processor

/// Guests that go no further without having shut down: asleep for good, or in a loop that nothing ends.
extension Debugger {
    // MARK: Halted

    func explainHalt(_ chain: ExceptionChain, _ past: RecentPast?) -> Explanation {
        var explanation = Explanation(
            occasion: .halted,
            headline:
                "halted for good at step \(machine.steps): the processor sleeps in `hlt` with interrupts disabled; only "
                + "a reset or an NMI wakes it")
        let location = location
        var fact = "at \(location.selector.digits):\((location.offset &- 1).digits)"
        if let symbol = symbolText(at: location.linear &- 1) { fact += " <\(symbol)>" }
        explanation.facts.append(fact + ": hlt")
        if let place = past?.interruptsDisabled ?? lastDisablingOfInterrupts() {
            let line = disassemble(linear: place.linear, offset: place.offset, count: 1, code32: place.isCode32).first
            let how =
                line.map { $0.text == "cli" || $0.text.hasPrefix("popf") || $0.text.hasPrefix("iret") } == true
                ? "by `\(line?.text ?? "")` at" : "by the delivery of an interrupt or exception at"
            explanation.findings.append(
                Explanation.Finding(
                    .interruptsOff, "interrupts were disabled \(how) \(placeText(place)), step \(place.step)"))
        } else {
            let since = farBeginning == 0 ? "power-on" : "before step \(farBeginning) (further back is not looked)"
            explanation.findings.append(
                Explanation.Finding(.interruptsOff, "interrupts have been disabled since \(since)"))
        }
        explanation.findings += waitingInterruptFindings() + unresolvedExceptionFindings(chain, past)
        return explanation
    }

    private func waitingInterruptFindings() -> [Explanation.Finding] {
        let lines = machine.waitingInterruptLines
        guard !lines.isEmpty else { return [] }
        let names = lines.map { "IRQ \($0)" }.joined(separator: ", ")
        return [
            Explanation.Finding(
                .interruptWaits,
                "\(names) \(lines.count == 1 ? "asks" : "ask") to be served, and would wake it if interrupts were enabled"
            )
        ]
    }

    /// The last exception, unless its handler has put things right and come back.
    private func unresolvedExceptionFindings(_ chain: ExceptionChain, _ past: RecentPast?) -> [Explanation.Finding] {
        guard let first = chain.links.first, chain.step >= timeline.beginning, chain.step < machine.steps else {
            return []
        }
        if let past, past.lastExceptionIsResolved, chain.step >= past.beginning { return [] }
        let origin = machine.snapshot()
        defer { timeline.restore(origin) }
        timeline.record()
        guard timeline.travel(to: chain.step) else { return [] }
        let inquiry = ExceptionInquiry(self, first, recentPast(instructions: 4))
        let name = VectorText.description(first.vector)
        var text = "the last exception was \(name)"
        if first.vector == Vector.pageFault { text += ", address \(first.faultAddress.digits)," }
        text += " at step \(chain.step), \(origin.steps - chain.step) steps before, \(inquiry.placeText)"
        if let source = sourceText(inquiry.place) { text += " (\(source))" }
        if let callers = inquiry.callersText { text += ", \(callers)" }
        if let thread = inquiry.threadText { text += ", \(thread)" }
        var findings = [Explanation.Finding(.lastException, text)]
        findings += inquiry.findings() + deliveryFindings(chain)
        return findings
    }

    // MARK: Loops

    /// A loop that cannot end by itself, if that can be known: the machine has come by here before with the same
    /// registers and the same memory, and on the way nothing from outside was asked for. Nil otherwise.
    func explainLoop(_ past: RecentPast?) -> Explanation? {
        guard let start = past?.sameRegisters ?? lastStepWithTheseRegisters() else { return nil }
        guard let loop = goThrough(from: start) else { return nil }
        let length = machine.steps - start
        let what = length == 1 ? "an instruction that jumps to itself" : "a loop of \(length) steps"
        let place =
            "\(location.selector.digits):\(location.offset.digits)"
            + (location.symbol.map { " <\($0)>" } ?? "")
        func explanation(_ headline: String, _ finding: Explanation.Finding) -> Explanation {
            Explanation(
                occasion: .loop, headline: "step \(machine.steps): \(headline)",
                facts: ["at \(place): \(currentInstruction?.text ?? "(cannot be read)")"], findings: [finding])
        }
        if !loop.ports.isEmpty {
            guard loop.ports.allSatisfy(\.isRead), !loop.readsTime else { return nil }
            let ports = Set(loop.ports.map(\.port)).sorted()
            let names = ports.map { "port \($0.hexadecimal)" + (machine.chipName(atPort: $0).map { " (\($0))" } ?? "") }
            return explanation(
                "the processor is in \(what) that waits for a device",
                Explanation.Finding(
                    .pollsPort,
                    "it reads \(names.joined(separator: ", ")) again and again; since step \(start) nothing has changed"
                ))
        }
        guard !loop.readsTime else { return nil }
        if loop.hasInterrupts {
            return explanation(
                "the processor is in \(what) that does nothing",
                Explanation.Finding(
                    .waitsForInterrupt,
                    "registers and memory are as they were at step \(start), and no device is asked: only the handler of an "
                        + "interrupt can end it"))
        }
        return explanation(
            "the processor is in an endless loop",
            Explanation.Finding(
                .endlessLoop,
                "it is in \(what): registers and memory are as they were at step \(start), no device is asked, and interrupts "
                    + "are disabled, so that nothing but a reset or an NMI ends it"))
    }

    private struct Loop {
        var ports: Set<PortAccess> = []
        var readsTime = false
        var hasInterrupts = false
    }

    private struct PortAccess: Hashable {
        let port: UInt16
        let isRead: Bool
    }

    /// Goes from `start` to here again; nil unless that is a circle.
    private func goThrough(from start: UInt64) -> Loop? {
        let origin = machine.snapshot()
        defer { timeline.restore(origin) }
        timeline.record()
        guard timeline.travel(to: start), machine.snapshot().hasSameProcessorAndMemory(as: origin) else { return nil }
        var loop = Loop()
        let state = machine.processor.state
        machine.processor.observer = {
            if state.pointee.systemFlags & Flag.interrupt != 0 { loop.hasInterrupts = true }
            return false
        }
        let listener: Processor.EventListener = { occurrence in
            switch occurrence.event {
            case .portRead(let port, _, _): loop.ports.insert(PortAccess(port: port, isRead: true))
            case .portWrite(let port, _, _): loop.ports.insert(PortAccess(port: port, isRead: false))
            case .timeStampRead, .modelSpecificRead: loop.readsTime = true
            default: break
            }
            return false
        }
        defer { machine.processor.observer = nil }
        return runThrough(until: origin.steps, Arming(eventListener: listener)) ? loop : nil
    }
}
