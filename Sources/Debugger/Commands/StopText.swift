import Disassembler
import Machine

/// Where the machine is, in a line or two.
extension DebuggerCommands {
    /// Why the machine has stopped, if that is worth saying, and the stop line: step count, CS:EIP, symbol,
    /// instruction.
    func stopText(_ stop: Stop) -> String {
        var lines: [String] = []
        switch stop.reason {
        case .arrived: break
        case .breakpoint(let number):
            if let breakpoint = debugger.breakpoints.first(where: { $0.number == number }) {
                let times = breakpoint.hits == 1 ? "" : ", hit \(breakpoint.hits) times"
                lines.append("breakpoint \(number) at \(breakpoint.text)\(times)")
            }
        case .interrupted: lines.append("stopped")
        case .halted: lines.append("halted with interrupts disabled: only a reset or an NMI wakes the processor")
        case .exited(let code): lines.append("the guest asks to exit with code \(code)")
        case .tripleFault(let report): lines.append(debugger.explain(report))
        }
        switch stop.event {
        case .exception(let vector, let code, let address):
            var text = "exception: " + VectorText.description(vector)
            if let code {
                let words = VectorText.errorCode(code, of: vector)
                text += ", error code \(code.digits)" + (words.isEmpty ? "" : " (\(words))")
            }
            if let address { text += ", address \(address.digits)" }
            lines.append(text)
        case .interrupt(let vector): lines.append("interrupt \(vector.hexadecimal) delivered")
        case nil: break
        }
        lines.append(stopLine(stop))
        return lines.joined(separator: "\n")
    }

    private func stopLine(_ stop: Stop) -> String {
        let location = stop.location
        var text = "step \(stop.steps)  \(locationText(location))"
        if let symbol = location.symbol { text += " <\(symbol)>" }
        if let line = debugger.currentInstruction {
            text += "  \(line.text)" + (line.isValid ? "" : "  ; raises #UD")
        } else {
            text += "  (no memory here)"
        }
        if debugger.machine.processor.state.pointee.halted { text += "  (halted, waiting for an interrupt)" }
        return text
    }

    /// `f000:fff0`, `0008:00100000`, and the linear address where it is another one than that suggests.
    func locationText(_ location: Debugger.Location) -> String {
        var text = location.selector.digits + ":"
        let isRealMode = debugger.usesRealModeVectors || debugger.isVirtual8086
        text +=
            location.offset > 0xFFFF || !isRealMode
            ? location.offset.digits : UInt16(truncatingIfNeeded: location.offset).digits
        let usual = isRealMode ? UInt32(location.selector) << 4 &+ location.offset : location.offset
        if location.linear != usual { text += " (linear \(location.linear.digits))" }
        return text
    }
}
