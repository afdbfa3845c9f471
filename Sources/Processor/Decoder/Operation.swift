/// What an instruction does: the value that the interpreter's one `switch` dispatches on.
///
/// A dense enumeration of plain cases, so that the switch becomes one indirect jump. The families on which programs
/// spend their time are split by operand form and size; the suffix says how:
///
/// * `R`: the operand is a register (``Instruction/rm``); `M`: it is in memory; `I`: an immediate.
/// * With two letters the first is the destination. `RR` writes the register `rm` and reads the register `reg`; `MR`
///   writes memory and reads `reg`; `RM` writes `reg` and reads memory; in `RI` the register is `rm`.
/// * `8`, `16`, `32`: the operand size in bits. Where two sizes appear (`movzx8RM32`), the first is the source's.
///
/// Instructions that differ only in the direction bit of their opcode (`mov Ev,Gv` and `mov Gv,Ev` between registers)
/// share a case: before execution, `reg` and `rm` are exchanged (``OpcodeRow/Flags/swapsRegisters``).
public enum Operation: UInt16, CaseIterable, Sendable {

    // Not an instruction of this processor: raises #UD.
    case invalid

    // Arithmetic and logic with two operands.
    case addRR8, addRR16, addRR32, addMR8, addMR16, addMR32, addRM8, addRM16, addRM32, addRI8, addRI16, addRI32,
        addMI8, addMI16, addMI32
    case orRR8, orRR16, orRR32, orMR8, orMR16, orMR32, orRM8, orRM16, orRM32, orRI8, orRI16, orRI32, orMI8, orMI16,
        orMI32
    case adcRR8, adcRR16, adcRR32, adcMR8, adcMR16, adcMR32, adcRM8, adcRM16, adcRM32, adcRI8, adcRI16, adcRI32,
        adcMI8, adcMI16, adcMI32
    case sbbRR8, sbbRR16, sbbRR32, sbbMR8, sbbMR16, sbbMR32, sbbRM8, sbbRM16, sbbRM32, sbbRI8, sbbRI16, sbbRI32,
        sbbMI8, sbbMI16, sbbMI32
    case andRR8, andRR16, andRR32, andMR8, andMR16, andMR32, andRM8, andRM16, andRM32, andRI8, andRI16, andRI32,
        andMI8, andMI16, andMI32
    case subRR8, subRR16, subRR32, subMR8, subMR16, subMR32, subRM8, subRM16, subRM32, subRI8, subRI16, subRI32,
        subMI8, subMI16, subMI32
    case xorRR8, xorRR16, xorRR32, xorMR8, xorMR16, xorMR32, xorRM8, xorRM16, xorRM32, xorRI8, xorRI16, xorRI32,
        xorMI8, xorMI16, xorMI32
    case cmpRR8, cmpRR16, cmpRR32, cmpMR8, cmpMR16, cmpMR32, cmpRM8, cmpRM16, cmpRM32, cmpRI8, cmpRI16, cmpRI32,
        cmpMI8, cmpMI16, cmpMI32

    // `test` stores nothing.
    case testRR8, testRR16, testRR32, testMR8, testMR16, testMR32, testRI8, testRI16, testRI32, testMI8, testMI16,
        testMI32

    // Arithmetic and logic with one operand.
    case incR8, incR16, incR32, incM8, incM16, incM32
    case decR8, decR16, decR32, decM8, decM16, decM32
    case notR8, notR16, notR32, notM8, notM16, notM32
    case negR8, negR16, negR32, negM8, negM16, negM32

    // Moves.
    case movRR8, movRR16, movRR32, movMR8, movMR16, movMR32, movRM8, movRM16, movRM32, movRI8, movRI16, movRI32,
        movMI8, movMI16, movMI32
    case movzx8RR16, movzx8RR32, movzx8RM16, movzx8RM32, movzx16RR16, movzx16RR32, movzx16RM16, movzx16RM32
    case movsx8RR16, movsx8RR32, movsx8RM16, movsx8RM32, movsx16RR16, movsx16RR32, movsx16RM16, movsx16RM32
    case lea16, lea32
    case xchgRR8, xchgRR16, xchgRR32, xchgMR8, xchgMR16, xchgMR32
    case xlat, bswap16, bswap32, nop
    case cmovRR16, cmovRR32, cmovRM16, cmovRM32, setccR, setccM
    case loadFarPointer16, loadFarPointer32, movFromSegmentR16, movFromSegmentR32, movFromSegmentM, movToSegmentR,
        movToSegmentM

    // Stack.
    case pushR16, pushR32, pushI16, pushI32, pushM16, pushM32, pushSegment16, pushSegment32
    case popR16, popR32, popM16, popM32, popSegment16, popSegment32
    case pusha16, pusha32, popa16, popa32, pushf16, pushf32, popf16, popf32, enter16, enter32, leave16, leave32

    // Near control flow.
    case jo16, jo32, jno16, jno32, jb16, jb32, jnb16, jnb32, jz16, jz32, jnz16, jnz32, jbe16, jbe32, jnbe16, jnbe32,
        js16, js32, jns16, jns32, jp16, jp32, jnp16, jnp32, jl16, jl32, jnl16, jnl32, jle16, jle32, jnle16, jnle32
    case jmpRelative16, jmpRelative32, jmpR16, jmpR32, jmpM16, jmpM32, callRelative16, callRelative32, callR16,
        callR32, callM16, callM32, ret16, ret32, retImmediate16, retImmediate32
    case loopne16, loopne32, loope16, loope32, loop16, loop32, jcxz16, jcxz32

    // Far control flow, interrupts.
    case jmpFar16, jmpFar32, jmpFarM16, jmpFarM32, callFar16, callFar32, callFarM16, callFarM32, retFar16, retFar32,
        retFarImmediate16, retFarImmediate32, iret16, iret32
    case int3, int, into, icebp, bound16, bound32

    // Shifts and rotates; which one, the `reg` field says. The count is an immediate (`I`) or CL (`C`).
    case shiftRI8, shiftRI16, shiftRI32, shiftRC8, shiftRC16, shiftRC32, shiftMI8, shiftMI16, shiftMI32, shiftMC8,
        shiftMC16, shiftMC32
    case shlRI32, shrRI32, sarRI32, rolRI32, rorRI32
    case shldRI16, shldRI32, shldRC16, shldRC32, shldMI16, shldMI32, shldMC16, shldMC32, shrdRI16, shrdRI32,
        shrdRC16, shrdRC32, shrdMI16, shrdMI32, shrdMC16, shrdMC32

    // Multiplication and division.
    case mulR8, mulR16, mulR32, mulM8, mulM16, mulM32, imulR8, imulR16, imulR32, imulM8, imulM16, imulM32, divR8,
        divR16, divR32, divM8, divM16, divM32, idivR8, idivR16, idivR32, idivM8, idivM16, idivM32
    case imulRR16, imulRR32, imulRM16, imulRM32, imulRRI16, imulRRI32, imulRMI16, imulRMI32
    case cbw16, cbw32, cwd16, cwd32

    // Decimal arithmetic and flags.
    case daa, das, aaa, aas, aam, aad, salc, lahf, sahf, cmc, clc, stc, cld, std, cli, sti

    // Bits.
    case btRR16, btRR32, btMR16, btMR32, btRI16, btRI32, btMI16, btMI32, btsRR16, btsRR32, btsMR16, btsMR32,
        btsRI16, btsRI32, btsMI16, btsMI32, btrRR16, btrRR32, btrMR16, btrMR32, btrRI16, btrRI32, btrMI16, btrMI32,
        btcRR16, btcRR32, btcMR16, btcMR32, btcRI16, btcRI32, btcMI16, btcMI32
    case bsfRR16, bsfRR32, bsfRM16, bsfRM32, bsrRR16, bsrRR32, bsrRM16, bsrRM32

    // Atomic exchanges.
    case cmpxchgR8, cmpxchgR16, cmpxchgR32, cmpxchgM8, cmpxchgM16, cmpxchgM32, xaddR8, xaddR16, xaddR32, xaddM8,
        xaddM16, xaddM32
    case cmpxchg8b

    // Strings, with or without `rep`.
    case movs8, movs16, movs32, cmps8, cmps16, cmps32, stos8, stos16, stos32, lods8, lods16, lods32, scas8, scas16,
        scas32, ins8, ins16, ins32, outs8, outs16, outs32

    // Ports: the number is an immediate (`I`) or DX (`D`).
    case inI8, inI16, inI32, inD8, inD16, inD32, outI8, outI16, outI32, outD8, outD16, outD32

    // System.
    case hlt, arplR, arplM, larR16, larR32, larM16, larM32, lslR16, lslR32, lslM16, lslM32, verrR, verrM, verwR,
        verwM
    case sldtR16, sldtR32, sldtM, strR16, strR32, strM, lldtR, lldtM, ltrR, ltrM
    case sgdt16, sgdt32, sidt16, sidt32, lgdt16, lgdt32, lidt16, lidt32, smswR16, smswR32, smswM, lmswR, lmswM,
        invlpg, clts, invd, wbinvd
    case movFromControl, movToControl, movFromDebug, movToDebug, movFromTest, movToTest
    case cpuid, rdtsc, rdmsr, wrmsr, rdpmc, rsm, sysenter, sysexit, wait, escape

    // x87, from ``firstX87`` on. `M32`, `M64`, `M80` and, for integers, `M16` are the memory formats. `R`: ST(0) is the
    // destination, ST(rm) the other operand; `ToR`: the other way round; `Pop`: that, and the stack is popped.

    // What the map of ESC opcodes leaves open: #UD, but only after what concerns every x87 instruction (#NM).
    case x87Reserved

    // Arithmetic. The reverse forms (`fsubr`, `fdivr`) exchange minuend and subtrahend, dividend and divisor, whatever
    // the destination is; so `fsubToR` is ST(rm) - ST(0) (DCh E8h+i), and `fsubrToR` is ST(0) - ST(rm).
    case faddM32, fmulM32, fcomM32, fcompM32, fsubM32, fsubrM32, fdivM32, fdivrM32, faddM64, fmulM64, fcomM64,
        fcompM64, fsubM64, fsubrM64, fdivM64, fdivrM64
    case fiaddM16, fimulM16, ficomM16, ficompM16, fisubM16, fisubrM16, fidivM16, fidivrM16, fiaddM32, fimulM32,
        ficomM32, ficompM32, fisubM32, fisubrM32, fidivM32, fidivrM32
    case faddR, fmulR, fcomR, fcompR, fsubR, fsubrR, fdivR, fdivrR
    case faddToR, fmulToR, fsubToR, fsubrToR, fdivToR, fdivrToR, faddPop, fmulPop, fsubPop, fsubrPop, fdivPop,
        fdivrPop

    // Comparisons that pop twice, that set EFLAGS, and that look at ST(0) only.
    case fcompp, fucomR, fucompR, fucompp, fcomiR, fcomipR, fucomiR, fucomipR, ftst, fxam

    // Loads, stores and moves. `fstpNoCheckR` is the alias of `fstp` at D9h D8h+i, `ffreep` frees and pops.
    case fldM32, fldM64, fldM80, fldR, fildM16, fildM32, fildM64, fbld, fstM32, fstM64, fstR, fstpM32, fstpM64,
        fstpM80, fstpR, fstpNoCheckR, fistM16, fistM32, fistpM16, fistpM32, fistpM64, fbstp, fxch, ffree, ffreep
    case fcmovb, fcmove, fcmovbe, fcmovu, fcmovnb, fcmovne, fcmovnbe, fcmovnu
    case fld1, fldl2t, fldl2e, fldpi, fldlg2, fldln2, fldz

    // Functions of ST(0) and ST(1).
    case fchs, fabs, fsqrt, frndint, fscale, fprem, fprem1, fxtract, f2xm1, fyl2x, fyl2xp1, fptan, fpatan, fsin, fcos,
        fsincos

    // Control. `fnop` also stands for `fneni`, `fndisi` and `fnsetpm`, which did something on an 8087 or 80287.
    case fnop, fincstp, fdecstp, fninit, fnclex, fldcw, fnstcw, fnstswM, fnstswAX, fldenv, fnstenv, frstor, fnsave

    // MMX, SSE and SSE2, from ``firstSIMD`` on. The destination is the register `reg` unless the name says `Store`, the
    // source the register `rm` or memory, as ModRM says (stores between registers become loads with `reg` and `rm`
    // exchanged). Instructions that differ in name only share a case: `movupd` and `movdqu` are `movups`.

    // Moves. `movaps` demands alignment, also as `movapd`, `movdqa` and the non-temporal stores. `movqXMM` clears the
    // upper half, also as `movsd` from memory; `movlpsStore` stores the lower half, also as `movlpd`, `movsd` and
    // `movq`.
    case movupsLoad, movupsStore, movapsLoad, movapsStore, movssR, movssLoad, movssStore, movsdR, movqXMM, movlpsLoad,
        movlpsStore, movhpsLoad, movhpsStore, movhlps, movlhps
    case movqMMX, movqMMXStore, movq2dq, movdq2q, movdToMMX, movdFromMMX, movdToXMM, movdFromXMM, movnti, maskmovq,
        maskmovdqu, movmskps, movmskpd

    // Floating point: packed single, packed double, scalar single, scalar double.
    case addps, addpd, addss, addsd, mulps, mulpd, mulss, mulsd, subps, subpd, subss, subsd, divps, divpd, divss,
        divsd, minps, minpd, minss, minsd, maxps, maxpd, maxss, maxsd, sqrtps, sqrtpd, sqrtss, sqrtsd, cmpps, cmppd,
        cmpss, cmpsd
    case rcpps, rcpss, rsqrtps, rsqrtss, comiss, comisd, ucomiss, ucomisd, shufps, shufpd, unpcklps, unpckhps
    case cvtpi2ps, cvtpi2pd, cvtsi2ss, cvtsi2sd, cvttps2pi, cvttpd2pi, cvttss2si, cvttsd2si, cvtps2pi, cvtpd2pi,
        cvtss2si, cvtsd2si, cvtps2pd, cvtpd2ps, cvtss2sd, cvtsd2ss, cvtdq2ps, cvtps2dq, cvttps2dq, cvttpd2dq,
        cvtdq2pd, cvtpd2dq

    // Integers: for MMX and for XMM registers. `andps` and `andpd` are `pandXMM`, and so on; `unpcklpd` and `unpckhpd`
    // are `punpcklqdq` and `punpckhqdq`. `Immediate`: the shift count, for the register `rm`.
    case punpcklbwMMX, punpcklbwXMM, punpcklwdMMX, punpcklwdXMM, punpckldqMMX, punpckldqXMM, packsswbMMX, packsswbXMM,
        pcmpgtbMMX, pcmpgtbXMM, pcmpgtwMMX, pcmpgtwXMM, pcmpgtdMMX, pcmpgtdXMM, packuswbMMX, packuswbXMM,
        punpckhbwMMX, punpckhbwXMM, punpckhwdMMX, punpckhwdXMM, punpckhdqMMX, punpckhdqXMM, packssdwMMX, packssdwXMM,
        pcmpeqbMMX, pcmpeqbXMM, pcmpeqwMMX, pcmpeqwXMM, pcmpeqdMMX, pcmpeqdXMM, psrlwMMX, psrlwXMM, psrldMMX,
        psrldXMM, psrlqMMX, psrlqXMM, psrawMMX, psrawXMM, psradMMX, psradXMM, psllwMMX, psllwXMM, pslldMMX, pslldXMM,
        psllqMMX, psllqXMM, paddbMMX, paddbXMM, paddwMMX, paddwXMM, padddMMX, padddXMM, paddqMMX, paddqXMM, psubbMMX,
        psubbXMM, psubwMMX, psubwXMM, psubdMMX, psubdXMM, psubqMMX, psubqXMM, paddsbMMX, paddsbXMM, paddswMMX,
        paddswXMM, paddusbMMX, paddusbXMM, padduswMMX, padduswXMM, psubsbMMX, psubsbXMM, psubswMMX, psubswXMM,
        psubusbMMX, psubusbXMM, psubuswMMX, psubuswXMM, pmullwMMX, pmullwXMM, pmulhwMMX, pmulhwXMM, pmulhuwMMX,
        pmulhuwXMM, pmuludqMMX, pmuludqXMM, pmaddwdMMX, pmaddwdXMM, psadbwMMX, psadbwXMM, pavgbMMX, pavgbXMM,
        pavgwMMX, pavgwXMM, pminubMMX, pminubXMM, pminswMMX, pminswXMM, pmaxubMMX, pmaxubXMM, pmaxswMMX, pmaxswXMM,
        pandMMX, pandXMM, pandnMMX, pandnXMM, porMMX, porXMM, pxorMMX, pxorXMM, psrlwImmediateMMX, psrlwImmediateXMM,
        psrldImmediateMMX, psrldImmediateXMM, psrlqImmediateMMX, psrlqImmediateXMM, psrawImmediateMMX,
        psrawImmediateXMM, psradImmediateMMX, psradImmediateXMM, psllwImmediateMMX, psllwImmediateXMM,
        pslldImmediateMMX, pslldImmediateXMM, psllqImmediateMMX, psllqImmediateXMM, pinsrwMMX, pinsrwXMM, pextrwMMX,
        pextrwXMM, pmovmskbMMX, pmovmskbXMM
    case punpcklqdq, punpckhqdq, psrldq, pslldq, pshufw, pshufd, pshufhw, pshuflw

    // State.
    case emms, fxsave, fxrstor, ldmxcsr, stmxcsr, clflush

    // Not what an opcode means: any string instruction with a repeat prefix.
    case repeatString

    /// The first of the x87 instructions, which are all up to ``firstSIMD``.
    static var firstX87: Operation { .x87Reserved }
    /// The first of the MMX, SSE and SSE2 instructions, which are all up to `repeatString`.
    public static var firstSIMD: Operation { .movupsLoad }
}
