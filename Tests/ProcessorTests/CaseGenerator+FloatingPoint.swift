@testable import Processor

/// Operands in memory for x87, MMX and SSE.
extension CaseGenerator {
    /// The memory operand of an x87, MMX or SSE instruction.
    mutating func pokeNumbers(_ row: OpcodeRow, _ place: UInt32) {
        func put(_ offset: UInt32, _ value: UInt64) {
            test.poke(place &+ offset, UInt32(truncatingIfNeeded: value))
            test.poke(place &+ offset &+ 4, UInt32(truncatingIfNeeded: value >> 32))
        }
        switch row.mnemonic {
        case "ldmxcsr": test.poke(place, storedMXCSR())
        case "fxrstor":
            put(0, 0x037F | below(0x4000) << 16)
            test.poke(place &+ 24, storedMXCSR())
        case "fldenv", "frstor":
            test.poke(place, 0x037F | value() & 0xFFFF_0F00)
            test.poke(place &+ 4, value() & 0xFFFF_7F7F)
        case "fldcw": test.poke(place, chance(1, of: 2) ? 0x037F | value() & 0xF00 : value())
        default:
            if row.operands.contains(.mt) {
                if row.mnemonic == "fbld", chance(2, of: 3) {
                    var digits: UInt64 = 0
                    for shift in 0..<16 as Range<UInt64> { digits |= below(10) << (shift * 4) }
                    put(0, digits)
                    put(8, below(10) << 4 | below(10) | below(2) << 15)
                } else {
                    let number = extended()
                    put(0, number.significand)
                    put(8, UInt64(number.signExponent))
                }
            } else if row.operands.contains(.mq), row.memory.rawValue < Operation.firstSIMD.rawValue {
                put(0, chance(3, of: 4) ? double() : quadword())
            } else if row.operands.contains(.md) {
                test.poke(place, chance(3, of: 4) ? single() : value())
            } else if chance(2, of: 3) {
                let wide = operand()
                put(0, wide.low)
                put(8, wide.high)
            }
        }
    }

    /// With reserved bits now and then; but bit 17 is MM on processors of AMD (APM vol. 1, 4.2.2).
    private mutating func storedMXCSR() -> UInt32 { chance(1, of: 6) ? value() & ~MXCSR.misaligned : mxcsr() }

    /// `fxsave`, and what overwrites the bytes that processors do not agree on: FOP and the pointers, which those of
    /// AMD do not keep up to date (see ``NativeDifferences``), and which bits MXCSR has. Only where DS is flat, and
    /// first.
    mutating func emitFXSave() {
        guard bytes.isEmpty, test.eip < NativeProcessor.codeEnd - 96, !code16, bases[3] == 0 else { return }
        let place = chance(1, of: 8) ? place() : NativeProcessor.data + 0x100 + below(0x1C0) * 16
        bytes += [0x0F, 0xAE, 0x05]
        append(place)
        bytes += [0x66, 0xC7, 0x05]
        append(place &+ 6)
        bytes += [0, 0]
        for offset in [8, 12, 16, 20, 28] as [UInt32] {
            bytes += [0xC7, 0x05]
            append(place &+ offset)
            append(0)
        }
    }
}
