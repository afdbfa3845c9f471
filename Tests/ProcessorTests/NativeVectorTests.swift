import Foundation
import Testing

@testable import Processor

/// What a real processor did, on any host.
@Suite("Stored results of a real processor")
struct NativeVectorTests {
    private static let vectors = Result {
        if ProcessInfo.processInfo.environment["MARTLET_STORE_VECTORS"] != nil { try store() }
        return try NativeVectors(decoding: Array(Data(contentsOf: NativeVectors.file)))
    }

    @Test("Every stored case gives the stored result")
    func replay() throws {
        let ours = try EmulatedUser()
        let data = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(NativeProcessor.dataSize), alignment: 16)
        defer { data.deallocate() }
        NativeVectors.fillData(data)
        ours.setData(UnsafeRawBufferPointer(data))
        var failures = 0
        for vector in try Self.vectors.get().vectors {
            let differences = vector.differences(ours.run(vector.test))
            guard !differences.isEmpty else { continue }
            failures += 1
            if failures <= 10 {
                let code = vector.test.bytes.map { String($0, radix: 16) }.joined(separator: " ")
                Issue.record("[\(code)]: \(differences.joined(separator: ", "))")
            }
        }
        #expect(failures == 0)
    }

    /// Each has cases that begin with it. Those of x87, MMX and SSE run to their end in one of them at least; among the
    /// others are some that a program may try but not execute.
    @Test("Every row of the opcode table that the generator makes is among the stored cases")
    func coverage() throws {
        var started: Set<String> = []
        var completed: Set<String> = []
        for vector in try Self.vectors.get().vectors {
            guard let row = vector.row else { continue }
            started.insert(Self.key(row))
            if vector.test.isComplete(vector.expected) { completed.insert(Self.key(row)) }
        }
        func missing(_ rows: [Int], _ found: Set<String>) -> [String] {
            rows.map { OpcodeTable.rows[$0] }.filter { !found.contains(Self.key($0)) }.map(\.mnemonic)
        }
        #expect(missing(CaseGenerator.integerRows, started) == [])
        #expect(
            missing(CaseGenerator.x87Rows + CaseGenerator.simdRows + CaseGenerator.approximateRows, completed) == [])
    }

    private static func key(_ row: OpcodeRow) -> String {
        "\(row.map) \(row.opcode) \(row.prefix?.byte ?? 0) \(row.opcodeExtension ?? 0) \(row.fixedModRM ?? 0) \(row.mnemonic)"
    }

    // MARK: Storing

    /// Chooses some cases of every row, and sequences, and writes down what this host's processor makes of them.
    private static func store() throws {
        let native = try #require(NativeProcessor())
        try #require(native.processorNumber == 0, "a case may see the processor's number: use taskset -c 0")
        let ours = try EmulatedUser()
        NativeVectors.fillData(native.data)
        ours.setData(UnsafeRawBufferPointer(native.data))
        var vectors: [NativeVectors.Vector] = []

        func store(_ count: Int, seed: Int, completing: Bool = false, _ options: CaseGenerator.Options) throws {
            var generator = CaseGenerator(seed: UInt64(seed), options: options)
            var stored: [NativeVectors.Vector] = []
            var isSatisfied = false
            for _ in 0..<200 where !isSatisfied {
                guard let vector = try Self.vector(generator.next(), native, ours) else { continue }
                // The last one runs to its end.
                if stored.count == count { stored.removeLast() }
                stored.append(vector)
                isSatisfied =
                    stored.count == count
                    && (!completing || stored.contains { $0.test.isComplete($0.expected) })
            }
            vectors += stored
        }
        for row in CaseGenerator.integerRows {
            let forms = OpcodeTable.rows[row].flags.contains(.modRM) ? 4 : 2
            try store(forms, seed: row, .init(rows: [row], length: 1))
        }
        for row in CaseGenerator.x87Rows + CaseGenerator.simdRows + CaseGenerator.approximateRows {
            try store(3, seed: row, completing: true, .init(rows: [row], length: 1, floatingPoint: true))
        }
        let all = CaseGenerator.integerRows + CaseGenerator.x87Rows + CaseGenerator.simdRows
        for seed in 0..<400 {
            try store(1, seed: seed, .init())
            try store(1, seed: seed, .init(rows: all, length: 8, floatingPoint: true))
        }
        try Data(NativeVectors(vectors: vectors).encoded()).write(to: NativeVectors.file)
    }

    /// The case with its result, unless that is one of the known differences, which only this kind of host has.
    private static func vector(
        _ next: CaseGenerator.Case, _ native: NativeProcessor, _ ours: EmulatedUser
    ) throws -> NativeVectors.Vector? {
        if ours.run(next.test).meetsRunner { return nil }
        var next = next
        next.test = simplified(next.test, ours)
        let expected = try #require(native.run(next.test), "the runner has died")
        let vector = NativeVectors.Vector(
            test: next.test, expected: expected, undefinedFlags: next.flagsNotCompared(expected))
        #expect(next.compare(expected, ours.run(next.test)).differences.isEmpty)
        let isStorable = expected.vector != NativeResult.notEnding && expected.changeCount <= 192
        return isStorable && vector.differences(ours.run(next.test)).isEmpty ? vector : nil
    }

    /// `test` with zeros in all x87 and XMM registers that have no influence: they would be most of the file.
    private static func simplified(_ test: NativeCase, _ ours: EmulatedUser) -> NativeCase {
        var test = test
        for index in 0..<8 {
            let result = ours.run(test)
            var (trial, expected) = (test, result)
            trial.fx.setXMM(index, low: 0, high: 0)
            expected.fx.setXMM(index, low: 0, high: 0)
            if NativeDifferences(expected, ours.run(trial)).all.isEmpty { test = trial }

            (trial, expected) = (test, ours.run(test))
            trial.fx.setST(index, significand: 0, signExponent: 0)
            // The same register may have another number behind the case.
            let place = (test.fx.physical(index) - expected.fx.physical(0)) & 7
            expected.fx.setST(place, significand: 0, signExponent: 0)
            if NativeDifferences(expected, ours.run(trial)).all.isEmpty { test = trial }
        }
        return test
    }
}
