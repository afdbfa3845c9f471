/// Registers, memory operands and availability: what every MMX and SSE instruction begins with.
extension Core {
    // MARK: Registers

    @inline(__always)
    func xmm(_ index: UInt8) -> XMM { state.pointee.xmm[Int(index & 7)] }

    @inline(__always)
    func setXMM(_ index: UInt8, _ value: XMM) { state.pointee.xmm[Int(index & 7)] = value }

    @inline(__always)
    func mmx(_ index: UInt8) -> UInt64 { state.pointee.x87.mmx(index) }

    /// Writes an MMX register, and leaves the x87 registers as every MMX instruction does (SDM vol. 1, 9.6.2).
    @inline(__always)
    func setMMX(_ index: UInt8, _ value: UInt64) {
        state.pointee.x87.enterMMX()
        state.pointee.x87.setMMX(index, value)
    }

    // MARK: Sources: the register `rm`, or memory

    @inline(__always)
    func isInMemory(_ instruction: InstructionPointer) -> Bool { instruction.pointee.modRM < 0xC0 }

    /// 16 bytes, which in memory must be aligned.
    @inline(__always)
    func source128(_ instruction: InstructionPointer) throws(Fault) -> XMM {
        if isInMemory(instruction) {
            return try readAligned128(instruction.pointee.segment, address(instruction))
        }
        return xmm(instruction.pointee.rm)
    }

    /// The low quadword of an XMM register, or memory.
    @inline(__always)
    func source64(_ instruction: InstructionPointer) throws(Fault) -> UInt64 {
        if isInMemory(instruction) {
            return try read64(instruction.pointee.segment, address(instruction))
        }
        return xmm(instruction.pointee.rm).low
    }

    /// The low doubleword of an XMM register, or memory.
    @inline(__always)
    func source32(_ instruction: InstructionPointer) throws(Fault) -> UInt32 {
        if isInMemory(instruction) {
            return try read32(instruction.pointee.segment, address(instruction))
        }
        return xmm(instruction.pointee.rm).low32
    }

    /// An MMX register, or memory.
    @inline(__always)
    func sourceMMX(_ instruction: InstructionPointer) throws(Fault) -> UInt64 {
        if isInMemory(instruction) {
            return try read64(instruction.pointee.segment, address(instruction))
        }
        return mmx(instruction.pointee.rm)
    }

    /// A general register, or memory.
    @inline(__always)
    func sourceGeneral(_ instruction: InstructionPointer) throws(Fault) -> UInt32 {
        if isInMemory(instruction) {
            return try read32(instruction.pointee.segment, address(instruction))
        }
        return register(instruction.pointee.rm)
    }

    // MARK: Availability

    /// Control registers and FPU let every MMX or SSE instruction begin.
    @inline(__always)
    var isOpenToSIMD: Bool {
        let forbidding = ControlRegister.emulation | ControlRegister.taskSwitched
        return state.pointee.cr0 & forbidding == 0 && state.pointee.cr4 & ControlRegister.osFXSR != 0
            && state.pointee.x87.status & X87Status.errorSummary == 0
    }

    /// Throws #UD, #NM or #MF where they do not let this instruction begin.
    ///
    /// In the order of SDM vol. 2, tables 2-19 to 2-28, and vol. 3A, 12.1 to 12.3 (#UD, #NM, #MF). Which registers an
    /// instruction uses is in its row.
    @inline(never)
    func checkSIMD(_ instruction: InstructionPointer) throws(Fault) {
        switch instruction.pointee.operation {
        case .movnti, .clflush: return
        case .fxsave, .fxrstor:
            // No exception of the FPU is reported by these; and they belong to it, where CR0.EM means #NM.
            let mask = ControlRegister.emulation | ControlRegister.taskSwitched
            if state.pointee.cr0 & mask != 0 { throw Fault(Vector.deviceNotAvailable) }
            return
        default: break
        }
        let (usesXMM, usesMMX) = registerFiles(instruction)
        if state.pointee.cr0 & ControlRegister.emulation != 0 { throw .invalidOpcode }
        if usesXMM && state.pointee.cr4 & ControlRegister.osFXSR == 0 { throw .invalidOpcode }
        if state.pointee.cr0 & ControlRegister.taskSwitched != 0 { throw Fault(Vector.deviceNotAvailable) }
        if usesMMX { try reportPendingX87Error() }
    }

    /// Which of the two register files an instruction uses.
    private func registerFiles(_ instruction: InstructionPointer) -> (xmm: Bool, mmx: Bool) {
        let operation = instruction.pointee.operation
        // Quickly, for a system that has MMX and not SSE.
        if operation.isPackedInteger { return (operation.isOfXMM, !operation.isOfXMM) }
        switch operation {
        case .ldmxcsr, .stmxcsr: return (true, false)
        case .emms: return (false, true)
        default: break
        }
        var usesXMM = false
        var usesMMX = false
        for operand in OpcodeTable.rows[Int(instruction.pointee.row)].operands {
            switch operand {
            case .vx, .wd, .wq, .wx, .ux: usesXMM = true
            case .pq, .nq: usesMMX = true
            case .qd, .qq: usesMMX = usesMMX || !isInMemory(instruction)
            default: break
            }
        }
        return (usesXMM, usesMMX)
    }
}

extension Operation {
    /// One of the integer instructions that come in pairs, for MMX and for XMM registers.
    @inline(__always)
    var isPackedInteger: Bool {
        rawValue >= Operation.punpcklbwMMX.rawValue && rawValue <= Operation.pmovmskbXMM.rawValue
    }

    /// The second of such a pair.
    @inline(__always)
    var isOfXMM: Bool { (rawValue &- Operation.punpcklbwMMX.rawValue) & 1 != 0 }
}
