/// Delivery of interrupts and exceptions (SDM vol. 3A, chapter 6; vol. 2, INT n).
///
/// Delivery itself can fault: a bad gate, a page of the stack that is not there. Until the last check has passed
/// nothing changes, so that the handler of the second fault sees the registers of the interrupted instruction.
extension Core {
    /// Where an interrupt comes from, which decides about checks and error codes.
    private enum Source {
        /// `int n`: privilege checks, no EXT bit.
        case software
        /// `int3` and `into`: as `int n`, but IOPL does not matter in virtual-8086 mode.
        case trap
        /// Exceptions, external interrupts and `int1`: no privilege check, EXT bit set.
        case hardware
    }

    // MARK: Entry points

    /// Delivers an exception of the instruction at EIP (for traps: of the one before it).
    ///
    /// Returns false if the processor has shut down: the double fault could not be delivered either. The state is then
    /// as at the last fault.
    func deliver(_ fault: Fault) -> Bool {
        // A single-step trap wakes the processor from the `hlt` that it follows.
        state.pointee.halted = false
        context.pointee.faultChain.begin(FaultRecord(fault, self))
        return deliverChain(fault)
    }

    private func deliverChain(_ first: Fault) -> Bool {
        var current = first
        while true {
            do throws(Fault) {
                let errorCode = current.hasErrorCode ? current.errorCode : nil
                let address = current.vector == Vector.pageFault ? state.pointee.cr2 : nil
                try noting(.exception(vector: current.vector, errorCode: errorCode, address: address)) {
                    () throws(Fault) in
                    try raise(
                        current.vector, .hardware, errorCode: errorCode, returnEIP: state.pointee.eip,
                        isFault: current.isFaultClass)
                }
                return true
            } catch {
                context.pointee.faultChain.append(FaultRecord(error, self))
                if current.vector == Vector.doubleFault { return false }
                // SDM vol. 3A, table 6-5.
                let doubles =
                    current.isContributory && error.isContributory
                    || current.vector == Vector.pageFault && (error.isContributory || error.vector == Vector.pageFault)
                current = doubles ? Fault(Vector.doubleFault, errorCode: 0) : error
                if doubles {
                    context.pointee.faultChain.append(FaultRecord(current, self))
                }
            }
        }
    }

    /// Delivers an external interrupt, or an NMI as vector 2. Wakes the processor from `hlt`. Returns as
    /// ``deliver(_:)`` does.
    func deliverInterrupt(vector: UInt8) -> Bool {
        state.pointee.halted = false
        if vector == Vector.nonMaskable {
            state.pointee.nmiBlocked = true
        }
        do throws(Fault) {
            try noting(.interrupt(vector: vector)) { () throws(Fault) in
                try raise(vector, .hardware, errorCode: nil, returnEIP: state.pointee.eip, isFault: false)
            }
            return true
        } catch {
            return deliver(error)
        }
    }

    /// `int n`. `returnEIP`: offset of the next instruction.
    func softwareInterrupt(vector: UInt8, returnEIP: UInt32) throws(Fault) {
        try noting(.softwareInterrupt(vector: vector)) { () throws(Fault) in
            if isVirtual8086, try redirectInVirtual8086(vector, returnEIP: returnEIP) { return }
            try raise(vector, .software, errorCode: nil, returnEIP: returnEIP, isFault: false)
        }
    }

    /// `int3`, and `into` with OF set. `returnEIP`: offset of the next instruction.
    func trapInterrupt(vector: UInt8, returnEIP: UInt32) throws(Fault) {
        try noting(.softwareInterrupt(vector: vector)) { () throws(Fault) in
            try raise(vector, .trap, errorCode: nil, returnEIP: returnEIP, isFault: false)
        }
    }

    /// `int1` (icebp). `returnEIP`: offset of the next instruction.
    func debugInterrupt(returnEIP: UInt32) throws(Fault) {
        try noting(.softwareInterrupt(vector: Vector.debug)) { () throws(Fault) in
            try raise(Vector.debug, .hardware, errorCode: nil, returnEIP: returnEIP, isFault: false)
        }
    }

    // MARK: Real mode and the choice

    private func raise(
        _ vector: UInt8, _ source: Source, errorCode: UInt16?, returnEIP: UInt32, isFault: Bool
    ) throws(Fault) {
        if isRealMode {
            try raiseInRealMode(vector, returnEIP: returnEIP)
        } else {
            // RF is clear in what software interrupts push, since it covers only the instruction that pushes it.
            let isSoftware = source != .hardware || vector == Vector.debug && returnEIP != state.pointee.eip
            let flags = isFault ? eflags | Flag.resume : isSoftware ? eflags & ~Flag.resume : eflags
            try raiseInProtectedMode(vector, source, errorCode: errorCode, returnEIP: returnEIP, flags: flags)
        }
    }

    /// SDM vol. 3B, 20.1.4.
    private func raiseInRealMode(_ vector: UInt8, returnEIP: UInt32) throws(Fault) {
        let entry = UInt32(vector) &* 4
        guard entry &+ 3 <= UInt32(state.pointee.idtLimit) else {
            throw .generalProtection(UInt16(vector) << 3 | ErrorCode.idt)
        }
        let offset = UInt32(try readSystem16(state.pointee.idtBase &+ entry))
        let selector = try readSystem16(state.pointee.idtBase &+ entry &+ 2)
        try enterRealModeHandler(selector: selector, offset: offset, flags: eflags, returnEIP: returnEIP)
        setFlags(0, mask: Flag.interrupt | Flag.trap | Flag.alignmentCheck | Flag.resume)
    }

    /// Pushes FLAGS, CS and IP, and goes to a handler as the 8086 does.
    private func enterRealModeHandler(
        selector: UInt16, offset: UInt32, flags: UInt32, returnEIP: UInt32
    ) throws(Fault) {
        var stack = Stack(self)
        try stack.probePush(count: 3, size: 2)
        try checkCodeOffset(offset, segment(.cs))
        try stack.push(flags, size: 2)
        try stack.push(UInt32(segment(.cs).selector), size: 2)
        try stack.push(returnEIP, size: 2)
        stack.commit()
        setCode(realModeSegment(SegmentIndex.cs.rawValue, selector: selector), eip: offset)
    }

    /// `int n` in virtual-8086 mode: true if the interrupt was redirected to the 8086 program's own handler
    /// (SDM vol. 3B, 20.3.3, table 20-2). Throws #GP for the monitor if IOPL forbids it.
    private func redirectInVirtual8086(_ vector: UInt8, returnEIP: UInt32) throws(Fault) -> Bool {
        guard state.pointee.cr4 & ControlRegister.virtual8086Extensions != 0 else {
            guard ioPrivilege == 3 else { throw .generalProtection(0) }
            return false
        }
        let tr = state.pointee.tr
        guard tr.attributes & UInt16(SystemType.is32Bit) != 0, tr.limit >= 0x67 else { throw .generalProtection(0) }
        // The redirection map is the 32 bytes before the I/O permission map.
        let map = UInt32(try readSystem16(tr.base &+ 0x66))
        let offset = map &- 32 &+ UInt32(vector) / 8
        guard map >= 32, offset <= tr.limit else { throw .generalProtection(0) }
        if try readSystem8(tr.base &+ offset) >> (vector & 7) & 1 != 0 {
            guard ioPrivilege == 3 else { throw .generalProtection(0) }
            return false
        }
        var flags = eflags
        if ioPrivilege < 3 {
            // The program sees VIF in the place of IF, and IOPL as 3.
            flags = flags & ~Flag.interrupt | Flag.ioPrivilege
            if flags & Flag.virtualInterrupt != 0 { flags |= Flag.interrupt }
        }
        let target = try readLinear(UInt32(vector) &* 4, size: 4, user: true)
        let disabled = ioPrivilege == 3 ? Flag.interrupt : Flag.virtualInterrupt
        try enterRealModeHandler(
            selector: UInt16(truncatingIfNeeded: target >> 16), offset: target & 0xFFFF, flags: flags,
            returnEIP: returnEIP)
        setFlags(0, mask: disabled | Flag.trap)
        return true
    }

    // MARK: Protected mode

    private func raiseInProtectedMode(
        _ vector: UInt8, _ source: Source, errorCode: UInt16?, returnEIP: UInt32, flags: UInt32
    ) throws(Fault) {
        let external: UInt16 = source == .hardware ? ErrorCode.external : 0
        let gateCode = UInt16(vector) << 3 | ErrorCode.idt | external
        let entry = UInt32(vector) &* 8
        guard entry &+ 7 <= UInt32(state.pointee.idtLimit) else { throw .generalProtection(gateCode) }
        let address = state.pointee.idtBase &+ entry
        let gate = Descriptor(low: try readSystem32(address), high: try readSystem32(address &+ 4))
        guard gate.isSystem else { throw .generalProtection(gateCode) }
        switch gate.type {
        case SystemType.taskGate, SystemType.interruptGate16, SystemType.trapGate16, SystemType.interruptGate32,
            SystemType.trapGate32:
            break
        default:
            throw .generalProtection(gateCode)
        }
        if source != .hardware, gate.privilege < state.pointee.cpl { throw .generalProtection(gateCode) }
        guard gate.isPresent else { throw .notPresent(gateCode) }
        if gate.type == SystemType.taskGate {
            try raiseThroughTaskGate(gate, external: external, errorCode: errorCode, returnEIP: returnEIP, flags: flags)
        } else {
            try raiseThroughGate(gate, external: external, errorCode: errorCode, returnEIP: returnEIP, flags: flags)
        }
    }

    private func raiseThroughTaskGate(
        _ gate: Descriptor, external: UInt16, errorCode: UInt16?, returnEIP: UInt32, flags: UInt32
    ) throws(Fault) {
        let (selector, descriptor) = try availableTSS(gate.gateSelector, external: external)
        try switchTask(
            to: selector, descriptor, .interrupt, returnEIP: returnEIP, flags: flags, external: external)
        if let errorCode {
            var stack = Stack(self, external: external)
            try stack.push(UInt32(errorCode), size: descriptor.type & SystemType.is32Bit != 0 ? 4 : 2)
            stack.commit()
        }
    }

    private func raiseThroughGate(
        _ gate: Descriptor, external: UInt16, errorCode: UInt16?, returnEIP: UInt32, flags: UInt32
    ) throws(Fault) {
        let selector = gate.gateSelector
        guard !selector.isNullSelector else { throw .generalProtection(external) }
        let selectorCode = selector.errorCode | external
        var target = try readDescriptor(selector, external: external)
        let level = state.pointee.cpl
        guard target.isCode, target.privilege <= level else { throw .generalProtection(selectorCode) }
        guard target.isPresent else { throw .notPresent(selectorCode) }
        let fromVirtual8086 = isVirtual8086
        let changesLevel = !target.isConforming && target.privilege < level
        if fromVirtual8086, !changesLevel || target.privilege != 0 { throw .generalProtection(selectorCode) }

        let size: UInt32 = gate.type & SystemType.is32Bit != 0 ? 4 : 2
        let newLevel = changesLevel ? target.privilege : level
        let old = Stack(self, external: external)
        var stack = changesLevel ? try stackFromTSS(privilege: newLevel, external: external) : old
        let frame: UInt32 = (fromVirtual8086 ? 9 : changesLevel ? 5 : 3) + (errorCode == nil ? 0 : 1)
        try stack.probePush(count: frame, size: size)
        try markAccessed(selector, &target)
        let code = SegmentRegister(selector: selector & ~3 | UInt16(newLevel), descriptor: target)
        try checkCodeOffset(gate.gateOffset, code, external: external)

        if fromVirtual8086 {
            let data: InlineArray<4, SegmentIndex> = [.gs, .fs, .ds, .es]
            for index in 0..<4 {
                try stack.push(UInt32(segment(data[index]).selector), size: size)
            }
        }
        if changesLevel {
            try stack.push(UInt32(old.segment.selector), size: size)
            try stack.push(old.pointer, size: size)
        }
        try stack.push(flags, size: size)
        try stack.push(UInt32(segment(.cs).selector), size: size)
        try stack.push(returnEIP, size: size)
        if let errorCode {
            try stack.push(UInt32(errorCode), size: size)
        }

        var cleared = Flag.trap | Flag.nestedTask | Flag.resume | Flag.virtual8086
        if gate.type & 1 == 0 { cleared |= Flag.interrupt }
        setFlags(0, mask: cleared)
        if fromVirtual8086 {
            note(.virtual8086(isEntered: false))
            let data: InlineArray<4, SegmentIndex> = [.gs, .fs, .ds, .es]
            for index in 0..<4 {
                setSegment(data[index].rawValue, SegmentRegister())
            }
        }
        if changesLevel {
            setPrivilege(newLevel)
            stack.commitWithSegment()
        } else {
            stack.commit()
        }
        setCode(code, eip: gate.gateOffset)
    }
}

/// The low bits of an error code (SDM vol. 3A, 6.13).
enum ErrorCode {
    /// EXT: the exception arose from an event outside of the program, such as the delivery of another one.
    static let external: UInt16 = 1
    /// The index is one into the IDT.
    static let idt: UInt16 = 2
}

extension Fault {
    /// Divide error and the faults of segmentation: two in a row make a double fault (SDM vol. 3A, table 6-4).
    var isContributory: Bool {
        switch vector {
        case Vector.divideError, Vector.invalidTSS, Vector.segmentNotPresent, Vector.stackFault,
            Vector.generalProtection:
            true
        default:
            false
        }
    }

    /// Faults push RF set, so that an instruction breakpoint does not trigger again at the restart; the debug exception
    /// and traps do not (SDM vol. 3B, 17.3.1.1).
    var isFaultClass: Bool {
        vector != Vector.debug && vector != Vector.breakpoint && vector != Vector.overflow
    }
}
