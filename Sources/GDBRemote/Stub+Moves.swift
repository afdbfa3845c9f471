import Debugger
import Machine

/// Packets that move the machine, and how the client is told where it ended up.
extension Stub {
    /// `c`, `C`, `s`, `S`, `bc`, `bs`. There are no signals to deliver.
    func move(_ packet: [UInt8]) -> Outcome {
        let rest = packet.dropFirst()
        switch packet.first.map({ Character(Unicode.Scalar($0)) }) {
        case "b" where rest.elementsEqual("c".utf8): return move { $0.reverseContinue() }
        case "b" where rest.elementsEqual("s".utf8): return move { $0.reverseStep() }
        case "c": return resume(at: rest) { $0.continue() }
        case "s": return resume(at: rest) { $0.step() }
        case "C", "S":
            let parts = rest.split(separator: UInt8(ascii: ";"), maxSplits: 1, omittingEmptySubsequences: false)
            guard let signal = parts.first, Hexadecimal.number(signal) != nil else { break }
            let address = parts.count > 1 ? parts[1] : []
            return packet.first == UInt8(ascii: "C")
                ? resume(at: address) { $0.continue() } : resume(at: address) { $0.step() }
        default: break
        }
        reply(packet.first == UInt8(ascii: "b") ? .unsupported : .malformed)
        return .attached
    }

    /// The actions of `vCont`: there is one processor, and the first action that is about a thread counts.
    func resume(_ actions: some Collection<UInt8>) -> Outcome {
        for action in actions.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false) {
            let parts = action.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count > 1 { guard isThread(parts[1]) else { continue } }
            let thread = parts.count > 1 ? Hexadecimal.number(parts[1]) : nil
            switch parts.first?.first.map({ Character(Unicode.Scalar($0)) }) {
            case "c", "C": return resume(at: []) { $0.continue() }
            case "s", "S": return resume(at: []) { [self] in step($0, thread: thread) }
            default: break
            }
            break
        }
        reply(.malformed)
        return .attached
    }

    /// Goes on, from another address if the packet has one.
    private func resume(at address: some Collection<UInt8>, _ body: @escaping (Debugger) -> Stop) -> Outcome {
        if !address.isEmpty {
            guard let address = Hexadecimal.number(address).flatMap({ UInt32(exactly: $0) }) else {
                reply(.malformed)
                return .attached
            }
            let location = debugger.location
            debugger.setRegister("eip", to: address &- (location.linear &- location.offset))
        }
        // The first time it was said that the guest wants to end, so that one could look, and go back. Now it may.
        if let lastStop, case .exited(let code) = lastStop.reason, lastStop.steps == debugger.machine.steps {
            reply(.text("W" + Hexadecimal.text([UInt8(truncatingIfNeeded: code)])))
            return .ended(code: code)
        }
        return move(body)
    }

    private func move(_ body: @escaping (Debugger) -> Stop) -> Outcome {
        var result: Stop?
        selectedThread = nil
        whileMoving { result = body(debugger) }
        guard let stop = result else { return .attached }
        lastStop = stop
        if stop.reason == .interrupted, isLeaving() {
            reply(.text("W00"))
            return .ended(code: 0)
        }
        switch stop.reason {
        case .exited(let code): print("the guest asks to exit with code \(code); 'continue' lets it")
        case .halted, .tripleFault: print(debugger.explain().text)
        default: break
        }
        reply(stopReply(stop))
        return .attached
    }

    /// Why the machine stands still, as gdb wants to hear it.
    func stopReply(_ stop: Stop) -> Reply {
        var signal = Signal.trap
        var detail = ""
        switch stop.reason {
        case .arrived: break
        case .breakpoint:
            // The monitor may have one there as well.
            let own = insertions.keys.filter { $0.address == stop.location.linear }
            if own.contains(where: { $0.kind == .software }) {
                detail = "swbreak:;"
            } else if own.contains(where: { $0.kind == .hardware }) {
                detail = "hwbreak:;"
            }
        case .watchpoint(let number):
            if let insertion = insertions.first(where: { $0.value == number })?.key {
                let name = insertion.kind == .write ? "watch" : insertion.kind == .read ? "rwatch" : "awatch"
                detail = "\(name):\(String(insertion.address, radix: 16));"
            }
        case .beginningOfRecording: detail = "replaylog:begin;"
        case .endOfRecording: detail = "replaylog:end;"
        case .interrupted: signal = .interrupt
        case .halted: signal = .stop
        case .exited: signal = .termination
        case .tripleFault: signal = .segmentationFault
        }
        return .text(
            "T" + Hexadecimal.text([signal.rawValue]) + detail + "thread:" + String(runningThread, radix: 16) + ";")
    }

    /// gdb's numbers of signals.
    private enum Signal: UInt8 {
        case interrupt = 2
        case trap = 5
        case segmentationFault = 11
        case termination = 15
        case stop = 17
    }
}
