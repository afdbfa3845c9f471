import Foundation
import Processor

/// Where our text differs from LLVM's on purpose, and why: each rule turns LLVM's text into ours.
///
/// The comparison fails for any other difference, and for a rule that no sample needs.
struct Difference {
    let name: String
    /// Why ours is better for somebody who debugs, or why LLVM's is wrong.
    let reason: String
    /// LLVM's text rewritten; unchanged if the rule does not apply.
    let rewrite: (_ theirs: String, _ ours: String, _ sample: Sample) -> String

    static var all: [Difference] {
        [
            Difference(
                name: "repeat prefixes that do nothing",
                reason: """
                    F2h and F3h before what does not repeat are ignored, or part of the opcode; LLVM shows them in \
                    most cases, before xchg and others under the names that TSX gave them.
                    """
            ) { theirs, _, sample in
                guard !sample.row.flags.contains(.string) else { return theirs }
                var words = theirs.split(separator: " ", omittingEmptySubsequences: false)
                words.removeAll { ["rep", "repne", "xacquire", "xrelease"].contains($0) }
                return words.joined(separator: " ")
            },
            Difference(
                name: "stray address-size prefix",
                reason: """
                    LLVM writes addr16 or addr32 (behind lock, if that is there) before instructions that have no \
                    memory operand of their own or for which 67h is redundant. The registers in the operand show the \
                    address size where it matters; loop and jcxz, whose counter it chooses, are the exception (see \
                    below).
                    """
            ) { theirs, _, _ in
                for lock in ["", "lock "] {
                    for prefix in ["addr16 ", "addr32 "] where theirs.hasPrefix(lock + prefix) {
                        return lock + theirs.dropFirst(lock.count + prefix.count)
                    }
                }
                return theirs
            },
            Difference(
                name: "repeat prefixes of locked string instructions",
                reason: """
                    lock makes them #UD, and F2h and F3h keep the meaning that they have before a string instruction; \
                    LLVM shows the two in front of any lock under the names that TSX gave them.
                    """
            ) { theirs, _, sample in
                guard sample.row.flags.contains(.string) else { return theirs }
                return theirs.replacing("xacquire lock ", with: "lock repne ")
                    .replacing("xrelease lock ", with: "lock rep ")
            },
            Difference(
                name: "16-bit operands in memory behind F2h or F3h",
                reason: """
                    Before opcodes of the two-byte map LLVM lets F2h and F3h hide 66h: it shows a memory operand of 32 \
                    bits beside a register of 16. The processor has no such rule where the prefixes are not part of \
                    the opcode (SDM vol. 2, 2.1.1).
                    """
            ) { theirs, _, sample in
                guard sample.row.map == 1, sample.row.prefix == nil, !sample.instruction.is32BitOperand,
                    !sample.instruction.prefixes.isDisjoint(with: [.rep, .repne])
                else { return theirs }
                return theirs.replacing("dword ptr", with: "word ptr")
            },
            Difference(
                name: "the null index eiz",
                reason: "LLVM shows that a SIB byte without index is there by a register eiz, which no processor has."
            ) { theirs, _, _ in
                var text = theirs
                for scale in ["", "1*", "2*", "4*", "8*"] {
                    text = text.replacing(" + \(scale)eiz", with: "")
                    text = text.replacing("[\(scale)eiz + ", with: "[")
                    text = text.replacing("[\(scale)eiz - ", with: "[-")
                    text = text.replacing("[\(scale)eiz]", with: "[0x0]")
                }
                return text
            },
            Difference(
                name: "index without base",
                reason: """
                    LLVM writes [1*edx] for a SIB byte with an index and no base; the factor says nothing, but for ebp \
                    (where the segment is another one than that of [ebp]). With no displacement LLVM leaves out the \
                    zero, as we do.
                    """
            ) { theirs, _, _ in theirs.contains("[1*ebp") ? theirs : theirs.replacing("[1*", with: "[") },
            Difference(
                name: "numbers without sign",
                reason: """
                    LLVM shows absolute addresses, 8-bit immediates of 8-bit operations, the operands of ret, retf and \
                    enter, and selectors as signed numbers: [-0x2b1c0d7f], ret -0x7eff. They are addresses, \
                    characters, \
                    masks, sizes and selectors: never negative. Immediates that the processor sign-extends keep \
                    their sign.
                    """
            ) { theirs, ours, _ in unsigned(theirs, like: ours) },
            Difference(
                name: "16-bit branch targets",
                reason: """
                    With 16-bit operands the processor truncates EIP to 16 bits (SDM vol. 2, Jcc, JMP, CALL). LLVM \
                    shows a target \
                    beyond 64 KiB, which is never reached.
                    """
            ) { theirs, ours, sample in
                guard sample.row.operands == [.jb] || sample.row.operands == [.jz], !sample.instruction.is32BitOperand,
                    let (name, number) = splitLast(theirs), let value = Int64(number.dropFirst(2), radix: 16)
                else { return theirs }
                return name + " 0x" + String(value & 0xFFFF, radix: 16)
            },
            Difference(
                name: "pusha and pushad",
                reason:
                    "LLVM's pushaw, pushal, popaw and popal are AT&T's names; Intel's are pusha, pushad, popa, popad."
            ) { theirs, _, _ in
                var text = theirs
                for (their, our) in [("pushaw", "pusha"), ("pushal", "pushad"), ("popaw", "popa"), ("popal", "popad")] {
                    text = text.replacing(their, with: our)
                }
                return text
            },
            Difference(
                name: "cbw and cwd in 16-bit code",
                reason: "LLVM 21 calls 98h and 99h cwde and cdq in 16-bit code also without 66h, which is wrong."
            ) { theirs, _, sample in
                guard !sample.instruction.is32BitOperand else { return theirs }
                return theirs.replacing("cwde", with: "cbw").replacing("cdq", with: "cwd")
            },
            Difference(
                name: "order of xchg's operands",
                reason:
                    "The SDM's opcode map orders the operands as those of other instructions: xchg ecx, eax for 91h."
            ) { theirs, _, sample in
                guard sample.row.mnemonic == "xchg", let comma = theirs.range(of: ", "),
                    let space = theirs.range(of: "xchg ")?.upperBound
                else { return theirs }
                return theirs[..<space] + theirs[comma.upperBound...] + ", " + theirs[space..<comma.lowerBound]
            },
            Difference(
                name: "far calls and jumps",
                reason: """
                    LLVM's names lcall and ljmp are AT&T's, it writes selector and offset as two operands, and its \
                    memory form \
                    is call [eax] or lcall [eax], by operand size. We write call far and jmp far, and selector:offset.
                    """
            ) { theirs, ours, sample in
                guard ours.contains(" far ") else { return theirs }
                var words = theirs.split(separator: " ", maxSplits: 8).map(String.init)
                guard let index = words.firstIndex(where: { ["lcall", "ljmp", "call", "jmp"].contains($0) }) else {
                    return theirs
                }
                words[index] = (words[index].hasSuffix("call") ? "call" : "jmp") + " far"
                let text = words.joined(separator: " ")
                return sample.row.operands == [.ap] ? text.replacing(", ", with: ":") : text
            },
            Difference(
                name: "repe",
                reason: """
                    Before cmps and scas the prefix F3h ends the repetition when the operands differ; its name \
                    there is repe \
                    (SDM vol. 2, REP/REPE/REPNE). LLVM writes rep.
                    """
            ) { theirs, _, sample in
                guard ["cmps", "scas"].contains(sample.row.mnemonic) else { return theirs }
                return theirs.replacing("rep ", with: "repe ")
            },
            Difference(
                name: "selectors in 16-bit registers",
                reason: """
                    The processor reads 16 bits when it loads a segment register; LLVM shows mov ds, eax with \
                    32-bit operands.
                    """
            ) { theirs, _, sample in
                guard sample.row.operands == [.sw, .ew] else { return theirs }
                return theirs.replacing(", e", with: ", ").replacing(", s:", with: ", es:")
            },
            Difference(
                name: "fcomip and fucomip",
                reason: "LLVM's names fcompi and fucompi are AT&T's (SDM vol. 2, FCOMI)."
            ) { theirs, _, _ in theirs.replacing("compi ", with: "comip ") },
            Difference(
                name: "shifts by one",
                reason: "Intel's syntax has the count as an operand: shl eax, 1 (SDM vol. 2, SAL). LLVM leaves it out."
            ) { theirs, _, sample in sample.row.operands.last == .one ? theirs + ", 1" : theirs },
        ]
    }

    /// Instructions of ours that LLVM does not know, or takes for something else.
    static var unknownToLLVM: [(reason: String, matches: (Sample) -> Bool)] {
        [
            (
                """
                LLVM does not know the undocumented aliases: 82h; /6 of C0h-D3h; /1 of F6h and F7h; int1 (F1h); fcom2 \
                and its kin; fneni, fndisi, fnsetpm.
                """,
                { $0.row.flags.contains(.undocumented) }
            ),
            (
                """
                0F0Dh and 0F18h to 0F1Eh are no-operations with an operand on every processor of ours (SDM vol. 2, \
                table A-3); LLVM has the names that later processors gave to some of them.
                """,
                { $0.row.map == 1 && $0.row.mnemonic == "nop" && $0.row.opcode != 0x1F }
            ),
            (
                "The test registers of the 386 and 486 are gone from LLVM.",
                { [.td].contains(where: $0.row.operands.contains) }
            ),
            (
                """
                The processor ignores ModRM.mod when it moves from or to control and debug registers (SDM vol. 2, \
                MOV); LLVM takes the operand for one in memory, of another length.
                """,
                { $0.row.flags.contains(.ignoresMod) && $0.instruction.modRM < 0xC0 }
            ),
            (
                """
                In 16-bit code LLVM takes 66h before 0Fh for a stray prefix and shows the instruction without it: \
                movups for movupd, MMX for XMM registers. In 32-bit code it knows them, and its assembler knows them \
                in both (AssemblerTests).
                """,
                { $0.row.prefix == .operandSize && !$0.code32 }
            ),
            ("LLVM does not know ud0 and ud1 in all sizes and forms.", { $0.row.mnemonic.hasPrefix("ud") }),
            (
                """
                F2h or F3h in front of lock is a prefix of TSX to LLVM, also where it is part of an opcode of SSE; the \
                processor does not care where it stands, and raises #UD because of lock.
                """,
                { sample in
                    sample.instruction.prefixes.contains(.lock) && [.rep, .repne].contains(sample.row.prefix)
                        && [0xF2, 0xF3].contains(sample.bytes.first)
                }
            ),
            (
                """
                Before mov, where TSX gave F3h a meaning if the destination is in memory, LLVM lets it hide 66h or a \
                segment prefix in front of it.
                """,
                { sample in
                    sample.row.mnemonic == "mov" && sample.map == 0
                        && [0x88, 0x89, 0xC6, 0xC7].contains(sample.opcode)
                        && sample.instruction.prefixes.contains(.rep) && sample.bytes.first != 0xF3
                }
            ),
            (
                "With 67h between F2h or F3h and 0Fh, LLVM knows no opcode of the two-byte map.",
                { $0.map == 1 && [0xF2, 0xF3].contains($0.bytes[0]) && $0.bytes[1] == 0x67 }
            ),
            (
                "Before xchg with memory, where TSX gave F2h and F3h a meaning, LLVM lets them hide 66h.",
                { $0.row.mnemonic == "xchg" && !$0.instruction.prefixes.isDisjoint(with: [.rep, .repne]) }
            ),
            (
                """
                After F2h or F3h, opcodes of the two-byte map are to LLVM as if there were no 66h: near jumps are \
                longer or shorter than the processor's, lgdtw is lgdtd.
                """,
                {
                    !$0.instruction.prefixes.isDisjoint(with: [.rep, .repne]) && $0.map == 1
                        && ($0.row.operands == [.jz] || $0.row.operands == [.ms])
                }
            ),
            (
                "F3h makes bsf and bsr tzcnt and lzcnt on later processors; ours ignore it (SDM vol. 2, TZCNT).",
                { $0.row.mnemonic.hasPrefix("bs") && $0.instruction.prefixes.contains(.rep) }
            ),
            (
                "LLVM does not know wbinvd and pause with a stray prefix.",
                { $0.row.mnemonic == "wbinvd" || $0.row.mnemonic == "pause" }
            ),
        ]
    }

    /// What is no instruction here, but one to LLVM.
    static var foreign: [(reason: String, matches: (Sample) -> Bool)] {
        [
            (
                """
                A prefix 66h, F2h or F3h for which an opcode of MMX or SSE has no instruction makes it #UD (SDM vol. \
                2, table A-3; tried on a processor). LLVM takes it for a stray prefix.
                """,
                { sample in
                    let given: Instruction.Prefixes = [.operandSize, .rep, .repne]
                    return !sample.instruction.prefixes.isDisjoint(with: given)
                        && OpcodeTable.rows.contains {
                            $0.map == sample.map && $0.opcode == sample.instruction.opcode && $0.prefix == .absent
                        }
                }
            ),
            later("SSE3: fisttp", 0, [0xDB, 0xDD, 0xDF], [1]),
            later(
                "SSE3: horizontal arithmetic, movddup, movsldup, movshdup and lddqu", 1,
                [0x12, 0x16, 0x7C, 0x7D, 0xD0, 0xF0]),
            later("SSSE3, SSE4 and others: the three-byte maps", 1, [0x38, 0x3A]),
            later("SSE4.2: popcnt", 1, [0xB8]),
            later("VMX: vmread and vmwrite; SSE4a: extrq and insertq", 1, [0x78, 0x79]),
            later("VMX, xsaves, rdrand and rdseed: group 9", 1, [0xC7]),
            later("xsave, clwb, CET, user wait: group 15", 1, [0xAE]),
            later("VMX, SVM, SGX, xgetbv, monitor, rdtscp: group 7", 1, [0x01]),
            later("AMD's syscall and sysret, and in 64-bit mode Intel's", 1, [0x05, 0x07]),
            later("AMD's 3DNow!", 1, [0x0E, 0x0F]),
            later("SMX: getsec", 1, [0x37]),
            later("VIA's PadLock; on the first 386 xbts and ibts, on the first 486 cmpxchg", 1, [0xA6, 0xA7]),
            later("AVX: with mod 3, les and lds are the prefixes C4h and C5h, and bound is 62h", 0, [0x62, 0xC4, 0xC5]),
            later("TSX: xabort and xbegin", 0, [0xC6, 0xC7]),
        ]
    }

    /// What is an instruction of later processors, or of other makers' only.
    private static func later(
        _ names: String, _ map: UInt8, _ opcodes: Set<UInt8>, _ extensions: Set<UInt8>? = nil
    ) -> (reason: String, matches: (Sample) -> Bool) {
        (
            names,
            { sample in
                sample.map == map && opcodes.contains(sample.opcode) && extensions?.contains(sample.extension) != false
            }
        )
    }

    // MARK: Texts

    /// `text` with negative numbers replaced by the unsigned ones of 8, 16 or 32 bits that `model` has in their place.
    private static func unsigned(_ text: String, like model: String) -> String {
        let theirs = tokens(text)
        let ours = tokens(model)
        guard theirs.count == ours.count else { return text }
        return zip(theirs, ours).map { theirs, ours in
            guard theirs.hasPrefix("-0x"), ours.hasPrefix("0x"), let value = Int64(theirs.dropFirst(3), radix: 16),
                let wanted = Int64(ours.dropFirst(2), radix: 16),
                [8, 16, 32].contains(where: { (1 << $0) - value == wanted })
            else { return theirs }
            return ours
        }.joined()
    }

    /// Numbers (with a sign directly before them) and what is between them.
    private static func tokens(_ text: String) -> [String] {
        var tokens: [String] = []
        var rest = text[...]
        while let start = rest.range(of: "0x")?.lowerBound {
            let signed = start > rest.startIndex && rest[rest.index(before: start)] == "-"
            let from = signed ? rest.index(before: start) : start
            var end = rest.index(start, offsetBy: 2)
            while end < rest.endIndex, rest[end].isHexDigit { end = rest.index(after: end) }
            tokens.append(String(rest[rest.startIndex..<from]))
            tokens.append(String(rest[from..<end]))
            rest = rest[end...]
        }
        return tokens + [String(rest)]
    }

    private static func splitLast(_ text: String) -> (String, Substring)? {
        guard let space = text.lastIndex(of: " ") else { return nil }
        return (String(text[..<space]), text[text.index(after: space)...])
    }
}
