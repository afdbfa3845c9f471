import Disassembler
import Processor
import Testing

/// What the disassembler writes, the toolchain's assembler reads, and makes bytes of it that are the same instruction.
///
/// LLVM's disassembler is often as lenient as LLVM's assembler is strict; and in 16-bit code, where its disassembler
/// does not understand 66h before SSE instructions, its assembler does.
@Suite("What the assembler makes of listings", .enabled(if: LLVM.isAvailable, "clang is not installed"))
struct AssemblerTests {
    @Test func everyText() throws {
        var unused = Set(Self.strangers.map(\.reason))
        try assemble(code32: true, &unused)
        try assemble(code32: false, &unused)
        #expect(unused == [], "understood by now")
    }

    private func assemble(code32: Bool, _ unused: inout Set<String>) throws {
        // One sample for each text: prefixes that do nothing are not in it.
        var samples: [String: Sample] = [:]
        for opcode in Sample.opcodes {
            for sample in Sample.all(of: opcode, code32: code32, .selection) where sample.isInstruction {
                // A misplaced `lock` is text, but no instruction.
                if sample.instruction.operation == .invalid, sample.instruction.prefixes.contains(.lock) { continue }
                let text = Disassembler().text(of: sample.instruction, at: 0)
                if samples[text] == nil { samples[text] = sample }
            }
        }
        let texts = samples.keys.sorted()
        #expect(texts.count > 50_000)
        let assembled = try LLVM.assemble(texts.map { Self.assembly($0, samples[$0]) }, code32: code32)
        var failures: [String] = []
        for (text, bytes) in zip(texts, assembled) {
            guard let sample = samples[text] else { continue }
            if let reason = Self.strangers.first(where: { $0.matches(sample) })?.reason {
                unused.remove(reason)
                continue
            }
            guard let bytes, let again = Sample(bytes, code32: code32) else {
                failures.append("\(sample.hexadecimal): '\(text)' is refused")
                continue
            }
            let theirs = Disassembler().text(of: again.instruction, at: 0)
            let isSame =
                again.instruction.operation == sample.instruction.operation
                && again.instruction.segment == sample.instruction.segment
            // The same number may be written in two ways, with the sign of a short immediate and without.
            if theirs == text ? isSame || Self.hidesOperation(sample.row) : isSame && again.isAlike(sample) { continue }
            failures.append("\(sample.hexadecimal): '\(text)' becomes \(again.hexadecimal), '\(theirs)'")
        }
        let differing = failures.count
        #expect(differing == 0, "\(differing) of \(texts.count); the first: \(failures.prefix(20))")
    }

    /// Our text in the words of LLVM's assembler.
    private static func assembly(_ text: String, _ sample: Sample?) -> String {
        guard let sample else { return text }
        let row = sample.row
        if row.operands == [.jb] || row.operands == [.jz], let space = text.lastIndex(of: " ") {
            // A number would be taken for an address that only the linker knows.
            let target = Disassembler.branchTarget(of: sample.instruction, at: 0)
            let distance =
                sample.code32 ? Int(Int32(bitPattern: target)) : Int(Int16(truncatingIfNeeded: target))
            return "target = . + \(distance); \(text[..<space]) target"
        }
        if row.operands == [.ap] {
            return text.replacing("call far ", with: "lcall ").replacing("jmp far ", with: "ljmp ")
                .replacing(":", with: ", ")
        }
        var words = text.replacing("call far ", with: "lcall ").replacing("jmp far ", with: "ljmp ")
        if sample.code32, words == "pusha" || words == "popa" { words += "w" }
        return words
    }

    /// Instructions whose text is that of another one: aliases.
    private static func hidesOperation(_ row: OpcodeRow) -> Bool {
        row.flags.contains(.undocumented) || hidesSize(row)
    }

    /// Instructions whose text does not tell the operand size: LLVM's dialect of Intel's syntax leaves it out.
    private static func hidesSize(_ row: OpcodeRow) -> Bool {
        let implied: [OperandKind] = [.jb, .jz, .ap, .mp, .iz, .sib, .es, .cs, .ss, .ds, .fs, .gs, .iw]
        return row.operands.isEmpty || row.operands.first.map(implied.contains) == true
    }

    /// Texts that the assembler does not understand, or not so.
    private static var strangers: [(reason: String, matches: (Sample) -> Bool)] {
        [
            (
                "In 16-bit code the assembler cuts absolute addresses to 16 bits; no register tells it the size.",
                { sample in
                    let instruction = sample.instruction
                    return !sample.code32 && instruction.is32BitAddress && instruction.displacement > 0xFFFF
                        && instruction.base == Instruction.noRegister && instruction.index == Instruction.noRegister
                }
            ),
            (
                "In 16-bit code the assembler cuts branch targets and what is pushed to 16 bits.",
                { !$0.code32 && $0.instruction.is32BitOperand && hidesSize($0.row) }
            ),
            (
                "To the assembler st(0) and st are the same, and it prefers the opcode that has ST(0) as destination.",
                { $0.row.operands == [.sti, .st] && $0.instruction.rm == 0 }
            ),
            ("int 0x3 becomes int3, which behaves otherwise in virtual-8086 mode.", { $0.row.mnemonic == "int" }),
            ("The assembler orders the registers of xchg as it likes.", { $0.row.mnemonic == "xchg" }),
            ("Test registers are symbols to the assembler.", { $0.row.operands.contains(.td) }),
            (
                "The assembler's call has 32-bit operands in 16-bit code.",
                { !$0.code32 && $0.row.mnemonic == "call" && $0.row.operands == [.jz] }
            ),
            (
                "The assembler leaves out 66h before mov from a segment register: the upper half does not matter.",
                { $0.row.operands == [.rvMw, .sw] && $0.instruction.modRM >= 0xC0 }
            ),
            (
                "The assembler knows no movzx and movsx from 16 bits to 16.",
                { $0.row.operands == [.gv, .ew] && $0.row.mnemonic.hasPrefix("mov") && !$0.instruction.is32BitOperand }
            ),
            (
                "The assembler knows no bswap of 16 bits, whose result the manual leaves undefined.",
                { $0.row.mnemonic == "bswap" && !$0.instruction.is32BitOperand }
            ),
            ("The assembler does not know ud0.", { $0.row.mnemonic == "ud0" }),
            (
                "The assembler does not know int1, fneni, fndisi and fnsetpm.",
                { $0.row.mnemonic == "int1" || ["fneni", "fndisi", "fnsetpm"].contains($0.row.mnemonic) }
            ),
        ]
    }
}

extension Sample {
    /// Whether another instruction with the same operation has the same operands.
    fileprivate func isAlike(_ other: Sample) -> Bool {
        let (a, b) = (instruction.normalized, other.instruction.normalized)
        return a.reg == b.reg && (a.hasMemoryOperand || a.rm == b.rm) && a.base == b.base && a.index == b.index
            && a.scale == b.scale && a.segment == b.segment && a.displacement == b.displacement
            && (a.immediate ^ b.immediate) & (a.is32BitOperand ? 0xFFFF_FFFF : 0xFFFF) == 0
    }
}

extension Instruction {
    /// An index alone, without a factor, is a base.
    fileprivate var normalized: Instruction {
        var instruction = self
        if base == Self.noRegister, scale == 0 { swap(&instruction.base, &instruction.index) }
        return instruction
    }
}
