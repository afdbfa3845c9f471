/// Far returns: SDM vol. 2, RET and IRET/IRETD.
extension Core {
    /// `retf`. `operandSize`: 2 or 4 bytes; `releasing`: bytes of parameters to take off the stack.
    func farReturn(operandSize: UInt32, releasing: UInt32) throws(Fault) {
        var stack = Stack(self)
        try stack.checkLimit(count: 2, size: operandSize)
        let offset = try stack.peek(0, size: operandSize)
        let selector = UInt16(truncatingIfNeeded: try stack.peek(operandSize, size: operandSize))
        let frame = 2 &* operandSize
        guard usesDescriptors else {
            try checkCodeOffset(offset, segment(.cs))
            stack.move(frame &+ releasing)
            stack.commit()
            setCode(realModeSegment(SegmentIndex.cs.rawValue, selector: selector), eip: offset)
            return
        }
        let code = try returnSegment(selector)
        if selector.requestedPrivilege == state.pointee.cpl {
            try checkCodeOffset(offset, code)
            stack.move(frame &+ releasing)
            stack.commit()
            setCode(code, eip: offset)
        } else {
            var outer = try outerStack(
                stack, at: frame &+ releasing, operandSize: operandSize, privilege: selector.requestedPrivilege)
            try checkCodeOffset(offset, code)
            outer.move(releasing)
            leave(to: selector.requestedPrivilege, outer)
            setCode(code, eip: offset)
        }
    }

    /// `iret`. `operandSize`: 2 or 4 bytes; `returnEIP`: offset of the next instruction, which a task switch saves.
    func interruptReturn(operandSize: UInt32, returnEIP: UInt32) throws(Fault) {
        // Also if it faults, before the handler of that fault runs (SDM vol. 3A, 6.7.1 and vol. 2, IRET).
        state.pointee.nmiBlocked = false
        if isRealMode {
            try interruptReturnSimply(operandSize: operandSize)
        } else if isVirtual8086 {
            if ioPrivilege == 3 {
                try interruptReturnSimply(operandSize: operandSize)
            } else {
                try interruptReturnWithVirtualFlag(operandSize: operandSize)
            }
        } else if state.pointee.systemFlags & Flag.nestedTask != 0 {
            try returnToPreviousTask(returnEIP: returnEIP)
        } else {
            try interruptReturnProtected(operandSize: operandSize)
        }
    }

    /// Real mode, and virtual-8086 mode with IOPL 3.
    private func interruptReturnSimply(operandSize: UInt32) throws(Fault) {
        var stack = Stack(self)
        try stack.checkLimit(count: 3, size: operandSize)
        let offset = try stack.pop(size: operandSize)
        let selector = UInt16(truncatingIfNeeded: try stack.pop(size: operandSize))
        let flags = try stack.pop(size: operandSize)
        try checkCodeOffset(offset, segment(.cs))
        stack.commit()
        setCode(realModeSegment(SegmentIndex.cs.rawValue, selector: selector), eip: offset)
        setReturnedFlags(flags, operandSize: operandSize, level: isRealMode ? 0 : 3)
    }

    /// Virtual-8086 mode with IOPL below 3: only with the virtual-8086 mode extensions, whose VIF stands for IF
    /// (SDM vol. 3B, 20.3.3.4 and vol. 2, IRET).
    private func interruptReturnWithVirtualFlag(operandSize: UInt32) throws(Fault) {
        guard state.pointee.cr4 & ControlRegister.virtual8086Extensions != 0, operandSize == 2 else {
            throw .generalProtection(0)
        }
        var stack = Stack(self)
        try stack.checkLimit(count: 3, size: 2)
        let offset = try stack.pop(size: 2)
        let selector = UInt16(truncatingIfNeeded: try stack.pop(size: 2))
        let flags = try stack.pop(size: 2)
        try checkCodeOffset(offset, segment(.cs))
        let isPending = state.pointee.systemFlags & Flag.virtualInterruptPending != 0
        if flags & Flag.trap != 0 || isPending && flags & Flag.interrupt != 0 { throw .generalProtection(0) }
        stack.commit()
        setCode(realModeSegment(SegmentIndex.cs.rawValue, selector: selector), eip: offset)
        setFlags(flags, mask: 0xFFFF & ~(Flag.interrupt | Flag.ioPrivilege))
        setFlags(
            flags & Flag.interrupt != 0 ? Flag.virtualInterrupt : 0, mask: Flag.virtualInterrupt)
    }

    private func interruptReturnProtected(operandSize: UInt32) throws(Fault) {
        var stack = Stack(self)
        try stack.checkLimit(count: 3, size: operandSize)
        let offset = try stack.peek(0, size: operandSize)
        let selector = UInt16(truncatingIfNeeded: try stack.peek(operandSize, size: operandSize))
        let flags = try stack.peek(2 &* operandSize, size: operandSize)
        let level = state.pointee.cpl
        if operandSize == 4, flags & Flag.virtual8086 != 0, level == 0 {
            try returnToVirtual8086(stack, offset: offset, selector: selector, flags: flags)
            return
        }
        let code = try returnSegment(selector)
        let frame = 3 &* operandSize
        if selector.requestedPrivilege == level {
            try checkCodeOffset(offset, code)
            stack.move(frame)
            stack.commit()
        } else {
            let outer = try outerStack(
                stack, at: frame, operandSize: operandSize, privilege: selector.requestedPrivilege)
            try checkCodeOffset(offset, code)
            leave(to: selector.requestedPrivilege, outer)
        }
        setCode(code, eip: offset)
        setReturnedFlags(flags, operandSize: operandSize, level: level)
    }

    private func returnToVirtual8086(_ stack: Stack, offset: UInt32, selector: UInt16, flags: UInt32) throws(Fault) {
        try stack.checkLimit(count: 6, size: 4, above: 12)
        let pointer = try stack.peek(12, size: 4)
        var selectors = InlineArray<5, UInt16>(repeating: 0)
        for index in 0..<5 {
            selectors[index] = UInt16(truncatingIfNeeded: try stack.peek(16 &+ UInt32(index) &* 4, size: 4))
        }
        guard offset <= 0xFFFF else { throw .generalProtection(0) }
        note(.virtual8086(isEntered: true))
        setFlags(flags, mask: 0xFFFF_FFFF)
        setPrivilege(3)
        setCode(SegmentRegister(realModeSelector: selector, privilege: 3), eip: offset)
        state.pointee.general[4] = pointer
        let order: InlineArray<5, SegmentIndex> = [.ss, .es, .ds, .fs, .gs]
        for index in 0..<5 {
            setSegment(order[index].rawValue, SegmentRegister(realModeSelector: selectors[index], privilege: 3))
        }
    }

    /// NT was set: back to the task whose TSS the current one links to (SDM vol. 3A, 7.4).
    private func returnToPreviousTask(returnEIP: UInt32) throws(Fault) {
        let selector = try readSystem16(state.pointee.tr.base)
        let invalid = Fault.invalidTSS(selector.errorCode)
        guard !selector.isLocal else { throw invalid }
        let descriptor = try readDescriptor(selector, orFault: Vector.invalidTSS)
        guard descriptor.isSystem, descriptor.type == SystemType.busyTSS16 || descriptor.type == SystemType.busyTSS32
        else { throw invalid }
        guard descriptor.isPresent else { throw .notPresent(selector.errorCode) }
        try switchTask(to: selector, descriptor, .return, returnEIP: returnEIP)
    }

    // MARK: Parts

    /// CS for a return to `selector`.
    private func returnSegment(_ selector: UInt16) throws(Fault) -> SegmentRegister {
        guard !selector.isNullSelector else { throw .generalProtection(0) }
        var descriptor = try readDescriptor(selector)
        let level = selector.requestedPrivilege
        guard descriptor.isCode, level >= state.pointee.cpl else { throw .generalProtection(selector.errorCode) }
        let allowed = descriptor.isConforming ? descriptor.privilege <= level : descriptor.privilege == level
        guard allowed else { throw .generalProtection(selector.errorCode) }
        guard descriptor.isPresent else { throw .notPresent(selector.errorCode) }
        try markAccessed(selector, &descriptor)
        return SegmentRegister(selector: selector, descriptor: descriptor)
    }

    /// The less privileged stack whose pointer lies `distance` bytes above the top of the current one.
    private func outerStack(
        _ stack: Stack, at distance: UInt32, operandSize: UInt32, privilege: UInt8
    ) throws(Fault) -> Stack {
        try stack.checkLimit(count: 2, size: operandSize, above: distance)
        let pointer = try stack.peek(distance, size: operandSize)
        let selector = UInt16(truncatingIfNeeded: try stack.peek(distance &+ operandSize, size: operandSize))
        let segment = try stackSegment(selector, privilege: privilege, orFault: Vector.generalProtection)
        // Into a 16-bit stack segment only SP is loaded; the rest of ESP keeps what the inner level had there.
        let merged = segment.isBig ? pointer : stack.pointer & 0xFFFF_0000 | pointer & 0xFFFF
        return Stack(self, segment, pointer: merged, privilege: privilege, errorCode: 0)
    }

    /// Changes to a less privileged level with its stack. Data segments that it must not see become null
    /// (SDM vol. 3A, 5.8.6), and null selectors lose their RPL (SDM vol. 2, RET: the selector is made NULL).
    private func leave(to privilege: UInt8, _ stack: Stack) {
        setPrivilege(privilege)
        stack.commitWithSegment()
        let data: InlineArray<4, SegmentIndex> = [.es, .ds, .fs, .gs]
        for index in 0..<4 {
            let register = segment(data[index])
            if !register.isPresent || !register.isConforming && register.privilege < privilege {
                setSegment(data[index].rawValue, SegmentRegister())
            }
        }
    }

    /// The flags that `iret` takes from the stack. `level`: the privilege level before the return.
    private func setReturnedFlags(_ flags: UInt32, operandSize: UInt32, level: UInt8) {
        var mask =
            Flag.arithmetic | Flag.trap | Flag.direction | Flag.nestedTask | Flag.resume | Flag.alignmentCheck
            | Flag.identification
        if level <= ioPrivilege { mask |= Flag.interrupt }
        if level == 0 {
            mask |= Flag.ioPrivilege
            if !isRealMode { mask |= Flag.virtualInterrupt | Flag.virtualInterruptPending }
        }
        if operandSize == 2 { mask &= 0xFFFF }
        setFlags(flags, mask: mask)
    }
}
