import EmulatorTestSupport
import Foundation

/// Where another emulator prints something else than we do, and why we stay with it: `NAME.differences` beside a
/// program.
///
/// A paragraph of lines that begin with `#` gives the reason, with the section of the manual that decides; the lines
/// behind it name emulators and lines of the report: `qemu: limit read`.
struct KnownDifferences {
    /// For each emulator, the names of lines.
    private(set) var names: [ReferenceEmulator: Set<String>] = [:]
    /// What is wrong with the file itself.
    private(set) var mistakes: [String] = []

    init(_ text: String) {
        var hasReason = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.isEmpty {
                hasReason = false
            } else if line.hasPrefix("#") {
                hasReason = true
            } else {
                let parts = line.split(separator: ":", maxSplits: 1)
                guard hasReason, parts.count == 2, let emulator = ReferenceEmulator(rawValue: String(parts[0])) else {
                    mistakes.append("no reason, or no emulator: \(line)")
                    continue
                }
                let name = parts[1].trimmingCharacters(in: .whitespaces)
                if !names[emulator, default: []].insert(name).inserted { mistakes.append("listed twice: \(line)") }
            }
        }
    }
}
