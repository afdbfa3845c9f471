@testable import Processor

/// One row of the opcode table as an instruction with operands that make sense.
extension CaseGenerator {
    /// Instructions that are never made, and why.
    static let excluded: [String: String] = [
        "(bad)": "not an instruction; later processors give such encodings a meaning",
        "int1": "hypervisors intercept it and report it as a fault",
        "sgdt": "the kernel hides it from programs (UMIP) and answers in the processor's place",
        "sidt": "as sgdt", "sldt": "as sgdt", "str": "as sgdt", "smsw": "as sgdt",
        "cpuid": "the answer is the host's", "rdtsc": "the host's time",
        "rdpmc": "whether programs may, the kernel decides",
        "sysenter": "calls the kernel", "sysexit": "not an instruction of AMD's processors in long mode",
        "ud0": "AMD's processors take it to have no ModRM byte (APM vol. 3, UD0)",
        "ud1": "as ud0",
        "fndisi": "whether it waits for a pending exception", "fneni": "as fndisi", "fnsetpm": "as fndisi",
        // Transcendental functions differ between processors in the last place.
        "f2xm1": "transcendental", "fyl2x": "transcendental", "fyl2xp1": "transcendental", "fptan": "transcendental",
        "fpatan": "transcendental", "fsin": "transcendental", "fcos": "transcendental", "fsincos": "transcendental",
    ]

    /// Differ between processors, but by no more than a documented error; they make no sequences.
    static let approximations: Set<String> = ["rcpps", "rcpss", "rsqrtps", "rsqrtss"]

    private static func isMade(_ row: OpcodeRow) -> Bool {
        // Test registers are gone since the Pentium.
        excluded[row.mnemonic] == nil && !row.operands.contains(.td)
    }

    private static func rows(_ isIncluded: (OpcodeRow, UInt16) -> Bool) -> [Int] {
        OpcodeTable.rows.indices.filter {
            let row = OpcodeTable.rows[$0]
            return isMade(row) && isIncluded(row, max(row.register.rawValue, row.memory.rawValue))
        }
    }

    static let segmentOperands: Set<OperandKind> = [.es, .cs, .ss, .ds, .fs, .gs]

    static let integerRows = rows { row, operation in row.prefix == nil && operation < Operation.firstX87.rawValue }
    static let x87Rows = rows { row, operation in
        Operation.firstX87.rawValue <= operation && operation < Operation.firstSIMD.rawValue
    }
    static let simdRows = rows { row, operation in
        Operation.firstSIMD.rawValue <= operation && !approximations.contains(row.mnemonic)
    }
    static let approximateRows = rows { row, _ in approximations.contains(row.mnemonic) }

    /// Appends the instruction, and what sets it up. Returns the flags that it leaves undefined.
    mutating func emit(_ row: OpcodeRow, isOnly: Bool) -> UInt32 {
        pinned = 0
        if row.mnemonic == "fxsave" {
            emitFXSave()
            return 0
        }
        let choosesByPrefix = row.prefix != nil
        let isNearBranch =
            row.operands.contains(.jb) || row.operands.contains(.jz) || ["call", "jmp", "ret"].contains(row.mnemonic)
        let hasModRM = row.flags.contains(.modRM)
        let canBeMemory = hasModRM && row.memory != .invalid && !row.flags.contains(.ignoresMod)
        var isMemory = canBeMemory && (row.register == .invalid || chance(3, of: 5))
        // `prefetchw` of a register is #UD or not, as the processor pleases.
        if row.map == 1 && row.opcode == 0x0D { isMemory = true }
        let isString = row.flags.contains(.string)
        let usesMemory = isMemory || isString || row.operands.contains(.ob) || row.operands.contains(.ov)

        // A 16-bit operand size cuts EIP; with flat segments that leads nowhere.
        var operandPrefix = !choosesByPrefix && chance(1, of: isNearBranch && bases[1] == 0 ? 16 : 3)
        if row.mnemonic == "bswap" { operandPrefix = code16 }
        // A segment register in 32 bits: see `prepare`. A later operand could lie there.
        if !isOnly, row.mnemonic == "push", row.operands.contains(where: Self.segmentOperands.contains) {
            operandPrefix = !code16
        }
        let operand32 = operandPrefix == code16
        let addressPrefix = chance(1, of: usesMemory || row.operands.contains(.jb) ? 5 : 40)
        let address32 = addressPrefix == code16
        var segment: UInt8?
        if chance(1, of: usesMemory ? 6 : 40) { segment = UInt8(truncatingIfNeeded: below(6)) }
        // 16 bits do not reach the data from a base of 0.
        let isFlat = segment.map { bases[Int($0)] == 0 } ?? (bases[3] == 0 || bases[2] == 0)
        if !address32, usesMemory, isFlat, !chance(1, of: 8) {
            if let based = [3, 4, 5, 0, 2].first(where: { bases[$0] != 0 }) { segment = UInt8(based) }
        }
        var prefixes: [UInt8] = []
        if operandPrefix { prefixes.append(0x66) }
        if addressPrefix { prefixes.append(0x67) }
        if let segment { prefixes.append([0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65][Int(segment)]) }
        // LOCK MOV CR0 is MOV CR8 (APM vol. 3, MOV CRn); before VERR and VERW the operand's faults come first there.
        if chance(1, of: 24), !row.flags.contains(.ignoresMod), !["verr", "verw"].contains(row.mnemonic) {
            prefixes.append(0xF0)
        }
        var isRepeated = false
        if isString {
            isRepeated = chance(1, of: 2)
            if isRepeated { prefixes.append(chance(1, of: 2) ? 0xF2 : 0xF3) }
        } else if !choosesByPrefix, !["bsf", "bsr", "loope", "loopne"].contains(row.mnemonic), chance(1, of: 40) {
            // Ignored; but `bsf` and `bsr` become later instructions (`tzcnt`, `lzcnt`), and AMD's processors take
            // `repne loope` for `loopne` ("use of repeat prefixes ... with other instructions ... may cause
            // unpredictable behavior", SDM vol. 2, 2.1.1).
            prefixes.append(chance(1, of: 2) ? 0xF2 : 0xF3)
        }
        if prefixes.count > 1 { prefixes.shuffle(using: &random) }
        if let mandatory = row.prefix?.byte { prefixes.append(mandatory) }

        prepare(row, operand32: operand32, address32: address32, isRepeated: isRepeated)
        var instruction: [UInt8] = []
        if row.map == 1 { instruction.append(0x0F) }
        instruction.append(row.opcode)
        if let modRM = row.fixedModRM {
            instruction.append(modRM)
        } else if hasModRM {
            instruction += modRM(
                row, isMemory: isMemory, segment: segment, operand32: operand32, address32: address32)
        }
        let immediates = immediates(
            row, before: prefixes.count + instruction.count, segment: segment, operand32: operand32,
            address32: address32)
        instruction += immediates
        bytes += prefixes + instruction

        var count: UInt32?
        switch row.operands.last {
        case .one: count = 1
        case .ib: count = immediates.last.map { UInt32($0 & 31) }
        case .cl: count = known & 2 != 0 ? values[1] & 31 : nil
        default: break
        }
        let isByte = row.operands.first == .eb
        return UndefinedFlags.after(row, count: count, width: isByte ? 8 : operand32 ? 32 : 16)
    }

    /// Gives registers and the stack what the instruction needs.
    private mutating func prepare(_ row: OpcodeRow, operand32: Bool, address32: Bool, isRepeated: Bool) {
        if row.flags.contains(.string) {
            for (register, base) in [(UInt8(6), bases[3]), (7, bases[0])] {
                let place = chance(1, of: 12) ? place() : NativeProcessor.data + 0x100 + below(0x1E00)
                set(register, place &- base)
            }
            // With a counter of 0, processors of AMD check the right to ports all the same (SDM vol. 2, REP, does not).
            let least: UInt32 = row.operands.contains(.dx) ? 1 : 0
            if isRepeated { set(1, least + below(20) | (address32 ? 0 : value() & 0xFFFF_0000)) }
            return
        }
        switch row.mnemonic {
        case "xlat": set(3, place() &- bases[3] &- need(0) & 0xFF)
        case "enter", "leave": set(5, NativeProcessor.data + 0xE00 + below(0x200) &- bases[2])
        case "maskmovq", "maskmovdqu": set(7, place() &- bases[3])
        case "div", "idiv":
            // Otherwise nearly every quotient is too large.
            if chance(2, of: 3) { set(2, chance(1, of: 3) ? 0xFFFF_FFFF : below(4)) }
        case "shld", "shrd":
            // "If the count is greater than the operand size, the result is undefined" (SDM vol. 2, SHLD).
            if row.operands.last == .cl, !operand32 { set(1, value() & ~0x1F | below(17)) }
        case "ret":
            pokeStack(0, emptyCode() &- bases[1], size: operand32 ? 4 : 2)
        case "retf":
            let selector = selector(code: true)
            pokeStack(0, farOffset(selector), size: operand32 ? 4 : 2)
            pokeStack(operand32 ? 4 : 2, selector, size: operand32 ? 4 : 2)
            changesSegments = true
        case "iret|iretd":
            let selector = selector(code: true)
            let size: UInt32 = operand32 ? 4 : 2
            pokeStack(0, farOffset(selector), size: size)
            pokeStack(size, selector, size: size)
            pokeStack(2 * size, randomFlags(), size: size)
            changesSegments = true
        case "popf|popfd": pokeStack(0, randomFlags(), size: operand32 ? 4 : 2)
        case "push":
            // "Either a zero-extended value is pushed on the stack or the segment selector is written on the stack
            // using a 16-bit move" (SDM vol. 2, PUSH): the same if there are zeros already.
            if operand32, row.operands.contains(where: Self.segmentOperands.contains) {
                pokeStack(0 &- 4, value() & 0xFFFF, size: 4)
            }
        case "pop":
            if row.operands.contains(where: Self.segmentOperands.contains) {
                pokeStack(0, selector(), size: operand32 ? 4 : 2)
                changesSegments = true
            }
        case "call far", "jmp far", "lds", "lss", "les", "lfs", "lgs": changesSegments = true
        default: break
        }
    }

    /// For `popf` and `iret`: any but NT, with which `iret` in long mode is #GP (SDM vol. 2, IRET); TF now and then.
    private mutating func randomFlags() -> UInt32 {
        let flags = UInt32(truncatingIfNeeded: random.next()) & ~Flag.nestedTask
        return chance(1, of: 4) ? flags : flags & ~(Flag.trap | Flag.alignmentCheck)
    }

    /// Puts a value of `size` bytes on the stack, `offset` bytes from its top; a doubleword is written in any case.
    private mutating func pokeStack(_ offset: UInt32, _ value: UInt32, size: UInt32) {
        var place = need(4) &+ offset
        let index = Int(test.selectors[2] >> 3)
        if test.selectors[2] & 4 != 0, !LocalDescriptor.all[index].isBig { place &= 0xFFFF }
        let upper = size == 4 ? 0 : self.value() & 0xFFFF_0000
        test.poke(bases[2] &+ place, value & (size == 4 ? 0xFFFF_FFFF : 0xFFFF) | upper)
    }

    // MARK: ModRM

    private mutating func modRM(
        _ row: OpcodeRow, isMemory: Bool, segment: UInt8?, operand32: Bool, address32: Bool
    ) -> [UInt8] {
        var reg = row.opcodeExtension ?? register()
        let isJump = ["call", "jmp"].contains(row.mnemonic)
        if row.operands.contains(.sw) {
            changesSegments = changesSegments || row.operands.first == .sw
            if reg > 5, !chance(1, of: 10) { reg -= 3 }
        }
        let takesSelector =
            row.operands.first == .sw || ["lar", "lsl", "verr", "verw", "arpl", "lldt", "ltr"].contains(row.mnemonic)
        guard isMemory else {
            var rm = register()
            // A call through ESP would push into the code.
            if isJump {
                if rm == 4 { rm = 0 }
                set(rm, emptyCode() &- bases[1])
            } else if takesSelector {
                set(rm, selector() | (chance(1, of: 4) ? value() & 0xFFFF_0000 : 0))
            }
            return [0xC0 | reg << 3 | rm]
        }
        if ["bt", "bts", "btr", "btc"].contains(row.mnemonic) && row.opcodeExtension == nil {
            // An index beyond the operand.
            set(reg, UInt32(bitPattern: Int32(bitPattern: below(1800)) - 900))
        }
        let isWide = row.operands.contains(.wx) || row.operands.contains(.mx) || row.mnemonic == "fxrstor"
        var place = place(alignment: isWide ? 16 : 1)
        if isJump || takesSelector || row.operands.contains(.mp), chance(3, of: 4) {
            place = NativeProcessor.data + 0x100 + below(0x1E00)
        }
        pokeOperand(row, place, isJump: isJump, takesSelector: takesSelector, operand32: operand32)
        return memoryOperand(
            reg: reg, place: place, segment: segment, address32: address32, plain: row.mnemonic == "pop")
    }

    private mutating func pokeOperand(
        _ row: OpcodeRow, _ place: UInt32, isJump: Bool, takesSelector: Bool, operand32: Bool
    ) {
        if isJump {
            test.poke(place, emptyCode() &- bases[1])
        } else if takesSelector {
            test.poke(place, selector() | value() & 0xFFFF_0000)
        } else if row.operands.contains(.mp) {
            let isCode = row.mnemonic == "call far" || row.mnemonic == "jmp far"
            let selector = isCode ? farSelector(isCall: row.mnemonic == "call far") : selector()
            // Not where the call pushes.
            if isCode, place &- (bases[2] &+ values[4]) &+ 16 < 24 { return }
            let offset = isCode ? farOffset(selector, isCall: row.mnemonic == "call far") : value()
            if operand32 {
                test.poke(place, offset)
                test.poke(place &+ 4, selector)
            } else {
                test.poke(place, offset & 0xFFFF | selector << 16)
            }
        } else if row.mnemonic == "bound" {
            test.poke(place, value())
            if chance(1, of: 2) { test.poke(place &+ (operand32 ? 4 : 2), 0x7FFF_7FFF) }
        } else if row.mnemonic == "cmpxchg", chance(1, of: 2) {
            test.poke(place, need(0))
        } else if row.mnemonic == "cmpxchg8b" {
            if chance(2, of: 3) { test.poke(place, need(0)) }
            if chance(2, of: 3) { test.poke(place &+ 4, need(2)) }
        } else if max(row.register.rawValue, row.memory.rawValue) >= Operation.firstX87.rawValue {
            pokeNumbers(row, place)
        } else if chance(1, of: 3) {
            test.poke(place, value())
        }
    }

    // MARK: Immediates

    /// What follows ModRM; `before`: the bytes of the instruction so far.
    private mutating func immediates(
        _ row: OpcodeRow, before: Int, segment: UInt8?, operand32: Bool, address32: Bool
    ) -> [UInt8] {
        var result: [UInt8] = []
        func little(_ value: UInt32, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt32($0 * 8)) }
        }
        for operand in row.operands {
            switch operand {
            case .jb:
                // To the next instruction, or far enough to be outside: the code has at most 96 bytes.
                result.append(chance(1, of: 2) ? 0 : UInt8(truncatingIfNeeded: 96 + below(32)))
            case .jz:
                let next = test.eip + UInt32(bytes.count + before + (operand32 ? 4 : 2))
                let distance = chance(1, of: 3) ? 0 : emptyCode() &- next
                result += little(distance, operand32 ? 4 : 2)
            case .ib where row.mnemonic == "int":
                // 80h calls the kernel.
                let vector = chance(1, of: 2) ? below(6) : below(256)
                result.append(vector == 0x80 ? 0x81 : UInt8(truncatingIfNeeded: vector))
            case .ib where row.mnemonic == "enter":
                result.append(UInt8(truncatingIfNeeded: chance(1, of: 3) ? value() : below(4)))
            case .ib where ["shld", "shrd"].contains(row.mnemonic) && !operand32:
                result.append(UInt8(truncatingIfNeeded: value()) & 0xE0 | UInt8(truncatingIfNeeded: below(17)))
            case .ib, .sib: result.append(UInt8(truncatingIfNeeded: value()))
            case .iw: result += little(chance(1, of: 8) ? value() : below(64), 2)
            case .iz, .iv: result += little(value(), operand32 ? 4 : 2)
            case .ob, .ov:
                result += little(place() &- bases[Int(segment ?? 3)], address32 ? 4 : 2)
            case .ap:
                let selector = farSelector(isCall: row.mnemonic == "call far")
                let offset = farOffset(selector, isCall: row.mnemonic == "call far")
                result += little(offset, operand32 ? 4 : 2) + little(selector, 2)
                changesSegments = true
            default: break
            }
        }
        return result
    }
}
