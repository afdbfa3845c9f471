import RandomTestSupport
import Testing

@testable import Processor

/// The lane arithmetic, one lane at a time in wide integers.
@Suite struct SIMDLaneTests {
    private static let values: [XMM] = {
        var random = SplitMix64(seed: 3)
        let edges: [UInt64] = [
            0, ~0, 0x8000_8000_8000_8000, 0x7FFF_8000_0001_FFFF, 0x8080_7F7F_0001_00FF, 0x8000_0000_7FFF_FFFF,
            0x0101_FEFE,
        ]
        return (0..<60).map { index in
            index < edges.count
                ? XMM(edges[index], edges[(index * 3 + 1) % edges.count]) : XMM(random.next(), random.next())
        }
    }()

    private func check(
        width: UInt64, signed: Bool, _ name: String, _ operation: (XMM, XMM) -> XMM,
        _ reference: (Int64, Int64) -> Int64
    ) {
        for left in Self.values {
            for right in Self.values {
                var expected = XMM()
                for lane in 0..<128 / width {
                    let a = Self.lane(left, lane, width, signed)
                    let b = Self.lane(right, lane, width, signed)
                    let bits = UInt64(bitPattern: reference(a, b)) & ~0 >> (64 - width)
                    let shift = lane * width
                    if shift < 64 { expected.low |= bits << shift } else { expected.high |= bits << (shift - 64) }
                }
                #expect(operation(left, right) == expected, "\(name)")
            }
        }
    }

    private static func lane(_ value: XMM, _ index: UInt64, _ width: UInt64, _ signed: Bool) -> Int64 {
        let shift = index * width
        let half = shift < 64 ? value.low >> shift : value.high >> (shift - 64)
        let bits = half & ~0 >> (64 - width)
        return signed ? Int64(bitPattern: bits << (64 - width)) >> Int64(64 - width) : Int64(bitPattern: bits)
    }

    private func clamp(_ value: Int64, _ low: Int64, _ high: Int64) -> Int64 { min(max(value, low), high) }

    @Test func sums() {
        check(width: 8, signed: false, "paddb", { $0.addingBytes($1) }) { $0 + $1 }
        check(width: 16, signed: false, "paddw", { $0.addingWords($1) }) { $0 + $1 }
        check(width: 32, signed: false, "paddd", { $0.addingDoublewords($1) }) { $0 + $1 }
        check(width: 64, signed: false, "paddq", { $0.addingQuadwords($1) }) { $0 &+ $1 }
        check(width: 8, signed: false, "psubb", { $0.subtractingBytes($1) }) { $0 - $1 }
        check(width: 16, signed: false, "psubw", { $0.subtractingWords($1) }) { $0 - $1 }
        check(width: 32, signed: false, "psubd", { $0.subtractingDoublewords($1) }) { $0 - $1 }
        check(width: 64, signed: false, "psubq", { $0.subtractingQuadwords($1) }) { $0 &- $1 }
    }

    @Test func saturatedSums() {
        check(width: 8, signed: false, "paddusb", { $0.addingUnsignedSaturatedBytes($1) }) { clamp($0 + $1, 0, 255) }
        check(width: 16, signed: false, "paddusw", { $0.addingUnsignedSaturatedWords($1) }) { clamp($0 + $1, 0, 65535) }
        check(width: 8, signed: false, "psubusb", { $0.subtractingUnsignedSaturatedBytes($1) }) {
            clamp($0 - $1, 0, 255)
        }
        check(width: 16, signed: false, "psubusw", { $0.subtractingUnsignedSaturatedWords($1) }) {
            clamp($0 - $1, 0, 65535)
        }
        check(width: 8, signed: true, "paddsb", { $0.addingSignedSaturatedBytes($1) }) { clamp($0 + $1, -128, 127) }
        check(width: 16, signed: true, "paddsw", { $0.addingSignedSaturatedWords($1) }) {
            clamp($0 + $1, -32768, 32767)
        }
        check(width: 8, signed: true, "psubsb", { $0.subtractingSignedSaturatedBytes($1) }) {
            clamp($0 - $1, -128, 127)
        }
        check(width: 16, signed: true, "psubsw", { $0.subtractingSignedSaturatedWords($1) }) {
            clamp($0 - $1, -32768, 32767)
        }
    }

    @Test func productsAndExtremes() {
        check(width: 16, signed: true, "pmullw", { $0.multiplyingLow($1) }) { $0 * $1 }
        check(width: 16, signed: true, "pmulhw", { $0.multiplyingHigh($1) }) { ($0 * $1) >> 16 }
        check(width: 16, signed: false, "pmulhuw", { $0.multiplyingHighUnsigned($1) }) { ($0 * $1) >> 16 }
        check(width: 8, signed: false, "pavgb", { $0.averagingBytes($1) }) { ($0 + $1 + 1) / 2 }
        check(width: 16, signed: false, "pavgw", { $0.averagingWords($1) }) { ($0 + $1 + 1) / 2 }
        check(width: 8, signed: false, "pminub", { $0.minimumUnsignedBytes($1) }) { min($0, $1) }
        check(width: 8, signed: false, "pmaxub", { $0.maximumUnsignedBytes($1) }) { max($0, $1) }
        check(width: 16, signed: true, "pminsw", { $0.minimumSignedWords($1) }) { min($0, $1) }
        check(width: 16, signed: true, "pmaxsw", { $0.maximumSignedWords($1) }) { max($0, $1) }
        check(width: 8, signed: true, "pcmpgtb", { $0.greaterBytes($1) }) { $0 > $1 ? -1 : 0 }
        check(width: 16, signed: true, "pcmpgtw", { $0.greaterWords($1) }) { $0 > $1 ? -1 : 0 }
        check(width: 32, signed: true, "pcmpgtd", { $0.greaterDoublewords($1) }) { $0 > $1 ? -1 : 0 }
    }

    @Test func sumsOfProducts() {
        for left in Self.values {
            for right in Self.values {
                var sums = SIMD4<UInt32>()
                for lane in 0..<4 {
                    let low = Int64(left.signedWords[lane * 2]) * Int64(right.signedWords[lane * 2])
                    let high = Int64(left.signedWords[lane * 2 + 1]) * Int64(right.signedWords[lane * 2 + 1])
                    sums[lane] = UInt32(truncatingIfNeeded: low + high)
                }
                #expect(left.multiplyingAndAdding(right) == XMM(sums))
                let difference: (Range<Int>) -> UInt64 = { lanes in
                    lanes.reduce(0) { $0 + UInt64(abs(Int(left.bytes[$1]) - Int(right.bytes[$1]))) }
                }
                #expect(left.sumOfAbsoluteDifferences(right) == XMM(difference(0..<8), difference(8..<16)))
                let products = (0..<2).map { UInt64(left.doublewords[$0 * 2]) * UInt64(right.doublewords[$0 * 2]) }
                #expect(left.multiplyingDoublewords(right) == XMM(products[0], products[1]))
            }
        }
        #expect(XMM(0x8000_8000, 0).multiplyingAndAdding(XMM(0x8000_8000, 0)) == XMM(0x8000_0000, 0))
    }

    @Test("Counts beyond the width shift everything out, or the sign in")
    func shifts() {
        let value = XMM(0x8001_7FFF_1234_F00F, 0xFFFF_0000_8000_0001)
        for count in [0, 1, 7, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255, 1 << 16, 1 << 32, ~0] as [UInt64] {
            for lane in 0..<8 {
                let word = value.words[lane]
                #expect(value.shiftedLeftWords(count).words[lane] == (count > 15 ? 0 : word << count))
                #expect(value.shiftedRightWords(count).words[lane] == (count > 15 ? 0 : word >> count))
                #expect(
                    value.shiftedRightArithmeticWords(count).signedWords[lane] == value.signedWords[lane]
                        >> min(count, 15))
            }
            for lane in 0..<4 {
                let part = value.doublewords[lane]
                #expect(value.shiftedLeftDoublewords(count).doublewords[lane] == (count > 31 ? 0 : part << count))
                #expect(value.shiftedRightDoublewords(count).doublewords[lane] == (count > 31 ? 0 : part >> count))
                let sign = value.signedDoublewords[lane] >> min(count, 31)
                #expect(value.shiftedRightArithmeticDoublewords(count).signedDoublewords[lane] == sign)
            }
            #expect(value.shiftedLeftQuadwords(count).low == (count > 63 ? 0 : value.low << count))
            #expect(value.shiftedRightQuadwords(count).high == (count > 63 ? 0 : value.high >> count))
        }
        for count in 0..<256 as Range<UInt64> {
            for byte in 0..<16 as Range<UInt64> {
                let left = value.shiftedLeftBytes(count).bytes[Int(byte)]
                #expect(left == (byte >= count ? value.bytes[Int(byte - count)] : 0))
                let right = value.shiftedRightBytes(count).bytes[Int(byte)]
                #expect(right == (byte + count < 16 ? value.bytes[Int(byte + count)] : 0))
            }
        }
    }

    @Test func packsAndUnpacks() {
        for value in Self.values {
            for lane in 0..<8 as Range<UInt64> {
                let word = Int64(value.signedWords[Int(lane)])
                let signed = UInt8(truncatingIfNeeded: value.packedSignedWords >> (lane * 8))
                #expect(signed == UInt8(truncatingIfNeeded: clamp(word, -128, 127)))
                let unsigned = UInt8(truncatingIfNeeded: value.packedUnsignedWords >> (lane * 8))
                #expect(unsigned == UInt8(truncatingIfNeeded: clamp(word, 0, 255)))
            }
            for lane in 0..<4 as Range<UInt64> {
                let part = Int64(value.signedDoublewords[Int(lane)])
                let word = UInt16(truncatingIfNeeded: value.packedSignedDoublewords >> (lane * 16))
                #expect(word == UInt16(truncatingIfNeeded: clamp(part, -32768, 32767)))
            }
            #expect(value.byteSigns == (0..<16).reduce(0) { $0 | UInt32(value.bytes[$1] >> 7) << UInt32($1) })
            #expect(value.singleSigns == (0..<4).reduce(0) { $0 | (value.doublewords[$1] >> 31) << UInt32($1) })
            #expect(value.doubleSigns == UInt32(value.low >> 63) | UInt32(value.high >> 63) << 1)
        }
        let left = XMM(0x0706_0504_0302_0100, 0x0F0E_0D0C_0B0A_0908)
        let right = XMM(0x1716_1514_1312_1110, 0x1F1E_1D1C_1B1A_1918)
        #expect(left.unpackingLowBytes(right) == XMM(0x1303_1202_1101_1000, 0x1707_1606_1505_1404))
        #expect(left.unpackingHighBytes(right) == XMM(0x1B0B_1A0A_1909_1808, 0x1F0F_1E0E_1D0D_1C0C))
        #expect(left.unpackingLowWords(right) == XMM(0x1312_0302_1110_0100, 0x1716_0706_1514_0504))
        #expect(left.unpackingHighWords(right) == XMM(0x1B1A_0B0A_1918_0908, 0x1F1E_0F0E_1D1C_0D0C))
        #expect(left.unpackingLowDoublewords(right) == XMM(0x1312_1110_0302_0100, 0x1716_1514_0706_0504))
        #expect(left.unpackingHighDoublewords(right) == XMM(0x1B1A_1918_0B0A_0908, 0x1F1E_1D1C_0F0E_0D0C))
    }

    @Test func shuffles() {
        let left = XMM(SIMD4<UInt32>(0, 1, 2, 3))
        let right = XMM(SIMD4<UInt32>(4, 5, 6, 7))
        for order in 0..<256 as Range<UInt32> {
            let lanes = (0..<4 as Range<UInt32>).map { order >> ($0 * 2) & 3 }
            #expect(left.shufflingDoublewords(order) == XMM(SIMD4(lanes[0], lanes[1], lanes[2], lanes[3])))
            #expect(left.shufflingSingles(right, order) == XMM(SIMD4(lanes[0], lanes[1], lanes[2] + 4, lanes[3] + 4)))
            let words = XMM(0x0003_0002_0001_0000, 0x0007_0006_0005_0004)
            let low = words.shufflingLowWords(order)
            let high = words.shufflingHighWords(order)
            for lane in 0..<4 {
                #expect(low.words[lane] == UInt16(lanes[lane]) && low.words[lane + 4] == UInt16(lane + 4))
                #expect(high.words[lane + 4] == UInt16(lanes[lane]) + 4 && high.words[lane] == UInt16(lane))
            }
            #expect(words.word(order) == UInt16(order & 7))
            #expect(words.inserting(0xABCD, at: order).words[Int(order & 7)] == 0xABCD)
        }
    }
}
