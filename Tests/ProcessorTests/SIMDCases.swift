import RandomTestSupport

@testable import Processor

/// Makes random MMX, SSE and SSE2 instructions with operands that favour edges, for both the host's processor and ours.
struct SIMDCases {
    var random: SplitMix64
    /// What cases are made of.
    let rows: [OpcodeRow]

    /// Their results are the processor's own affair (`SIMDReciprocalTests`), or need a case of their own.
    private static let excluded: Set<String> = ["rcpps", "rcpss", "rsqrtps", "rsqrtss", "fxsave", "fxrstor"]

    init(seed: UInt64, only mnemonics: Set<String> = []) {
        random = SplitMix64(seed: seed)
        rows = OpcodeTable.rows.filter { row in
            let isSIMD = [row.register, row.memory].contains {
                $0.rawValue >= Operation.firstSIMD.rawValue && $0.rawValue < Operation.repeatString.rawValue
            }
            return isSIMD && !Self.excluded.contains(row.mnemonic)
                && (mnemonics.isEmpty || mnemonics.contains(row.mnemonic))
        }
    }

    mutating func chance(_ part: Int, of whole: Int) -> Bool { Int.random(in: 0..<whole, using: &random) < part }

    // MARK: Operands

    private static let singles: [UInt32] = [
        0, 1, 2, 0x40_0000, 0x7F_FFFF, 0x80_0000, 0x80_0001, 0xFF_FFFF, 0x100_0000, 0x3F80_0000, 0x3F80_0001,
        0x3F7F_FFFF,
        0x4000_0000, 0x3F00_0000, 0x3FC0_0000, 0x4040_0000, 0x4B00_0000, 0x4B00_0001, 0x4AFF_FFFF, 0x4B80_0000,
        0x4EFF_FFFF, 0x4F00_0000, 0x4F00_0001, 0x4F80_0000, 0x7F7F_FFFF, 0x7F00_0000, 0x7F80_0000, 0x7F80_0001,
        0x7FA0_1234,
        0x7FBF_FFFF, 0x7FC0_0000, 0x7FC0_4321, 0x7FFF_FFFF, 0x3EFF_FFFF, 0x3F00_0001, 0x4020_0000, 0x1F80_0000,
        0x2000_0000,
        0x5F80_0000,
    ]
    private static let doubles: [UInt64] = [
        0, 1, 2, 0x8_0000_0000_0000, 0xF_FFFF_FFFF_FFFF, 0x10_0000_0000_0000, 0x10_0000_0000_0001, 0x20_0000_0000_0000,
        0x3FF0_0000_0000_0000, 0x3FF0_0000_0000_0001, 0x3FEF_FFFF_FFFF_FFFF, 0x4000_0000_0000_0000,
        0x3FE0_0000_0000_0000,
        0x3FF8_0000_0000_0000, 0x4008_0000_0000_0000, 0x4330_0000_0000_0000, 0x4330_0000_0000_0001,
        0x4340_0000_0000_0000,
        0x41DF_FFFF_FFC0_0000, 0x41DF_FFFF_FFDF_FFFF, 0x41DF_FFFF_FFE0_0000, 0x41DF_FFFF_FFFF_FFFF,
        0x41E0_0000_0000_0000,
        0xC1E0_0000_0000_0000, 0xC1E0_0000_0010_0000, 0xC1E0_0000_001F_FFFF, 0xC1E0_0000_0020_0000,
        0x7FEF_FFFF_FFFF_FFFF,
        0x7FF0_0000_0000_0000, 0x7FF0_0000_0000_0001, 0x7FF4_0000_1234_5678, 0x7FF7_FFFF_FFFF_FFFF,
        0x7FF8_0000_0000_0000,
        0x7FF8_0000_DEAD_BEEF, 0x7FFF_FFFF_FFFF_FFFF, 0x47EF_FFFF_E000_0000, 0x47EF_FFFF_F000_0000,
        0x47EF_FFFF_EFFF_FFFF,
        0x3810_0000_0000_0000, 0x380F_FFFF_FFFF_FFFF, 0x380F_FFFF_F000_0000, 0x380F_FFFF_E000_0000,
        0x36A0_0000_0000_0000,
        0x3690_0000_0000_0000, 0x3690_0000_0000_0001, 0x3FDF_FFFF_FFFF_FFFF, 0x1FF0_0000_0000_0000,
        0x2000_0000_0000_0000,
    ]

    private mutating func single() -> UInt32 {
        let bits = UInt32.random(in: 0...UInt32.max, using: &random)
        switch Int.random(in: 0..<8, using: &random) {
        case 0, 1, 2: return Self.singles[Int.random(in: 0..<Self.singles.count, using: &random)] | bits & 1 << 31
        // A short significand, whose products and quotients are often exact or halfway.
        case 3: return bits & 0xFFF0_0000
        // Of moderate size.
        case 4, 5: return bits & 0x83FF_FFFF | 0x3C00_0000
        case 6: return bits & 0x807F_FFFF | UInt32.random(in: 0..<3, using: &random) << 23
        default: return bits
        }
    }

    private mutating func double() -> UInt64 {
        let bits = UInt64.random(in: 0...UInt64.max, using: &random)
        switch Int.random(in: 0..<9, using: &random) {
        case 0, 1, 2: return Self.doubles[Int.random(in: 0..<Self.doubles.count, using: &random)] | bits & 1 << 63
        case 3: return bits & 0xFFFF_FF00_0000_0000
        case 4: return bits & 0x807F_FFFF_FFFF_FFFF | 0x3F80_0000_0000_0000
        // Where singles begin and end, and where doublewords do.
        case 5: return bits & 0x800F_FFFF_FFFF_FFFF | UInt64.random(in: 0x367...0x382, using: &random) << 52
        case 6: return bits & 0x800F_FFFF_E000_0000 | UInt64.random(in: 0x3FC...0x422, using: &random) << 52
        case 7: return bits & 0x800F_FFFF_FFFF_FFFF | UInt64.random(in: 0..<3, using: &random) << 52
        default: return bits
        }
    }

    private mutating func integers() -> UInt64 {
        let edges: [UInt64] = [
            0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF,
            0x7FFF_7FFF_8000_8000,
            0x8000_8000_8000_8000, 0x7F80_FF00_0180_7F80, 0x00FF_0100_FF00_7FFF, ~0,
        ]
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return edges[Int.random(in: 0..<edges.count, using: &random)]
        case 1: return UInt64.random(in: 0..<80, using: &random)
        default: return UInt64.random(in: 0...UInt64.max, using: &random)
        }
    }

    /// 16 bytes of one kind of value.
    mutating func operand() -> XMM {
        switch Int.random(in: 0..<5, using: &random) {
        case 0, 1: XMM(SIMD4(single(), single(), single(), single()))
        case 2, 3: XMM(double(), double())
        default: XMM(integers(), integers())
        }
    }

    /// Everything masked most of the time; every rounding mode, flags set before or not.
    mutating func mxcsr() -> UInt32 {
        let bits = UInt32.random(in: 0...0xFFFF, using: &random)
        let flags: UInt32 = chance(1, of: 3) ? bits & 0x3F : chance(1, of: 2) ? MXCSR.precision : 0
        let masks: UInt32 = chance(2, of: 3) ? 0x1F80 : chance(1, of: 2) ? 0x1F80 & ~(bits & bits >> 4) : bits & 0x1F80
        let rounding = chance(1, of: 2) ? 0 : bits & 0x6000
        let modes = chance(1, of: 2) ? 0 : bits & (MXCSR.denormalsAreZeros | MXCSR.flushToZero)
        return flags | masks | rounding | modes
    }

    mutating func fillData(_ data: UnsafeMutableRawBufferPointer) {
        for offset in stride(from: 0, to: data.count, by: 16) {
            data.storeBytes(of: operand().quadwords, toByteOffset: offset, as: SIMD2<UInt64>.self)
        }
    }

    // MARK: Cases

    /// The next case, and the row that it is an instance of.
    mutating func next() -> (test: NativeCase, row: OpcodeRow) {
        let row = rows[Int.random(in: 0..<rows.count, using: &random)]
        var test = NativeCase()
        for index in 0..<8 where index != 4 {
            test.general[index] =
                chance(1, of: 2)
                ? UInt32(truncatingIfNeeded: integers()) : UInt32.random(in: 0...UInt32.max, using: &random)
        }
        test.eflags = 0x202 | UInt32.random(in: 0...UInt32.max, using: &random) & 0x8D5
        if chance(1, of: 16) { test.eflags |= Flag.alignmentCheck }
        setState(&test.fx)
        test.setCode(code(row, &test))
        return (test, row)
    }

    mutating func setState(_ image: inout FXImage) {
        image.mxcsr = mxcsr()
        for index in 0..<8 {
            let value = operand()
            image.setXMM(index, low: value.low, high: value.high)
        }
        // Some pairs are nearly the same.
        if chance(1, of: 4) {
            let (low, high) = image.xmm(0)
            image.setXMM(1, low: low ^ (chance(1, of: 2) ? 1 << 63 : 0), high: high ^ integers() & 0xFF)
        }
        let isPending = chance(1, of: 40)
        image.control = isPending ? 0x0340 : 0x037F
        let summary = X87Status.errorSummary | X87Status.busy
        image.status = UInt16.random(in: 0...0xFFFF, using: &random) & 0x787F & ~(isPending ? 0 : 0x3F)
        if image.status & 0x3F != 0 { image.status |= summary }
        image.validRegisters = UInt8.random(in: 0...255, using: &random)
        for index in 0..<8 {
            let signExponent = UInt16.random(in: 0...0xFFFF, using: &random)
            image.setST(index, significand: operand().low, signExponent: signExponent)
        }
    }

    private mutating func code(_ row: OpcodeRow, _ test: inout NativeCase) -> [UInt8] {
        var bytes: [UInt8] = []
        if let prefix = row.prefix?.byte { bytes.append(prefix) }
        bytes += [0x0F, row.opcode]
        if row.flags.contains(.modRM) {
            let reg = row.opcodeExtension ?? UInt8.random(in: 0..<8, using: &random)
            // ESP is left alone.
            let general: Set<OperandKind> = [.gd]
            let field = row.operands.contains(where: general.contains) && reg == 4 ? 0 : reg
            let isMemory =
                row.register == .invalid || row.memory != .invalid && chance(1, of: 2)
            if isMemory {
                bytes.append(field << 3 | 5)
                let target = memoryAddress()
                for shift in 0..<4 as Range<UInt32> { bytes.append(UInt8(truncatingIfNeeded: target >> (shift * 8))) }
            } else {
                let rm = UInt8.random(in: 0..<8, using: &random)
                let isGeneral = row.operands.contains(.ed) || row.operands.contains(.rdMw)
                bytes.append(0xC0 | field << 3 | (isGeneral && rm == 4 ? 0 : rm))
            }
        }
        if row.operands.contains(.ib) {
            let count =
                chance(1, of: 2) ? UInt8.random(in: 0..<72, using: &random) : UInt8.random(in: 0...255, using: &random)
            bytes.append(count)
        }
        switch row.mnemonic {
        case "maskmovq", "maskmovdqu": test.general[7] = memoryAddress()
        case "ldmxcsr":
            // The doubleword at the address, unless it is out of bounds.
            let target = UInt32(bytes[3]) | UInt32(bytes[4]) << 8 | UInt32(bytes[5]) << 16 | UInt32(bytes[6]) << 24
            test.poke(target, chance(1, of: 8) ? UInt32.random(in: 0...UInt32.max, using: &random) : mxcsr())
        default: break
        }
        return bytes
    }

    /// Mostly aligned and in the writable pages; sometimes across the border to the page that can only be read, across
    /// the end of that, or before the first.
    private mutating func memoryAddress() -> UInt32 {
        let offset = UInt32.random(in: 0..<NativeProcessor.writableSize / 16, using: &random) * 16
        switch Int.random(in: 0..<32, using: &random) {
        case 0: return NativeProcessor.data + UInt32.random(in: 0x0FF0...0x1010, using: &random)
        case 1: return NativeProcessor.data + UInt32.random(in: 0x1FF0...0x2010, using: &random)
        case 2: return NativeProcessor.data + UInt32.random(in: 0x2FF0...0x3010, using: &random)
        case 3: return NativeProcessor.data - UInt32.random(in: 1...16, using: &random)
        case 4, 5: return NativeProcessor.data + offset + UInt32.random(in: 0..<16, using: &random)
        default: return NativeProcessor.data + offset
        }
    }
}
