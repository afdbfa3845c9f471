import Foundation
import Testing

@testable import Processor

/// Results, flags and faults against the processor that runs this test.
@Suite(
    "Against the host's processor",
    .enabled(if: NativeProcessor.isAvailable, "this host does not run 32-bit code, or clang is missing"), .serialized)
struct NativeComparisonTests {
    private static let environment = ProcessInfo.processInfo.environment
    /// How many cases of a kind; `MARTLET_NATIVE_CASES` and `MARTLET_SIMD_CASES` ask for more than a test run should
    /// take.
    private static let count = environment["MARTLET_NATIVE_CASES"].flatMap { Int($0) } ?? 50_000
    private static let simdCount = environment["MARTLET_SIMD_CASES"].flatMap { Int($0) } ?? 100_000
    private static let seed = environment["MARTLET_SEED"].flatMap { UInt64($0) } ?? 1

    private static let integerRows = chosen(CaseGenerator.integerRows)
    private static let x87Rows = chosen(CaseGenerator.x87Rows)
    private static let simdRows = chosen(CaseGenerator.simdRows)
    private static let approximateRows = chosen(CaseGenerator.approximateRows)

    /// All, or those that `MARTLET_NATIVE_ONLY=MNEMONIC,MNEMONIC` names.
    private static func chosen(_ rows: [Int]) -> [Int] {
        guard let only = environment["MARTLET_NATIVE_ONLY"]?.split(separator: ",").map(String.init) else { return rows }
        return rows.filter { only.contains(OpcodeTable.rows[$0].mnemonic) }
    }

    @Test("Random sequences of integer instructions")
    func integerSequences() throws {
        try NativeComparison(seed: Self.seed, options: .init(rows: Self.integerRows)).run(Self.count)
    }

    @Test("Random sequences of x87 instructions")
    func x87Sequences() throws {
        try NativeComparison(
            seed: Self.seed, options: .init(rows: Self.x87Rows, length: 3, floatingPoint: true)
        ).run(Self.count / 2)
    }

    @Test("Random sequences of integer, x87, MMX and SSE instructions")
    func mixedSequences() throws {
        let rows = Self.integerRows + Self.x87Rows + Self.simdRows
        try NativeComparison(seed: Self.seed, options: .init(rows: rows, length: 8, floatingPoint: true))
            .run(Self.count)
    }

    @Test("Every MMX, SSE and SSE2 instruction by itself, with every kind of fault")
    func simdInstructions() throws {
        let comparison = try NativeComparison(
            seed: Self.seed, options: .init(rows: Self.simdRows, length: 1, floatingPoint: true))
        try comparison.run(Self.simdCount)
        guard Self.simdRows.count == CaseGenerator.simdRows.count else { return }
        // Completion, #UD (lock), #SS, #GP, #PF, #MF, #AC and #XM have been met, and every row.
        #expect(comparison.vectors.isSuperset(of: [3, 6, 12, 13, 14, 16, 17, 19]))
        #expect(Set(Self.simdRows).subtracting(comparison.completedRows).isEmpty)
    }

    @Test("rcpps and rsqrtps agree within the error of both, and in what is special")
    func approximations() throws {
        let comparison = try NativeComparison(
            seed: Self.seed, options: .init(rows: Self.approximateRows, length: 1, floatingPoint: true))
        try comparison.run(Self.simdCount / 20)
        #expect(Set(Self.approximateRows).subtracting(comparison.completedRows).isEmpty)
    }

    /// Both run `code` from the same state.
    private func compare(
        _ code: [UInt8], jumps: Bool = true, vector: UInt32 = 3, _ change: (inout NativeCase) -> Void = { _ in }
    ) throws {
        let native = try #require(NativeProcessor())
        let ours = try EmulatedUser()
        ours.setData(UnsafeRawBufferPointer(native.data))
        var test = NativeCase()
        change(&test)
        test.setCode(code, jumps: jumps)
        let expected = try #require(native.run(test), "the runner has died")
        let differences = NativeDifferences(expected, ours.run(test)).all
        #expect(differences.isEmpty)
        #expect(expected.vector == vector)
    }

    @Test("A case ends by its jump, by a breakpoint, by a fault, or never")
    func endings() throws {
        try compare([0x40, 0x50])
        try compare([0x90], jumps: false)
        try compare([0xF4], vector: 13)
        try compare([0xCD, 5], vector: 13)
        try compare([0xCE], vector: 4) { $0.eflags |= Flag.overflow }
        try compare([0xEB, 0xFE], vector: NativeResult.notEnding)
    }

    @Test("Page faults, alignment checks and single steps")
    func faults() throws {
        try compare([0xA1, 0, 0x20, 0x10, 0], vector: 14)
        try compare([0xA3, 0, 0x50, 0x10, 0], vector: 14)
        try compare([0xA3, 0xFE, 0x4F, 0x10, 0], vector: 14)
        try compare([0xA1, 1, 0x30, 0x10, 0], vector: 17) { $0.eflags |= Flag.alignmentCheck }
        try compare([0x9D, 0x90, 0x90], vector: 1) { $0.poke($0.general[4], 0x302) }
    }

    @Test("Segments of the LDT")
    func segments() throws {
        try compare([0x8E, 0xD8, 0xA1, 0x7C, 0, 0, 0], jumps: false) { $0.general[0] = LocalDescriptor.selector(3) }
        try compare([0x8E, 0xD8, 0xA1, 0x80, 0, 0, 0], jumps: false, vector: 13) {
            $0.general[0] = LocalDescriptor.selector(3)
        }
        try compare([0x8E, 0xD8], jumps: false, vector: 11) { $0.general[0] = LocalDescriptor.selector(14) }
        try compare([0x8E, 0xD8], jumps: false, vector: 13) { $0.general[0] = LocalDescriptor.selector(40) }
        // 16-bit code on a 16-bit stack.
        try compare([0xB8, 1, 2, 0x50], jumps: false) {
            $0.selectors[1] = LocalDescriptor.selector(10)
            $0.codeBase = NativeProcessor.code
            $0.selectors[2] = LocalDescriptor.selector(0)
            $0.general[4] = 0xABCD_4000
        }
    }
}
