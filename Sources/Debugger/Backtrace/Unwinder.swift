import Disassembler
import Machine
import Processor

/// Goes from a function to its caller, and so on.
struct Unwinder {
    /// Registers of a function, as far as they are known.
    struct Registers {
        var code: RegisterFile.Segment
        var stack: RegisterFile.Segment
        var eip: UInt32
        /// EAX to EDI; what a callee has not saved keeps its last known value.
        var general: [UInt32]

        var is32Bit: Bool { code.attributes & SegmentAttribute.big != 0 }
        var mask: UInt32 { stack.attributes & SegmentAttribute.big != 0 ? 0xFFFF_FFFF : 0xFFFF }
        var stackOffset: UInt32 { general[4] & mask }
        var framePointer: UInt32 { general[5] & mask }
        var linear: UInt32 { code.base &+ eip }
        var privilege: UInt16 { code.selector & 3 }
    }

    let debugger: Debugger
    private let start: Registers
    let isRealMode: Bool

    init?(_ debugger: Debugger) {
        let registers = debugger.registers
        guard registers.segments.count > 2, registers.general.count == 8 else { return nil }
        self.debugger = debugger
        isRealMode = debugger.usesRealModeVectors || debugger.isVirtual8086
        start = Registers(
            code: registers.segments[Int(SegmentIndex.cs.rawValue)],
            stack: registers.segments[Int(SegmentIndex.ss.rawValue)], eip: registers.eip, general: registers.general)
    }

    /// What one step outwards has found.
    struct Step {
        var registers: Registers
        let origin: Debugger.Frame.Origin
        var isGuess = false

        /// The address is that of the next instruction, not of one behind a call.
        var isExact: Bool {
            switch origin {
            case .current, .interrupt: true
            default: false
            }
        }
    }

    func frames(limit: Int) -> [Debugger.Frame] {
        var step = Step(registers: start, origin: .current)
        var frames = [frame(step)]
        // Once something was guessed, everything beyond it is.
        var isGuess = false
        while frames.count < limit, var next = caller(of: step) {
            isGuess = isGuess || next.isGuess
            next.isGuess = isGuess
            guard isProgress(from: step, to: next) else { break }
            step = next
            frames.append(frame(step))
        }
        return frames
    }

    private func frame(_ step: Step) -> Debugger.Frame {
        let registers = step.registers
        let linear = registers.linear
        return Debugger.Frame(
            offset: registers.eip, linear: linear, selector: registers.code.selector,
            framePointer: registers.framePointer, stackPointer: registers.stack.base &+ registers.stackOffset,
            symbol: symbol(linear, isExact: step.isExact),
            source: debugger.sourceLocation(at: step.isExact ? linear : linear &- 1), origin: step.origin,
            isGuess: step.isGuess)
    }

    /// The function of an address. A call that never returns may be the last instruction of its function; the address
    /// behind it is then another function's.
    private func symbol(_ linear: UInt32, isExact: Bool) -> SymbolTable.Match? {
        let match = debugger.symbol(at: linear)
        guard !isExact, match.map({ $0.offset == 0 && $0.symbol.kind == .function }) ?? true,
            let before = debugger.symbol(at: linear &- 1),
            before.symbol.kind == .function
        else { return match }
        return SymbolTable.Match(symbol: before.symbol, offset: before.offset + 1)
    }

    /// Callers lie further up the stack, unless the stack is another one.
    private func isProgress(from old: Step, to new: Step) -> Bool {
        guard new.registers.eip != 0 || isRealMode else { return false }
        if case .interrupt = new.origin { return true }
        return new.registers.stackOffset > old.registers.stackOffset
    }

    // MARK: The rules

    private func caller(of step: Step) -> Step? {
        let registers = step.registers
        // Behind a call that never returns lies another function.
        let place = step.isExact ? registers.linear : registers.linear &- 1
        if let row = debugger.symbols.frameRow(at: place, memory: memory) {
            return callFrame(row, registers)
        }
        if step.isExact, let step = freshFunction(registers) { return step }
        if step.isExact, let step = handlerEntry(registers) { return step }
        if let step = calledRoutine(registers) { return step }
        // The frame that is nearer counts: a routine may keep the frame pointer of whoever it interrupted.
        let interrupt = interruptFrame(registers)
        let saved = framePointer(registers)
        if !registers.is32Bit, let found = search(registers),
            interrupt.map({ $0.registers.stackOffset > found.registers.stackOffset }) ?? true,
            saved.map({ $0.registers.stackOffset > found.registers.stackOffset }) ?? true
        {
            return found
        }
        if let interrupt,
            saved.map({
                interrupt.registers.privilege > registers.privilege
                    || $0.registers.stackOffset > interrupt.registers.stackOffset
            }) ?? true
        {
            return interrupt
        }
        if let saved, !isRealMode || isBehindCall(saved.registers) { return saved }
        return registers.is32Bit ? saved : search(registers) ?? saved
    }

    private func memory(_ address: UInt32, _ count: Int) -> [UInt8?] { debugger.readMemory(at: address, count: count) }

    /// A word of the stack, `size` bytes at an offset in the stack segment.
    func read(_ registers: Registers, _ offset: UInt32, size: Int? = nil) -> UInt32? {
        debugger.readValue(
            at: registers.stack.base &+ (offset & registers.mask), size: size ?? (registers.is32Bit ? 4 : 2))
    }

    private func callFrame(_ row: CallFrameTable.Row, _ registers: Registers) -> Step? {
        guard registers.general.indices.contains(row.baseRegister) else { return nil }
        let base = registers.general[row.baseRegister] &+ UInt32(truncatingIfNeeded: row.baseOffset)
        var caller = registers
        for (register, offset) in row.saved {
            guard let value = read(registers, base &+ UInt32(truncatingIfNeeded: offset), size: 4) else { return nil }
            if register == 8 {
                caller.eip = value
            } else if caller.general.indices.contains(register) {
                caller.general[register] = value
            }
        }
        caller.general[4] = base
        // Nobody called a program's entry.
        guard row.saved[8] != nil, caller.eip != 0 else { return nil }
        return Step(registers: caller, origin: .callFrameInformation)
    }

    /// A function that has not set up its frame yet: its return address is at the top of the stack, or below the pushed
    /// frame pointer.
    private func freshFunction(_ registers: Registers) -> Step? {
        // Looked up one byte further on, a label within a function is told from the function's beginning.
        guard let place = debugger.symbol(at: registers.linear &+ 1) else { return nil }
        let size: UInt32 = registers.is32Bit ? 4 : 2
        // `push ebp` is one byte long, and `mov ebp, esp` follows.
        let isPushed = place.offset == 2 && debugger.readValue(at: place.symbol.address, size: 1) == 0x55
        guard place.offset == 1 || isPushed else { return nil }
        let top = registers.stackOffset &+ (isPushed ? size : 0)
        guard let address = read(registers, top), address != 0 else { return nil }
        var caller = registers
        caller.eip = address
        caller.general[4] = top &+ size
        guard isBehindCall(caller) else { return nil }
        return Step(registers: caller, origin: .topOfStack)
    }

    /// A routine without a frame, as assembly has them: not far up the stack lies an address behind a call of just this
    /// routine. Where it begins with a push of the frame pointer, that lies below.
    private func calledRoutine(_ registers: Registers) -> Step? {
        guard registers.is32Bit, let symbol = debugger.symbol(at: registers.linear)?.symbol, symbol.kind == .function
        else {
            return nil
        }
        for index in 0..<32 as Range<UInt32> {
            let place = registers.stackOffset &+ index &* 4
            guard let address = read(registers, place) else { return nil }
            let linear = registers.code.base &+ address
            guard address > 5, debugger.readValue(at: linear &- 5, size: 1) == 0xE8,
                let distance = debugger.readValue(at: linear &- 4, size: 4), linear &+ distance == symbol.address
            else { continue }
            var caller = registers
            caller.eip = address
            caller.general[4] = place &+ 4
            if debugger.readValue(at: symbol.address, size: 1) == 0x55, index > 0,
                let saved = read(registers, place &- 4)
            {
                caller.general[5] = saved
            }
            return Step(registers: caller, origin: .topOfStack)
        }
        return nil
    }

    private func framePointer(_ registers: Registers) -> Step? {
        let pointer = registers.framePointer
        let size: UInt32 = registers.is32Bit ? 4 : 2
        guard pointer != 0, pointer >= registers.stackOffset, let address = read(registers, pointer &+ size),
            let saved = read(registers, pointer), address != 0
        else { return nil }
        var caller = registers
        caller.eip = address
        caller.general[4] = pointer &+ 2 &* size
        caller.general[5] = registers.general[5] & ~registers.mask | saved
        return Step(registers: caller, origin: .framePointer, isGuess: !isBehindCall(caller))
    }

    /// In code without frames: the first word on the stack that lies behind a call.
    private func search(_ registers: Registers) -> Step? {
        let size: UInt32 = registers.is32Bit ? 4 : 2
        for index in 0..<64 as Range<UInt32> {
            let place = registers.stackOffset &+ index &* size
            guard let address = read(registers, place) else { return nil }
            var caller = registers
            caller.eip = address
            // A call with an operand-size prefix, as compilers write them for 16-bit code, pushes 32 bits.
            caller.general[4] = place &+ (isBehindWideCall(caller) ? 4 : size)
            if address != 0, isBehindCall(caller) { return Step(registers: caller, origin: .search, isGuess: true) }
        }
        return nil
    }

    /// Whether the instruction before is `call rel32` in 16-bit code.
    private func isBehindWideCall(_ registers: Registers) -> Bool {
        !registers.is32Bit && debugger.readValue(at: registers.linear &- 6, size: 2) == 0xE866
    }

    /// Whether the instruction before is a near call.
    private func isBehindCall(_ registers: Registers) -> Bool {
        let bytes = memory(registers.linear &- 7, 7)
        func byte(_ distance: Int) -> UInt8? { bytes.indices.contains(7 - distance) ? bytes[7 - distance] : nil }
        if isBehindWideCall(registers) { return true }
        // call rel16 or rel32 (E8), call r/m (FF /2) with 0 to 5 bytes behind its opcode.
        if byte(registers.is32Bit ? 5 : 3) == 0xE8 { return true }
        for distance in 2...7 {
            guard byte(distance) == 0xFF, let operand = byte(distance - 1) else { continue }
            if operand >> 3 & 7 == 2 { return true }
        }
        return false
    }
}
