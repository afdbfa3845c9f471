/// Which of `bt`, `bts`, `btr`, `btc`.
enum BitOperation {
    case test, set, reset, complement
}

/// Bit tests and scans.
///
/// Only CF is defined after a bit test; the other flags stay. Only ZF is defined after a scan.
extension Core {
    /// CF becomes bit `index` of `value`; returns `value` with that bit changed.
    @inline(__always)
    func bitTest<T: Operand>(_ operation: BitOperation, _ value: T, _ index: T) -> T {
        let mask: T = 1 &<< index
        flags.carry = value & mask != 0
        switch operation {
        case .test: return value
        case .set: return value | mask
        case .reset: return value & ~mask
        case .complement: return value ^ mask
        }
    }

    @inline(__always)
    func bitTestRegister<T: Operand>(_ operation: BitOperation, _ index: T, _ instruction: InstructionPointer) {
        let result = bitTest(operation, get(instruction.pointee.rm), index & T(T.bitWidth - 1))
        if operation != .test { set(instruction.pointee.rm, result) }
    }

    /// The bit is in the memory operand itself.
    @inline(__always)
    func bitTestMemory<T: Operand>(
        _ operation: BitOperation, _ index: T, _ offset: UInt32, _ instruction: InstructionPointer
    ) throws(Fault) {
        let index = index & T(T.bitWidth - 1)
        if operation == .test {
            _ = bitTest(operation, try read(instruction.pointee.segment, offset), index)
        } else {
            try modify(instruction.pointee.segment, offset, isFlat: instruction.pointee.isFlat) {
                bitTest(operation, $0, index)
            }
        }
    }

    /// With a register as index, memory is a string of bits: the index is signed and reaches beyond the operand.
    @inline(__always)
    func bitTestString<T: Operand>(
        _ operation: BitOperation, _: T.Type, _ instruction: InstructionPointer
    ) throws(Fault) {
        let index: T = get(instruction.pointee.reg)
        let elements = Int32(bitPattern: signExtended(index)) >> (T.bitWidth == 32 ? 5 : 4)
        let distance = UInt32(bitPattern: elements) &* UInt32(MemoryLayout<T>.size)
        let offset = address(instruction) &+ distance
        try bitTestMemory(operation, index, instruction.pointee.is32BitAddress ? offset : offset & 0xFFFF, instruction)
    }

    /// The number of the lowest bit that is set; the destination stays if there is none.
    @inline(__always)
    func bitScanForward<T: Operand>(_ destination: UInt8, _ value: T) {
        scanned(value)
        if value != 0 { set(destination, T(truncatingIfNeeded: value.trailingZeroBitCount)) }
    }

    @inline(__always)
    func bitScanReverse<T: Operand>(_ destination: UInt8, _ value: T) {
        scanned(value)
        if value != 0 { set(destination, T(truncatingIfNeeded: T.bitWidth - 1 - value.leadingZeroBitCount)) }
    }

    /// ZF: nothing was found. The others keep their values.
    @inline(__always)
    private func scanned<T: Operand>(_ value: T) {
        var bits = flags
        bits.zero = value == 0 ? 0 : 1
        flags = bits
    }

    @inline(__always)
    func byteSwap32(_ field: UInt8) {
        setRegister(field, register(field).byteSwapped)
    }
}
