import Disassembler
import Processor
import Testing

@Suite("Comparison with llvm-objdump", .enabled(if: LLVM.isAvailable, "llvm-objdump is not installed"))
struct ComparisonWithLLVM {
    private let differences = Difference.all
    private let unknown = Difference.unknownToLLVM

    /// Every opcode of both maps with ModRM bytes and prefixes: the same lengths and, but for the differences that
    /// ``Difference`` explains, the same texts.
    @Test func everyOpcode() throws {
        var unused = Set(differences.map(\.name))
        for code32 in [true, false] {
            try compare(Sample.all(code32: code32), code32: code32, &unused)
        }
        #expect(unused.isEmpty, "these differences no longer exist")
    }

    private func compare(_ samples: [Sample], code32: Bool, _ unused: inout Set<String>) throws {
        #expect(samples.count > 20_000)
        var bytes: [UInt8] = []
        var starts: [Int] = []
        for sample in samples {
            starts.append(bytes.count)
            bytes += sample.bytes
            // Behind what LLVM may not know, so many `nop`s that it finds the next sample whatever it makes of this
            // one.
            let isRisky = unknown.contains { $0.matches(sample) }
            bytes += [UInt8](repeating: 0x90, count: isRisky ? 16 : 1)
        }
        let lines = try LLVM.disassemble(bytes, code32: code32)
        var texts: [Int: (text: String, end: Int)] = [:]
        for (index, line) in lines.enumerated() {
            var text = line.text
            var next = index + 1
            // LLVM writes `lock` as a line of its own.
            if text == "lock", next < lines.count {
                text += " " + lines[next].text
                next += 1
            }
            texts[line.address] = (text, next < lines.count ? lines[next].address : bytes.count)
        }
        let disassembler = Disassembler()
        var failures: [String] = []
        for (sample, start) in zip(samples, starts) where !unknown.contains(where: { $0.matches(sample) }) {
            let ours = disassembler.text(of: sample.instruction, at: UInt32(start))
            let theirs = texts[start] ?? ("(not there)", start)
            var rewritten = theirs.text
            for difference in differences where rewritten != ours {
                let text = difference.rewrite(rewritten, ours, sample)
                if text != rewritten { unused.remove(difference.name) }
                rewritten = text
            }
            guard rewritten == ours, theirs.end - start == sample.bytes.count else {
                let hex = sample.bytes.map { String($0, radix: 16) }.joined(separator: " ")
                failures.append(
                    "\(code32 ? 32 : 16)-bit code \(hex): ours '\(ours)', LLVM's '\(theirs.text)' (as ours: "
                        + "'\(rewritten)') of \(theirs.end - start) bytes")
                continue
            }
        }
        for failure in failures { print("D\t\(failure)") }
        #expect(failures.isEmpty, "\(failures.count) of \(samples.count) differ; the first: \(failures.prefix(20))")
    }
}
