import RandomTestSupport

@testable import Processor

/// Chance, and operands that favour the edges of their formats, for all comparisons with a real processor.
///
/// **Constraint.** Uniformly random bits are never zero, infinite, halfway between two numbers or at the end of a
/// range, which is where implementations differ.
///
/// **Choice.** A fraction of the operands are edges, another has few bits (so that sums and quotients are often exact
/// or halfway), another is near 1, the rest is anything. Whoever has a ``SplitMix64`` can draw them: the sequence
/// follows from its seed.
///
/// **Example.** `var operands = RandomOperands(seed: 7); let number = operands.extended()`.
protocol OperandGenerator {
    var random: SplitMix64 { get set }
}

/// Operands and nothing else.
struct RandomOperands: OperandGenerator {
    var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }
}

extension OperandGenerator {
    // MARK: Chance

    mutating func chance(_ part: UInt32, of whole: UInt32) -> Bool { below(whole) < part }

    /// A number from 0 to `bound` - 1.
    mutating func below<Number: FixedWidthInteger>(_ bound: Number) -> Number {
        Number(truncatingIfNeeded: random.next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    private mutating func element<Element>(of list: [Element]) -> Element { list[below(list.count)] }

    // MARK: Integers

    /// For a general register.
    mutating func value() -> UInt32 {
        switch below(6) {
        case 0, 1: element(of: OperandEdges.doublewords)
        case 2: below(64)
        default: UInt32(truncatingIfNeeded: random.next())
        }
    }

    /// Packed integers.
    mutating func quadword() -> UInt64 {
        switch below(5) {
        case 0: element(of: OperandEdges.quadwords)
        case 1: below(80)
        case 2: UInt64(value()) | UInt64(value()) << 32
        default: random.next()
        }
    }

    // MARK: Floating point

    /// A significand with its integer bit: few bits, many bits, a last bit near that of a shorter format, or anything.
    private mutating func significand() -> UInt64 {
        let integer: UInt64 = 1 << 63
        return switch below(8) {
        case 0: integer
        case 1: ~0
        case 2: integer | 1 << below(64 as UInt64)
        case 3: ~0 << below(64 as UInt64) | integer
        case 4: (~0 << below(64 as UInt64) ^ 1 << below(64 as UInt64)) | integer
        case 5:
            random.next() & ~0 << element(of: [10, 11, 12, 39, 40, 41] as [UInt64])
                | below(3 as UInt64) << below(12 as UInt64) | integer
        default: random.next() | integer
        }
    }

    /// 80 bits: numbers near 1 and near the ends of all formats, integers, zeros, denormals, infinities, NaNs of both
    /// kinds, and encodings that the 387 gave up.
    mutating func extended() -> Extended {
        var significand = significand()
        var exponent: Int
        switch below(20) {
        case 0: exponent = below(0x8000)
        case 1:
            // Denormals, and pseudo-denormals.
            exponent = 0
            if !chance(1, of: 4) { significand >>= 1 + below(63) }
        case 2:
            exponent = 0x7FFF
            if chance(1, of: 3) { significand = 1 << 63 }
            if chance(1, of: 2) { significand &= ~(1 << 62) }
        case 3: exponent = 1 + below(70)
        case 4: exponent = 0x7FFE - below(70)
        case 5: (exponent, significand) = (0, 0)
        case 6: (exponent, significand) = (below(0x8000), random.next())
        case 7: exponent = 0x3FFF + below(66)
        case 8: exponent = 0x3FFF - 64 + below(128)
        case 9: exponent = 0x1FFF - 20 + below(40)
        case 10: exponent = 0x5FFF - 20 + below(40)
        case 11: exponent = 0x3FFF + element(of: [127, -127, 1023, -1023]) - 3 + below(6)
        case 12, 13:
            let number: UInt64 = below(1 << (below(31) + 1)) | 1
            let shift = number.leadingZeroBitCount
            (exponent, significand) = (0x3FFF + 63 - shift, number << shift)
        default: exponent = 0x3FFF - 4 + below(8)
        }
        return Extended(significand: significand, signExponent: UInt16(exponent) | (chance(1, of: 2) ? 0x8000 : 0))
    }

    mutating func single() -> UInt32 {
        let bits = UInt32(truncatingIfNeeded: random.next())
        return switch below(10) {
        case 0, 1, 2: element(of: OperandEdges.singles) | bits & 1 << 31
        // A short significand, whose products and quotients are often exact or halfway.
        case 3: bits & 0xFFF0_0000
        // Of moderate size.
        case 4, 5: bits & 0x83FF_FFFF | 0x3C00_0000
        // Denormals and little above.
        case 6: bits & 0x807F_FFFF | below(3) << 23
        case 7: Float(Int32(bitPattern: bits) >> below(31 as Int32)).bitPattern
        default: bits
        }
    }

    mutating func double() -> UInt64 {
        let bits = random.next()
        return switch below(12) {
        case 0, 1, 2: element(of: OperandEdges.doubles) | bits & 1 << 63
        case 3: bits & 0xFFFF_FF00_0000_0000
        case 4: bits & 0x807F_FFFF_FFFF_FFFF | 0x3F80_0000_0000_0000
        // Where singles begin and end, and where doublewords do.
        case 5: bits & 0x800F_FFFF_FFFF_FFFF | (0x367 + below(0x1C)) << 52
        case 6: bits & 0x800F_FFFF_E000_0000 | (0x3FC + below(0x27)) << 52
        case 7: bits & 0x800F_FFFF_FFFF_FFFF | below(3) << 52
        case 8: Double(Int64(bitPattern: bits) >> below(63 as Int64)).bitPattern
        case 9: Double(Float(bitPattern: single())).bitPattern
        default: bits
        }
    }

    /// 16 bytes of one kind of number.
    mutating func operand() -> XMM {
        switch below(5) {
        case 0, 1: XMM(SIMD4(single(), single(), single(), single()))
        case 2, 3: XMM(double(), double())
        default: XMM(quadword(), quadword())
        }
    }

    // MARK: State

    /// Everything masked most of the time; every rounding mode, flags set before or not.
    mutating func mxcsr() -> UInt32 {
        let bits = UInt32(truncatingIfNeeded: random.next())
        let flags: UInt32 = chance(1, of: 3) ? bits & 0x3F : chance(1, of: 2) ? MXCSR.precision : 0
        let masks: UInt32 = chance(2, of: 3) ? 0x1F80 : chance(1, of: 2) ? 0x1F80 & ~(bits & bits >> 4) : bits & 0x1F80
        let rounding = chance(1, of: 2) ? 0 : bits & 0x6000
        let modes = chance(1, of: 2) ? 0 : bits & (MXCSR.denormalsAreZeros | MXCSR.flushToZero)
        return flags | masks | rounding | modes
    }

    /// All registers of x87, MMX and SSE: numbers of their formats, rounding, masks and flags.
    mutating func floatingPointState() -> FXImage {
        var state = FXImage()
        state.validRegisters = chance(1, of: 3) ? 0xFF : UInt8(truncatingIfNeeded: random.next())
        var control: UInt16 = 0x037F
        if chance(1, of: 2) { control = control & ~0x0F00 | below(16) << 8 }
        if chance(1, of: 6) { control = control & ~0x3F | below(64) }
        state.control = control
        var status: UInt16 = below(8) << 11
        if chance(1, of: 2) { status |= UInt16(truncatingIfNeeded: random.next()) & X87Status.conditions }
        if chance(1, of: 6) { status |= below(128) }
        // A pending exception ends the case at once: rarely.
        if status & ~control & 0x3F != 0 {
            if chance(1, of: 4) { status |= X87Status.errorSummary | X87Status.busy } else { status &= ~0x3F }
        }
        state.status = status
        for index in 0..<8 {
            let number = extended()
            // Now and then what an MMX instruction has left.
            let isMMX = chance(1, of: 3)
            state.setST(
                index, significand: isMMX ? operand().low : number.significand,
                signExponent: isMMX ? 0xFFFF : number.signExponent)
            let wide = operand()
            state.setXMM(index, low: wide.low, high: wide.high)
        }
        // Some pairs are nearly the same.
        if chance(1, of: 4) {
            let (low, high) = state.xmm(0)
            state.setXMM(1, low: low ^ (chance(1, of: 2) ? 1 << 63 : 0), high: high ^ quadword() & 0xFF)
        }
        state.mxcsr = mxcsr()
        return state
    }
}

/// Where the formats have edges.
private enum OperandEdges {
    static let doublewords: [UInt32] = [
        0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x1_0000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE,
        0xFFFF_FFFF, 0x8000_8000,
    ]

    static let quadwords: [UInt64] = [
        0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0xFFFF_FFFF_0000_0001,
        0x7FFF_7FFF_8000_8000, 0x8000_8000_8000_8000, 0x7FFF_7FFF_7FFF_7FFF, 0x7F80_FF00_0180_7F80,
        0x00FF_0100_FF00_7FFF, 0x7F80_00FF_8001_7FFF, ~0,
    ]

    /// Zero, denormals, powers of two and their neighbours, the ends of integers, infinity, NaNs. Of either sign.
    static let singles: [UInt32] = [
        0, 1, 2, 0x40_0000, 0x7F_FFFF, 0x80_0000, 0x80_0001, 0xFF_FFFF, 0x100_0000, 0x1F80_0000, 0x2000_0000,
        0x3EFF_FFFF, 0x3F00_0000, 0x3F00_0001, 0x3F7F_FFFF, 0x3F80_0000, 0x3F80_0001, 0x3FC0_0000, 0x4000_0000,
        0x4020_0000, 0x4040_0000, 0x4AFF_FFFF, 0x4B00_0000, 0x4B00_0001, 0x4B80_0000, 0x4EFF_FFFF, 0x4F00_0000,
        0x4F00_0001, 0x4F80_0000, 0x5F80_0000, 0x7F00_0000, 0x7F7F_FFFF, 0x7F80_0000, 0x7F80_0001, 0x7FA0_1234,
        0x7FBF_FFFF, 0x7FC0_0000, 0x7FC0_4321, 0x7FFF_FFFF,
    ]

    /// The same, and where singles and doublewords end.
    static let doubles: [UInt64] = [
        0, 1, 2, 0x8_0000_0000_0000, 0xF_FFFF_FFFF_FFFF, 0x10_0000_0000_0000, 0x10_0000_0000_0001, 0x20_0000_0000_0000,
        0x1FF0_0000_0000_0000, 0x2000_0000_0000_0000, 0x3690_0000_0000_0000, 0x3690_0000_0000_0001,
        0x36A0_0000_0000_0000, 0x380F_FFFF_E000_0000, 0x380F_FFFF_F000_0000, 0x380F_FFFF_FFFF_FFFF,
        0x3810_0000_0000_0000, 0x3FDF_FFFF_FFFF_FFFF, 0x3FE0_0000_0000_0000, 0x3FEF_FFFF_FFFF_FFFF,
        0x3FF0_0000_0000_0000, 0x3FF0_0000_0000_0001, 0x3FF8_0000_0000_0000, 0x4000_0000_0000_0000,
        0x4008_0000_0000_0000, 0x41DF_FFFF_FFC0_0000, 0x41DF_FFFF_FFDF_FFFF, 0x41DF_FFFF_FFE0_0000,
        0x41DF_FFFF_FFFF_FFFF, 0x41E0_0000_0000_0000, 0x41E0_0000_0010_0000, 0x41E0_0000_001F_FFFF,
        0x41E0_0000_0020_0000, 0x4330_0000_0000_0000, 0x4330_0000_0000_0001, 0x4340_0000_0000_0000,
        0x47EF_FFFF_E000_0000, 0x47EF_FFFF_EFFF_FFFF, 0x47EF_FFFF_F000_0000, 0x7FEF_FFFF_FFFF_FFFF,
        0x7FF0_0000_0000_0000, 0x7FF0_0000_0000_0001, 0x7FF4_0000_1234_5678, 0x7FF7_FFFF_FFFF_FFFF,
        0x7FF8_0000_0000_0000, 0x7FF8_0000_DEAD_BEEF, 0x7FFF_FFFF_FFFF_FFFF,
    ]
}
