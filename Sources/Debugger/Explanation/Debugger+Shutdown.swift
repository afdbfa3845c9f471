import Disassembler
import Machine
import Processor

/// A processor's shutdown, and exceptions that were handled: the facts in order.
extension Debugger {
    /// A triple fault: the faults in order, the registers, the instruction, how the faulting address is translated, and
    /// what can be found out about the cause.
    func explainShutdown(_ chain: ExceptionChain, _ past: RecentPast?) -> Explanation {
        var explanation = Explanation(
            occasion: .tripleFault, headline: "triple fault at step \(chain.step): the processor has shut down")
        // No handler was entered, so that the machine is still as at the first fault.
        fill(&explanation, chain, past)
        return explanation
    }

    /// Explains the last exception, which may be long ago.
    func explainException(_ chain: ExceptionChain, _ past: RecentPast?) -> Explanation {
        let name = VectorText.description(chain.links.last?.vector ?? 0)
        let ago = machine.steps - min(machine.steps, chain.step &+ 1)
        let when = ago == 0 ? "the last step" : "\(ago + 1) steps ago"
        var explanation = Explanation(
            occasion: .exception, headline: "the last exception: \(name) at step \(chain.step), \(when)")
        guard chain.step >= timeline.beginning else { return explanation }
        let origin = machine.snapshot()
        defer { timeline.restore(origin) }
        timeline.record()
        guard timeline.travel(to: chain.step) else { return explanation }
        fill(&explanation, chain, past)
        return explanation
    }

    /// To be called where the instruction is next that raised the first exception.
    func fill(_ explanation: inout Explanation, _ chain: ExceptionChain, _ past: RecentPast?) {
        var previous: TripleFaultReport.Link?
        let inquiry = chain.links.first.map { ExceptionInquiry(self, $0, past) }
        for (index, link) in chain.links.enumerated() {
            explanation.facts.append("\(index + 1). " + headline(link, after: previous))
            if index == 0 {
                explanation.facts.append("   " + (inquiry?.placeText ?? ""))
                if let source = inquiry.flatMap({ sourceText($0.place) }) { explanation.facts.append("   " + source) }
                if let callers = inquiry?.callersText { explanation.facts.append("   " + callers) }
                if let thread = inquiry?.threadText { explanation.facts.append("   " + thread) }
                explanation.facts += registerLines(link.registers).map { "   " + $0 }
            } else if let previous, previous.registers.general != link.registers.general {
                explanation.facts += registerLines(link.registers).prefix(2).map { "   " + $0 }
            }
            previous = link
        }
        var explained: Set<UInt32> = []
        for link in chain.links where link.vector == Vector.pageFault {
            guard explained.insert(link.faultAddress & 0xFFFF_F000).inserted else { continue }
            explanation.facts += pageWalkText(link.faultAddress)
        }
        explanation.findings = inquiry?.findings() ?? []
        explanation.findings += deliveryFindings(chain)
    }

    private func headline(_ link: TripleFaultReport.Link, after previous: TripleFaultReport.Link?) -> String {
        var text = VectorText.description(link.vector)
        if let code = link.errorCode {
            let words = VectorText.errorCode(code, of: link.vector)
            text += ", error code \(code.digits)" + (words.isEmpty ? "" : " (\(words))")
        }
        if link.vector == Vector.pageFault { text += ", address \(link.faultAddress.digits)" }
        guard let previous else { return text }
        return link.vector == Vector.doubleFault
            ? text + ", because of the two before"
            : text + ", while delivering \(VectorText.description(previous.vector))"
    }

    private func registerLines(_ registers: RegisterFile) -> [String] {
        var lines = RegisterText.general(registers)
        let selectors = zip(RegisterFile.segmentNames, registers.segments).map { "\($0) \($1.selector.digits)" }
        lines.append(selectors.joined(separator: "  "))
        let now = self.registers
        lines.append(
            "cr0 \(registers.cr0.digits)  cr3 \(registers.cr3.digits)  gdt \(now.gdtBase.digits)/\(now.gdtLimit.digits)"
                + "  idt \(now.idtBase.digits)/\(now.idtLimit.digits)")
        return lines
    }
}
