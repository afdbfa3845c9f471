import Foundation
import Testing

@testable import Processor

/// What a real processor did, on any host.
@Suite("Stored results of a real processor")
struct NativeVectorTests {
    @Test("Every stored case gives the stored result")
    func replay() throws {
        if ProcessInfo.processInfo.environment["MARTLET_STORE_VECTORS"] != nil { try store() }
        let vectors = try NativeVectors(decoding: Array(Data(contentsOf: NativeVectors.file))).vectors
        #expect(vectors.count > 2000)
        let ours = try EmulatedUser()
        let data = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(NativeProcessor.dataSize), alignment: 16)
        defer { data.deallocate() }
        NativeVectors.fillData(data)
        ours.setData(UnsafeRawBufferPointer(data))
        var failures = 0
        for vector in vectors {
            var exceptions = NativeExceptions()
            exceptions.flags = vector.undefinedFlags
            let differences = NativeDifferences(vector.expected, ours.run(vector.test), exceptions).all
            guard !differences.isEmpty else { continue }
            failures += 1
            if failures <= 10 {
                let code = vector.test.bytes.map { String($0, radix: 16) }.joined(separator: " ")
                Issue.record("[\(code)]: \(differences.joined(separator: ", "))")
            }
        }
        #expect(failures == 0)
    }

    /// Chooses some cases of every row, and sequences, and writes down what this host's processor makes of them.
    private func store() throws {
        let native = try #require(NativeProcessor())
        let ours = try EmulatedUser()
        NativeVectors.fillData(native.data)
        ours.setData(UnsafeRawBufferPointer(native.data))
        var chosen: [CaseGenerator.Case] = []
        func choose(_ count: Int, seed: UInt64, _ options: CaseGenerator.Options) {
            var generator = CaseGenerator(seed: seed, options: options)
            for _ in 0..<count { chosen.append(generator.next()) }
        }
        for row in CaseGenerator.integerRows {
            let forms = OpcodeTable.rows[row].flags.contains(.modRM) ? 4 : 2
            choose(forms, seed: UInt64(row), .init(rows: [row], length: 1))
        }
        choose(500, seed: 1, .init())
        for row in CaseGenerator.x87Rows { choose(3, seed: UInt64(row), .init(rows: [row], length: 1, fx: .x87)) }
        var vectors: [NativeVectors.Vector] = []
        for batch in stride(from: 0, to: chosen.count, by: NativeProcessor.batchSize) {
            let cases = chosen[batch..<min(batch + NativeProcessor.batchSize, chosen.count)]
            for (index, next) in cases.enumerated() { native.cases[index] = next.test }
            try #require(native.run(count: cases.count))
            for (index, next) in cases.enumerated() {
                let expected = native.results[index]
                let actual = ours.run(next.test)
                let exceptions = NativeExceptions(next, expected, actual)
                let isExact =
                    !exceptions.isEverything && !exceptions.memory && !exceptions.faultAddress
                    && !exceptions.conditionCodes
                guard isExact, expected.vector != NativeResult.notEnding, expected.changeCount <= 192 else { continue }
                vectors.append(.init(test: next.test, expected: expected, undefinedFlags: exceptions.flags))
            }
        }
        try Data(NativeVectors(vectors: vectors).encoded()).write(to: NativeVectors.file)
    }
}
