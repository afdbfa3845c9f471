import Disassembler
import Foundation
import Processor
import Testing

/// Every opcode of both maps, with prefixes and ModRM bytes: the same lengths and, but for the differences that
/// ``Difference`` explains, the same texts; and what is no instruction here is none there.
///
/// `MARTLET_ORACLE=long` compares every ModRM byte with every pair of prefixes and every SIB byte, which takes some
/// minutes.
@Suite("Comparison with llvm-objdump", .enabled(if: LLVM.isAvailable, "llvm-objdump is not installed"))
struct ComparisonWithLLVM {
    private static let extent: Sample.Extent =
        ProcessInfo.processInfo.environment["MARTLET_ORACLE"] == "long" ? .everything : .selection
    /// As many opcodes go through LLVM at once.
    private static let opcodesAtOnce = extent == .everything ? 8 : 512

    /// Which of the explanations were needed.
    private struct Usage {
        var differences: Set<String> = []
        var unknown: Set<String> = []
        var foreign: Set<String> = []
    }

    @Test func everyOpcode() throws {
        var failures: [String] = []
        var count = 0
        var usage = Usage()
        for code32 in [true, false] {
            for first in stride(from: 0, to: Sample.opcodes.count, by: Self.opcodesAtOnce) {
                let opcodes = Sample.opcodes[first..<min(first + Self.opcodesAtOnce, Sample.opcodes.count)]
                let samples = opcodes.flatMap { Sample.all(of: $0, code32: code32, Self.extent) }
                let listings = try LLVM.disassemble(samples.map(\.bytes), code32: code32)
                try #require(listings.count == samples.count)
                count += samples.count
                for (sample, listing) in zip(samples, listings) {
                    guard let failure = compare(sample, listing, &usage) else { continue }
                    failures.append("\(code32 ? 32 : 16)-bit code \(sample.hexadecimal): \(failure)")
                }
            }
        }
        print("counted \(count) samples compared with llvm-objdump")
        #expect(count > 400_000)
        let differing = failures.count
        #expect(differing == 0, "\(differing) of \(count) differ; the first: \(failures.prefix(20))")
        #expect(Set(Difference.all.map(\.name)).subtracting(usage.differences) == [], "no longer exist")
        #expect(Set(Difference.unknownToLLVM.map(\.reason)).subtracting(usage.unknown) == [], "known by now")
        #expect(Set(Difference.foreign.map(\.reason)).subtracting(usage.foreign) == [], "no longer instructions")
    }

    /// What differs, or nil.
    private func compare(_ sample: Sample, _ listing: LLVM.Listing, _ usage: inout Usage) -> String? {
        let theirs = listing.first
        let length = theirs.length ?? sample.bytes.count
        guard sample.isInstruction else {
            if theirs.isUnknown { return nil }
            guard let reason = Difference.foreign.first(where: { $0.matches(sample) })?.reason else {
                return "no instruction, LLVM has '\(theirs.text)'"
            }
            usage.foreign.insert(reason)
            return nil
        }
        let ours = Disassembler().text(of: sample.instruction, at: UInt32(listing.address))
        var rewritten = theirs.text
        var needed: Set<String> = []
        for difference in Difference.all where rewritten != ours {
            let text = difference.rewrite(rewritten, ours, sample)
            if text != rewritten { needed.insert(difference.name) }
            rewritten = text
        }
        if rewritten == ours, length == sample.bytes.count {
            usage.differences.formUnion(needed)
            return nil
        }
        if let reason = Difference.unknownToLLVM.first(where: { $0.matches(sample) })?.reason {
            usage.unknown.insert(reason)
            return nil
        }
        return "ours '\(ours)', LLVM's '\(theirs.text)' (as ours: '\(rewritten)') of \(length) bytes"
    }
}

extension LLVM.Listing {
    /// The sample's first instruction: LLVM writes some prefixes on lines of their own. Its length is nil where the
    /// sample ends with it.
    var first: (text: String, length: Int?, isUnknown: Bool) {
        var words: [String] = []
        for (index, line) in lines.enumerated() {
            words.append(line.text)
            // Of several prefixes, and of prefixes before an instruction in the same line, the last word tells.
            let last = line.text.split(separator: " ").last.map(String.init) ?? ""
            if Self.prefixes.contains(last) { continue }
            return (
                words.joined(separator: " "), index + 1 < lines.count ? lines[index + 1].offset : nil,
                last == "<unknown>"
            )
        }
        return (words.joined(separator: " "), nil, true)
    }

    private static let prefixes: Set<String> = [
        "lock", "rep", "repne", "xacquire", "xrelease", "data16", "data32", "addr16", "addr32",
    ]
}

extension Sample {
    var hexadecimal: String { bytes.map { String($0, radix: 16) }.joined(separator: " ") }
}
