import Machine
import Processor

/// Moves by source lines, backwards: to where the line before here was begun, or, from within a line, this one.
extension Debugger {
    /// Goes back to the beginning of the line that was executed before, into functions that have lines of their own.
    @discardableResult
    public func reverseStepLine() -> Stop { moveBackByLine(entersCalls: true) }

    /// Goes back to the beginning of the line of this function that was executed before, or to the line of the caller
    /// that called it.
    @discardableResult
    public func reverseNextLine() -> Stop { moveBackByLine(entersCalls: false) }

    private func moveBackByLine(entersCalls: Bool) -> Stop {
        guard hasLines(at: linearInstructionPointer) else { return entersCalls ? reverseStep() : reverseNext() }
        /// The line to go to, where it was begun as far as is known, and where the last instruction of it was.
        var target: (line: SourceLocation, step: UInt64, isBeginning: Bool, address: UInt32)?
        while true {
            let stop = entersCalls ? reverseStepIntoCalls() : reverseNext()
            guard stop.reason == .arrived else { return stop }
            let address = linearInstructionPointer
            let match = line(at: address)
            guard let line = target else {
                guard let match else {
                    if hasLines(at: address) { continue }
                    return stop
                }
                target = (match.location, machine.steps, match.begins(at: address), address)
                continue
            }
            // In a loop within one line, an iteration is enough.
            let isLeft = match.map { !$0.location.isSameLine(line.line) } ?? !hasLines(at: address)
            if isLeft || line.isBeginning && address >= line.address { return go(to: line.step) }
            guard let match else { continue }
            if match.begins(at: address) || !line.isBeginning {
                target = (line.line, machine.steps, match.begins(at: address), address)
            }
        }
    }

    /// One instruction back, into what a call or system call before here did if that has lines; over everything else.
    private func reverseStepIntoCalls() -> Stop {
        let origin = machine.steps
        let here = linearInstructionPointer
        let stop = reverseStep()
        guard stop.reason == .arrived, let operation = currentOperation, Self.isReturn(operation) else { return stop }
        let isInterruptReturn = operation == .iret16 || operation == .iret32
        if hasLines(at: linearInstructionPointer), !isInterruptReturn || isSoftwareInterrupt(before: here) {
            return stop
        }
        let back = go(to: origin)
        guard back.reason == .arrived else { return back }
        return reverseNext()
    }

    /// Whether the instruction before an address is one that enters the kernel by itself. (Of the machine as it is:
    /// code in user space is mapped in the kernel as well.)
    private func isSoftwareInterrupt(before address: UInt32) -> Bool {
        readValue(at: address &- 2, size: 1) == 0xCD || readValue(at: address &- 1, size: 1) == 0xCC
    }
}

extension LineTable.Match {
    /// Whether a statement of the line begins at an address.
    fileprivate func begins(at address: UInt32) -> Bool { isStatement && addresses.lowerBound == address }
}
