import Machine
import Processor

/// Interrupt frames on the stack: what the processor pushes before it enters a handler (SDM vol. 3A, figure 6-4; vol.
/// 3B, 20.1.4 for real mode).
extension Unwinder {
    /// How far above the top of the stack an entry routine may have pushed registers.
    private static let reach: UInt32 = 64

    /// The next interrupt frame above the top of the stack; what lies there is recognised by its looks.
    func interruptFrame(_ registers: Registers) -> Step? {
        for index in 0..<Self.reach {
            let place = registers.stackOffset &+ index &* (registers.is32Bit ? 4 : 2)
            if let step = isRealMode ? realModeFrame(registers, place) : protectedFrame(registers, place) {
                return step
            }
        }
        return nil
    }

    /// At the first instruction of a handler the frame is at the top of the stack, below an error code at most.
    func handlerEntry(_ registers: Registers) -> Step? {
        guard let vectors = vectors(ofHandler: registers) else { return nil }
        // Of several that share the handler, the processor may still know which it was.
        let last = debugger.machine.processor.faultChain.last
        let delivered = last.flatMap { $0.steps &+ 1 == debugger.machine.steps ? $0.fault.vector : nil }
        let vector = vectors.count == 1 ? vectors[0] : delivered.flatMap { vectors.contains($0) ? $0 : nil }
        for depth in 0...1 as ClosedRange<UInt32> {
            let place = registers.stackOffset &+ depth &* 4
            if isRealMode {
                return realModeFrame(registers, registers.stackOffset, handler: vector)
            }
            if let step = protectedFrame(registers, place, handler: vector) { return step }
        }
        return nil
    }

    // MARK: Protected mode

    private func protectedFrame(_ registers: Registers, _ place: UInt32, handler: UInt8? = nil) -> Step? {
        func word(_ index: UInt32) -> UInt32? { read(registers, place &+ index &* 4, size: 4) }
        guard let eip = word(0), let selector = word(1), let flags = word(2), selector <= 0xFFFF,
            // Bit 1 is always set; 3, 5, 15 and those from 22 on never; an interrupted program ran, with TF clear as a
            // rule.
            flags & 0xFFC0_802A == 2,
            // Code of virtual-8086 mode lies below 64 KiB in its segment, and interrupts there go to the kernel's.
            flags & Flag.virtual8086 == 0 || eip <= 0xFFFF && registers.privilege == 0,
            let code = codeSegment(UInt16(truncatingIfNeeded: selector), flags)
        else { return nil }
        var caller = registers
        caller.code = code
        caller.eip = eip
        caller.general[4] = place &+ 12
        guard debugger.readValue(at: caller.linear, size: 1) != nil else { return nil }
        let isOuter = flags & Flag.virtual8086 != 0 || code.selector & 3 > registers.privilege
        if isOuter {
            guard let pointer = word(3), let stackSelector = word(4), stackSelector <= 0xFFFF,
                let stack = stackSegment(UInt16(truncatingIfNeeded: stackSelector), flags),
                stack.selector & 3 == code.selector & 3 || flags & Flag.virtual8086 != 0
            else { return nil }
            caller.stack = stack
            caller.general[4] = pointer
        } else if code.selector & 3 != registers.privilege {
            return nil
        }
        restorePushedRegisters(&caller, registers, below: place)
        // Without a change of privilege, three innocent words may look like this: the first has to be code that is
        // known.
        if !isOuter, handler == nil, debugger.symbol(at: caller.linear) == nil { return nil }
        let software = softwareInterrupt(before: caller.linear)
        let vector = software ?? handler ?? pushedVector(registers, place)
        return Step(
            registers: caller,
            origin: .interrupt(
                Debugger.Frame.Interrupt(
                    vector: vector, isSoftware: software != nil, switchesStack: isOuter,
                    address: registers.stack.base &+ (place & registers.mask))),
            // Among kernel addresses an innocent stack may look like this.
            isGuess: !isOuter && vector == nil)
    }

    /// `pushad` stores ESP as it was: a block of eight words that knows its own address is one.
    private func restorePushedRegisters(_ caller: inout Registers, _ registers: Registers, below place: UInt32) {
        let stack = caller.general[4]
        var start = registers.stackOffset
        while start &+ 32 <= place {
            if read(registers, start &+ 12, size: 4) == start &+ 32 {
                // EDI first, EAX last.
                for index in 0..<8 as Range<UInt32> {
                    guard let value = read(registers, start &+ index &* 4, size: 4) else { return }
                    caller.general[7 - Int(index)] = value
                }
                caller.general[4] = stack
                return
            }
            start = start &+ 4
        }
    }

    /// The code segment of a selector as an interrupt pushes it.
    private func codeSegment(_ selector: UInt16, _ flags: UInt32) -> RegisterFile.Segment? {
        if flags & Flag.virtual8086 != 0 { return realModeSegment(selector) }
        guard let descriptor = descriptor(selector), descriptor.isCode, descriptor.isPresent else { return nil }
        return RegisterFile.Segment(selector, descriptor)
    }

    private func stackSegment(_ selector: UInt16, _ flags: UInt32) -> RegisterFile.Segment? {
        if flags & Flag.virtual8086 != 0 { return realModeSegment(selector) }
        guard let descriptor = descriptor(selector), !descriptor.isSystem, !descriptor.isCode, descriptor.isPresent
        else {
            return nil
        }
        return RegisterFile.Segment(selector, descriptor)
    }

    private func descriptor(_ selector: UInt16) -> Descriptor? {
        guard selector & 0xFFFC != 0 else { return nil }
        return debugger.descriptor(Int(selector >> 3), of: selector & 4 != 0 ? .ldt : .gdt)
    }

    private func realModeSegment(_ selector: UInt16) -> RegisterFile.Segment {
        var segment = RegisterFile.Segment()
        segment.selector = selector
        segment.base = UInt32(selector) << 4
        segment.limit = 0xFFFF
        return segment
    }

    // MARK: Real mode

    private func realModeFrame(_ registers: Registers, _ place: UInt32, handler: UInt8? = nil) -> Step? {
        func word(_ index: UInt32) -> UInt32? { read(registers, place &+ index &* 2, size: 2) }
        guard let ip = word(0), let selector = word(1), let flags = word(2), flags & 0x802A == 2 else { return nil }
        var caller = registers
        caller.code = realModeSegment(UInt16(truncatingIfNeeded: selector))
        caller.eip = ip
        caller.general[4] = place &+ 6
        let software = softwareInterrupt(before: caller.linear)
        // Without `int n` before it, any three words may look like this.
        guard let vector = software ?? handler else { return nil }
        return Step(
            registers: caller,
            origin: .interrupt(
                Debugger.Frame.Interrupt(
                    vector: vector, isSoftware: software != nil, switchesStack: false,
                    address: registers.stack.base &+ (place & registers.mask))),
            isGuess: handler == nil)
    }

    // MARK: Which interrupt

    /// The vector of `int n` (`int3`) right before an address.
    private func softwareInterrupt(before linear: UInt32) -> UInt8? {
        guard let value = debugger.readValue(at: linear &- 2, size: 2) else { return nil }
        if value & 0xFF == 0xCD { return UInt8(truncatingIfNeeded: value >> 8) }
        return nil
    }

    /// The vectors whose handler begins here; nil if none.
    private func vectors(ofHandler registers: Registers) -> [UInt8]? {
        let vectors = (UInt8.min...UInt8.max).filter { vector in
            if isRealMode {
                return debugger.realModeVector(vector).map {
                    $0.selector == registers.code.selector && UInt32($0.offset) == registers.eip && registers.eip != 0
                } ?? false
            }
            return debugger.descriptor(Int(vector), of: .idt).map {
                DescriptorText.isGate($0) && $0.gateSelector & 0xFFFC == registers.code.selector & 0xFFFC
                    && $0.gateOffset == registers.eip
            } ?? false
        }
        return vectors.isEmpty ? nil : vectors
    }

    /// Most entry routines push the vector below the error code, or below the zero in its place.
    private func pushedVector(_ registers: Registers, _ place: UInt32) -> UInt8? {
        guard place &- registers.stackOffset >= 8, let value = read(registers, place &- 8, size: 4), value < 256,
            let gate = debugger.descriptor(Int(value), of: .idt), DescriptorText.isGate(gate), gate.isPresent
        else { return nil }
        return UInt8(truncatingIfNeeded: value)
    }
}
