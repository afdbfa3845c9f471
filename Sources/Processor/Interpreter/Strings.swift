#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// String instructions, with and without `rep`.
///
/// Every iteration is one step: registers, memory and the step count are exact after each, and a fault, an interrupt or
/// a deadline between two iterations finds EIP at the instruction and the counter at what is left. The last iteration
/// moves EIP on. A counter of 0 makes one step that does nothing else.
///
/// Iterations whose operands lie in plain RAM within a page are done many at a time; these see nothing that single ones
/// would not: no fault, no device and no code is met on the way, and the number is bounded by the deadline.
extension Core {
    // MARK: Index registers

    /// ESI or SI, EDI or DI, by address size.
    @inline(__always)
    private func indexRegister(_ number: UInt8, _ instruction: InstructionPointer) -> UInt32 {
        instruction.pointee.is32BitAddress ? register(number) : register(number) & 0xFFFF
    }

    @inline(__always)
    private func moveIndex(_ number: UInt8, _ instruction: InstructionPointer, by distance: UInt32) {
        if instruction.pointee.is32BitAddress {
            setRegister(number, register(number) &+ distance)
        } else {
            set(number, UInt16(truncatingIfNeeded: register(number) &+ distance))
        }
    }

    @inline(__always)
    private var isDescending: Bool { state.pointee.systemFlags & Flag.direction != 0 }

    /// What is added to an index register after each element.
    @inline(__always)
    private func stride<T: Operand>(_: T.Type) -> UInt32 {
        let size = UInt32(MemoryLayout<T>.size)
        return isDescending ? 0 &- size : size
    }

    // MARK: One element

    @inline(__always)
    func moveString<T: Operand>(_: T.Type, _ instruction: InstructionPointer) throws(Fault) {
        let value: T = try read(instruction.pointee.segment, indexRegister(6, instruction))
        try write(SegmentIndex.es.rawValue, indexRegister(7, instruction), value)
        moveIndex(6, instruction, by: stride(T.self))
        moveIndex(7, instruction, by: stride(T.self))
    }

    @inline(__always)
    func compareString<T: Operand>(_: T.Type, _ instruction: InstructionPointer) throws(Fault) {
        let left: T = try read(instruction.pointee.segment, indexRegister(6, instruction))
        let right: T = try read(SegmentIndex.es.rawValue, indexRegister(7, instruction))
        _ = subtract(left, right)
        moveIndex(6, instruction, by: stride(T.self))
        moveIndex(7, instruction, by: stride(T.self))
    }

    @inline(__always)
    func storeString<T: Operand>(_: T.Type, _ instruction: InstructionPointer) throws(Fault) {
        try write(SegmentIndex.es.rawValue, indexRegister(7, instruction), accumulator() as T)
        moveIndex(7, instruction, by: stride(T.self))
    }

    @inline(__always)
    func loadString<T: Operand>(_: T.Type, _ instruction: InstructionPointer) throws(Fault) {
        setAccumulator(try read(instruction.pointee.segment, indexRegister(6, instruction)) as T)
        moveIndex(6, instruction, by: stride(T.self))
    }

    @inline(__always)
    func scanString<T: Operand>(_: T.Type, _ instruction: InstructionPointer) throws(Fault) {
        let value: T = try read(SegmentIndex.es.rawValue, indexRegister(7, instruction))
        _ = subtract(accumulator(), value)
        moveIndex(7, instruction, by: stride(T.self))
    }

    /// `ins`: that the destination can be written is known before the device is asked.
    @inline(__always)
    func inputString<T: Operand>(_: T.Type, _ instruction: InstructionPointer) throws(Fault) {
        let size = UInt32(MemoryLayout<T>.size)
        let port: UInt16 = get(2)
        try checkPort(port, size: size)
        let offset = indexRegister(7, instruction)
        try probeWrite(SegmentIndex.es.rawValue, offset, size)
        try write(SegmentIndex.es.rawValue, offset, T(truncatingIfNeeded: readPort(port, size: size)))
        moveIndex(7, instruction, by: stride(T.self))
    }

    @inline(__always)
    func outputString<T: Operand>(_: T.Type, _ instruction: InstructionPointer) throws(Fault) {
        let size = UInt32(MemoryLayout<T>.size)
        let port: UInt16 = get(2)
        try checkPort(port, size: size)
        let value: T = try read(instruction.pointee.segment, indexRegister(6, instruction))
        writePort(port, size: size, value: UInt32(value))
        moveIndex(6, instruction, by: stride(T.self))
    }

    // MARK: Repetition

    /// A string instruction with `rep`, `repe` or `repne`: iterations up to its end or the limit on steps, at least
    /// one. EIP and steps are exact before and after.
    @inline(never)
    func repeatString(_ instruction: InstructionPointer) throws(Fault) {
        let decoded = instruction.pointee
        let operation = Decoder.entry(decoded.row).operation(memory: false, is32Bit: decoded.is32BitOperand)
        switch operation {
        case .movs8: try repeatMove(UInt8.self, instruction)
        case .movs16: try repeatMove(UInt16.self, instruction)
        case .movs32: try repeatMove(UInt32.self, instruction)
        case .stos8: try repeatStore(UInt8.self, instruction)
        case .stos16: try repeatStore(UInt16.self, instruction)
        case .stos32: try repeatStore(UInt32.self, instruction)
        case .scas8: try repeatScan(UInt8.self, instruction)
        case .scas16: try repeatScan(UInt16.self, instruction)
        case .scas32: try repeatScan(UInt32.self, instruction)
        case .cmps8: try repeatCompare(UInt8.self, instruction)
        case .cmps16: try repeatCompare(UInt16.self, instruction)
        case .cmps32: try repeatCompare(UInt32.self, instruction)
        case .lods8: try repeatLoad(UInt8.self, instruction)
        case .lods16: try repeatLoad(UInt16.self, instruction)
        case .lods32: try repeatLoad(UInt32.self, instruction)
        case .ins8: try repeatInput(UInt8.self, instruction)
        case .ins16: try repeatInput(UInt16.self, instruction)
        case .ins32: try repeatInput(UInt32.self, instruction)
        case .outs8: try repeatOutput(UInt8.self, instruction)
        case .outs16: try repeatOutput(UInt16.self, instruction)
        case .outs32: try repeatOutput(UInt32.self, instruction)
        default: throw .invalidOpcode
        }
    }

    /// Counts `iterations` (at least 1) as done. True if the instruction has come to its end, by the counter or because
    /// `ends` says so; EIP is then behind it.
    @inline(__always)
    private func count(_ iterations: UInt32, of instruction: InstructionPointer, ends: Bool = false) -> Bool {
        let left = counter(instruction) &- iterations
        setCounter(instruction, left)
        state.pointee.steps &+= UInt64(iterations)
        state.pointee.iterations &+= UInt64(iterations)
        guard left == 0 || ends else {
            // Between two iterations RF is set (SDM vol. 3B, 17.3.1.1).
            state.pointee.systemFlags |= Flag.resume
            state.pointee.resumeEnd = state.pointee.steps
            return false
        }
        state.pointee.systemFlags &= ~Flag.resume
        state.pointee.resumeEnd = 0
        state.pointee.eip &+= UInt32(instruction.pointee.length)
        return true
    }

    /// True, and one step done, if the counter is 0 at the start.
    @inline(__always)
    private func isOver(_ instruction: InstructionPointer) -> Bool {
        guard counter(instruction) == 0 else { return false }
        state.pointee.steps &+= 1
        state.pointee.eip &+= UInt32(instruction.pointee.length)
        return true
    }

    /// The most elements that may be done at once from an index register on: limited by the counter, the deadline and
    /// the wrap of a 16-bit index.
    @inline(__always)
    private func mostElements<T: Operand>(
        _: T.Type, _ instruction: InstructionPointer, _ first: UInt32, _ second: UInt32
    ) -> UInt32 {
        let allowed = context.pointee.limit > state.pointee.steps ? context.pointee.limit &- state.pointee.steps : 0
        let most = UInt32(truncatingIfNeeded: min(UInt64(counter(instruction)), allowed, 0x1000))
        if instruction.pointee.is32BitAddress || isDescending { return most }
        return min(most, (0x1_0000 &- max(first, second)) / UInt32(MemoryLayout<T>.size))
    }

    /// The elements at the source index that may be read at once; nil where one is done by itself.
    @inline(__always)
    private func sourceRun<T: Operand>(
        _: T.Type, _ instruction: InstructionPointer, most: UInt32
    ) -> (pointer: UnsafeMutableRawPointer, count: UInt32)? {
        readRun(
            instruction.pointee.segment, indexRegister(6, instruction), size: UInt32(MemoryLayout<T>.size), most: most,
            descending: isDescending)
    }

    private func repeatMove<T: Operand>(_: T.Type, _ instruction: InstructionPointer) throws(Fault) {
        if isOver(instruction) { return }
        let size = UInt32(MemoryLayout<T>.size)
        repeat {
            let to = indexRegister(7, instruction)
            let most = mostElements(T.self, instruction, indexRegister(6, instruction), to)
            if most > 1, let source = sourceRun(T.self, instruction, most: most),
                let target = writeRun(
                    SegmentIndex.es.rawValue, to, size: size, most: source.count, descending: isDescending)
            {
                copy(source.pointer, target.pointer, target.count, T.self)
                moveIndex(6, instruction, by: target.count &* stride(T.self))
                moveIndex(7, instruction, by: target.count &* stride(T.self))
                if count(target.count, of: instruction) { return }
                continue
            }
            try moveString(T.self, instruction)
            if count(1, of: instruction) { return }
        } while state.pointee.steps < context.pointee.limit
    }

    /// Copies element by element, so that an overlapping target repeats the source as the processor does.
    @inline(__always)
    private func copy<T: Operand>(
        _ source: UnsafeMutableRawPointer, _ target: UnsafeMutableRawPointer, _ elements: UInt32, _: T.Type
    ) {
        let size = MemoryLayout<T>.size
        let bytes = Int(elements) &* size
        let distance = target - source
        if isDescending {
            if distance >= 0 || distance <= -bytes {
                memmove(target - (bytes &- size), source - (bytes &- size), bytes)
                return
            }
        } else if distance <= 0 || distance >= bytes {
            memmove(target, source, bytes)
            return
        }
        let step = isDescending ? -size : size
        var position = 0
        for _ in 0..<elements {
            target.storeBytes(
                of: source.loadUnaligned(fromByteOffset: position, as: T.self), toByteOffset: position, as: T.self)
            position &+= step
        }
    }

    private func repeatStore<T: Operand>(_: T.Type, _ instruction: InstructionPointer) throws(Fault) {
        if isOver(instruction) { return }
        let size = MemoryLayout<T>.size
        let value: T = accumulator()
        repeat {
            let to = indexRegister(7, instruction)
            let most = mostElements(T.self, instruction, to, to)
            if most > 1,
                let target = writeRun(
                    SegmentIndex.es.rawValue, to, size: UInt32(size), most: most, descending: isDescending)
            {
                let lowest = isDescending ? target.pointer - (Int(target.count) &- 1) &* size : target.pointer
                for element in 0..<Int(target.count) {
                    lowest.storeBytes(of: value, toByteOffset: element &* size, as: T.self)
                }
                moveIndex(7, instruction, by: target.count &* stride(T.self))
                if count(target.count, of: instruction) { return }
                continue
            }
            try storeString(T.self, instruction)
            if count(1, of: instruction) { return }
        } while state.pointee.steps < context.pointee.limit
    }

    /// `rep lods`: only the last element counts, but all must be readable.
    private func repeatLoad<T: Operand>(_: T.Type, _ instruction: InstructionPointer) throws(Fault) {
        if isOver(instruction) { return }
        repeat {
            let from = indexRegister(6, instruction)
            let most = mostElements(T.self, instruction, from, from)
            if most > 1, let source = sourceRun(T.self, instruction, most: most) {
                let last = Int(Int32(bitPattern: (source.count &- 1) &* stride(T.self)))
                setAccumulator(source.pointer.loadUnaligned(fromByteOffset: last, as: T.self))
                moveIndex(6, instruction, by: source.count &* stride(T.self))
                if count(source.count, of: instruction) { return }
                continue
            }
            try loadString(T.self, instruction)
            if count(1, of: instruction) { return }
        } while state.pointee.steps < context.pointee.limit
    }

    /// `rep ins`: at once what the device has at hand.
    private func repeatInput<T: Operand>(_: T.Type, _ instruction: InstructionPointer) throws(Fault) {
        if isOver(instruction) { return }
        let (port, size): (UInt16, UInt32) = (get(2), UInt32(MemoryLayout<T>.size))
        repeat {
            // Before the destination is looked for: reading the TSS may take its place in the TLB.
            try checkPort(port, size: size)
            let to = indexRegister(7, instruction)
            let most = mostElements(T.self, instruction, to, to)
            if most > 1, mayMoveAtOnce,
                let run = writeRun(SegmentIndex.es.rawValue, to, size: size, most: most, descending: false)
            {
                let target = UnsafeMutableRawBufferPointer(start: run.pointer, count: Int(run.count &* size))
                let done = readPort(port, size: size, into: target)
                if done > 0 {
                    moveIndex(7, instruction, by: done &* size)
                    if count(done, of: instruction) { return }
                    continue
                }
            }
            try inputString(T.self, instruction)
            if count(1, of: instruction) { return }
        } while state.pointee.steps < context.pointee.limit
    }

    /// `rep outs`: at once what the device takes without doing anything else.
    private func repeatOutput<T: Operand>(_: T.Type, _ instruction: InstructionPointer) throws(Fault) {
        if isOver(instruction) { return }
        let (port, size): (UInt16, UInt32) = (get(2), UInt32(MemoryLayout<T>.size))
        repeat {
            try checkPort(port, size: size)
            let from = indexRegister(6, instruction)
            let most = mostElements(T.self, instruction, from, from)
            if most > 1, mayMoveAtOnce, let run = sourceRun(T.self, instruction, most: most) {
                let source = UnsafeRawBufferPointer(start: run.pointer, count: Int(run.count &* size))
                let done = writePort(port, size: size, from: source)
                if done > 0 {
                    moveIndex(6, instruction, by: done &* size)
                    if count(done, of: instruction) { return }
                    continue
                }
            }
            try outputString(T.self, instruction)
            if count(1, of: instruction) { return }
        } while state.pointee.steps < context.pointee.limit
    }

    /// Upwards, and no breakpoint on ports or data has to be looked for at each element.
    private var mayMoveAtOnce: Bool {
        !isDescending && state.pointee.debugRegisters[7] & DebugControl.enables == 0
    }

    // MARK: Repetition with a condition

    /// `repe` goes on while ZF is set, `repne` while it is clear.
    @inline(__always)
    private func isStopped(_ instruction: InstructionPointer) -> Bool {
        flags.isZero == instruction.pointee.prefixes.contains(.repne)
    }

    /// How many of `count` elements are done until one is equal to (`stopsIfEqual`) or differs from what it is compared
    /// with, that one included. `differences` gives the exclusive or of the elements and what they are compared with:
    /// of the 8 bytes from an offset on, and `difference` that of one element.
    @inline(__always)
    private func elementsUntil<T: Operand>(
        _: T.Type, equal stopsIfEqual: Bool, count: UInt32, differences: (Int) -> UInt64, difference: (Int) -> T
    ) -> UInt32 {
        let size = MemoryLayout<T>.size
        let inWord = UInt32(8 / size)
        // The lowest and the highest bit of each element in 8 bytes.
        let lowest = UInt64.max / UInt64(T.max)
        let highest = lowest &<< UInt64(T.bitWidth &- 1)
        var done: UInt32 = 0
        while count &- done >= inWord {
            let word = differences(Int(done) &* size)
            // Some element is 0 if the subtraction borrows into its highest bit.
            if stopsIfEqual ? (word &- lowest) & ~word & highest != 0 : word != 0 { break }
            done &+= inWord
        }
        while done < count {
            let isEqual = difference(Int(done) &* size) == 0
            done &+= 1
            if isEqual == stopsIfEqual { break }
        }
        return done
    }

    private func repeatScan<T: Operand>(_: T.Type, _ instruction: InstructionPointer) throws(Fault) {
        if isOver(instruction) { return }
        let size = UInt32(MemoryLayout<T>.size)
        let value: T = accumulator()
        let pattern = UInt64(truncatingIfNeeded: value) &* (UInt64.max / UInt64(T.max))
        let stopsIfEqual = instruction.pointee.prefixes.contains(.repne)
        repeat {
            if !isDescending {
                let from = indexRegister(7, instruction)
                let most = mostElements(T.self, instruction, from, from)
                if most > 1,
                    let run = readRun(SegmentIndex.es.rawValue, from, size: size, most: most, descending: false)
                {
                    let source = run.pointer
                    let done = elementsUntil(
                        T.self, equal: stopsIfEqual, count: run.count,
                        differences: { source.loadUnaligned(fromByteOffset: $0, as: UInt64.self) ^ pattern },
                        difference: { source.loadUnaligned(fromByteOffset: $0, as: T.self) ^ value })
                    // The flags are those of the last comparison.
                    let last = source.loadUnaligned(fromByteOffset: Int((done &- 1) &* size), as: T.self)
                    _ = subtract(value, last)
                    moveIndex(7, instruction, by: done &* size)
                    if count(done, of: instruction, ends: isStopped(instruction)) { return }
                    continue
                }
            }
            try scanString(T.self, instruction)
            if count(1, of: instruction, ends: isStopped(instruction)) { return }
        } while state.pointee.steps < context.pointee.limit
    }

    private func repeatCompare<T: Operand>(_: T.Type, _ instruction: InstructionPointer) throws(Fault) {
        if isOver(instruction) { return }
        let size = UInt32(MemoryLayout<T>.size)
        let stopsIfEqual = instruction.pointee.prefixes.contains(.repne)
        repeat {
            if !isDescending {
                let second = indexRegister(7, instruction)
                let most = mostElements(T.self, instruction, indexRegister(6, instruction), second)
                if most > 1, let left = sourceRun(T.self, instruction, most: most),
                    let right = readRun(
                        SegmentIndex.es.rawValue, second, size: size, most: left.count, descending: false)
                {
                    let (left, count) = (left.pointer, right.count)
                    let right = right.pointer
                    let done = elementsUntil(
                        T.self, equal: stopsIfEqual, count: count,
                        differences: {
                            left.loadUnaligned(fromByteOffset: $0, as: UInt64.self)
                                ^ right.loadUnaligned(fromByteOffset: $0, as: UInt64.self)
                        },
                        difference: {
                            left.loadUnaligned(fromByteOffset: $0, as: T.self)
                                ^ right.loadUnaligned(fromByteOffset: $0, as: T.self)
                        })
                    let last = Int((done &- 1) &* size)
                    _ = subtract(
                        left.loadUnaligned(fromByteOffset: last, as: T.self),
                        right.loadUnaligned(fromByteOffset: last, as: T.self))
                    moveIndex(6, instruction, by: done &* size)
                    moveIndex(7, instruction, by: done &* size)
                    if self.count(done, of: instruction, ends: isStopped(instruction)) { return }
                    continue
                }
            }
            try compareString(T.self, instruction)
            if count(1, of: instruction, ends: isStopped(instruction)) { return }
        } while state.pointee.steps < context.pointee.limit
    }
}
