import Processor
import Testing

/// Which instructions each generation of processors brought, as a list of its own, against the opcode table: with any
/// bytes, a processor decodes to #UD exactly what is not its own yet.
///
/// The list follows the sections of SDM vol. 1, chapter 5, and the tables of vol. 3B, chapter 24 (architecture
/// compatibility).
@Suite("Instructions by processor") struct ModelTests {
    private static let i486 = "bswap cmpxchg xadd invd wbinvd invlpg cpuid"
    private static let pentium = "cmpxchg8b rdtsc rdmsr wrmsr rsm"
    /// With hints, in whose place it has `nop`s.
    private static let pentiumPro =
        "cmovo cmovno cmovb cmovae cmove cmovne cmovbe cmova cmovs cmovns cmovp cmovnp cmovl cmovge cmovle cmovg "
        + "rdpmc fcmovb fcmove fcmovbe fcmovu fcmovnb fcmovne fcmovnbe fcmovnu fcomi fcomip fucomi fucomip "
        + "prefetchnta prefetcht0 prefetcht1 prefetcht2 endbr32 endbr64"
    private static let pentium2 =
        "sysenter sysexit fxsave fxrstor emms packsswb packssdw packuswb punpckhbw punpckhwd punpckhdq punpcklbw "
        + "punpcklwd punpckldq paddb paddw paddd paddsb paddsw paddusb paddusw psubb psubw psubd psubsb psubsw "
        + "psubusb psubusw pmulhw pmullw pmaddwd pcmpeqb pcmpeqw pcmpeqd pcmpgtb pcmpgtw pcmpgtd pand pandn por "
        + "pxor psllw pslld psllq psrlw psrld psrlq psraw psrad movd movq"
    private static let pentium3 =
        "movaps movups movhps movhlps movlps movlhps movmskps movss addps addss subps subss mulps mulss divps "
        + "divss rcpps rcpss sqrtps sqrtss rsqrtps rsqrtss maxps maxss minps minss cmpps cmpss comiss ucomiss andps "
        + "andnps orps xorps shufps unpckhps unpcklps cvtpi2ps cvtsi2ss cvtps2pi cvttps2pi cvtss2si cvttss2si "
        + "ldmxcsr stmxcsr pavgb pavgw pextrw pinsrw pmaxub pmaxsw pminub pminsw pmovmskb pmulhuw psadbw pshufw "
        + "maskmovq movntq movntps sfence"
    private static let pentium4 =
        "movapd movupd movhpd movlpd movmskpd movsd addpd addsd subpd subsd mulpd mulsd divpd divsd sqrtpd sqrtsd "
        + "maxpd maxsd minpd minsd andpd andnpd orpd xorpd cmppd cmpsd comisd ucomisd shufpd unpckhpd unpcklpd "
        + "cvtpd2pi cvttpd2pi cvtpi2pd cvtpd2dq cvttpd2dq cvtdq2pd cvtps2pd cvtpd2ps cvtss2sd cvtsd2ss cvtsd2si "
        + "cvttsd2si cvtsi2sd cvtdq2ps cvtps2dq cvttps2dq movdqa movdqu movq2dq movdq2q pmuludq paddq psubq pshuflw "
        + "pshufhw pshufd pslldq psrldq punpckhqdq punpcklqdq clflush lfence mfence maskmovdqu movntpd movntdq "
        + "movnti"

    private static let introduced: [String: ProcessorGeneration] = {
        var generations: [String: ProcessorGeneration] = [:]
        let lists: [(String, ProcessorGeneration)] = [
            (i486, .i486), (pentium, .pentium), (pentiumPro, .pentiumPro), (pentium2, .pentium2),
            (pentium3, .pentium3), (pentium4, .pentium4),
        ]
        for (names, generation) in lists {
            for name in names.split(separator: " ") { generations[String(name)] = generation }
        }
        return generations
    }()

    /// When the instruction of a row came.
    private static func generation(of row: OpcodeRow) -> ProcessorGeneration {
        // The integer instructions on XMM registers came with SSE2, those on MMX registers before.
        let extended: [OperandKind] = [.vx, .ux, .wx, .wq, .wd]
        let usesXMM = row.operands.contains(where: extended.contains)
        switch row.mnemonic {
        case "movsd", "cmpsd": return usesXMM ? .pentium4 : .i386
        case "nop": return row.map == 1 ? .pentiumPro : .i386
        default: break
        }
        let listed = introduced[row.mnemonic] ?? (row.flags.contains(.x87) ? .i486 : .i386)
        let isInteger = row.prefix == .operandSize && usesXMM && listed < .pentium4
        // `movq` between XMM registers and memory.
        return isInteger || row.mnemonic == "movq" && usesXMM ? .pentium4 : listed
    }

    @Test(arguments: ProcessorGeneration.allCases) func undefinedInstructions(processor: ProcessorGeneration) throws {
        var names = Set(Self.introduced.filter { $0.value <= processor }.keys)
        for opcode in Sample.opcodes {
            for sample in Sample.all(of: opcode, code32: true, .selection) {
                guard sample.instruction.operation != .invalid else { continue }
                let isThere = Self.generation(of: sample.row) <= processor
                let operation = try Decoder.decode(sample.bytes, code32: true, generation: processor).operation
                // Without an FPU, ESC opcodes are ignored; an FPU refuses what it does not know.
                let expected: Operation =
                    if isThere {
                        sample.instruction.operation
                    } else if sample.row.flags.contains(.x87) {
                        processor == .i386 ? .escape : .x87Reserved
                    } else {
                        .invalid
                    }
                if operation != expected {
                    Issue.record("\(sample.hexadecimal) (\(sample.row.mnemonic)): \(operation)")
                }
                if isThere { names.remove(sample.row.mnemonic) }
            }
        }
        #expect(names == [], "listed, but not in the table")
    }

    /// What an instruction is does not depend on the processor: only whether it is one.
    @Test func lengthsAreTheSame() throws {
        for opcode in Sample.opcodes {
            for sample in Sample.all(of: opcode, code32: true, .selection) where sample.isInstruction {
                for processor in ProcessorGeneration.allCases {
                    let instruction = try Decoder.decode(sample.bytes, code32: true, generation: processor)
                    if instruction.length != sample.instruction.length || instruction.row != sample.instruction.row {
                        Issue.record("\(sample.hexadecimal)")
                    }
                }
            }
        }
    }
}
