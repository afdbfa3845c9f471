import Disassembler
import Machine
import Processor

/// What a processor's shutdown means, in plain words.
extension Debugger {
    /// A triple fault for a person: the faults in order, the registers, the instruction, how the faulting address is
    /// translated, and a guess at the cause. Several lines.
    ///
    /// To be called while the machine is as the fault has left it.
    public func explain(_ report: TripleFaultReport) -> String {
        var lines = ["triple fault at step \(report.step): the processor has shut down"]
        var previous: TripleFaultReport.Link?
        for (index, link) in report.chain.enumerated() {
            lines.append("  \(index + 1). " + headline(link, after: previous))
            if index == 0 {
                lines.append("     " + place(link, report.instructionBytes))
                lines += registerLines(link.registers).map { "     " + $0 }
            } else if let previous, previous.registers.general != link.registers.general {
                lines += registerLines(link.registers).prefix(2).map { "     " + $0 }
            }
            previous = link
        }
        var explained: Set<UInt32> = []
        for link in report.chain where link.vector == Vector.pageFault {
            guard explained.insert(link.faultAddress & 0xFFFF_F000).inserted else { continue }
            lines += pageWalkText(link.faultAddress).map { "  " + $0 }
        }
        if let cause = probableCause(report) { lines.append("probable cause: " + cause) }
        return lines.joined(separator: "\n")
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

    /// `at 0008:00100020 <kernelMain+0x10>: mov dword ptr [eax], ebx`.
    private func place(_ link: TripleFaultReport.Link, _ bytes: [UInt8]) -> String {
        let registers = link.registers
        let code = registers.segments.dropFirst().first
        let base = code?.base ?? 0
        var text = "at \(code?.selector.digits ?? "????"):\(registers.eip.digits)"
        if let symbol = symbolText(at: base &+ registers.eip) { text += " <\(symbol)>" }
        // The state at the shutdown still has the code segment of the first fault: no handler was ever entered.
        let line = Disassembler(symbolName: symbolText).line(
            bytes, at: registers.eip, segmentBase: base, code32: location.isCode32)
        return text + ": " + (line?.text ?? "(the instruction cannot be read)")
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

    /// One line that a person with experience would say first; nil if nothing fits.
    private func probableCause(_ report: TripleFaultReport) -> String? {
        guard let first = report.chain.first else { return nil }
        let second = report.chain.dropFirst().first { $0.vector != Vector.doubleFault }
        let name = VectorText.description(first.vector)
        let now = registers
        let isRealMode = first.registers.cr0 & ControlRegister.protection == 0
        if now.idtLimit == 0 { return "no IDT is loaded (its limit is 0), so that \(name) cannot be handled" }
        if isRealMode {
            return "the real-mode vector table at \(now.idtBase.digits) ends before \(name)"
        }
        if now.idtBase == 0, now.idtLimit == 0xFFFF || now.idtLimit == 0x3FF {
            return "no IDT has been loaded: IDTR still points to real mode's interrupt vectors"
        }
        guard let second else { return nil }
        let vectorEntry = UInt32(first.vector) * 8
        if let code = second.errorCode, code & 2 != 0, code >> 3 == UInt16(first.vector) {
            if vectorEntry + 7 > UInt32(now.idtLimit) {
                return "the IDT (limit \(now.idtLimit.digits)) ends before the entry of \(name)"
            }
            let entry = descriptor(Int(first.vector), of: .idt).map { DescriptorText.describe($0) } ?? "not mapped"
            return "the IDT's entry for \(name) is no usable gate: \(entry)"
        }
        if second.vector == Vector.pageFault {
            let idt = now.idtBase...now.idtBase.addingSaturating(UInt32(now.idtLimit))
            if idt.contains(second.faultAddress) {
                return "the IDT at \(now.idtBase.digits) is not mapped"
            }
            let stack = first.registers.general.count > 4 ? first.registers.general[4] : 0
            if stack &- second.faultAddress <= 0x1000 || second.faultAddress &- stack < 0x1000 {
                return "the stack at \(stack.digits) cannot be written: it has overflowed, or was never set up"
            }
            if now.tr.selector & 0xFFFC != 0, let top = readValue(at: now.tr.base &+ 4, size: 4),
                top &- second.faultAddress <= 0x1000
            {
                return "the stack for privilege level 0 in the TSS, \(top.digits), is not mapped"
            }
            let gdt = now.gdtBase...now.gdtBase.addingSaturating(UInt32(now.gdtLimit))
            if gdt.contains(second.faultAddress) { return "the GDT at \(now.gdtBase.digits) is not mapped" }
        }
        if second.vector == Vector.invalidTSS || second.vector == Vector.stackFault {
            return "the handler's stack is unusable: look at the TSS ('tss')"
        }
        if let code = second.errorCode, code & 0xFFFC != 0, code & 2 == 0 {
            return
                "the gate of \(name) leads to selector \((code & 0xFFFC).hexadecimal), which is no usable code segment"
        }
        return nil
    }
}

extension UInt32 {
    fileprivate func addingSaturating(_ other: UInt32) -> UInt32 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
