import Testing

@testable import Processor

/// Runs random cases on both processors and records in what they differ.
final class NativeComparison {
    private let native: NativeProcessor
    private let ours: EmulatedUser
    private var generator: CaseGenerator
    /// How often each kind of difference was met; the first of each is recorded.
    private var failures: [String: Int] = [:]

    init(seed: UInt64, options: CaseGenerator.Options) throws {
        native = try #require(NativeProcessor())
        ours = try EmulatedUser()
        generator = CaseGenerator(seed: seed, options: options)
    }

    func run(_ count: Int) throws {
        for _ in 0..<max(1, count / NativeProcessor.batchSize) { try runBatch() }
        #expect(failures.isEmpty)
        if !failures.isEmpty { print(failures.sorted { $0.value > $1.value }) }
    }

    private func runBatch() throws {
        fillData()
        var cases: [CaseGenerator.Case] = []
        var results: [NativeResult] = []
        while cases.count < NativeProcessor.batchSize {
            let next = generator.next()
            let result = ours.run(next.test)
            // Natively this would meet the runner itself; or Linux would take its signal stack for the one in use.
            if result.vector == 14 && NativeProcessor.ownAddresses.contains(result.cr2) { continue }
            if NativeProcessor.ownAddresses.contains(result.general[4]) { continue }
            native.cases[cases.count] = next.test
            cases.append(next)
            results.append(result)
        }
        try #require(native.run(count: cases.count), "the runner has died")
        for (index, next) in cases.enumerated() { compare(next, native.results[index], results[index]) }
    }

    /// Lines of 64 bytes, each with an alphabet of its own.
    private func fillData() {
        let words = native.data.bindMemory(to: UInt64.self)
        for line in stride(from: 0, to: words.count, by: 8) {
            let kind = generator.below(4)
            for index in line..<line + 8 {
                switch kind {
                case 0: words[index] = generator.random.next() & 0x0101_0101_0101_0101
                case 1: words[index] = generator.packed()
                default: words[index] = generator.random.next()
                }
            }
        }
        ours.setData(UnsafeRawBufferPointer(native.data))
    }

    private func compare(_ next: CaseGenerator.Case, _ expected: NativeResult, _ actual: NativeResult) {
        let differences = NativeDifferences(expected, actual, NativeExceptions(next, expected, actual)).all
        guard !differences.isEmpty else { return }
        let names = next.rows.map { OpcodeTable.rows[$0].mnemonic }
        let kind = names.count == 1 ? names[0] : "(sequence)"
        failures[kind, default: 0] += 1
        if failures[kind, default: 0] <= 3 {
            Issue.record(
                "\(names.joined(separator: "; ")) \(describe(next.test)): \(differences.joined(separator: ", "))")
        }
    }

    private func describe(_ test: NativeCase) -> String {
        func hexadecimal(_ values: [some BinaryInteger]) -> String {
            values.map { String($0, radix: 16) }.joined(separator: " ")
        }
        return """
            [\(hexadecimal(test.bytes))] at \(String(test.eip, radix: 16)), \
            registers \(hexadecimal((0..<8).map { test.general[$0] })), \
            selectors \(hexadecimal((0..<6).map { test.selectors[$0] })), eflags \(String(test.eflags, radix: 16)), \
            memory \(hexadecimal((0..<Int(test.pokeCount) * 2).map { test.pokes[$0] }))
            """
    }
}
