@testable import Processor

/// A generator whose sequence depends on its seed only: SplitMix64 (Steele, Lea, Flood 2014).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

/// Makes random instructions that a user program may execute, with operands that favour edges.
struct RandomCases {
    var random: SeededGenerator
    private let rows: [Int]

    /// Instructions that need privileges, other segments or devices, or whose result the host decides.
    private static let excluded: Set<String> = [
        "cli", "sti", "hlt", "in", "out", "ins", "outs", "int", "int3", "int1", "into", "iret|iretd", "retf",
        "call far",
        "jmp far", "les", "lds", "lss", "lfs", "lgs", "popf|popfd", "esc", "wait", "lar", "lsl", "verr", "verw", "sldt",
        "str",
        "sgdt", "sidt", "smsw", "lmsw", "lgdt", "lidt", "lldt", "ltr", "invlpg", "clts", "invd", "wbinvd", "wrmsr",
        "rdtsc",
        "rdmsr", "rdpmc", "sysenter", "sysexit", "cpuid", "rsm", "(bad)",
    ]

    init(seed: UInt64, only mnemonics: Set<String> = []) {
        random = SeededGenerator(seed: seed)
        let segments: [OperandKind] = [.sw, .es, .cs, .ss, .ds, .fs, .gs, .cd, .dd, .td]
        rows = OpcodeTable.rows.indices.filter { index in
            let row = OpcodeTable.rows[index]
            // Without the feature, processors differ in what they make of `prefetchw` of a register.
            let isPrefetch = row.map == 1 && row.opcode == 0x0D
            // Without an FPU there is nothing to compare.
            let isVector =
                row.prefix != nil
                || [row.register, row.memory].contains { $0.rawValue >= Operation.firstX87.rawValue }
            return !isPrefetch && !isVector && !Self.excluded.contains(row.mnemonic)
                && !row.operands.contains(where: segments.contains)
                && (mnemonics.isEmpty || mnemonics.contains(row.mnemonic))
        }
    }

    private mutating func chance(_ part: Int, of whole: Int) -> Bool {
        Int.random(in: 0..<whole, using: &random) < part
    }

    private mutating func value() -> UInt32 {
        let edges: [UInt32] = [
            0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF,
        ]
        if chance(1, of: 3) { return edges.randomElement(using: &random) ?? 0 }
        if chance(1, of: 3) { return UInt32.random(in: 0..<64, using: &random) }
        return UInt32.random(in: 0...UInt32.max, using: &random)
    }

    /// The case and the row it is an instance of.
    mutating func next() -> (test: NativeProcessor.Case, row: OpcodeRow) {
        var test = NativeProcessor.Case()
        let alphabet = chance(1, of: 2) ? 2 : 256
        test.data = (0..<NativeProcessor.dataSize).map { _ in UInt8(Int.random(in: 0..<alphabet, using: &random)) }
        for index in 0..<8 { test.general[index] = value() }
        test.general[4] = NativeProcessor.data + 512 + UInt32.random(in: 0..<128, using: &random)
        test.eflags = 0x202 | UInt32.random(in: 0...UInt32.max, using: &random) & 0x8D5
        let row = OpcodeTable.rows[rows.randomElement(using: &random) ?? 0]
        var bytes: [UInt8] = []
        let isBranch =
            row.operands.contains(.jb) || row.operands.contains(.jz) || ["call", "jmp", "ret"].contains(row.mnemonic)

        if row.flags.contains(.string) {
            if chance(1, of: 3) { test.eflags |= Flag.direction }
            test.general[1] = UInt32.random(in: 0..<20, using: &random)
            for index in 6...7 {
                test.general[index] = NativeProcessor.data + UInt32.random(in: 256..<640, using: &random)
            }
            if chance(1, of: 2) { bytes.append(chance(1, of: 2) ? 0xF2 : 0xF3) }
        }
        if !isBranch && chance(1, of: 3) { bytes.append(0x66) }
        if chance(1, of: 20) { bytes.append([0x26, 0x2E, 0x36, 0x3E].randomElement(using: &random) ?? 0x26) }
        // A code segment cannot be written.
        if bytes.last == 0x2E { bytes.removeLast() }
        if chance(1, of: 20) && !isBranch { bytes.append(0xF0) }
        let wide = !bytes.contains(0x66)
        if row.map == 1 { bytes.append(0x0F) }
        bytes.append(row.opcode)

        if row.flags.contains(.modRM) { bytes += modRM(row, &test) }
        switch row.mnemonic {
        case "xlat": test.general[3] = NativeProcessor.data + 256 &- test.general[0] & 0xFF
        case "leave", "enter": test.general[5] = NativeProcessor.data + 600 + UInt32.random(in: 0..<64, using: &random)
        case "ret":
            let offset = Int(test.general[4] - NativeProcessor.data)
            let target = NativeProcessor.code + UInt32.random(in: 0..<0x800, using: &random)
            for byte in 0..<4 { test.data[offset + byte] = UInt8(truncatingIfNeeded: target >> UInt32(byte * 8)) }
        default: break
        }
        for operand in row.operands {
            switch operand {
            // Forwards, or backwards over the instruction: it must not loop for ever.
            case .jb:
                bytes.append(
                    chance(1, of: 2)
                        ? UInt8.random(in: 0..<0x70, using: &random) : UInt8.random(in: 0x80..<0xF0, using: &random))
            case .ib, .sib: bytes.append(UInt8(truncatingIfNeeded: value()))
            case .iw where row.mnemonic == "enter": bytes += [UInt8.random(in: 0..<64, using: &random), 0]
            case .iw: bytes += [UInt8.random(in: 0...255, using: &random), 0]
            case .iz, .iv:
                let immediate = value()
                for byte in 0..<(wide ? 4 : 2) {
                    bytes.append(UInt8(truncatingIfNeeded: immediate >> UInt32(byte * 8)))
                }
            case .jz:
                let distance = UInt32(
                    bitPattern: chance(1, of: 2)
                        ? Int32.random(in: 0..<0x700, using: &random) : Int32.random(in: -0x700 ... -16, using: &random)
                )
                for byte in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: distance >> UInt32(byte * 8))) }
            case .ob, .ov:
                let target = NativeProcessor.data + UInt32.random(in: 256..<512, using: &random)
                for byte in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: target >> UInt32(byte * 8))) }
            default: break
            }
        }
        test.bytes = bytes
        return (test, row)
    }

    private mutating func modRM(_ row: OpcodeRow, _ test: inout NativeProcessor.Case) -> [UInt8] {
        let reg = row.opcodeExtension ?? UInt8.random(in: 0..<8, using: &random)
        let isJump = ["call", "jmp"].contains(row.mnemonic)
        let target = NativeProcessor.code + UInt32.random(in: 0..<0x800, using: &random)
        if chance(1, of: 2) && row.register != .invalid {
            var rm = UInt8.random(in: 0..<8, using: &random)
            // A call through ESP would push into the code.
            if isJump && rm == 4 { rm = 0 }
            if isJump { test.general[Int(rm)] = target }
            return [0xC0 | reg << 3 | rm]
        }
        let place = NativeProcessor.data + UInt32.random(in: 256..<512, using: &random)
        if isJump {
            for byte in 0..<4 {
                test.data[Int(place - NativeProcessor.data) + byte] = UInt8(
                    truncatingIfNeeded: target >> UInt32(byte * 8))
            }
        }
        let isBitString = ["bt", "bts", "btr", "btc"].contains(row.mnemonic) && row.opcodeExtension == nil
        if isBitString { test.general[Int(reg)] = UInt32(bitPattern: Int32.random(in: -900..<900, using: &random)) }
        // Strings of bits and the stack pointer fix registers: let the displacement make up for whatever they hold.
        let mod: UInt8 = isBitString || row.mnemonic == "pop" ? 2 : UInt8.random(in: 0..<3, using: &random)
        let base = UInt8.random(in: 0..<8, using: &random)
        var index: UInt8 = 4
        var scale: UInt8 = 0
        var bytes: [UInt8] = []
        var withoutBase = false
        if base == 4 || chance(1, of: 4) {
            index = UInt8.random(in: 0..<8, using: &random)
            scale = UInt8.random(in: 0..<4, using: &random)
            bytes = [mod << 6 | reg << 3 | 4, scale << 6 | index << 3 | base]
        } else {
            bytes = [mod << 6 | reg << 3 | base]
        }
        withoutBase = base == 5 && mod == 0
        let indexed = index == 4 ? 0 : test.general[Int(index)] << UInt32(scale)
        let isFixed = base == 4 || base == index || isBitString && base == reg
        if mod == 2 || withoutBase {
            // `pop` computes the address with ESP after it has moved; the window has room for that.
            append(place &- indexed &- (withoutBase ? 0 : test.general[Int(base)]), to: &bytes)
        } else if isFixed {
            bytes[0] = bytes[0] & 0x3F | 0x80
            append(place &- indexed &- test.general[Int(base)], to: &bytes)
        } else {
            let displacement = mod == 1 ? Int8.random(in: .min ... .max, using: &random) : 0
            test.general[Int(base)] = place &- indexed &- UInt32(bitPattern: Int32(displacement))
            if mod == 1 { bytes.append(UInt8(bitPattern: displacement)) }
        }
        return bytes
    }

    private func append(_ value: UInt32, to bytes: inout [UInt8]) {
        for byte in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: value >> UInt32(byte * 8))) }
    }
}
