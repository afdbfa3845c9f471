/// Bytes to ``Instruction``: a pure function, for the interpreter, the disassembler and the tests alike.
///
/// It knows nothing of pages, segments or privileges. The caller gives it the bytes that it can see from the
/// instruction's first byte on; where these end in the middle of the instruction, the decoder says so, and the caller
/// decides whether the next page is there, whether the segment limit was reached, or whether the listing is at its end.
///
/// An encoding that is not an instruction decodes to ``Operation/invalid``, because #UD is what executing it does. Only
/// what has no meaning without more bytes, or is longer than the processor accepts, is an error.
public enum Decoder {
    /// The most bytes that an instruction may have (SDM vol. 2, 2.3.11).
    public static let maximumLength = 15

    public enum Failure: Error, Equatable, Sendable {
        /// The instruction continues behind the given bytes.
        case incomplete
        /// The instruction has more than 15 bytes: #GP(0).
        case tooLong
    }

    /// Decodes the instruction at `bytes[0]`.
    ///
    /// - Parameters:
    ///   - bytes: at least `count` readable bytes.
    ///   - count: how many bytes there are; more than 15 are never looked at.
    ///   - code32: the default operand and address size is 32 bits (CS.D).
    ///   - generation: later instructions than this processor's are invalid.
    public static func decode(
        _ bytes: UnsafePointer<UInt8>, count: Int, code32: Bool, generation: ProcessorGeneration = .pentium4
    ) throws(Failure) -> Instruction {
        var instruction = Instruction()
        try decode(
            bytes, count: count, code32: code32, generation: generation, tables: tables, into: &instruction)
        return instruction
    }

    /// Decodes in place: an instruction that were filled field by field and copied then would have to wait until its
    /// fields have reached the cache. What `slot` holds after an error means nothing.
    static func decode(
        _ bytes: UnsafePointer<UInt8>, count: Int, code32: Bool, generation: ProcessorGeneration,
        tables: UnsafePointer<Tables>, into slot: UnsafeMutablePointer<Instruction>
    ) throws(Failure) {
        slot.initialize(to: Instruction())
        try decode(bytes, count: count, code32: code32, generation: generation, tables: tables, &slot.pointee)
    }

    @inline(__always)
    private static func decode(
        _ bytes: UnsafePointer<UInt8>, count: Int, code32: Bool, generation: ProcessorGeneration,
        tables: UnsafePointer<Tables>, _ instruction: inout Instruction
    ) throws(Failure) {
        var stream = Stream(bytes: bytes, count: min(count, maximumLength))
        var prefixes = Instruction.Prefixes(rawValue: code32 ? Instruction.Prefixes.code32 : 0)
        var override: UInt8?
        var opcode = try stream.byte()
        prefixes: while true {
            switch opcode {
            case 0x26, 0x2E, 0x36, 0x3E: override = (opcode &>> 3) & 3
            case 0x64, 0x65: override = opcode & 7
            case 0x66:
                if !prefixes.contains(.operandSize) { prefixes.formSymmetricDifference([.operandSize, .operand32]) }
            case 0x67:
                if !prefixes.contains(.addressSize) { prefixes.formSymmetricDifference([.addressSize, .address32]) }
            case 0xF0: prefixes.insert(.lock)
            case 0xF2:
                prefixes.remove(.rep)
                prefixes.insert(.repne)
            case 0xF3:
                prefixes.remove(.repne)
                prefixes.insert(.rep)
            default: break prefixes
            }
            opcode = try stream.byte()
        }
        if override != nil { prefixes.insert(.segment) }
        instruction.prefixes = prefixes

        var slot = Int(opcode)
        if opcode == 0x0F {
            opcode = try stream.byte()
            slot = 256 &+ Int(opcode)
        }
        instruction.opcode = opcode
        instruction.reg = (opcode &>> 3) & 7
        instruction.rm = opcode & 7

        var row = tables.pointee.opcodes[slot]
        if row & (OpcodeTable.groupBit | OpcodeTable.choiceBit) != 0 {
            if row & OpcodeTable.choiceBit != 0 {
                row = tables.pointee.prefixed[Int(row & OpcodeTable.indexMask) &* 4 &+ mandatoryPrefix(prefixes)]
            }
            if row & OpcodeTable.groupBit != 0 {
                let modRM = try stream.peek()
                let form = (modRM &>> 3) & 7 | (modRM >= 0xC0 ? 8 : 0)
                row = tables.pointee.groups[Int(row & OpcodeTable.indexMask) &* 16 &+ Int(form)]
                if row & OpcodeTable.choiceBit != 0 {
                    row = tables.pointee.registerForms[Int(row & OpcodeTable.indexMask) &* 8 &+ Int(modRM & 7)]
                }
            }
        }
        let entry = tables.pointee.entries[Int(row)]
        instruction.row = row
        var isMemory = false
        if entry.flags.contains(.modRM) {
            let modRM = try stream.byte()
            instruction.modRM = modRM
            instruction.reg = (modRM &>> 3) & 7
            instruction.rm = modRM & 7
            isMemory = modRM < 0xC0 && !entry.flags.contains(.ignoresMod)
            if isMemory { try decodeMemoryOperand(modRM, &instruction, &stream) }
        } else if entry.usesRegisterZero {
            instruction.reg = 0
            if !entry.usesOpcodeRegister { instruction.rm = 0 }
        }
        if let override { instruction.segment = override }

        switch entry.immediate {
        case .none: break
        case .byte: instruction.immediate = UInt32(try stream.byte())
        case .signedByte: instruction.immediate = UInt32(truncatingIfNeeded: Int8(bitPattern: try stream.byte()))
        case .word: instruction.immediate = try stream.word()
        case .operandSize:
            if prefixes.contains(.operand32) {
                instruction.immediate = try stream.doubleword()
            } else {
                // Relative targets are signed; 16-bit data operands use the low half only.
                instruction.immediate = UInt32(truncatingIfNeeded: Int16(truncatingIfNeeded: try stream.word()))
                if !entry.isRelative { instruction.immediate &= 0xFFFF }
            }
        case .offset:
            instruction.displacement =
                prefixes.contains(.address32) ? try stream.doubleword() : try stream.word()
        case .farPointer:
            instruction.displacement =
                prefixes.contains(.operand32) ? try stream.doubleword() : try stream.word()
            instruction.immediate = try stream.word()
        case .wordAndByte:
            instruction.immediate = try stream.word()
            instruction.immediate |= UInt32(try stream.byte()) &<< 16
        case .one: instruction.immediate = 1
        }
        instruction.length = UInt8(truncatingIfNeeded: stream.position)

        let isLockMisused = prefixes.contains(.lock) && !(isMemory && entry.flags.contains(.lockable))
        if !isLockMisused {
            if entry.minimum <= generation {
                instruction.operation = entry.operation(memory: isMemory, is32Bit: prefixes.contains(.operand32))
            } else if entry.flags.contains(.x87) {
                // What an FPU does not know is for the FPU to refuse; where there is none, nobody does.
                instruction.operation = generation < .i486 ? .escape : .x87Reserved
            }
        }
    }

    /// The ``MandatoryPrefix`` that chooses among the rows of an opcode: F2h and F3h count more than 66h.
    @inline(__always)
    private static func mandatoryPrefix(_ prefixes: Instruction.Prefixes) -> Int {
        if prefixes.contains(.repne) { return 3 }
        if prefixes.contains(.rep) { return 2 }
        return prefixes.contains(.operandSize) ? 1 : 0
    }

    /// Decodes from an array; for tools and tests.
    public static func decode(
        _ bytes: [UInt8], code32: Bool, generation: ProcessorGeneration = .pentium4
    ) throws(Failure) -> Instruction {
        // Fifteen bytes on the stack, so that the error stays typed (`withUnsafeBufferPointer` rethrows untyped ones).
        var window = InlineArray<16, UInt8>(repeating: 0)
        let count = min(bytes.count, maximumLength)
        for position in 0..<count { window[position] = bytes[position] }
        let result: Result<Instruction, Failure> = withUnsafeBytes(of: window) { raw in
            // The window has 16 bytes, so it is not empty; bytes may be bound to UInt8 for the closure.
            guard let start = raw.bindMemory(to: UInt8.self).baseAddress else { return .failure(.incomplete) }
            do throws(Failure) {
                return .success(try decode(start, count: count, code32: code32, generation: generation))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// ModRM with SIB and displacement (SDM vol. 2, tables 2-1 to 2-3).
    @inline(__always)
    private static func decodeMemoryOperand(
        _ modRM: UInt8, _ instruction: inout Instruction, _ stream: inout Stream
    ) throws(Failure) {
        let mod = modRM &>> 6
        let rm = modRM & 7
        var displacementSize = mod == 0 ? 0 : mod == 1 ? 1 : 4
        if instruction.prefixes.contains(.address32) {
            if rm == 4 {
                let sib = try stream.byte()
                let index = (sib &>> 3) & 7
                if index != 4 {
                    instruction.index = index
                    instruction.scale = sib &>> 6
                }
                if sib & 7 == 5 && mod == 0 {
                    displacementSize = 4
                } else {
                    instruction.base = sib & 7
                }
            } else if rm == 5 && mod == 0 {
                displacementSize = 4
            } else {
                instruction.base = rm
            }
            // ESP or EBP as the base means the stack segment.
            if instruction.base == 4 || instruction.base == 5 { instruction.segment = SegmentIndex.ss.rawValue }
        } else {
            if displacementSize == 4 { displacementSize = 2 }
            switch rm {
            case 0: (instruction.base, instruction.index) = (3, 6)
            case 1: (instruction.base, instruction.index) = (3, 7)
            case 2: (instruction.base, instruction.index) = (5, 6)
            case 3: (instruction.base, instruction.index) = (5, 7)
            case 4: instruction.base = 6
            case 5: instruction.base = 7
            case 6 where mod == 0: displacementSize = 2
            case 6: instruction.base = 5
            default: instruction.base = 3
            }
            if instruction.base == 5 { instruction.segment = SegmentIndex.ss.rawValue }
        }
        switch displacementSize {
        case 1: instruction.displacement = UInt32(truncatingIfNeeded: Int8(bitPattern: try stream.byte()))
        case 2: instruction.displacement = UInt32(truncatingIfNeeded: Int16(truncatingIfNeeded: try stream.word()))
        case 4: instruction.displacement = try stream.doubleword()
        default: break
        }
    }
}

extension Decoder {
    /// The bytes of one instruction; never looks behind `count`.
    private struct Stream {
        let bytes: UnsafePointer<UInt8>
        let count: Int
        var position = 0

        /// Where the bytes end: 15 without an end of the instruction are too many.
        private var failure: Failure { count >= maximumLength ? .tooLong : .incomplete }

        @inline(__always)
        func peek() throws(Failure) -> UInt8 {
            guard position < count else { throw failure }
            return bytes[position]
        }

        @inline(__always)
        mutating func byte() throws(Failure) -> UInt8 {
            guard position < count else { throw failure }
            defer { position &+= 1 }
            return bytes[position]
        }

        @inline(__always)
        mutating func word() throws(Failure) -> UInt32 {
            guard position &+ 2 <= count else { throw failure }
            defer { position &+= 2 }
            return UInt32(UnsafeRawPointer(bytes + position).loadUnaligned(as: UInt16.self))
        }

        @inline(__always)
        mutating func doubleword() throws(Failure) -> UInt32 {
            guard position &+ 4 <= count else { throw failure }
            defer { position &+= 4 }
            return UnsafeRawPointer(bytes + position).loadUnaligned(as: UInt32.self)
        }
    }

    /// What the decoder needs of an ``OpcodeRow``, without references, so that decoding counts none.
    struct Entry {
        let operations: (Operation, Operation, Operation, Operation)
        let flags: OpcodeRow.Flags
        let immediate: ImmediateForm
        let minimum: ProcessorGeneration
        /// The row names AL, AX or EAX (register 0) rather than a segment register by the opcode.
        let usesRegisterZero: Bool
        let usesOpcodeRegister: Bool
        let isRelative: Bool

        init(_ row: OpcodeRow) {
            let sized = row.flags.contains(.sized)
            let memorySized = sized && !row.operands.contains(.rvMw)
            operations = (
                row.register, sized ? row.register.advanced(by: 1) : row.register,
                row.memory, memorySized ? row.memory.advanced(by: 1) : row.memory
            )
            flags = row.flags
            immediate = row.immediate
            minimum = row.minimum
            let fixedSegments: [OperandKind] = [.es, .cs, .ss, .ds, .fs, .gs]
            usesRegisterZero = !row.operands.contains { fixedSegments.contains($0) }
            usesOpcodeRegister = row.operands.contains(.zb) || row.operands.contains(.zv)
            isRelative = row.operands.contains(.jz)
        }

        @inline(__always)
        func operation(memory: Bool, is32Bit: Bool) -> Operation {
            memory ? (is32Bit ? operations.3 : operations.2) : (is32Bit ? operations.1 : operations.0)
        }
    }

    /// ``OpcodeTable`` for the decoder.
    struct Tables {
        let entries = immortal(OpcodeTable.tables.rows.map(Entry.init))
        let opcodes = immortal(OpcodeTable.tables.opcodes)
        let prefixed = immortal(OpcodeTable.tables.prefixed)
        let registerForms = immortal(OpcodeTable.tables.registerForms)
        let groups = immortal(OpcodeTable.tables.groups)
    }

    /// Allocated once, never freed and never written again: safe to read from every thread. Who decodes much keeps the
    /// pointer, because each use of this name asks whether the tables are there already.
    nonisolated(unsafe) static let tables: UnsafePointer<Tables> = immortal([Tables()])

    /// The entry of a row.
    static func entry(_ row: UInt16) -> Entry { tables.pointee.entries[Int(row)] }

    private static func immortal<Element>(_ elements: [Element]) -> UnsafePointer<Element> {
        let storage = UnsafeMutablePointer<Element>.allocate(capacity: max(elements.count, 1))
        storage.initialize(from: elements, count: elements.count)
        return UnsafePointer(storage)
    }
}
