/// The third switch: instructions after which the run loop looks around, because they change privilege, address space,
/// interrupt flag, segments or the code that follows, talk to devices, or take more than one step.
extension Core {
    /// Executes one instruction with EIP and steps exact before and after.
    @inline(never)
    func executeSystem(_ instruction: InstructionPointer) throws(Fault) {
        let next = state.pointee.eip &+ UInt32(instruction.pointee.length)
        let size: UInt32 = instruction.pointee.is32BitOperand ? 4 : 2
        switch instruction.pointee.operation {
        // Transfers: they set EIP themselves.
        case .int3:
            context.pointee.suppressesTrap = true
            try trapInterrupt(vector: Vector.breakpoint, returnEIP: next)
        case .int:
            context.pointee.suppressesTrap = true
            try softwareInterrupt(vector: immediate(instruction), returnEIP: next)
        case .into where flags.overflow:
            context.pointee.suppressesTrap = true
            try trapInterrupt(vector: Vector.overflow, returnEIP: next)
        case .icebp:
            context.pointee.suppressesTrap = true
            try debugInterrupt(returnEIP: next)
        case .iret16, .iret32: try interruptReturn(operandSize: size, returnEIP: next)
        case .jmpFar16, .jmpFar32:
            try farJump(selector: immediate(instruction), offset: instruction.pointee.displacement, returnEIP: next)
        case .jmpFarM16, .jmpFarM32:
            let pointer = try farPointer(instruction)
            try farJump(selector: pointer.selector, offset: pointer.offset, returnEIP: next)
        case .callFar16, .callFar32:
            try farCall(
                selector: immediate(instruction), offset: instruction.pointee.displacement, returnEIP: next,
                operandSize: size)
        case .callFarM16, .callFarM32:
            let pointer = try farPointer(instruction)
            try farCall(selector: pointer.selector, offset: pointer.offset, returnEIP: next, operandSize: size)
        case .retFar16, .retFar32: try farReturn(operandSize: size, releasing: 0)
        case .retFarImmediate16, .retFarImmediate32:
            try farReturn(operandSize: size, releasing: instruction.pointee.immediate)
        case .sysenter: try systemEnter()
        case .sysexit: try systemExit()
        // These count their own steps.
        case .repeatString:
            try repeatString(instruction)
            return
        default:
            try executeSequential(instruction, size)
            state.pointee.eip = next
        }
        state.pointee.steps &+= 1
    }

    /// The instructions that the next one in memory follows.
    private func executeSequential(_ instruction: InstructionPointer, _ size: UInt32) throws(Fault) {
        let reg = instruction.pointee.reg
        let rm = instruction.pointee.rm
        switch instruction.pointee.operation {
        // Interrupts.
        case .into: break
        case .hlt: try halt()
        case .cli: try clearInterruptFlag()
        case .sti: try setInterruptFlag()
        case .pushf16: try push(UInt16(truncatingIfNeeded: try flagsForPush(operandSize: 2)))
        case .pushf32: try push(try flagsForPush(operandSize: 4))
        case .popf16:
            try checkPopFlags(operandSize: 2)
            try popFlags(UInt32(try peek() as UInt16), operandSize: 2)
            moveStackPointer(2)
        case .popf32:
            try checkPopFlags(operandSize: 4)
            try popFlags(try peek(), operandSize: 4)
            moveStackPointer(4)

        // Segment registers.
        case .loadFarPointer16, .loadFarPointer32: try loadFarPointer(instruction)
        case .movToSegmentR: try movToSegment(reg, get(rm))
        case .movToSegmentM:
            // What is no segment register is noticed before the operand.
            guard reg < 6, reg != SegmentIndex.cs.rawValue else { throw .invalidOpcode }
            try movToSegment(reg, try load(instruction))
        case .popSegment16, .popSegment32: try popSegment(reg, size)

        // Devices.
        case .ins8: try inputString(UInt8.self, instruction)
        case .ins16: try inputString(UInt16.self, instruction)
        case .ins32: try inputString(UInt32.self, instruction)
        case .outs8: try outputString(UInt8.self, instruction)
        case .outs16: try outputString(UInt16.self, instruction)
        case .outs32: try outputString(UInt32.self, instruction)
        case .inI8: set(0, UInt8(truncatingIfNeeded: try portIn(immediate(instruction), size: 1)))
        case .inI16: set(0, UInt16(truncatingIfNeeded: try portIn(immediate(instruction), size: 2)))
        case .inI32: setRegister(0, try portIn(immediate(instruction), size: 4))
        case .inD8: set(0, UInt8(truncatingIfNeeded: try portIn(get(2), size: 1)))
        case .inD16: set(0, UInt16(truncatingIfNeeded: try portIn(get(2), size: 2)))
        case .inD32: setRegister(0, try portIn(get(2), size: 4))
        case .outI8: try portOut(immediate(instruction), size: 1, value: register(0) & 0xFF)
        case .outI16: try portOut(immediate(instruction), size: 2, value: register(0) & 0xFFFF)
        case .outI32: try portOut(immediate(instruction), size: 4, value: register(0))
        case .outD8: try portOut(get(2), size: 1, value: register(0) & 0xFF)
        case .outD16: try portOut(get(2), size: 2, value: register(0) & 0xFFFF)
        case .outD32: try portOut(get(2), size: 4, value: register(0))

        // Tables and control registers.
        case .lldtR: try loadLocalDescriptorTable(get(rm))
        case .lldtM:
            try requireDescriptors()
            try requireFullPrivilege()
            try loadLocalDescriptorTable(try load(instruction))
        case .ltrR: try loadTaskRegister(get(rm))
        case .ltrM:
            try requireDescriptors()
            try requireFullPrivilege()
            try loadTaskRegister(try load(instruction))
        case .lgdt16, .lgdt32:
            try loadGlobalDescriptorTable(instruction.pointee.segment, address(instruction), operandSize: size)
        case .lidt16, .lidt32:
            try loadInterruptDescriptorTable(instruction.pointee.segment, address(instruction), operandSize: size)
        case .lmswR: try loadMachineStatusWord(get(rm))
        case .lmswM:
            try requireFullPrivilege()
            try loadMachineStatusWord(try load(instruction))
        case .invlpg: try invalidatePage(instruction.pointee.segment, address(instruction))
        case .clts: try clearTaskSwitched()
        case .invd, .wbinvd: try invalidateCaches()
        case .movFromControl: setRegister(rm, try movFromControl(reg))
        case .movToControl: try movToControl(reg, register(rm))
        case .movFromDebug: setRegister(rm, try movFromDebug(reg))
        case .movToDebug: try movToDebug(reg, register(rm))
        case .movFromTest: setRegister(rm, try movFromTest(reg))
        case .movToTest: try movToTest(reg, register(rm))
        case .cpuid: try identify()
        case .rdtsc: try readTimestamp()
        case .rdmsr: try readModelSpecificRegister()
        case .wrmsr: try writeModelSpecificRegister()
        case .rdpmc: try readPerformanceCounter()

        // No FPU: with CR0.EM or CR0.TS set its instructions raise #NM, otherwise nothing answers.
        case .escape:
            let mask = ControlRegister.emulation | ControlRegister.taskSwitched
            if state.pointee.cr0 & mask != 0 { throw Fault(Vector.deviceNotAvailable) }
        case .wait: try waitForX87()
        default: throw .invalidOpcode
        }
    }

    /// The far pointer in memory: offset in the operand size, then the selector.
    private func farPointer(_ instruction: InstructionPointer) throws(Fault) -> (selector: UInt16, offset: UInt32) {
        let offset = address(instruction)
        let segment = instruction.pointee.segment
        if instruction.pointee.is32BitOperand {
            let target = try read32(segment, offset)
            return (try read16(segment, offset &+ 4), target)
        }
        let target = try read16(segment, offset)
        return (try read16(segment, offset &+ 2), UInt32(target))
    }

    /// `les`, `lds`, `lss`, `lfs`, `lgs`: the general register changes after the segment register has accepted its
    /// selector.
    private func loadFarPointer(_ instruction: InstructionPointer) throws(Fault) {
        let pointer = try farPointer(instruction)
        let index: SegmentIndex =
            switch instruction.pointee.opcode {
            case 0xC4: .es
            case 0xC5: .ds
            case 0xB2: .ss
            case 0xB4: .fs
            default: .gs
            }
        try loadSegment(index.rawValue, selector: pointer.selector)
        if instruction.pointee.is32BitOperand {
            setRegister(instruction.pointee.reg, pointer.offset)
        } else {
            set(instruction.pointee.reg, UInt16(truncatingIfNeeded: pointer.offset))
        }
    }

    private func movToSegment(_ index: UInt8, _ selector: UInt16) throws(Fault) {
        guard index < 6, index != SegmentIndex.cs.rawValue else { throw .invalidOpcode }
        try loadSegment(index, selector: selector)
        if index == SegmentIndex.ss.rawValue { holdInterruptsAndTraps() }
    }

    /// `pop` to a segment register. The stack pointer moves in the old stack segment.
    private func popSegment(_ index: UInt8, _ size: UInt32) throws(Fault) {
        let selector: UInt16 = try peek()
        let old = register(4)
        moveStackPointer(size)
        do throws(Fault) {
            try loadSegment(index, selector: selector)
        } catch {
            setRegister(4, old)
            throw error
        }
        if index == SegmentIndex.ss.rawValue { holdInterruptsAndTraps() }
    }
}
