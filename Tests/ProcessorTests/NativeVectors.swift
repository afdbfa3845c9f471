import Foundation
import RandomTestSupport

@testable import Processor

/// Cases with what a real processor made of them, as they lie in `NativeRunner/vectors.bin`, so that every host can
/// compare.
///
/// **Format.** "MNV1", the number of cases, then the cases. Each is three lists of words: the case as it differs from a
/// plain one (``NativeCase/init()``), the result as it differs from one in which nothing has changed, and the memory
/// that changed; then the flags that are not compared. Of a list only the runs of words that are not 0 are stored, each
/// behind the number of zeros before it and its length. Numbers are in base 128, low part first.
///
/// The file is made by `MARTLET_STORE_VECTORS=1 taskset -c 0 swift test --filter NativeVectorTests` on a host that has
/// the processor.
struct NativeVectors {
    struct Vector {
        var test: NativeCase
        var expected: NativeResult
        var undefinedFlags: UInt32
    }

    static let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "NativeRunner/vectors.bin")
    private static let magic = Array("MNV1".utf8)

    var vectors: [Vector] = []

    /// What the data pages hold before each of the cases.
    static func fillData(_ data: UnsafeMutableRawBufferPointer) {
        var random = SplitMix64(seed: 1)
        for place in stride(from: 0, to: data.count, by: 8) {
            let mask: UInt64 = place / 64 % 4 == 0 ? 0x0101_0101_0101_0101 : .max
            data.storeBytes(of: random.next() & mask, toByteOffset: place, as: UInt64.self)
        }
    }

    // MARK: Writing

    func encoded() -> [UInt8] {
        var writer = Writer(bytes: Self.magic)
        writer.number(UInt32(vectors.count))
        for vector in vectors {
            let test = Self.words(of: vector.test)
            writer.list(zip(test, Self.words(of: NativeCase())).map { $0 ^ $1 })
            let expected = Self.words(of: Self.normalized(vector.expected)).prefix(Self.resultWords)
            let unchanged = Self.words(of: Self.unchanged(vector.test)).prefix(Self.resultWords)
            writer.list(zip(expected, unchanged).map { $0 ^ $1 })
            var changes: [UInt32] = []
            for index in 0..<Int(min(vector.expected.changeCount, 192)) * 2 {
                changes.append(vector.expected.changes[index])
            }
            writer.list(changes)
            writer.number(vector.undefinedFlags)
        }
        return writer.bytes
    }

    private struct Writer {
        var bytes: [UInt8]

        mutating func number(_ value: UInt32) {
            var rest = value
            while rest > 0x7F {
                bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
                rest >>= 7
            }
            bytes.append(UInt8(truncatingIfNeeded: rest))
        }

        mutating func list(_ words: [UInt32]) {
            var runs: [(zeros: Int, words: ArraySlice<UInt32>)] = []
            var place = 0
            while let start = words[place...].firstIndex(where: { $0 != 0 }) {
                let end = words[start...].firstIndex(of: 0) ?? words.count
                runs.append((start - place, words[start..<end]))
                place = end
            }
            number(UInt32(runs.count))
            for run in runs {
                number(UInt32(run.zeros))
                number(UInt32(run.words.count))
                for word in run.words { withUnsafeBytes(of: word.littleEndian) { bytes += $0 } }
            }
        }
    }

    // MARK: Reading

    struct Malformed: Error {}

    init(vectors: [Vector]) { self.vectors = vectors }

    init(decoding bytes: [UInt8]) throws {
        var reader = Reader(bytes: bytes[...])
        guard bytes.starts(with: Self.magic) else { throw Malformed() }
        reader.bytes = reader.bytes.dropFirst(Self.magic.count)
        for _ in 0..<(try reader.number()) {
            var words = Self.words(of: NativeCase())
            try reader.change(&words)
            let test: NativeCase = Self.value(of: words, NativeCase())
            var result = Self.words(of: Self.unchanged(test))
            var head = Array(result.prefix(Self.resultWords))
            try reader.change(&head)
            result.replaceSubrange(0..<head.count, with: head)
            var expected: NativeResult = Self.value(of: result, NativeResult())
            var changes = [UInt32](repeating: 0, count: 384)
            try reader.change(&changes)
            for index in changes.indices { expected.changes[index] = changes[index] }
            vectors.append(Vector(test: test, expected: expected, undefinedFlags: try reader.number()))
        }
    }

    private struct Reader {
        var bytes: ArraySlice<UInt8>

        mutating func byte() throws -> UInt8 {
            guard let byte = bytes.popFirst() else { throw Malformed() }
            return byte
        }

        mutating func number() throws -> UInt32 {
            var result: UInt32 = 0
            for shift in stride(from: 0, to: 35, by: 7) {
                let byte = try byte()
                result |= UInt32(byte & 0x7F) << UInt32(shift)
                if byte < 0x80 { return result }
            }
            throw Malformed()
        }

        mutating func change(_ words: inout [UInt32]) throws {
            var place = 0
            for _ in 0..<(try number()) {
                place += Int(try number())
                for _ in 0..<(try number()) {
                    guard place < words.count else { throw Malformed() }
                    for shift in 0..<4 as Range<UInt32> { words[place] ^= UInt32(try byte()) << (shift * 8) }
                    place += 1
                }
            }
        }
    }

    // MARK: Words

    /// The words of a result before the list of changes.
    private static let resultWords = 148

    /// Both structures are plain words without padding.
    private static func words<T>(of value: T) -> [UInt32] {
        withUnsafeBytes(of: value) { Array($0.bindMemory(to: UInt32.self)) }
    }

    private static func value<T>(of words: [UInt32], _ initial: T) -> T {
        var value = initial
        // Valid: every bit pattern is a value, and `words` came from a value of this type.
        withUnsafeMutableBytes(of: &value) { target in words.withUnsafeBytes { target.copyMemory(from: $0) } }
        return value
    }

    private static func unchanged(_ test: NativeCase) -> NativeResult {
        var result = NativeResult()
        result.general = test.general
        result.eflags = test.eflags
        result.selectors = test.selectors
        result.eip = NativeProcessor.finish + 1
        result.vector = 3
        result.fx = test.fx
        return normalized(result)
    }

    /// Without what nobody compares.
    private static func normalized(_ result: NativeResult) -> NativeResult {
        var result = result
        var fx = FXImage()
        fx.control = result.fx.control
        fx.status = result.fx.status
        fx.validRegisters = result.fx.validRegisters
        fx.mxcsr = result.fx.mxcsr
        if fx.status & X87Status.errorSummary != 0 {
            fx.opcode = result.fx.opcode
            fx.instructionOffset = result.fx.instructionOffset
            fx.dataOffset = result.fx.dataOffset
        }
        for index in 0..<8 {
            let (number, vector) = (result.fx.st(index), result.fx.xmm(index))
            fx.setST(index, significand: number.significand, signExponent: number.signExponent)
            fx.setXMM(index, low: vector.low, high: vector.high)
        }
        result.fx = fx
        return result
    }
}

extension NativeVectors.Vector {
    /// The first instruction.
    var row: OpcodeRow? {
        let selector = test.selectors[1]
        let isBig = selector & 4 == 0 || LocalDescriptor.all[Int(selector >> 3)].isBig
        return (try? Decoder.decode(test.bytes, code32: isBig)).map { OpcodeTable.rows[Int($0.row)] }
    }

    /// In what our result differs from the stored one.
    func differences(_ actual: NativeResult) -> [String] {
        var ignored = NativeDifferences.Ignored(flags: undefinedFlags)
        ignored.approximations = CaseGenerator.approximations.contains(row?.mnemonic ?? "")
        return NativeDifferences(expected, actual, ignored).all
    }
}
