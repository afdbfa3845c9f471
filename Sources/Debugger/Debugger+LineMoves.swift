import Disassembler
import Machine
import Processor

/// Moves by source lines, forwards.
///
/// A line is left when the first instruction of another line's statement is next (``LineTable/Match/isStatement``); in
/// the middle of one, as after a return, the move goes on to its end. Where there are no lines, an instruction counts
/// as one. Interrupts that arrive meanwhile are no part of it; system calls are calls like others, into the kernel and
/// back.
extension Debugger {
    /// Goes on to the next source line, into functions that have lines of their own, behind their prologue.
    @discardableResult
    public func stepLine() -> Stop { moveByLine(entersCalls: true) }

    /// Goes on to the next source line of this function, or of its caller if it returns.
    @discardableResult
    public func nextLine() -> Stop { moveByLine(entersCalls: false) }

    /// How many instructions without lines are gone through before the move ends there.
    private static let patience = 256

    private func moveByLine(entersCalls: Bool) -> Stop {
        guard hasLines(at: linearInstructionPointer) else { return entersCalls ? step() : next() }
        let start = line(at: linearInstructionPointer)?.location
        var withoutLines = 0
        var count = 0
        while true {
            let call = entersCalls ? callAtHand : nil
            let stop = if let call { stepInto(call) } else { nextInstruction() }
            guard stop.reason == .arrived else { return stop.stop }
            if stop.isEntered || stop.stop.event?.isError == true { return stop.stop }
            let address = linearInstructionPointer
            if let match = line(at: address) {
                withoutLines = 0
                let isOther = start.map { !$0.isSameLine(match.location) } ?? true
                if isOther, match.isStatement, match.addresses.lowerBound == address { return stop.stop }
            } else if !hasLines(at: address) {
                withoutLines += 1
                if withoutLines > Self.patience { return stop.stop }
            }
            count += 1
            if count % 4096 == 0, let stop = lookAround() { return stop }
        }
    }

    /// A stop, and whether a function was entered.
    private struct LineStop {
        let stop: Stop
        var isEntered = false
        var reason: Stop.Reason { stop.reason }
    }

    /// Whether symbol files say to which lines the code at an address belongs.
    func hasLines(at address: UInt32) -> Bool {
        symbols.lineTable(at: address) { address, count in readMemory(at: address, count: count) } != nil
    }

    // MARK: One instruction

    /// As ``next()``, but a return or a jump is not left by an interrupt that comes instead.
    private func nextInstruction() -> LineStop {
        let isCertain = currentInstruction?.instruction.map { !Self.isReturn($0.operation) } ?? true
        guard !isCertain else { return LineStop(stop: next()) }
        return LineStop(stop: stepPastInterrupts { _ in true })
    }

    /// Steps; if an interrupt or page fault came instead that `isDetour` says is none of the instruction's own, lets
    /// its handler complete and steps again.
    private func stepPastInterrupts(_ isDetour: (UInt8) -> Bool) -> Stop {
        while true {
            let address = linearInstructionPointer
            let stack = stackPointer
            let stop = step()
            guard stop.reason == .arrived else { return stop }
            switch stop.event {
            case .interrupt(let vector) where isDetour(vector): break
            case .exception where stop.event?.isError == false: break
            default: return stop
            }
            let back = move(
                to: Goal(addresses: [address], isReached: { [unowned self] in stackPointer == stack }))
            guard back.reason == .arrived else { return back }
        }
    }

    /// A call or software interrupt that is next.
    private struct Call {
        let following: UInt32
        /// Of `int n`.
        let vector: UInt8?
    }

    private var callAtHand: Call? {
        guard let line = currentInstruction, line.isValid, let instruction = line.instruction else { return nil }
        let name = OpcodeTable.rows[Int(instruction.row)].mnemonic
        let following = linearInstructionPointer &+ UInt32(instruction.length)
        if name.hasPrefix("call") || name == "sysenter" { return Call(following: following, vector: nil) }
        guard name.hasPrefix("int") else { return nil }
        let vector = line.bytes.first == 0xCD ? line.bytes.dropFirst().first : nil
        return Call(following: following, vector: vector ?? (name == "into" ? Vector.overflow : Vector.breakpoint))
    }

    /// Enters what is called if it has lines, up to behind its prologue; otherwise lets it complete.
    private func stepInto(_ call: Call) -> LineStop {
        let stack = stackPointer
        let stop = stepPastInterrupts { $0 != call.vector }
        guard stop.reason == .arrived, stop.event?.isError != true else { return LineStop(stop: stop) }
        let address = linearInstructionPointer
        guard address != call.following else { return LineStop(stop: stop) }
        let table = symbols.lineTable(at: address) { address, count in readMemory(at: address, count: count) }
        guard let table else {
            return LineStop(
                stop: move(
                    to: Goal(
                        addresses: [call.following],
                        isReached: { [unowned self] in stackPointer &- stack < 0x1_0000 }, stopsAtErrors: true)))
        }
        guard let symbol = symbol(at: address), symbol.offset == 0, symbol.symbol.size > 0,
            symbol.symbol.size <= UInt32.max - address,
            let body = table.prologueEnd(in: address..<address + symbol.symbol.size), body != address
        else { return LineStop(stop: stop, isEntered: line(at: address) != nil) }
        let entered = stackPointer
        let arrived = move(
            to: Goal(
                addresses: [body],
                isReached: { [unowned self] in entered &- stackPointer < 0x1_0000 }, stopsAtErrors: true))
        return LineStop(stop: arrived, isEntered: true)
    }
}

extension SourceLocation {
    func isSameLine(_ other: SourceLocation) -> Bool { line == other.line && path == other.path }
}
