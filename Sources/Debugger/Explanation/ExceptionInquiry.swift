import Disassembler
import Machine
import Processor

/// Finds out why an instruction raised an exception: one file for each kind of exception.
///
/// The machine stands before the instruction; nothing is changed.
struct ExceptionInquiry {
    let debugger: Debugger
    let exception: TripleFaultReport.Link
    let past: RecentPast?
    let registers: RegisterFile
    let place: RecentPast.Place
    /// The instruction; nil if it cannot be read.
    let line: Disassembler.Line?

    init(_ debugger: Debugger, _ exception: TripleFaultReport.Link, _ past: RecentPast?) {
        self.debugger = debugger
        self.exception = exception
        self.past = past
        registers = debugger.registers
        let location = debugger.location
        place = RecentPast.Place(
            step: debugger.machine.steps, selector: location.selector, offset: location.offset,
            linear: location.linear, isCode32: location.isCode32)
        line = debugger.currentInstruction
    }

    /// From what was seen to where it came from; empty if no rule fits.
    func findings() -> [Explanation.Finding] {
        var findings: [Explanation.Finding]
        switch exception.vector {
        case Vector.pageFault: findings = pageFaultFindings()
        case Vector.invalidOpcode: findings = invalidOpcodeFindings()
        case Vector.generalProtection, Vector.stackFault, Vector.segmentNotPresent, Vector.invalidTSS:
            findings = protectionFindings()
        case Vector.divideError: findings = divideFindings()
        case Vector.deviceNotAvailable: findings = deviceNotAvailableFindings()
        case Vector.boundRange:
            findings = [finding(.boundExceeded, "the index that `bound` checks lies outside of the bounds in memory")]
        default: findings = []
        }
        if !findings.contains(where: { $0.cause == .jumpIntoNothing || $0.cause == .executesZeros }) {
            findings += strayFindings()
        }
        return findings + handlerFindings()
    }

    func finding(_ cause: Explanation.Cause, _ text: String) -> Explanation.Finding {
        Explanation.Finding(cause, text)
    }

    /// `at 0008:00100020 <kernelMain+0x10>: mov dword ptr [eax], ebx`.
    var placeText: String {
        "at \(debugger.placeText(place)): \(line?.text ?? "(the instruction cannot be read)")"
    }

    /// `called by begin() < main`, the callers of the function at hand, innermost first; nil if none is known.
    var callersText: String? {
        let names = debugger.backtrace(limit: 6).dropFirst().compactMap { frame -> String? in
            // The call lies before the return address.
            guard let name = debugger.symbol(at: frame.linear &- 1)?.symbol.name else { return nil }
            return name + (debugger.sourceLocation(at: frame.linear &- 1).map { " (\($0))" } ?? "")
        }
        return names.isEmpty ? nil : "called by " + names.joined(separator: " < ")
    }

    /// `in thread 8 (shell)`; nil where no kernel is known to run.
    var threadText: String? { debugger.runningThread.map { "in thread \($0.number) (\($0.process))" } }

    var row: OpcodeRow? {
        guard let instruction = line?.instruction, Int(instruction.row) < OpcodeTable.rows.count else { return nil }
        return OpcodeTable.rows[Int(instruction.row)]
    }

    var isProtected: Bool { registers.cr0 & ControlRegister.protection != 0 }
    var isVirtual8086: Bool { registers.eflags & Flag.virtual8086 != 0 }

    /// `0010:c0000000` or just the address.
    func symbolic(_ linear: UInt32) -> String {
        linear.digits + (debugger.symbolText(at: linear).map { " <\($0)>" } ?? "")
    }

    // MARK: Where execution came from

    /// The last journey before here that led into the code at hand.
    var lastTransfer: RecentPast.Transfer? { past?.transfers.last { $0.to.step <= place.step } }

    /// How execution came to where it should not be.
    func lastBranchFindings() -> [Explanation.Finding] {
        guard let transfer = lastTransfer ?? debugger.lastJourney() else {
            guard debugger.farBeginning > debugger.timeline.beginning else { return [] }
            return [
                finding(
                    .lastBranch,
                    "execution has come here without a branch since before step \(debugger.farBeginning) (further back is "
                        + "not looked)")
            ]
        }
        let line = debugger.disassemble(
            linear: transfer.from.linear, offset: transfer.from.offset, count: 1, code32: transfer.from.isCode32
        ).first
        let instruction = line.map { "`\($0.text)` " } ?? ""
        var text =
            "execution came to \(symbolic(transfer.to.linear)) from \(instruction)at \(debugger.placeText(transfer.from))"
            + ", step \(transfer.from.step)"
        if let source = debugger.sourceText(transfer.from) { text += " (\(source))" }
        if line?.text.hasPrefix("ret") == true {
            text += ": the return address on the stack was overwritten, or the stack pointer is not where it should be"
        } else if transfer.to.linear < 0x1000, isProtected {
            text += ": the pointer to the code is null"
        }
        return [finding(.lastBranch, text)]
    }

    /// Whether what is executed is no code at all.
    func strayFindings() -> [Explanation.Finding] {
        let bytes = debugger.readMemory(at: place.linear, count: 16)
        let before = debugger.readMemory(at: place.linear &- 16, count: 16)
        let zeros = bytes.allSatisfy { $0 == 0 } || before.allSatisfy { $0 == 0 } && (bytes[0] ?? 0) == 0
        if zeros {
            return [
                finding(
                    .executesZeros,
                    "the processor executes zeros, which read as `add byte ptr [eax], al`: there is no code at "
                        + symbolic(place.linear))
            ] + lastBranchFindings()
        }
        guard bytes.allSatisfy({ $0 == 0xFF }) else { return [] }
        return [
            finding(
                .executesOnes,
                "the processor executes ones, as memory reads that is not there: no code at "
                    + symbolic(place.linear))
        ] + lastBranchFindings()
    }

    // MARK: Handlers

    /// Whether the exception arose in the handler of another, and that in a third's.
    func handlerFindings() -> [Explanation.Finding] {
        guard let past else { return [] }
        // Each deeper on the same stack than the one before.
        var nested: [RecentPast.Exception] = []
        let top = registers.general.count > 4 ? registers.general[4] : 0
        var stack = top
        for earlier in past.unresolved.reversed() where earlier.place.step < place.step {
            guard earlier.place.selector == place.selector, earlier.stackPointer &- stack < 0x1_0000 else { break }
            nested.append(earlier)
            stack = earlier.stackPointer
        }
        guard let outermost = nested.last, let innermost = nested.first else { return [] }
        let handler = symbolic(innermost.handler.linear)
        guard nested.count > 1, Set(nested.map(\.vector) + [exception.vector]).count == 1 else {
            return [
                finding(
                    .handlerFaults,
                    "this happened in the handler of \(VectorText.description(innermost.vector)), \(handler), "
                        + "which was raised at \(debugger.placeText(innermost.place)), step \(innermost.place.step)")
            ]
        }
        let name = VectorText.description(outermost.vector)
        return [
            finding(
                .handlerFaults,
                "the handler of \(name), \(handler), raises \(name) itself, \(nested.count) times inside each other, which "
                    + "took \(outermost.stackPointer &- top) bytes of stack"),
            finding(
                .handlerFaults,
                "the first of them was raised at \(debugger.placeText(outermost.place)), step \(outermost.place.step)"),
        ]
    }
}
