/// Far jumps and calls: SDM vol. 2, JMP and CALL; vol. 3A, 5.8.
///
/// Each of these either completes or throws with nothing changed, but for faults after the commit point of a task
/// switch, which belong to the new task (`TaskSwitch.swift`).
extension Core {
    // MARK: Jumps

    /// `jmp` to a far pointer. `returnEIP`: offset of the next instruction, which a task switch saves.
    func farJump(selector: UInt16, offset: UInt32, returnEIP: UInt32) throws(Fault) {
        guard usesDescriptors else {
            try checkCodeOffset(offset, segment(.cs))
            setCode(realModeSegment(SegmentIndex.cs.rawValue, selector: selector), eip: offset)
            return
        }
        guard !selector.isNullSelector else { throw .generalProtection(0) }
        let descriptor = try readDescriptor(selector)
        if descriptor.isCode {
            let code = try codeSegment(selector, descriptor)
            try checkCodeOffset(offset, code)
            setCode(code, eip: offset)
            return
        }
        guard descriptor.isSystem else { throw .generalProtection(selector.errorCode) }
        switch descriptor.type {
        case SystemType.callGate16, SystemType.callGate32:
            try checkGate(selector, descriptor)
            let target = descriptor.gateSelector
            guard !target.isNullSelector else { throw .generalProtection(0) }
            // A jump never changes the privilege level, so the target's RPL does not matter.
            let code = try codeSegment(target & ~3, try readDescriptor(target))
            try checkCodeOffset(descriptor.gateOffset, code)
            setCode(code, eip: descriptor.gateOffset)
        case SystemType.taskGate, SystemType.tss16, SystemType.tss32:
            try checkGate(selector, descriptor)
            let (tss, tssDescriptor) = try taskTarget(selector, descriptor)
            try switchTask(to: tss, tssDescriptor, .jump, returnEIP: returnEIP)
        default:
            throw .generalProtection(selector.errorCode)
        }
    }

    // MARK: Calls

    /// `call` to a far pointer. `operandSize`: 2 or 4 bytes.
    func farCall(selector: UInt16, offset: UInt32, returnEIP: UInt32, operandSize: UInt32) throws(Fault) {
        guard usesDescriptors else {
            var stack = Stack(self)
            try stack.probePush(count: 2, size: operandSize)
            try checkCodeOffset(offset, segment(.cs))
            try stack.push(UInt32(segment(.cs).selector), size: operandSize)
            try stack.push(returnEIP, size: operandSize)
            stack.commit()
            setCode(realModeSegment(SegmentIndex.cs.rawValue, selector: selector), eip: offset)
            return
        }
        guard !selector.isNullSelector else { throw .generalProtection(0) }
        let descriptor = try readDescriptor(selector)
        if descriptor.isCode {
            let code = try codeSegment(selector, descriptor)
            try callAtSameLevel(code, offset: offset, returnEIP: returnEIP, operandSize: operandSize)
            return
        }
        guard descriptor.isSystem else { throw .generalProtection(selector.errorCode) }
        switch descriptor.type {
        case SystemType.callGate16, SystemType.callGate32:
            try checkGate(selector, descriptor)
            try callThroughGate(descriptor, returnEIP: returnEIP)
        case SystemType.taskGate, SystemType.tss16, SystemType.tss32:
            try checkGate(selector, descriptor)
            let (tss, tssDescriptor) = try taskTarget(selector, descriptor)
            try switchTask(to: tss, tssDescriptor, .call, returnEIP: returnEIP)
        default:
            throw .generalProtection(selector.errorCode)
        }
    }

    private func callAtSameLevel(
        _ code: SegmentRegister, offset: UInt32, returnEIP: UInt32, operandSize: UInt32
    ) throws(Fault) {
        var stack = Stack(self)
        try stack.probePush(count: 2, size: operandSize)
        try checkCodeOffset(offset, code)
        try stack.push(UInt32(segment(.cs).selector), size: operandSize)
        try stack.push(returnEIP, size: operandSize)
        stack.commit()
        setCode(code, eip: offset)
    }

    private func callThroughGate(_ gate: Descriptor, returnEIP: UInt32) throws(Fault) {
        let selector = gate.gateSelector
        guard !selector.isNullSelector else { throw .generalProtection(0) }
        var target = try readDescriptor(selector)
        let level = state.pointee.cpl
        guard target.isCode, target.privilege <= level else { throw .generalProtection(selector.errorCode) }
        guard target.isPresent else { throw .notPresent(selector.errorCode) }
        let size: UInt32 = gate.type & SystemType.is32Bit != 0 ? 4 : 2
        if target.isConforming || target.privilege == level {
            try markAccessed(selector, &target)
            let code = SegmentRegister(selector: selector & ~3 | UInt16(level), descriptor: target)
            try callAtSameLevel(code, offset: gate.gateOffset, returnEIP: returnEIP, operandSize: size)
            return
        }
        // To a more privileged level: onto the stack that the TSS names for it, with the parameters from the old one.
        let old = Stack(self)
        var stack = try stackFromTSS(privilege: target.privilege, external: 0)
        let parameters = gate.gateParameters
        try stack.probePush(count: 4 &+ parameters, size: size)
        try markAccessed(selector, &target)
        let code = SegmentRegister(selector: selector & ~3 | UInt16(target.privilege), descriptor: target)
        try checkCodeOffset(gate.gateOffset, code)
        try stack.push(UInt32(old.segment.selector), size: size)
        try stack.push(old.pointer, size: size)
        var remaining = parameters
        while remaining > 0 {
            remaining &-= 1
            try stack.push(try old.peek(remaining &* size, size: size), size: size)
        }
        try stack.push(UInt32(segment(.cs).selector), size: size)
        try stack.push(returnEIP, size: size)
        setPrivilege(target.privilege)
        stack.commitWithSegment()
        setCode(code, eip: gate.gateOffset)
    }

    // MARK: Checks that several transfers share

    /// Throws unless `offset` is inside the code segment.
    @inline(__always)
    func checkCodeOffset(_ offset: UInt32, _ code: SegmentRegister, external: UInt16 = 0) throws(Fault) {
        guard offset <= code.limit else { throw .generalProtection(external) }
    }

    /// CS for a transfer without change of privilege to the code segment `descriptor`.
    private func codeSegment(_ selector: UInt16, _ descriptor: Descriptor) throws(Fault) -> SegmentRegister {
        var descriptor = descriptor
        let level = state.pointee.cpl
        guard descriptor.isCode else { throw .generalProtection(selector.errorCode) }
        let allowed =
            descriptor.isConforming
            ? descriptor.privilege <= level
            : descriptor.privilege == level && selector.requestedPrivilege <= level
        guard allowed else { throw .generalProtection(selector.errorCode) }
        guard descriptor.isPresent else { throw .notPresent(selector.errorCode) }
        try markAccessed(selector, &descriptor)
        return SegmentRegister(selector: selector & ~3 | UInt16(level), descriptor: descriptor)
    }

    /// A gate or TSS may be used only by those as privileged as its DPL, and only if present.
    private func checkGate(_ selector: UInt16, _ descriptor: Descriptor) throws(Fault) {
        guard descriptor.privilege >= max(state.pointee.cpl, selector.requestedPrivilege) else {
            throw .generalProtection(selector.errorCode)
        }
        guard descriptor.isPresent else { throw .notPresent(selector.errorCode) }
    }

    /// The TSS that a task gate or the selector of a TSS itself leads to.
    private func taskTarget(_ selector: UInt16, _ descriptor: Descriptor) throws(Fault) -> (UInt16, Descriptor) {
        if descriptor.type == SystemType.taskGate {
            return try availableTSS(descriptor.gateSelector, external: 0)
        }
        guard !selector.isLocal else { throw .generalProtection(selector.errorCode) }
        return (selector, descriptor)
    }

    /// Checks that `selector`, out of a task gate, names a TSS that is not busy.
    func availableTSS(_ selector: UInt16, external: UInt16) throws(Fault) -> (UInt16, Descriptor) {
        let code = selector.errorCode | external
        guard !selector.isLocal else { throw .generalProtection(code) }
        let descriptor = try readDescriptor(selector, external: external)
        guard descriptor.isSystem, descriptor.type == SystemType.tss16 || descriptor.type == SystemType.tss32 else {
            throw .generalProtection(code)
        }
        guard descriptor.isPresent else { throw .notPresent(code) }
        return (selector, descriptor)
    }

    /// The stack that the current TSS names for the more privileged level `privilege` (SDM vol. 3A, 7.2.1).
    func stackFromTSS(privilege: UInt8, external: UInt16) throws(Fault) -> Stack {
        let tr = state.pointee.tr
        let invalid = Fault.invalidTSS(tr.selector.errorCode | external)
        guard tr.isPresent else { throw invalid }
        let pointer: UInt32
        let selector: UInt16
        if tr.attributes & UInt16(SystemType.is32Bit) != 0 {
            let offset = 4 &+ UInt32(privilege) &* 8
            guard offset &+ 7 <= tr.limit else { throw invalid }
            pointer = try readSystem32(tr.base &+ offset)
            selector = try readSystem16(tr.base &+ offset &+ 4)
        } else {
            let offset = 2 &+ UInt32(privilege) &* 4
            guard offset &+ 3 <= tr.limit else { throw invalid }
            pointer = UInt32(try readSystem16(tr.base &+ offset))
            selector = try readSystem16(tr.base &+ offset &+ 2)
        }
        let segment = try stackSegment(
            selector, privilege: privilege, orFault: Vector.invalidTSS, external: external)
        return Stack(self, segment, pointer: pointer, privilege: privilege, errorCode: selector.errorCode | external)
    }
}
