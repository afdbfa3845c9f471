import Machine
import Processor

/// #PF (SDM vol. 3A, 4.7).
extension ExceptionInquiry {
    func pageFaultFindings() -> [Explanation.Finding] {
        let address = exception.faultAddress
        let code = exception.errorCode ?? 0
        let verb = code & 2 != 0 ? "writes to" : "reads from"
        guard !isFetch(address) else { return fetchFindings(address, code) }
        if code & 8 != 0 {
            return [
                finding(.reservedBit, "the entry of the page of \(address.digits) has a bit set that must be clear")
            ]
        }
        if code & 1 != 0 { return [finding(.pageProtection, protectionText(address, code))] }
        let stack = stackFindings(address)
        if !stack.isEmpty { return stack }
        if address < 0x1000 {
            return [
                finding(.nullPointer, "the instruction \(verb) \(address.digits), through a null pointer\(baseText)")
            ]
        }
        return [finding(.notMapped, "the instruction \(verb) \(symbolic(address)), where nothing is mapped\(baseText)")]
    }

    /// Whether the instruction itself lies at the address. (Only with PAE and EFER.NXE does the error code say so.)
    private func isFetch(_ address: UInt32) -> Bool {
        (exception.errorCode ?? 0) & 16 != 0 || address &- place.linear < 15 && line?.instruction == nil
    }

    private func fetchFindings(_ address: UInt32, _ code: UInt16) -> [Explanation.Finding] {
        let why =
            code & 1 != 0
            ? code & 16 != 0 ? "is not executable" : "does not belong to user programs" : "is not mapped"
        // Zeros lead on and on, up to where the memory ends.
        let stray = cameSequentially ? strayFindings() : []
        if !stray.isEmpty { return stray }
        let text = "the processor was to execute at \(symbolic(address)), which \(why)"
        return [finding(.jumpIntoNothing, text)] + lastBranchFindings()
    }

    /// Whether the instruction before led here, and not a branch.
    private var cameSequentially: Bool {
        guard let last = past?.instructions.last(where: { $0.place.step < place.step }) else { return false }
        return place.linear &- last.place.linear <= UInt32(Decoder.maximumLength)
    }

    private func protectionText(_ address: UInt32, _ code: UInt16) -> String {
        let isUser = code & 4 != 0
        let who = isUser ? "a user program" : "the supervisor"
        let verb = code & 2 != 0 ? "writes to" : "reads from"
        let rights = debugger.machine.processor.inspectPage(at: address)?.rights ?? 0
        if isUser, rights & PageEntry.user == 0 {
            return "\(who) \(verb) \(symbolic(address)), which belongs to the supervisor"
        }
        let protection = isUser ? "" : " (and CR0.WP makes that hold for the supervisor too)"
        return "\(who) \(verb) \(symbolic(address)), which is read-only\(protection)"
    }

    /// `: ebx is 00000000`, for the registers that make up the address.
    private var baseText: String {
        guard let instruction = line?.instruction, instruction.hasMemoryOperand else { return "" }
        let names = [instruction.base, instruction.index].filter { $0 < 8 }.map { Int($0) }
        guard !names.isEmpty else { return "" }
        return ": "
            + names.map { "\(RegisterFile.generalNames[$0]) is \(registers.general[$0].digits)" }.joined(
                separator: ", ")
    }

    // MARK: The stack

    private func stackFindings(_ address: UInt32) -> [Explanation.Finding] {
        let stack = debugger.stackPointer
        // An access that a push, a call or a new frame makes: at most a page below the pointer, or just above it.
        let usesStack =
            line?.text.hasPrefix("push") == true || line?.text.hasPrefix("call") == true
            || line?.text.hasPrefix("enter") == true || line?.instruction?.base == 4 || line?.instruction?.base == 5
        guard usesStack, stack &- address <= 0x1000 || address &- stack < 0x1000 else { return [] }
        let page = address & 0xFFFF_F000
        guard debugger.physicalAddress(of: page &+ 0x1000) != nil else {
            return [
                finding(
                    .stackNotMapped,
                    "the stack pointer \(stack.digits) leads to where nothing is mapped, neither here nor above: it was "
                        + "never set up, or has been overwritten")
            ]
        }
        var top = page &+ 0x1000
        while top &- page < 1 << 20, debugger.physicalAddress(of: top) != nil { top = top &+ 0x1000 }
        let size = top &- page &- 0x1000
        let extent = size < 1 << 20 ? " (what is mapped above it ends at \((top &- 1).digits))" : ""
        return [
            finding(
                .stackOverflow,
                "the stack has overflowed: the stack pointer has come down to \(stack.digits), and the page at "
                    + "\(page.digits) is not mapped\(extent)")
        ] + recursionFindings()
    }

    /// A function that is on the stack many times.
    private func recursionFindings() -> [Explanation.Finding] {
        let frames = debugger.backtrace(limit: 64)
        var counts: [String: Int] = [:]
        for (index, frame) in frames.enumerated() {
            // Behind a call that is a function's last instruction another function begins.
            let call = index == 0 ? frame.linear : frame.linear &- 1
            if let name = debugger.symbol(at: call)?.symbol.name { counts[name, default: 0] += 1 }
        }
        guard let most = counts.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }), most.value >= 8 else { return [] }
        let isAll = frames.count < 64
        return [
            finding(
                .recursion,
                "\(most.key) is \(isAll ? "" : "at least ")\(most.value) times on the stack: it calls itself"
                    + (counts.count > 1 ? ", through others or not," : "") + " without an end")
        ]
    }
}
