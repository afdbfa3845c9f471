import Machine
import Processor

/// #GP, #SS, #NP and #TS (SDM vol. 3A, chapters 5 to 7): selectors, limits and privilege in words.
extension ExceptionInquiry {
    func protectionFindings() -> [Explanation.Finding] {
        let code = exception.errorCode ?? 0
        if code & 2 != 0 { return gateFindings(vector: code >> 3) }
        if code & 0xFFFC != 0 { return [finding(.badSelector, selectorText(code & 0xFFFC))] }
        guard let line else { return [] }
        guard line.instruction != nil else {
            return [finding(.tooLong, "the instruction is longer than 15 bytes")]
        }
        return privilegeFindings() ?? controlFindings() ?? targetFindings() ?? operandFindings() ?? stackFindings()
            ?? []
    }

    private var level: UInt8 { registers.cpl }
    private var inputOutputLevel: UInt8 { UInt8(truncatingIfNeeded: registers.eflags >> 12 & 3) }
    private var mnemonic: String { row?.mnemonic ?? "" }

    // MARK: Gates

    /// `int n` through a gate that does not let it pass.
    private func gateFindings(vector: UInt16) -> [Explanation.Finding] {
        guard let number = UInt8(exactly: vector) else { return [] }
        let name = VectorText.description(number)
        guard isProtected else {
            return [finding(.idtTooShort, "the vector table (limit \(registers.idtLimit.digits)) ends before \(name)")]
        }
        guard let gate = debugger.descriptor(Int(number), of: .idt) else {
            return [
                finding(
                    .idtTooShort,
                    "the IDT at \(registers.idtBase.digits) (limit \(registers.idtLimit.digits)) ends before \(name), or is "
                        + "not mapped there")
            ]
        }
        let text = DescriptorText.describe(gate, symbol: debugger.symbolText)
        if DescriptorText.isGate(gate), gate.isPresent, gate.privilege < level {
            return [
                finding(
                    .gatePrivilege,
                    "level \(level) may not call \(name): its gate has DPL \(gate.privilege) (\(text))")
            ]
        }
        return [finding(.badGate, "the IDT's entry for \(name) is no usable gate: \(text)")]
    }

    // MARK: Selectors

    /// What is wrong with a selector, for the instruction at hand.
    private func selectorText(_ selector: UInt16) -> String {
        let isLocal = selector & 4 != 0
        let table: Debugger.DescriptorTable = isLocal ? .ldt : .gdt
        let name = "selector \(selector.hexadecimal)"
        guard let (base, count) = debugger.extent(of: table) else { return "\(name) is of the LDT, and there is none" }
        let index = Int(selector >> 3)
        guard index < count else {
            return "\(name) lies beyond the \(table.rawValue.uppercased()), which has \(count) entries (base "
                + "\(base.digits))"
        }
        guard let descriptor = debugger.descriptor(index, of: table) else {
            return "\(name): the \(table.rawValue.uppercased()) is not mapped there"
        }
        let text = DescriptorText.describe(descriptor, symbol: debugger.symbolText)
        if descriptor.low == 0, descriptor.high == 0 { return "\(name) names an empty entry of the table" }
        if let problem = problem(of: descriptor) { return "\(name) \(problem): \(text)" }
        return "\(name) does not fit here (level \(level)): \(text)"
    }

    private func problem(of descriptor: Descriptor) -> String? {
        if exception.vector == Vector.invalidTSS { return "in the task-state segment is wrong" }
        let isStack = exception.vector == Vector.stackFault || mnemonic == "lss" || segmentLoaded == .ss
        if mnemonic == "ltr" {
            let isAvailable = descriptor.type & ~SystemType.is32Bit == SystemType.tss16
            guard descriptor.isSystem, isAvailable else { return "is not that of an available TSS" }
        } else if mnemonic == "lldt" {
            guard descriptor.isSystem, descriptor.type == SystemType.ldt else { return "is not that of an LDT" }
        } else if isStack {
            guard descriptor.isWritableData else { return "for SS is not that of a writable data segment" }
            if descriptor.privilege != level { return "for SS has DPL \(descriptor.privilege), this is level \(level)" }
        } else if segmentLoaded != nil || ["lds", "les", "lfs", "lgs"].contains(mnemonic) {
            guard descriptor.isReadable else { return "is not that of a segment that can be read" }
            if !descriptor.isConforming, descriptor.privilege < level {
                return "has DPL \(descriptor.privilege), too privileged for level \(level)"
            }
        } else if !descriptor.isSystem {
            guard descriptor.isCode else { return "is that of a data segment, which is no place to execute" }
            if !descriptor.isConforming, descriptor.privilege != level {
                return "has DPL \(descriptor.privilege), and this is level \(level): a jump does not change the level"
            }
        }
        return descriptor.isPresent ? nil : "is marked as not present"
    }

    /// Which segment register `mov` or `pop` loads.
    private var segmentLoaded: SegmentIndex? {
        guard let instruction = line?.instruction, let row else { return nil }
        switch row.operands.first {
        case .sw where row.mnemonic == "mov": return SegmentIndex(rawValue: instruction.reg)
        case .es where row.mnemonic == "pop": return .es
        case .ss where row.mnemonic == "pop": return .ss
        case .ds where row.mnemonic == "pop": return .ds
        case .fs where row.mnemonic == "pop": return .fs
        case .gs where row.mnemonic == "pop": return .gs
        default: return nil
        }
    }

    // MARK: Privilege

    private func privilegeFindings() -> [Explanation.Finding]? {
        guard let row, let instruction = line?.instruction else { return nil }
        if row.flags.contains(.privileged), level > 0 {
            return [
                finding(
                    .privilegedInstruction,
                    "`\(line?.text ?? row.mnemonic)` is privileged: only level 0 may execute it, and this is level \(level)"
                )
            ]
        }
        if ["cli", "sti"].contains(row.mnemonic), level > inputOutputLevel {
            return [
                finding(
                    .privilegedInstruction,
                    "`\(row.mnemonic)` needs a level up to IOPL (\(inputOutputLevel)), and this is level \(level)")
            ]
        }
        let sensitive = ["pushf", "popf", "iret", "int"]
        if isVirtual8086, inputOutputLevel < 3, sensitive.contains(where: { row.mnemonic.hasPrefix($0) }) {
            return [
                finding(
                    .privilegedInstruction,
                    "in virtual-8086 mode with IOPL \(inputOutputLevel), `\(row.mnemonic)` is left to a monitor")
            ]
        }
        let isPort =
            ["in", "out"].contains(row.mnemonic) || row.mnemonic.hasPrefix("ins") || row.mnemonic.hasPrefix("outs")
        guard isPort, isVirtual8086 || level > inputOutputLevel else { return nil }
        let port =
            row.operands.contains(.ib)
            ? UInt16(instruction.immediate & 0xFF) : UInt16(truncatingIfNeeded: registers.general[2])
        let map = debugger.openPorts?.contains { $0.contains(port) } ?? false
        return [
            finding(
                .portNotAllowed,
                "port \(port.hexadecimal) is not open to level \(level): IOPL is \(inputOutputLevel), and the I/O map in the "
                    + "TSS \(map ? "does not open all of the operand" : "does not open it")")
        ]
    }

    // MARK: Control registers

    private func controlFindings() -> [Explanation.Finding]? {
        guard let row, let instruction = line?.instruction else { return nil }
        if row.mnemonic == "rdmsr" || row.mnemonic == "wrmsr" {
            let number = registers.general[1]
            guard debugger.machine.processor.modelSpecificRegister(number) != nil else {
                return [
                    finding(
                        .badModelSpecificRegister,
                        "this processor (\(debugger.machine.processor.model.name)) has no model-specific register "
                            + number.hexadecimal)
                ]
            }
            return [
                finding(
                    .badModelSpecificRegister,
                    "the value \(registers.general[2].digits):\(registers.general[0].digits) has bits that model-specific "
                        + "register \(number.hexadecimal) does not allow")
            ]
        }
        guard row.mnemonic == "mov", row.operands.first == .cd else { return nil }
        let value = registers.general[Int(instruction.rm & 7)]
        var why = "it has bits that must be clear"
        if instruction.reg == 0 {
            if value & ControlRegister.paging != 0, value & ControlRegister.protection == 0 {
                why = "paging (PG) needs protected mode (PE)"
            } else if value & ControlRegister.notWriteThrough != 0, value & ControlRegister.cacheDisable == 0 {
                why = "NW must not be set without CD"
            } else if registers.cr4 & ControlRegister.physicalAddressExtension != 0 {
                why = "a page-directory-pointer-table entry at CR3 (\(registers.cr3.digits)) has a reserved bit set"
            }
        } else if instruction.reg == 3 {
            why = "a page-directory-pointer-table entry there has a reserved bit set"
        } else if instruction.reg == 4 {
            why += ": this processor (\(debugger.machine.processor.model.name)) does not have them"
        }
        return [finding(.badControlValue, "CR\(instruction.reg) cannot hold \(value.digits): \(why)")]
    }

    // MARK: Targets

    private func targetFindings() -> [Explanation.Finding]? {
        guard let row, let instruction = line?.instruction, row.operands == [.jb] || row.operands == [.jz] else {
            return nil
        }
        let following = place.offset &+ UInt32(instruction.length)
        let target = following &+ instruction.immediate
        let limit = registers.segments[1].limit
        let offset = instruction.is32BitOperand ? target : target & 0xFFFF
        guard offset > limit else { return nil }
        return [finding(.jumpBeyondLimit, "the target \(offset.digits) lies beyond the limit of CS, \(limit.digits)")]
    }

    // MARK: Memory operands

    private func operandFindings() -> [Explanation.Finding]? {
        guard let instruction = line?.instruction, let row, let operand = debugger.memoryOperand(of: instruction) else {
            return nil
        }
        let name = RegisterFile.segmentNames[operand.segment]
        let segment = debugger.machine.processor.state.pointee.segments[operand.segment]
        let selector = segment.selector
        let size = Self.size(row, instruction)
        if segment.attributes & SegmentAttribute.present == 0 {
            return [
                finding(
                    .nullSegment,
                    "\(name.uppercased()) holds the null selector \(selector.digits), through which nothing can be accessed"
                )
            ]
        }
        let isWrite =
            [.eb, .ew, .ev, .ed, .ob, .ov].contains(row.operands.first) && row.mnemonic != "cmp"
            && row.mnemonic != "test" && row.mnemonic != "push"
        guard segment.allows(offset: operand.offset, size: size, write: false) else {
            guard segment.allows(offset: 0, size: 1, write: false) || operand.offset > segment.limit else {
                return [
                    finding(
                        .segmentType, "\(name.uppercased()) (\(selector.digits)) is a code segment that cannot be read")
                ]
            }
            return [
                finding(
                    .segmentLimit,
                    "offset \(operand.offset.digits) (\(size) byte\(size == 1 ? "" : "s")) lies beyond the limit of "
                        + "\(name.uppercased()) (\(selector.digits)), \(segment.limit.digits)")
            ]
        }
        if isWrite, !segment.allows(offset: operand.offset, size: size, write: true) {
            return [
                finding(
                    .segmentType,
                    "\(name.uppercased()) (\(selector.digits)) does not allow writing: "
                        + RegisterText.attributes(segment.attributes))
            ]
        }
        let isVector = row.operands.contains(.wx) || row.operands.contains(.mx)
        if isVector, operand.linear & 15 != 0 {
            return [
                finding(.misaligned, "the operand at \(operand.linear.digits) must be aligned to 16 bytes")
            ]
        }
        return nil
    }

    /// The bytes of the memory operand.
    private static func size(_ row: OpcodeRow, _ instruction: Instruction) -> UInt32 {
        for kind in row.operands {
            switch kind {
            case .eb, .mb, .ob: return 1
            case .ew, .mw, .rvMw, .rdMw: return 2
            case .ed, .md, .qd, .wd: return 4
            case .mq, .qq, .wq: return 8
            case .mt: return 10
            case .mx, .wx: return 16
            case .ev, .ov, .m, .mp, .ms, .ma: return instruction.is32BitOperand ? 4 : 2
            default: continue
            }
        }
        return 1
    }

    // MARK: The stack

    private func stackFindings() -> [Explanation.Finding]? {
        if segmentLoaded == .ss { return [finding(.nullSegment, "SS cannot hold a null selector at level \(level)")] }
        guard exception.vector == Vector.stackFault else { return nil }
        let stack = registers.segments[2]
        return [
            finding(
                .segmentLimit,
                "the stack at \(stack.selector.digits):\(registers.general[4].digits) runs out of its segment (limit "
                    + "\(stack.limit.digits))")
        ]
    }
}
