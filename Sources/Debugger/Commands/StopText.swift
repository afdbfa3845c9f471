import Disassembler
import Machine
import Processor

/// Where the machine is, in a line or two.
extension DebuggerCommands {
    /// Why the machine has stopped, if that is worth saying, and the stop line: step count, CS:EIP, symbol,
    /// instruction.
    func stopText(_ stop: Stop) -> String {
        var lines = eventLines(stop)
        lines.append(stopLine(stop))
        if let source = sourceLineText(at: stop.location.linear) { lines.append(source) }
        return lines.joined(separator: "\n")
    }

    /// Why the machine has stopped, and what the last step delivered; empty if a move is just complete.
    package func eventLines(_ stop: Stop) -> [String] {
        var lines: [String] = []
        switch stop.reason {
        case .arrived: break
        case .breakpoint(let number):
            if let breakpoint = debugger.breakpoints.first(where: { $0.number == number }) {
                let times = breakpoint.hits == 1 ? "" : ", hit \(breakpoint.hits) times"
                lines.append("breakpoint \(number) at \(breakpoint.text)\(times)")
            } else {
                let times = debugger.rule(number).map { $0.hits == 1 ? "" : ", hit \($0.hits) times" } ?? ""
                let verb = stop.isBefore ? "next comes " : ""
                lines.append(
                    "catchpoint \(number)\(times): " + verb + stop.caught.map(CatchText.event).joined(separator: "; "))
            }
        case .watchpoint: lines += stop.accesses.map(accessText)
        case .beginningOfRecording: lines.append("this is the beginning of the recording")
        case .endOfRecording: lines.append("this is the end of the recording")
        case .interrupted: lines.append("stopped")
        case .exited(let code): lines.append("the guest asks to exit with code \(code)")
        case .halted, .tripleFault: lines.append(debugger.explain().text)
        }
        switch stop.event {
        case .exception(let vector, let code, let address):
            lines.append("exception: " + VectorText.exception(vector, code: code, address: address))
        case .interrupt(let vector): lines.append("interrupt \(vector.hexadecimal) delivered")
        case nil: break
        }
        return lines.flatMap { $0.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }
    }

    /// `watchpoint 2 at counter, hit 3 times: 00000001 -> 00000002, written by 00100123 <count+0x5>`.
    private func accessText(_ access: Watchpoint.Access) -> String {
        let watchpoint = debugger.watchpoints.first { $0.number == access.number }
        // Nobody has set the one that a move to a switch has needed.
        if watchpoint == nil, let switching = debugger.switchText(access) { return "switch: " + switching }
        var text = "watchpoint \(access.number)"
        if let watchpoint {
            text += (debugger.isSwitch(watchpoint) ? " for " : " at ") + watchpoint.text
            if watchpoint.watch.address != access.address { text += " (\(access.address.digits))" }
            if watchpoint.hits != 1 { text += ", hit \(watchpoint.hits) times" }
        }
        if let switching = debugger.switchText(access) { return text + ": " + switching }
        text += ": " + Self.valueText(access.before)
        if access.isWrite, !access.after.isEmpty { text += " -> " + Self.valueText(access.after) }
        // Before the instruction, the stop line shows it.
        let verb = access.isWrite ? "written" : "read"
        return text + (access.after.isEmpty ? ", about to be \(verb)" : ", \(verb) by \(originText(access.origin))")
    }

    /// Who accessed memory.
    func originText(_ origin: WatchedAccess.Origin) -> String {
        switch origin {
        case .instruction(let linear): placeText(linear)
        case .pageWalk(let linear): "the page walk for \(placeText(linear))"
        case .outside: "the debugger or a device"
        }
    }

    /// A number of up to 8 bytes, or bytes.
    static func valueText(_ bytes: [UInt8]) -> String {
        switch bytes.count {
        case 1, 2, 4, 8: return bytes.reversed().map(\.digits).joined()
        default:
            let shown = bytes.prefix(16).map(\.digits).joined(separator: " ")
            return bytes.count > 16 ? shown + " ..." : shown
        }
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
        if debugger.isHaltedForGood {
            text += "  (halted for good)"
        } else if debugger.machine.processor.state.pointee.halted {
            text += "  (halted, waiting for an interrupt)"
        }
        if let thread = debugger.runningThread { text += "  [\(thread.process), thread \(thread.number)]" }
        if debugger.timeline.isInPast { text += "  (in the past: recorded up to step \(debugger.timeline.end))" }
        return text
    }

    /// `f000:fff0`, `0008:00100000`, and the linear address where it is another one than that suggests.
    package func locationText(_ location: Debugger.Location) -> String {
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
