import Machine
import Processor

/// Why an exception did not get to its handler.
extension Debugger {
    /// What was wrong with the way to the handlers of the chain's exceptions. To be called where the first happened.
    func deliveryFindings(_ chain: ExceptionChain) -> [Explanation.Finding] {
        var findings: [Explanation.Finding] = []
        var target: TripleFaultReport.Link?
        for link in chain.links {
            defer { target = link }
            // A double fault is not what went wrong on the way, but what two that did become.
            guard let target, link.vector != Vector.doubleFault,
                let finding = deliveryFinding(of: target, failed: link)
            else { continue }
            // A stack that cannot be used cannot be used for the next one either.
            guard finding.cause != .handlerStack || !findings.contains(where: { $0.cause == .handlerStack }) else {
                continue
            }
            if findings.last?.text != finding.text { findings.append(finding) }
            // Without an IDT, the double fault fails for the same reason.
            if finding.cause == .noIDT { break }
        }
        return findings
    }

    /// Why `failure` came when the processor was to go to the handler of `exception`.
    private func deliveryFinding(
        of exception: TripleFaultReport.Link, failed failure: TripleFaultReport.Link
    ) -> Explanation.Finding? {
        let name = VectorText.description(exception.vector)
        let now = registers
        if now.idtLimit == 0 {
            return Explanation.Finding(.noIDT, "no IDT is loaded (its limit is 0), so that \(name) cannot be handled")
        }
        if exception.registers.cr0 & ControlRegister.protection == 0 {
            return Explanation.Finding(
                .idtTooShort, "the real-mode vector table at \(now.idtBase.digits) ends before \(name)")
        }
        if now.idtBase == 0, now.idtLimit == 0xFFFF || now.idtLimit == 0x3FF {
            return Explanation.Finding(
                .noIDT, "no IDT has been loaded: IDTR still points to real mode's interrupt vectors")
        }
        if let code = failure.errorCode, code & 2 != 0, code >> 3 == UInt16(exception.vector),
            failure.vector != Vector.pageFault
        {
            if UInt32(exception.vector) * 8 + 7 > UInt32(now.idtLimit) {
                return Explanation.Finding(
                    .idtTooShort, "the IDT (limit \(now.idtLimit.digits)) ends before the entry of \(name)")
            }
            let entry = descriptor(Int(exception.vector), of: .idt).map { DescriptorText.describe($0) } ?? "not mapped"
            return Explanation.Finding(.badGate, "the IDT's entry for \(name) is no usable gate: \(entry)")
        }
        if failure.vector == Vector.pageFault { return memoryFinding(name, failure.faultAddress) }
        if failure.vector == Vector.invalidTSS || failure.vector == Vector.stackFault {
            let selector = (failure.errorCode ?? 0) & 0xFFFC
            let which = selector == 0 ? "" : ", selector \(selector.hexadecimal)"
            return Explanation.Finding(
                .handlerStack, "the stack that the handler of \(name) would run on is unusable\(which): look at 'tss'")
        }
        if let code = failure.errorCode, code & 0xFFFC != 0, code & 2 == 0 {
            return Explanation.Finding(
                .handlerSegment,
                "the gate of \(name) leads to selector \((code & 0xFFFC).hexadecimal), which is no usable code segment")
        }
        return nil
    }

    /// The processor met memory that is not mapped on its way to a handler.
    private func memoryFinding(_ name: String, _ address: UInt32) -> Explanation.Finding? {
        let now = registers
        func lies(_ base: UInt32, _ limit: UInt16) -> Bool { address &- base <= UInt32(limit) }
        if lies(now.idtBase, now.idtLimit) {
            return Explanation.Finding(.idtNotMapped, "the IDT at \(now.idtBase.digits) is not mapped")
        }
        let stack = stackPointer
        if stack &- address <= 0x1000 || address &- stack < 0x1000 {
            return Explanation.Finding(
                .handlerStack,
                "\(name) cannot be handled, since its handler needs the same stack, at \(stack.digits), which cannot be "
                    + "written: only a task gate (as is usual for the double fault) brings a stack of its own")
        }
        if now.tr.selector & 0xFFFC != 0, let top = readValue(at: now.tr.base &+ 4, size: 4), top &- address <= 0x1000 {
            return Explanation.Finding(
                .handlerStack, "the stack for privilege level 0 in the TSS, \(top.digits), is not mapped")
        }
        if lies(now.gdtBase, now.gdtLimit) {
            return Explanation.Finding(.gdtNotMapped, "the GDT at \(now.gdtBase.digits) is not mapped")
        }
        return nil
    }
}
