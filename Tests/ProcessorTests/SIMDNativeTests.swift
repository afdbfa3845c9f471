import Foundation
import Testing

@testable import Processor

/// MMX, SSE and SSE2 against the processor that runs this test: registers, MXCSR, x87 tags and TOP, memory, faults.
@Suite(
    "SIMD against the host's processor",
    .enabled(if: NativeProcessor.isAvailable, "this host does not run 32-bit code, or clang is missing"), .serialized)
struct SIMDNativeTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let count = environment["MARTLET_SIMD_CASES"].flatMap { Int($0) } ?? 200_000
    private static let seed = environment["MARTLET_SEED"].flatMap { UInt64($0) } ?? 1

    @Test("Random instructions give the same results, flags and faults")
    func randomInstructions() throws {
        let native = try #require(NativeProcessor())
        let ours = try EmulatedUser(model: try #require(ProcessorModel.named("pentium4")))
        let only = Self.environment["MARTLET_SIMD_ONLY"].map { Set($0.split(separator: ",").map(String.init)) } ?? []
        var cases = SIMDCases(seed: Self.seed, only: only)
        var failures: [String: Int] = [:]
        var vectors: Set<UInt32> = []
        var executed: Set<String> = []
        for _ in 0..<max(Self.count / NativeProcessor.batchSize, 1) {
            cases.fillData(native.data)
            ours.setData(UnsafeRawBufferPointer(native.data))
            var rows: [OpcodeRow] = []
            for index in 0..<NativeProcessor.batchSize {
                let (test, row) = cases.next()
                native.cases[index] = test
                rows.append(row)
            }
            try #require(native.run(count: rows.count), "the runner has died")
            for (index, row) in rows.enumerated() {
                let expected = native.results[index]
                vectors.insert(expected.vector)
                if expected.isComplete { executed.insert(Self.name(row)) }
                let actual = ours.run(native.cases[index])
                // Processors of AMD have one bit of MXCSR more: misaligned operands are allowed (APM vol. 1, 4.2.2).
                if expected.fx.mxcsr & 1 << 17 != 0 { continue }
                let differences = NativeDifferences(expected, actual).all
                guard !differences.isEmpty else { continue }
                failures[row.mnemonic, default: 0] += 1
                if failures[row.mnemonic, default: 0] <= 2 {
                    Issue.record(
                        "\(row.mnemonic) \(Self.describe(native.cases[index])): \(differences.joined(separator: ", "))")
                }
            }
        }
        #expect(failures.isEmpty)
        // Completion, #GP, #PF, #MF, #AC and #XM have been met, and every row.
        if only.isEmpty {
            #expect(vectors.isSuperset(of: [3, 13, 14, 16, 17, 19]))
            #expect(Set(cases.rows.map(Self.name)).subtracting(executed).isEmpty)
        }
    }

    private static func name(_ row: OpcodeRow) -> String {
        "\(row.prefix?.byte ?? 0) \(row.opcode) \(row.opcodeExtension ?? 0) \(row.mnemonic)"
    }

    @Test("fxrstor loads and fxsave stores the same")
    func extendedState() throws {
        let native = try #require(NativeProcessor())
        let ours = try EmulatedUser(model: try #require(ProcessorModel.named("pentium4")))
        var cases = SIMDCases(seed: Self.seed)
        // Loads from even places, stores to odd ones.
        let slots = Int(NativeProcessor.writableSize) / 512
        for _ in 0..<8 {
            for slot in 0..<slots {
                var image = FXImage()
                cases.setState(&image)
                if slot % 6 == 0 { image.mxcsr |= 1 << 16 }
                withUnsafeBytes(of: image) {
                    UnsafeMutableRawBufferPointer(rebasing: native.data[slot * 512..<slot * 512 + 512]).copyMemory(
                        from: $0)
                }
            }
            ours.setData(UnsafeRawBufferPointer(native.data))
            for index in 0..<NativeProcessor.batchSize {
                var test = NativeCase()
                cases.setState(&test.fx)
                let slot = UInt32(index % slots)
                let target = NativeProcessor.data + slot * 512 + (index % 37 == 0 ? 8 : 0)
                let address = (0..<4 as Range<UInt32>).map { UInt8(truncatingIfNeeded: target >> ($0 * 8)) }
                test.setCode([0x0F, 0xAE, slot % 2 == 0 ? 0x0D : 0x05] + address)
                native.cases[index] = test
            }
            try #require(native.run(count: NativeProcessor.batchSize), "the runner has died")
            for index in 0..<NativeProcessor.batchSize {
                // Processors need not keep the selectors of instruction and operand: SDM vol. 1, 8.1.8.
                let expected = Self.withoutSelectors(native.results[index])
                let actual = Self.withoutSelectors(ours.run(native.cases[index]))
                #expect(NativeDifferences(expected, actual).all.isEmpty)
            }
        }
    }

    /// Without opcode, pointers and their selectors, and without the mask of MXCSR, which has one bit more on
    /// processors of AMD: what `fxsave` stores at offsets 6-23 and 28-31.
    private static func withoutSelectors(_ result: NativeResult) -> NativeResult {
        var rest = result
        rest.changeCount = 0
        for index in 0..<Int(min(result.changeCount, 192)) {
            let address = result.changes[index * 2]
            let offset = address & 511
            if offset == 4 {
                rest.noteChange(address, result.changes[index * 2 + 1] & 0xFFFF)
            } else if !(8..<24).contains(offset), offset != 28 {
                rest.noteChange(address, result.changes[index * 2 + 1])
            }
        }
        return rest
    }

    @Test("rcpps and rsqrtps agree within the bound of both, and in what is special")
    func reciprocals() throws {
        let native = try #require(NativeProcessor())
        let ours = try EmulatedUser(model: try #require(ProcessorModel.named("pentium4")))
        var cases = SIMDCases(seed: Self.seed)
        cases.fillData(native.data)
        ours.setData(UnsafeRawBufferPointer(native.data))
        // Of XMM1, and of memory at the beginning of the data pages.
        let sources: [[UInt8]] = [[0xC1], [0x05, 0, 0x30, 0x10, 0]]
        let opcodes: [[UInt8]] = [[0x0F, 0x53], [0xF3, 0x0F, 0x53], [0x0F, 0x52], [0xF3, 0x0F, 0x52]]
        let codes: [[UInt8]] = sources.flatMap { source in opcodes.map { $0 + source } }
        for _ in 0..<16 {
            for index in 0..<NativeProcessor.batchSize {
                var test = NativeCase()
                cases.setState(&test.fx)
                test.setCode(codes[index % codes.count])
                native.cases[index] = test
            }
            try #require(native.run(count: NativeProcessor.batchSize), "the runner has died")
            for index in 0..<NativeProcessor.batchSize {
                let expected = native.results[index]
                let actual = ours.run(native.cases[index])
                #expect(expected.fx.mxcsr == actual.fx.mxcsr)
                let (left, right) = (expected.fx.xmm(0), actual.fx.xmm(0))
                let wide = XMM(left.low, left.high).doublewords
                let other = XMM(right.low, right.high).doublewords
                for lane in 0..<4 where wide[lane] != other[lane] {
                    let (first, second) = (Float(bitPattern: wide[lane]), Float(bitPattern: other[lane]))
                    // Results near the denormal numbers may be flushed to zero or not.
                    let isTiny = first.magnitude < 0x1p-124 && second.magnitude < 0x1p-124
                    #expect(isTiny || abs(Double(first) / Double(second) - 1) < 3.0 / 4096)
                }
            }
        }
    }

    private static func describe(_ test: NativeCase) -> String {
        let code = test.bytes.dropLast(5).map { String($0, radix: 16) }.joined(separator: " ")
        let registers = (0..<8).map { index in
            let (low, high) = test.fx.xmm(index)
            return "\(String(high, radix: 16)):\(String(low, radix: 16))"
        }
        return "[\(code)] mxcsr \(String(test.fx.mxcsr, radix: 16)) xmm \(registers.joined(separator: " "))"
    }
}
