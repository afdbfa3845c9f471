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
        let operation = Decoder.entries[Int(decoded.row)].operation(memory: false, is32Bit: decoded.is32BitOperand)
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
        case .lods8: try iterate(instruction) { () throws(Fault) in try loadString(UInt8.self, instruction) }
        case .lods16: try iterate(instruction) { () throws(Fault) in try loadString(UInt16.self, instruction) }
        case .lods32: try iterate(instruction) { () throws(Fault) in try loadString(UInt32.self, instruction) }
        case .ins8: try iterate(instruction) { () throws(Fault) in try inputString(UInt8.self, instruction) }
        case .ins16: try iterate(instruction) { () throws(Fault) in try inputString(UInt16.self, instruction) }
        case .ins32: try iterate(instruction) { () throws(Fault) in try inputString(UInt32.self, instruction) }
        case .outs8: try iterate(instruction) { () throws(Fault) in try outputString(UInt8.self, instruction) }
        case .outs16: try iterate(instruction) { () throws(Fault) in try outputString(UInt16.self, instruction) }
        case .outs32: try iterate(instruction) { () throws(Fault) in try outputString(UInt32.self, instruction) }
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
        guard left == 0 || ends else { return false }
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

    /// Iterations one by one. `ends` is asked after each.
    @inline(__always)
    private func iterate(
        _ instruction: InstructionPointer, ends: () -> Bool = { false }, _ body: () throws(Fault) -> Void
    ) throws(Fault) {
        if isOver(instruction) { return }
        repeat {
            try body()
            if count(1, of: instruction, ends: ends()) { return }
        } while state.pointee.steps < context.pointee.limit
    }

    /// The most elements that may be done at once from an index register on: limited by the counter, the deadline and
    /// the wrap of a 16-bit index.
    @inline(__always)
    private func mostElements<T: Operand>(_: T.Type, _ instruction: InstructionPointer, _ indices: UInt32...) -> UInt32
    {
        let allowed = context.pointee.limit > state.pointee.steps ? context.pointee.limit &- state.pointee.steps : 0
        var most = min(UInt64(counter(instruction)), allowed, 0x1000)
        if !instruction.pointee.is32BitAddress {
            for index in indices {
                most = min(most, UInt64((0x1_0000 &- index) / UInt32(MemoryLayout<T>.size)))
            }
        }
        return UInt32(truncatingIfNeeded: most)
    }

    private func repeatMove<T: Operand>(_: T.Type, _ instruction: InstructionPointer) throws(Fault) {
        if isOver(instruction) { return }
        let size = UInt32(MemoryLayout<T>.size)
        repeat {
            if !isDescending {
                let from = indexRegister(6, instruction)
                let to = indexRegister(7, instruction)
                let most = mostElements(T.self, instruction, from, to)
                if most > 1, let source = readRun(instruction.pointee.segment, from, limit: most &* size),
                    let target = writeRun(SegmentIndex.es.rawValue, to, limit: most &* size)
                {
                    let elements = min(source.count, target.count) / size
                    if elements > 0 {
                        copy(source.pointer, target.pointer, elements, T.self)
                        moveIndex(6, instruction, by: elements &* size)
                        moveIndex(7, instruction, by: elements &* size)
                        if count(elements, of: instruction) { return }
                        continue
                    }
                }
            }
            try moveString(T.self, instruction)
            if count(1, of: instruction) { return }
        } while state.pointee.steps < context.pointee.limit
    }

    /// Copies upwards element by element, so that an overlapping target repeats the source as the processor does.
    @inline(__always)
    private func copy<T: Operand>(
        _ source: UnsafeMutableRawPointer, _ target: UnsafeMutableRawPointer, _ elements: UInt32, _: T.Type
    ) {
        let bytes = Int(elements) &* MemoryLayout<T>.size
        if target <= source || target >= source + bytes {
            memmove(target, source, bytes)
            return
        }
        for position in Swift.stride(from: 0, to: bytes, by: MemoryLayout<T>.size) {
            target.storeBytes(
                of: source.loadUnaligned(fromByteOffset: position, as: T.self), toByteOffset: position, as: T.self)
        }
    }

    private func repeatStore<T: Operand>(_: T.Type, _ instruction: InstructionPointer) throws(Fault) {
        if isOver(instruction) { return }
        let size = UInt32(MemoryLayout<T>.size)
        let value: T = accumulator()
        repeat {
            if !isDescending {
                let to = indexRegister(7, instruction)
                let most = mostElements(T.self, instruction, to)
                if most > 1, let target = writeRun(SegmentIndex.es.rawValue, to, limit: most &* size) {
                    let elements = target.count / size
                    if elements > 0 {
                        for element in 0..<Int(elements) {
                            target.pointer.storeBytes(
                                of: value, toByteOffset: element &* MemoryLayout<T>.size, as: T.self)
                        }
                        moveIndex(7, instruction, by: elements &* size)
                        if count(elements, of: instruction) { return }
                        continue
                    }
                }
            }
            try storeString(T.self, instruction)
            if count(1, of: instruction) { return }
        } while state.pointee.steps < context.pointee.limit
    }

    /// `repe` goes on while ZF is set, `repne` while it is clear.
    @inline(__always)
    private func isStopped(_ instruction: InstructionPointer) -> Bool {
        flags.isZero == instruction.pointee.prefixes.contains(.repne)
    }

    private func repeatScan<T: Operand>(_: T.Type, _ instruction: InstructionPointer) throws(Fault) {
        if isOver(instruction) { return }
        let size = UInt32(MemoryLayout<T>.size)
        let value: T = accumulator()
        let stopsIfEqual = instruction.pointee.prefixes.contains(.repne)
        repeat {
            if !isDescending {
                let from = indexRegister(7, instruction)
                let most = mostElements(T.self, instruction, from)
                if most > 1, let source = readRun(SegmentIndex.es.rawValue, from, limit: most &* size),
                    source.count >= size
                {
                    let available = source.count / size
                    var done: UInt32 = 0
                    var element: T
                    repeat {
                        element = source.pointer.loadUnaligned(fromByteOffset: Int(done &* size), as: T.self)
                        done &+= 1
                    } while done < available && (element == value) != stopsIfEqual
                    // The flags are those of the last comparison.
                    _ = subtract(value, element)
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
        try iterate(instruction, ends: { isStopped(instruction) }) { () throws(Fault) in
            try compareString(T.self, instruction)
        }
    }
}
