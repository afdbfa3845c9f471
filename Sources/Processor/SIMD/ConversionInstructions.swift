/// `cvt...`: conversions between integers, singles and doubles. Those with an MMX register switch the FPU to MMX, and
/// have done so when they raise an exception of SSE; an MMX operand in memory switches nothing.
extension Core {
    @inline(never)
    func convert(_ instruction: InstructionPointer) throws(Fault) {
        let reg = instruction.pointee.reg
        let register = Int(reg & 7)
        var float = FloatOperation(mxcsr)
        switch instruction.pointee.operation {
        // From integers.
        case .cvtsi2ss:
            let result = float.float(try sourceGeneral(instruction), SingleLane.self)
            try finish(float)
            state.pointee.xmm[register].low32 = result
        case .cvtsi2sd:
            let integer = Int32(bitPattern: try sourceGeneral(instruction))
            state.pointee.xmm[register].low = Double(integer).bitPattern
        case .cvtpi2ps:
            let source = try sourceMMX(instruction)
            let low = float.float(UInt32(truncatingIfNeeded: source), SingleLane.self)
            let high = float.float(UInt32(truncatingIfNeeded: source >> 32), SingleLane.self)
            if !isInMemory(instruction) { state.pointee.x87.enterMMX() }
            try finish(float)
            state.pointee.xmm[register].low = UInt64(high) << 32 | UInt64(low)
        case .cvtpi2pd:
            setXMM(reg, Self.doubles(try sourceMMX(instruction)))
            if !isInMemory(instruction) { state.pointee.x87.enterMMX() }
        case .cvtdq2pd:
            setXMM(reg, Self.doubles(try source64(instruction)))
        case .cvtdq2ps:
            let source = try source128(instruction).doublewords
            var result = SIMD4<UInt32>()
            for lane in 0..<4 { result[lane] = float.float(source[lane], SingleLane.self) }
            try finish(float)
            setXMM(reg, XMM(result))

        // To integers.
        case .cvtss2si, .cvttss2si:
            let truncates = instruction.pointee.operation == .cvttss2si
            let result = float.integer(try source32(instruction), truncates: truncates, SingleLane.self)
            try finish(float)
            setRegister(reg, result)
        case .cvtsd2si, .cvttsd2si:
            let truncates = instruction.pointee.operation == .cvttsd2si
            let result = float.integer(try source64(instruction), truncates: truncates, DoubleLane.self)
            try finish(float)
            setRegister(reg, result)
        case .cvtps2pi, .cvttps2pi:
            let truncates = instruction.pointee.operation == .cvttps2pi
            let source = try source64(instruction)
            let low = float.integer(UInt32(truncatingIfNeeded: source), truncates: truncates, SingleLane.self)
            let high = float.integer(UInt32(truncatingIfNeeded: source >> 32), truncates: truncates, SingleLane.self)
            state.pointee.x87.enterMMX()
            try finish(float)
            setMMX(reg, UInt64(high) << 32 | UInt64(low))
        case .cvtpd2pi, .cvttpd2pi:
            let truncates = instruction.pointee.operation == .cvttpd2pi
            let result = float.integers(try source128(instruction), truncates: truncates)
            state.pointee.x87.enterMMX()
            try finish(float)
            setMMX(reg, result)
        case .cvtpd2dq, .cvttpd2dq:
            let truncates = instruction.pointee.operation == .cvttpd2dq
            let result = float.integers(try source128(instruction), truncates: truncates)
            try finish(float)
            setXMM(reg, XMM(result))
        case .cvtps2dq, .cvttps2dq:
            let truncates = instruction.pointee.operation == .cvttps2dq
            let source = try source128(instruction).doublewords
            var result = SIMD4<UInt32>()
            for lane in 0..<4 { result[lane] = float.integer(source[lane], truncates: truncates, SingleLane.self) }
            try finish(float)
            setXMM(reg, XMM(result))

        // Between the formats.
        case .cvtss2sd:
            let result = float.double(try source32(instruction))
            try finish(float)
            state.pointee.xmm[register].low = result
        case .cvtsd2ss:
            let result = float.single(try source64(instruction))
            try finish(float)
            state.pointee.xmm[register].low32 = result
        case .cvtps2pd:
            let source = try source64(instruction)
            let low = float.double(UInt32(truncatingIfNeeded: source))
            let high = float.double(UInt32(truncatingIfNeeded: source >> 32))
            try finish(float)
            setXMM(reg, XMM(low, high))
        case .cvtpd2ps:
            let source = try source128(instruction)
            let low = float.single(source.low)
            let high = float.single(source.high)
            try finish(float)
            setXMM(reg, XMM(UInt64(high) << 32 | UInt64(low)))
        default: throw .invalidOpcode
        }
    }

    /// Two doubleword integers as doubles: always exact.
    @inline(__always)
    private static func doubles(_ integers: UInt64) -> XMM {
        let low = Int32(truncatingIfNeeded: integers)
        let high = Int32(truncatingIfNeeded: integers >> 32)
        return XMM(Double(low).bitPattern, Double(high).bitPattern)
    }
}

extension FloatOperation {
    /// Two doubles as doubleword integers.
    @inline(__always)
    mutating func integers(_ doubles: XMM, truncates: Bool) -> UInt64 {
        let low = integer(doubles.low, truncates: truncates, DoubleLane.self)
        let high = integer(doubles.high, truncates: truncates, DoubleLane.self)
        return UInt64(high) << 32 | UInt64(low)
    }
}
