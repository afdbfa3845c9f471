@testable import Processor

/// Numbers and states for x87, MMX and SSE.
extension CaseGenerator {
    /// 80 bits: zeros, denormals, infinities, NaNs of both kinds, encodings that the 387 gave up, integers, anything.
    mutating func extended() -> (significand: UInt64, signExponent: UInt16) {
        let sign = UInt16(truncatingIfNeeded: below(2)) << 15
        let integer: UInt64 = 1 << 63
        let bits = random.next()
        switch below(16) {
        case 0: return (0, sign)
        case 1: return (integer, sign | 0x3FFF)
        case 2: return (integer, sign | 0x7FFF)
        case 3: return (integer | 1 << 62 | bits, sign | 0x7FFF)
        case 4: return (integer | bits >> 2, sign | 0x7FFF)
        // Denormals, and a pseudo-denormal now and then.
        case 5: return (chance(1, of: 4) ? integer | bits : bits >> (1 + UInt64(below(63))), sign)
        case 6: return (bits >> 1, sign | UInt16(truncatingIfNeeded: below(0x8000)))
        // At the edges of range and precision.
        case 7: return (integer | bits, sign | UInt16(truncatingIfNeeded: 1 + below(4)))
        case 8: return (integer | bits, sign | UInt16(truncatingIfNeeded: 0x7FFA + below(5)))
        case 9: return (~(bits >> 40), sign | UInt16(truncatingIfNeeded: 0x3FFF + below(70)))
        // Integers.
        case 10, 11:
            let number = UInt64(below(1 << (below(31) + 1))) | 1
            let shift = number.leadingZeroBitCount
            return (number << UInt64(shift), sign | UInt16(truncatingIfNeeded: 0x3FFF + 63 - shift))
        // Around the limits of the smaller formats.
        case 12: return (integer | bits, sign | UInt16(truncatingIfNeeded: 0x3FFF - 1080 + below(2170)))
        case 13: return (integer | bits & ~0xFFFF_FFFF_FF, sign | UInt16(truncatingIfNeeded: 0x3FFF - 160 + below(300)))
        default: return (integer | bits, sign | UInt16(truncatingIfNeeded: 0x3FF0 + below(90)))
        }
    }

    mutating func single() -> UInt32 {
        let sign = below(2) << 31
        let bits = UInt32(truncatingIfNeeded: random.next())
        switch below(12) {
        case 0: return sign
        case 1: return sign | 0x3F80_0000
        case 2: return sign | 0x7F80_0000
        case 3: return sign | 0x7FC0_0000 | bits & 0x3F_FFFF
        case 4: return sign | 0x7F80_0001 | bits & 0x3F_FFFF
        case 5: return sign | (bits & 0x7F_FFFF) >> below(23)
        case 6: return sign | 0x0080_0000 | bits & 0x7F_FFFF
        case 7: return sign | 0x7F00_0000 | bits & 0x7F_FFFF
        case 8: return Float(Int32(bitPattern: bits) >> Int32(bitPattern: below(31))).bitPattern
        // Around the limits of integers.
        case 9: return sign | 0x4E80_0000 | bits & 0x1FF_FFFF
        default: return sign | (0x3F80_0000 &- 0x600_0000 &+ bits % 0xC00_0000)
        }
    }

    mutating func double() -> UInt64 {
        let sign = UInt64(below(2)) << 63
        let bits = random.next()
        switch below(14) {
        case 0: return sign
        case 1: return sign | 0x3FF0_0000_0000_0000
        case 2: return sign | 0x7FF0_0000_0000_0000
        case 3: return sign | 0x7FF8_0000_0000_0000 | bits >> 13
        case 4: return sign | 0x7FF0_0000_0000_0001 | bits >> 13
        case 5: return sign | (bits >> 12) >> UInt64(below(52))
        case 6: return sign | 0x0010_0000_0000_0000 | bits >> 12
        case 7: return sign | 0x7FE0_0000_0000_0000 | bits >> 12
        case 8: return Double(Int64(bitPattern: bits) >> Int64(below(63))).bitPattern
        case 9: return sign | 0x41D0_0000_0000_0000 | bits >> 10
        case 10: return Double(Float(bitPattern: single())).bitPattern
        // Around the range of single precision.
        case 11: return sign | UInt64(1023 - 152 + below(280)) << 52 | bits >> 12
        default: return sign | UInt64(1023 - 40 + below(80)) << 52 | bits >> 12
        }
    }

    /// Eight bytes as packed numbers of some kind.
    mutating func packed() -> UInt64 {
        switch below(4) {
        case 0: return UInt64(single()) | UInt64(single()) << 32
        case 1: return double()
        case 2: return UInt64(value()) | UInt64(value()) << 32
        default:
            let edges: InlineArray<4, UInt64> = [
                0x7F80_00FF_8001_7FFF, 0x8000_8000_8000_8000, 0x7FFF_7FFF_7FFF_7FFF, 0xFFFF_FFFF_0000_0001,
            ]
            return chance(1, of: 3) ? edges[Int(below(4))] : random.next()
        }
    }

    /// Registers, rounding, masks and flags.
    mutating func chooseFX() {
        var fx = FXImage()
        let valid: UInt8 = chance(1, of: 3) ? 0xFF : UInt8(truncatingIfNeeded: random.next())
        fx.validRegisters = valid
        var control: UInt16 = 0x037F
        if chance(1, of: 2) { control = control & ~0x0F00 | UInt16(truncatingIfNeeded: below(16)) << 8 }
        if chance(1, of: 6) { control = control & ~0x3F | UInt16(truncatingIfNeeded: below(64)) }
        fx.control = control
        var status = UInt16(truncatingIfNeeded: below(8)) << 11
        if chance(1, of: 2) { status |= UInt16(truncatingIfNeeded: random.next()) & 0x4700 }
        if chance(1, of: 6) { status |= UInt16(truncatingIfNeeded: below(128)) }
        // A pending exception ends the case at once: rarely.
        if status & ~control & 0x3F != 0 {
            if chance(1, of: 4) { status |= 0x8080 } else { status &= ~0x3F }
        }
        fx.status = status
        for index in 0..<8 {
            if options.fx != .sse {
                let number = extended()
                fx.setST(index, significand: number.significand, signExponent: number.signExponent)
            }
            if options.fx != .x87 { fx.setXMM(index, low: packed(), high: packed()) }
        }
        var mxcsr: UInt32 = 0x1F80
        if chance(1, of: 2) { mxcsr |= below(4) << 13 }
        if chance(1, of: 5) { mxcsr |= 1 << 15 }
        if chance(1, of: 5) { mxcsr |= 1 << 6 }
        if chance(1, of: 5) { mxcsr |= below(64) }
        if chance(1, of: 8) { mxcsr &= ~(below(64) << 7) }
        fx.mxcsr = mxcsr
        test.fx = fx
    }

    /// The memory operand of an x87, MMX or SSE instruction.
    mutating func pokeNumbers(_ row: OpcodeRow, _ place: UInt32) {
        func put(_ offset: UInt32, _ value: UInt64) {
            test.poke(place &+ offset, UInt32(truncatingIfNeeded: value))
            test.poke(place &+ offset &+ 4, UInt32(truncatingIfNeeded: value >> 32))
        }
        switch row.mnemonic {
        // Bit 17 is MM, of AMD's processors only (APM vol. 1, 4.2.2).
        case "ldmxcsr": test.poke(place, (chance(1, of: 4) ? value() : value() & 0xFFFF) & ~(1 << 17))
        case "fxrstor":
            put(0, 0x037F | UInt64(below(0x4000)) << 16)
            put(24, UInt64(chance(1, of: 4) ? value() : value() & 0xFFFF) & ~(1 << 17))
        case "fldenv", "frstor":
            test.poke(place, 0x037F | value() & 0xFFFF_0F00)
            test.poke(place &+ 4, value() & 0xFFFF_7F7F)
        case "fldcw": test.poke(place, chance(1, of: 2) ? 0x037F | value() & 0xF00 : value())
        default:
            if row.operands.contains(.mt) {
                if row.mnemonic == "fbld", chance(2, of: 3) {
                    var digits: UInt64 = 0
                    for shift in 0..<16 as Range<UInt64> { digits |= UInt64(below(10)) << (shift * 4) }
                    put(0, digits)
                    put(8, UInt64(below(10) << 4 | below(10) | below(2) << 15))
                } else {
                    let number = extended()
                    put(0, number.significand)
                    put(8, UInt64(number.signExponent))
                }
            } else if row.operands.contains(.mq), row.memory.rawValue < Operation.firstSIMD.rawValue {
                put(0, chance(3, of: 4) ? double() : packed())
            } else if row.operands.contains(.md) {
                test.poke(place, chance(3, of: 4) ? single() : value())
            } else if chance(2, of: 3) {
                put(0, packed())
                put(8, packed())
            }
        }
    }
}
