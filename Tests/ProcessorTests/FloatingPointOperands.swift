@testable import Processor

/// Operands that favour the edges of the formats.
struct FloatingPointOperands {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed | 1
    }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state &* 0x2545_F491_4F6C_DD1D
    }

    /// A number from 0 to `count` - 1.
    mutating func below(_ count: Int) -> Int {
        Int(next() >> 33) % count
    }

    /// A significand with its integer bit: few bits, many bits, a last bit near that of a shorter format, or anything.
    mutating func significand() -> UInt64 {
        switch below(8) {
        case 0: 1 << 63
        case 1: ~0
        case 2: 1 << 63 | 1 << UInt64(below(64))
        case 3: ~0 << UInt64(below(64)) | 1 << 63
        case 4: (~0 << UInt64(below(64)) ^ 1 << UInt64(below(64))) | 1 << 63
        case 5:
            next() & ~0 << UInt64([10, 11, 12, 39, 40, 41][below(6)]) | UInt64(below(3)) << UInt64(below(12)) | 1 << 63
        default: next() | 1 << 63
        }
    }

    /// Mostly numbers near 1, also those near the ends of all formats, and everything that is not a normal number.
    mutating func extended() -> Extended {
        var significand = significand()
        var exponent: Int
        switch below(18) {
        case 0: exponent = below(0x8000)
        case 1:
            exponent = 0
            if below(2) == 0 { significand >>= UInt64(below(64)) }
        case 2:
            exponent = 0x7FFF
            if below(3) == 0 { significand = 1 << 63 }
            if below(2) == 0 { significand &= ~(1 << 62) }
        case 3: exponent = 1 + below(70)
        case 4: exponent = 0x7FFE - below(70)
        case 5:
            exponent = 0
            significand = 0
        case 6:
            exponent = below(0x8000)
            significand = next()
        case 7: exponent = 0x3FFF + below(66)
        case 8: exponent = 0x3FFF - 64 + below(128)
        case 9: exponent = 0x1FFF - 20 + below(40)
        case 10: exponent = 0x5FFF - 20 + below(40)
        case 11: exponent = 0x3FFF + [127, -127, 1023, -1023][below(4)] - 3 + below(6)
        default: exponent = 0x3FFF - 4 + below(8)
        }
        exponent = min(max(exponent, 0), 0x7FFF)
        return Extended(significand: significand, signExponent: UInt16(exponent) | (below(2) == 0 ? 0x8000 : 0))
    }

    /// The bits of a number in the single or double format.
    mutating func bits(exponentBits: UInt64, fractionBits: UInt64) -> UInt64 {
        let largest = Int(1 << exponentBits) - 1
        let exponent =
            switch below(8) {
            case 0: 0
            case 1: largest
            case 2: 1 + below(30)
            case 3: largest - 1 - below(6)
            case 4: below(largest)
            default: largest / 2 - 4 + below(10)
            }
        let fraction = below(4) == 0 ? 0 : (significand() << 1) >> (64 - fractionBits)
        return (UInt64(below(2)) << exponentBits | UInt64(exponent)) << fractionBits | fraction
    }
}
