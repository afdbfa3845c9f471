import Disassembler
import Processor

/// #UD, and the exceptions that are about one instruction's own conditions: #DE, #NM.
extension ExceptionInquiry {
    func invalidOpcodeFindings() -> [Explanation.Finding] {
        guard let line, let row, line.text != Disassembler.bad else {
            let bytes = debugger.readMemory(at: place.linear, count: 4).map { $0?.digits ?? "??" }
            return [finding(.undefinedOpcode, "the bytes \(bytes.joined(separator: " ")) ... are no instruction")]
                + farFromCodeFindings()
        }
        if row.mnemonic.hasPrefix("ud") {
            return [
                finding(
                    .trapInstruction,
                    "`\(row.mnemonic)` is there on purpose: compilers put it where execution must not come, in Swift "
                        + "behind a failed check such as an overflow, an index out of range or a nil")
            ]
        }
        let model = debugger.machine.processor.model
        if model.generation < row.minimum {
            return [
                finding(
                    .notInThisProcessor,
                    "`\(row.mnemonic)` came with the \(Self.name(of: row.minimum)); this processor is a \(model.name)")
            ]
        }
        if line.instruction?.prefixes.contains(.lock) == true,
            !row.flags.contains(.lockable) || line.instruction?.hasMemoryOperand == false
        {
            return [finding(.misplacedLock, "`lock` is only allowed before instructions that change memory")]
        }
        guard line.isValid else {
            return [finding(.undefinedOpcode, "`\(line.text)` does not exist")] + farFromCodeFindings()
        }
        if line.instruction.map({ $0.operation.rawValue >= Operation.firstSIMD.rawValue }) == true {
            if registers.cr0 & ControlRegister.emulation != 0 {
                return [finding(.featureDisabled, "CR0.EM is set: MMX and SSE instructions are not available")]
            }
            if registers.cr4 & ControlRegister.osFXSR == 0 {
                return [
                    finding(
                        .featureDisabled, "CR4.OSFXSR is clear: the kernel has not said yet that it saves SSE registers"
                    )
                ]
            }
        }
        let protectedOnly = ["lldt", "sldt", "ltr", "str", "verr", "verw", "lar", "lsl", "arpl"]
        if protectedOnly.contains(row.mnemonic), !isProtected || isVirtual8086 {
            return [finding(.modeForbids, "`\(row.mnemonic)` exists in protected mode only")]
        }
        return farFromCodeFindings()
    }

    /// An undefined opcode at a place without a name is no code; the branch that led here tells more.
    private func farFromCodeFindings() -> [Explanation.Finding] {
        debugger.symbols.count > 0 && debugger.symbolText(at: place.linear) == nil ? lastBranchFindings() : []
    }

    private static func name(of generation: ProcessorGeneration) -> String {
        switch generation {
        case .i386: "386"
        case .i486: "486"
        case .pentium: "Pentium"
        case .pentiumPro: "Pentium Pro"
        case .pentium2: "Pentium II"
        case .pentium3: "Pentium III"
        case .pentium4: "Pentium 4"
        }
    }

    // MARK: Division

    func divideFindings() -> [Explanation.Finding] {
        guard let instruction = line?.instruction, let row else { return [] }
        if row.mnemonic == "aam" { return [finding(.divideByZero, "`aam` divides by its operand, which is 0")] }
        guard row.mnemonic.hasSuffix("div") else { return [] }
        guard divisor(instruction, row) == 0 else {
            return [
                finding(
                    .quotientOverflow,
                    "the quotient is too large for its register: the dividend's high half "
                        + "is not less than the divisor (was EDX cleared or sign-extended before?)")
            ]
        }
        return [finding(.divideByZero, "the divisor is 0")]
    }

    private func divisor(_ instruction: Instruction, _ row: OpcodeRow) -> UInt32? {
        let isByte = row.operands.first == .eb
        let size = isByte ? 1 : instruction.is32BitOperand ? 4 : 2
        if let operand = debugger.memoryOperand(of: instruction) {
            return debugger.readValue(at: operand.linear, size: size)
        }
        let value = registers.general[Int(instruction.rm & (isByte ? 3 : 7))]
        if isByte { return value >> (instruction.rm > 3 ? 8 : 0) & 0xFF }
        return size == 4 ? value : value & 0xFFFF
    }

    // MARK: FPU

    func deviceNotAvailableFindings() -> [Explanation.Finding] {
        if registers.cr0 & ControlRegister.emulation != 0 {
            return [finding(.noFPU, "CR0.EM is set: x87 instructions are left to a handler that emulates them")]
        }
        return [
            finding(
                .taskSwitched,
                "CR0.TS is set: the registers of the FPU may belong to another task, and the handler is to exchange them"
            )
        ]
    }
}
