/// The switch over the MMX, SSE and SSE2 instructions.
///
/// **Constraint.** There are some 280 of them, and a program that uses them uses them in its innermost loops.
///
/// **Choice.** This switch has the moves and what is one of a kind. The large families are switches of their own
/// (`PackedIntegerInstructions`, `FloatInstructions`, `ConversionInstructions`), each of which loads its operands in
/// one place, computes by a pure function from values to a value, and stores in one place: an instruction is a line.
/// The MMX and the XMM form of an instruction share that line.
///
/// As with x87 instructions (`ExecuteX87`), one call executes a run of them.
///
/// A fault leaves everything as it was but for the flags of MXCSR (SDM vol. 1, 11.5.3): operands are read, and
/// exceptions of the computation raised, before the destination changes.
///
/// **Example.** `paddw xmm1, [esi]` goes to ``packedInteger(_:)``, which reads 16 aligned bytes, or raises #GP(0), adds
/// by ``XMM/addingWords(_:)`` and stores XMM1.
extension Core {
    /// Executes a run of MMX, SSE and SSE2 instructions of a block that begins with `first`, and returns the last one.
    /// ``ProcessorState/eip`` is still that of the block. A slot of another kind is behind every run: a block ends with
    /// one.
    ///
    /// - Throws: What the instruction at `Context.current` raises. Those before it have been executed.
    @inline(never)
    func executeSIMD(_ first: InstructionPointer) throws(Fault) -> InstructionPointer {
        guard isOpenToSIMD else {
            try checkSIMD(first)
            try executeOneSIMD(first)
            return first
        }
        var instruction = first
        repeat {
            context.pointee.current = instruction
            try executeOneSIMD(instruction)
            instruction += 1
            // Of what makes an instruction wait only a pending exception can be new, by `fxrstor`.
        } while instruction.pointee.handler == .simd && state.pointee.x87.status & X87Status.errorSummary == 0
        return instruction - 1
    }

    @inline(__always)
    private func executeOneSIMD(_ instruction: InstructionPointer) throws(Fault) {
        if instruction.pointee.operation.isPackedInteger { return try packedInteger(instruction) }
        let reg = instruction.pointee.reg
        let rm = instruction.pointee.rm
        let segment = instruction.pointee.segment
        switch instruction.pointee.operation {
        // Moves of whole registers.
        case .movapsLoad:
            setXMM(reg, try source128(instruction))
        case .movapsStore:
            try writeAligned128(segment, address(instruction), xmm(reg))
        case .movupsLoad:
            if isInMemory(instruction) {
                setXMM(reg, try read128(segment, address(instruction)))
            } else {
                setXMM(reg, xmm(rm))
            }
        case .movupsStore:
            try write128(segment, address(instruction), xmm(reg))

        // Moves of parts. A load from memory clears what it does not load, a move between registers leaves it.
        case .movssR:
            setXMM(reg, xmm(rm).selected(by: SingleLane.first, or: xmm(reg)))
        case .movssLoad:
            setXMM(reg, XMM(UInt64(try read32(segment, address(instruction)))))
        case .movssStore:
            try write32(segment, address(instruction), xmm(reg).low32)
        case .movsdR:
            setXMM(reg, xmm(rm).selected(by: DoubleLane.first, or: xmm(reg)))
        case .movqXMM:
            setXMM(reg, XMM(try source64(instruction)))
        case .movlpsLoad:
            state.pointee.xmm[Int(reg & 7)].low = try read64(segment, address(instruction))
        case .movlpsStore:
            try write64(segment, address(instruction), xmm(reg).low)
        case .movhpsLoad:
            state.pointee.xmm[Int(reg & 7)].high = try read64(segment, address(instruction))
        case .movhpsStore:
            try write64(segment, address(instruction), xmm(reg).high)
        case .movhlps:
            state.pointee.xmm[Int(reg & 7)].low = xmm(rm).high
        case .movlhps:
            state.pointee.xmm[Int(reg & 7)].high = xmm(rm).low
        case .movdToXMM:
            setXMM(reg, XMM(UInt64(try sourceGeneral(instruction))))
        case .movdFromXMM:
            try storeGeneral(instruction, xmm(reg).low32)
        case .movnti:
            try write32(segment, address(instruction), register(reg))
        case .movmskps:
            setRegister(reg, xmm(rm).singleSigns)
        case .movmskpd:
            setRegister(reg, xmm(rm).doubleSigns)
        case .maskmovdqu:
            try storeMasked(instruction, xmm(reg), mask: xmm(rm).byteSigns, size: 16)

        // Moves that involve MMX registers.
        case .movqMMX:
            setMMX(reg, try sourceMMX(instruction))
        case .movqMMXStore:
            try write64(segment, address(instruction), mmx(reg))
            state.pointee.x87.enterMMX()
        case .movdToMMX:
            setMMX(reg, UInt64(try sourceGeneral(instruction)))
        case .movdFromMMX:
            try storeGeneral(instruction, UInt32(truncatingIfNeeded: mmx(reg)))
            state.pointee.x87.enterMMX()
        case .movq2dq:
            setXMM(reg, XMM(mmx(rm)))
            state.pointee.x87.enterMMX()
        case .movdq2q:
            setMMX(reg, xmm(rm).low)
        case .maskmovq:
            // Also if the store faults, other than with `movq`: so do processors of AMD.
            state.pointee.x87.enterMMX()
            try storeMasked(instruction, XMM(mmx(reg)), mask: XMM(mmx(rm)).byteSigns, size: 8)
        case .emms:
            state.pointee.x87.leaveMMX()

        // Floating point.
        case .addps, .mulps, .subps, .divps, .minps, .maxps, .sqrtps: try packedSingles(instruction)
        case .addpd, .mulpd, .subpd, .divpd, .minpd, .maxpd, .sqrtpd: try packedDoubles(instruction)
        case .addss, .mulss, .subss, .divss, .minss, .maxss, .sqrtss: try scalarSingle(instruction)
        case .addsd, .mulsd, .subsd, .divsd, .minsd, .maxsd, .sqrtsd: try scalarDouble(instruction)
        case .cmpps: try compare(SingleLane.self, instruction)
        case .cmppd: try compare(DoubleLane.self, instruction)
        case .cmpss: try compare(SingleLane.self, isScalar: true, instruction)
        case .cmpsd: try compare(DoubleLane.self, isScalar: true, instruction)
        case .comiss: try order(SingleLane.self, isSignaling: true, instruction)
        case .ucomiss: try order(SingleLane.self, isSignaling: false, instruction)
        case .comisd: try order(DoubleLane.self, isSignaling: true, instruction)
        case .ucomisd: try order(DoubleLane.self, isSignaling: false, instruction)
        case .rcpps: try approximate(instruction) { Reciprocal.reciprocal($0) }
        case .rsqrtps: try approximate(instruction) { Reciprocal.reciprocalRoot($0) }
        case .rcpss:
            state.pointee.xmm[Int(reg & 7)].low32 = Reciprocal.reciprocal(try source32(instruction))
        case .rsqrtss:
            state.pointee.xmm[Int(reg & 7)].low32 = Reciprocal.reciprocalRoot(try source32(instruction))

        // Shuffles of XMM registers.
        case .shufps:
            setXMM(reg, xmm(reg).shufflingSingles(try source128(instruction), instruction.pointee.immediate))
        case .shufpd:
            setXMM(reg, xmm(reg).shufflingDoubles(try source128(instruction), instruction.pointee.immediate))
        case .pshufd:
            setXMM(reg, try source128(instruction).shufflingDoublewords(instruction.pointee.immediate))
        case .pshufhw:
            setXMM(reg, try source128(instruction).shufflingHighWords(instruction.pointee.immediate))
        case .pshuflw:
            setXMM(reg, try source128(instruction).shufflingLowWords(instruction.pointee.immediate))
        case .unpcklps:
            setXMM(reg, xmm(reg).unpackingLowDoublewords(try source128(instruction)))
        case .unpckhps:
            setXMM(reg, xmm(reg).unpackingHighDoublewords(try source128(instruction)))
        case .punpcklqdq:
            setXMM(reg, xmm(reg).unpackingLowQuadwords(try source128(instruction)))
        case .punpckhqdq:
            setXMM(reg, xmm(reg).unpackingHighQuadwords(try source128(instruction)))
        case .pslldq:
            setXMM(rm, xmm(rm).shiftedLeftBytes(UInt64(instruction.pointee.immediate & 0xFF)))
        case .psrldq:
            setXMM(rm, xmm(rm).shiftedRightBytes(UInt64(instruction.pointee.immediate & 0xFF)))

        // State.
        case .fxsave: try saveExtendedState(instruction)
        case .fxrstor: try restoreExtendedState(instruction)
        case .ldmxcsr: try loadMXCSR(instruction)
        case .stmxcsr: try write32(segment, address(instruction), mxcsr)
        case .clflush: try flushLine(instruction)

        case .cvtpi2ps, .cvtpi2pd, .cvtsi2ss, .cvtsi2sd, .cvttps2pi, .cvttpd2pi, .cvttss2si, .cvttsd2si, .cvtps2pi,
            .cvtpd2pi, .cvtss2si, .cvtsd2si, .cvtps2pd, .cvtpd2ps, .cvtss2sd, .cvtsd2ss, .cvtdq2ps, .cvtps2dq,
            .cvttps2dq, .cvttpd2dq, .cvtdq2pd, .cvtpd2dq:
            try convert(instruction)
        case .pshufw: try shuffleMMX(instruction)
        default: throw .invalidOpcode
        }
    }

    private func shuffleMMX(_ instruction: InstructionPointer) throws(Fault) {
        let source = XMM(try sourceMMX(instruction))
        setMMX(instruction.pointee.reg, source.shufflingLowWords(instruction.pointee.immediate).low)
    }

    /// Writes the general register `rm`, or memory.
    @inline(__always)
    private func storeGeneral(_ instruction: InstructionPointer, _ value: UInt32) throws(Fault) {
        if isInMemory(instruction) {
            try write32(instruction.pointee.segment, address(instruction), value)
        } else {
            setRegister(instruction.pointee.rm, value)
        }
    }

    /// `maskmovq` and `maskmovdqu`: the bytes whose bit is set in `mask` go to memory at DS:EDI (or an override's
    /// segment, or DI). All bytes of the operand must be writable, even if none is written: the manual leaves that open
    /// (SDM vol. 2, MASKMOVDQU), AMD's processors do so. Where alignment is checked, it is to 8 bytes in both.
    private func storeMasked(
        _ instruction: InstructionPointer, _ value: XMM, mask: UInt32, size: UInt32
    ) throws(Fault) {
        let segment = instruction.pointee.segment
        let index = register(7)
        let offset = instruction.pointee.is32BitAddress ? index : index & 0xFFFF
        try checkSegment(segment, offset, size, write: true)
        try checkAlignment(state.pointee.segments[Int(segment & 7)].base &+ offset, 8)
        try probeWrite(segment, offset, size)
        for byte in 0..<size where mask >> byte & 1 != 0 {
            let half = byte < 8 ? value.low : value.high
            try write8(
                segment, offset &+ byte, UInt8(truncatingIfNeeded: half >> UInt64((byte & 7) * 8)))
        }
    }

    /// `clflush`: there is no cache to be seen, but a byte must be readable there; or the segment may be execute-only
    /// (SDM vol. 2, CLFLUSH).
    private func flushLine(_ instruction: InstructionPointer) throws(Fault) {
        let offset = address(instruction)
        let segment = state.pointee.segments[Int(instruction.pointee.segment & 7)]
        guard segment.isExecuteOnly, offset <= segment.limit else {
            return try probeRead(instruction.pointee.segment, offset, 1)
        }
        _ = try translateOperand(segment.base &+ offset, size: 1, .read, user: state.pointee.cpl == 3)
    }

    private func loadMXCSR(_ instruction: InstructionPointer) throws(Fault) {
        let value = try read32(instruction.pointee.segment, address(instruction))
        guard value & ~mxcsrMask == 0 else { throw .generalProtection(0) }
        mxcsr = value
    }
}
