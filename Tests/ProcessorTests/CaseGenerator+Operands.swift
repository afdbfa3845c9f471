@testable import Processor

/// Memory operands in all forms, and the places they name.
extension CaseGenerator {
    /// A linear address for an operand: mostly in the data pages, often at their edges.
    mutating func place(alignment: UInt32 = 1) -> UInt32 {
        var address: UInt32
        switch below(64) {
        case 0...39: address = NativeProcessor.data + 0x100 + below(0x1E00)
        case 40...47: address = NativeProcessor.data + 0x1000 - below(20)
        case 48...51: address = NativeProcessor.data + NativeProcessor.writableSize - below(20)
        case 52, 53: address = NativeProcessor.data + NativeProcessor.dataSize - below(20)
        case 54, 55: address = NativeProcessor.data + NativeProcessor.writableSize + below(0x1000)
        case 56, 57: address = NativeProcessor.data &- below(20)
        case 58: address = value()
        default: address = NativeProcessor.data + 0x100 + below(0x1E00) & ~3
        }
        if alignment > 1, !chance(1, of: 12) { address &= ~(alignment - 1) }
        return address
    }

    /// ModRM, SIB and displacement of a memory operand at the linear address `place`; `segment` is the override.
    /// `fixed`: registers that the instruction gives a meaning of their own must have been set before.
    mutating func memoryOperand(
        reg: UInt8, place: UInt32, segment: UInt8?, address32: Bool, plain: Bool = false
    ) -> [UInt8] {
        address32
            ? memoryOperand32(reg, place, segment, plain: plain) : memoryOperand16(reg, place, segment)
    }

    private mutating func memoryOperand32(_ reg: UInt8, _ place: UInt32, _ segment: UInt8?, plain: Bool) -> [UInt8] {
        let mod: UInt8 = plain ? 2 : UInt8(truncatingIfNeeded: below(3))
        let base = register()
        var index: UInt8 = 4
        var scale: UInt8 = 0
        var sib: UInt8?
        if base == 4 || chance(1, of: 4) {
            index = register()
            scale = UInt8(truncatingIfNeeded: below(4))
            sib = scale << 6 | index << 3 | base
        }
        let withoutBase = base == 5 && mod == 0
        let usesStack = !withoutBase && (base == 4 || base == 5)
        let offset = place &- bases[Int(segment ?? (usesStack ? 2 : 3))]
        let indexed = index == 4 ? 0 : need(index) << UInt32(scale)
        var result = [mod << 6 | reg << 3 | (sib == nil ? base : 4)]
        if let sib { result.append(sib) }
        func bytes(_ value: UInt32) -> [UInt8] {
            (0..<4 as Range<UInt32>).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
        }
        if withoutBase { return result + bytes(offset &- indexed) }
        if mod == 2 || base == 4 || isPinned(base) {
            result[0] = result[0] & 0x3F | 0x80
            return result + bytes(offset &- indexed &- need(base))
        }
        let displacement = mod == 1 ? Int8(truncatingIfNeeded: below(256)) : 0
        set(base, offset &- indexed &- UInt32(bitPattern: Int32(displacement)))
        return mod == 1 ? result + [UInt8(bitPattern: displacement)] : result
    }

    private mutating func memoryOperand16(_ reg: UInt8, _ place: UInt32, _ segment: UInt8?) -> [UInt8] {
        let rm = register()
        let mod = UInt8(truncatingIfNeeded: below(3))
        let isDirect = rm == 6 && mod == 0
        let pairs: InlineArray<8, (UInt8, UInt8?)> = [
            (3, 6), (3, 7), (5, 6), (5, 7), (6, nil), (7, nil), (5, nil), (3, nil),
        ]
        let (first, second) = pairs[Int(rm)]
        let usesStack = !isDirect && first == 5
        let offset = place &- bases[Int(segment ?? (usesStack ? 2 : 3))]
        func bytes(_ value: UInt32) -> [UInt8] {
            [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)]
        }
        if isDirect { return [reg << 3 | rm] + bytes(offset) }
        var sum: UInt32 = 0
        if let second { sum = need(second) }
        if mod == 2 || isPinned(first) {
            return [0x80 | reg << 3 | rm] + bytes(offset &- sum &- need(first))
        }
        // `mod` 0 or 1; BP without displacement has been dealt with as a direct address.
        let displacement = mod == 1 ? Int8(truncatingIfNeeded: below(256)) : 0
        let low = offset &- sum &- UInt32(bitPattern: Int32(displacement))
        set(first, low & 0xFFFF | value() & 0xFFFF_0000)
        return [mod << 6 | reg << 3 | rm] + (mod == 1 ? [UInt8(bitPattern: displacement)] : [])
    }

    /// A linear address in the code pages where there is nothing but breakpoints.
    mutating func emptyCode() -> UInt32 {
        // Below a small limit: `call` beyond it differs like the far call of `farOffset`.
        test.eip >= NativeProcessor.code + 0x1000 - 128 || test.selectors[1] == LocalDescriptor.selector(13)
            ? NativeProcessor.code + 0x80 + below(0x700) : NativeProcessor.code + 0x1080 + below(0xF00)
    }

    /// Selectors of all kinds: null, flat, Linux's own, of the LDT, beyond the tables, with any RPL.
    mutating func selector(code: Bool = false) -> UInt32 {
        switch below(16) {
        case 0: return below(4)
        case 1: return code ? NativeProcessor.flatCode : NativeProcessor.flatData
        case 2: return code ? NativeProcessor.flatData : NativeProcessor.flatCode
        // Descriptors of level 0, the one with the processor's number, and beyond the end of the GDT.
        case 3: return [8, 0x10, 0x18, 0x78, 0x80, 0xFFF8][Int(below(6))] | below(4)
        case 4: return LocalDescriptor.selector(LocalDescriptor.all.count + Int(below(4)))
        case 5: return LocalDescriptor.selector(Int(below(UInt32(LocalDescriptor.all.count)))) & ~3 | below(4)
        case 6: return value() & 0x3 | LocalDescriptor.selector(Int(below(UInt32(LocalDescriptor.all.count))))
        default:
            if code, chance(3, of: 4) { return LocalDescriptor.selector(8 + Int(below(6))) }
            return LocalDescriptor.selector(Int(below(UInt32(LocalDescriptor.all.count))))
        }
    }

    /// For a far transfer. A call has its target within the limit: see ``farOffset(_:isCall:)``.
    mutating func farSelector(isCall: Bool) -> UInt32 {
        let selector = selector(code: true)
        return isCall && selector >> 3 == 13 ? selector - 8 : selector
    }

    /// Where a far transfer to `selector` may go: mostly to breakpoints. Not beyond the limit with a call: processors
    /// of AMD notice that when they have pushed the return address (in vain, as ESP stays; SDM vol. 2, CALL, checks
    /// first).
    mutating func farOffset(_ selector: UInt32, isCall: Bool = false) -> UInt32 {
        var base: UInt32 = 0
        let index = Int(selector >> 3)
        if selector & 4 != 0, LocalDescriptor.all.indices.contains(index) { base = LocalDescriptor.all[index].base }
        return !isCall && chance(1, of: 12) ? value() : emptyCode() &- base
    }
}
