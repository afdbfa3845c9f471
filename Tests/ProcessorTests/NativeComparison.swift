import Testing

@testable import Processor

/// Runs random cases on both processors and records in what they differ.
final class NativeComparison {
    private let native: NativeProcessor
    private let ours: EmulatedUser
    private var generator: CaseGenerator
    /// How often each kind of difference was met; the first of each is recorded.
    private var failures: [String: Int] = [:]
    /// How many cases each ``NativeException`` excused.
    private var excuses: [String: Int] = [:]
    /// Rows that occurred in cases which ran to their end.
    private(set) var completedRows: Set<Int> = []
    /// The exceptions that ended cases.
    private(set) var vectors: Set<UInt32> = []

    init(seed: UInt64, options: CaseGenerator.Options) throws {
        native = try #require(NativeProcessor())
        ours = try EmulatedUser(processorNumber: native.processorNumber)
        generator = CaseGenerator(seed: seed, options: options)
    }

    /// `count` is rounded to whole batches. A long run says which differences it knows.
    func run(_ count: Int) throws {
        let batches = max(1, count / NativeProcessor.batchSize)
        for _ in 0..<batches { try runBatch() }
        #expect(failures.isEmpty)
        print("counted \(batches * NativeProcessor.batchSize) cases compared with the host's processor")
        print("counted \(excuses.values.reduce(0, +)) known differences of the host's processor")
        if !failures.isEmpty || count >= 1_000_000 {
            print("differences \(failures); known differences:")
            for (reason, number) in excuses.sorted(by: { $0.value > $1.value }) { print("  \(number) \(reason)") }
        }
    }

    private func runBatch() throws {
        fillData()
        var cases: [CaseGenerator.Case] = []
        var results: [NativeResult] = []
        while cases.count < NativeProcessor.batchSize {
            let next = generator.next()
            let result = ours.run(next.test)
            if result.meetsRunner { continue }
            native.cases[cases.count] = next.test
            cases.append(next)
            results.append(result)
        }
        try #require(native.run(count: cases.count), "the runner has died")
        var suspects: [Int] = []
        for (index, next) in cases.enumerated() where !compare(next, native.results[index], results[index]) {
            suspects.append(index)
        }
        // Where the host switches tasks in the middle of a case, AMD's processors lose FIP, FDP and FOP (APM vol. 5,
        // FXSAVE). What is a difference will be one again.
        guard !suspects.isEmpty else { return }
        for (place, index) in suspects.enumerated() { native.cases[place] = cases[index].test }
        try #require(native.run(count: suspects.count), "the runner has died")
        for (place, index) in suspects.enumerated() {
            _ = compare(cases[index], native.results[place], results[index], isFinal: true)
        }
    }

    /// Lines of 64 bytes, each with an alphabet of its own.
    private func fillData() {
        let words = native.data.bindMemory(to: UInt64.self)
        for line in stride(from: 0, to: words.count, by: 8) {
            let kind = generator.below(4)
            for index in stride(from: line, to: line + 8, by: 2) {
                let wide = kind == 1 ? generator.operand() : XMM(generator.random.next(), generator.random.next())
                let mask: UInt64 = kind == 0 ? 0x0101_0101_0101_0101 : ~0
                (words[index], words[index + 1]) = (wide.low & mask, wide.high & mask)
            }
        }
        ours.setData(UnsafeRawBufferPointer(native.data))
    }

    /// Whether they agree, but for what is known. Differences are recorded if they are `isFinal`.
    private func compare(
        _ next: CaseGenerator.Case, _ expected: NativeResult, _ actual: NativeResult, isFinal: Bool = false
    ) -> Bool {
        let (differences, reasons) = next.compare(expected, actual)
        guard differences.isEmpty || isFinal else { return false }
        vectors.insert(expected.vector)
        if next.test.isComplete(expected) { completedRows.formUnion(next.rows) }
        for reason in reasons { excuses[reason, default: 0] += 1 }
        guard !differences.isEmpty else { return true }
        let names = next.rows.map { OpcodeTable.rows[$0].mnemonic }
        let kind = names.count == 1 ? names[0] : "(sequence)"
        failures[kind, default: 0] += 1
        if failures[kind, default: 0] <= (names.count == 1 ? 3 : 20) {
            Issue.record(
                "\(names.joined(separator: "; ")) \(describe(next.test)): \(differences.joined(separator: ", "))")
        }
        return false
    }

    private func describe(_ test: NativeCase) -> String {
        func hexadecimal(_ values: [some BinaryInteger]) -> String {
            values.map { String($0, radix: 16) }.joined(separator: " ")
        }
        let isPlain = test.fx == FXImage()
        return """
            [\(hexadecimal(test.bytes))] at \(String(test.eip, radix: 16)), \
            registers \(hexadecimal((0..<8).map { test.general[$0] })), \
            selectors \(hexadecimal((0..<6).map { test.selectors[$0] })), eflags \(String(test.eflags, radix: 16)), \
            memory \(hexadecimal((0..<Int(test.pokeCount) * 2).map { test.pokes[$0] }))\
            \(isPlain ? "" : ", fxsave " + hexadecimal((0..<72).map { test.fx[word: $0] }))
            """
    }
}
