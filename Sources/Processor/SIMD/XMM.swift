/// The contents of an XMM register, or of an MMX register with zeros above it.
///
/// **Constraint.** The same 128 bits are sixteen bytes to one instruction and two double-precision numbers to the next,
/// and an instruction on them should cost the interpreter little more than its dispatch.
///
/// **Choice.** One trivial value with views as vectors of Swift's standard library. The lane arithmetic
/// (`PackedArithmetic`, `PackedShifts`, `PackedShuffles`) is pure functions from values to values, written so that LLVM
/// finds the vector instruction of the host: `addingUnsignedSaturated` is one `paddusb` on x86-64 and one `uqadd` on
/// ARM. MMX instructions are the same functions on a value whose upper half is zero, of whose result the lower half is
/// kept.
///
/// **Example.** `paddusw mm1, [ebx]` reads 8 bytes, adds as `paddusw xmm` does, and writes the low quadword to MM1.
public struct XMM: Equatable, Sendable {
    /// Bits 0-63 and 64-127.
    public var quadwords: SIMD2<UInt64>

    @inline(__always)
    public init(_ low: UInt64 = 0, _ high: UInt64 = 0) { quadwords = SIMD2(low, high) }
    @inline(__always)
    init(_ quadwords: SIMD2<UInt64>) { self.quadwords = quadwords }

    // All views are vectors of 16 bytes without padding, for which every bit pattern is a value: the casts are valid.
    @inline(__always)
    init(_ bytes: SIMD16<UInt8>) { quadwords = unsafeBitCast(bytes, to: SIMD2<UInt64>.self) }
    @inline(__always)
    init(_ words: SIMD8<UInt16>) { quadwords = unsafeBitCast(words, to: SIMD2<UInt64>.self) }
    @inline(__always)
    init(_ doublewords: SIMD4<UInt32>) { quadwords = unsafeBitCast(doublewords, to: SIMD2<UInt64>.self) }
    @inline(__always)
    init(_ bytes: SIMD16<Int8>) { quadwords = unsafeBitCast(bytes, to: SIMD2<UInt64>.self) }
    @inline(__always)
    init(_ words: SIMD8<Int16>) { quadwords = unsafeBitCast(words, to: SIMD2<UInt64>.self) }
    @inline(__always)
    init(_ doublewords: SIMD4<Int32>) { quadwords = unsafeBitCast(doublewords, to: SIMD2<UInt64>.self) }
    @inline(__always)
    init(_ singles: SIMD4<Float>) { quadwords = unsafeBitCast(singles, to: SIMD2<UInt64>.self) }
    @inline(__always)
    init(_ doubles: SIMD2<Double>) { quadwords = unsafeBitCast(doubles, to: SIMD2<UInt64>.self) }

    @inline(__always)
    var bytes: SIMD16<UInt8> { unsafeBitCast(quadwords, to: SIMD16<UInt8>.self) }
    @inline(__always)
    var words: SIMD8<UInt16> { unsafeBitCast(quadwords, to: SIMD8<UInt16>.self) }
    @inline(__always)
    var doublewords: SIMD4<UInt32> { unsafeBitCast(quadwords, to: SIMD4<UInt32>.self) }
    @inline(__always)
    var signedBytes: SIMD16<Int8> { unsafeBitCast(quadwords, to: SIMD16<Int8>.self) }
    @inline(__always)
    var signedWords: SIMD8<Int16> { unsafeBitCast(quadwords, to: SIMD8<Int16>.self) }
    @inline(__always)
    var signedDoublewords: SIMD4<Int32> { unsafeBitCast(quadwords, to: SIMD4<Int32>.self) }
    @inline(__always)
    var singles: SIMD4<Float> { unsafeBitCast(quadwords, to: SIMD4<Float>.self) }
    @inline(__always)
    var doubles: SIMD2<Double> { unsafeBitCast(quadwords, to: SIMD2<Double>.self) }

    /// Bits 0-63.
    @inline(__always)
    public var low: UInt64 {
        get { quadwords.x }
        set { quadwords.x = newValue }
    }

    /// Bits 64-127.
    @inline(__always)
    public var high: UInt64 {
        get { quadwords.y }
        set { quadwords.y = newValue }
    }

    /// Bits 0-31.
    @inline(__always)
    var low32: UInt32 {
        get { UInt32(truncatingIfNeeded: low) }
        set { low = low & ~0xFFFF_FFFF | UInt64(newValue) }
    }

    /// Of `self` where `mask` is one and of `other` where it is zero.
    @inline(__always)
    func selected(by mask: XMM, or other: XMM) -> XMM {
        XMM(quadwords & mask.quadwords | other.quadwords & ~mask.quadwords)
    }
}

/// The bits of a comparison's result: all ones in the lanes for which it is true. A mask is a vector of signed integers
/// of the lanes' size, of which it is documented that true is -1, so the cast is valid.
@inline(__always)
func laneMask<Lanes>(_ mask: SIMDMask<Lanes>) -> XMM {
    XMM(unsafeBitCast(mask, to: SIMD2<UInt64>.self))
}
