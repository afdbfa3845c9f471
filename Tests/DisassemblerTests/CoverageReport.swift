import Foundation
import Processor
import Testing

private let directory = ProcessInfo.processInfo.environment["MARTLET_COVERAGE_REPORT"]

/// Whether tests executed every row of the opcode table, in each form and operand size.
///
/// `MARTLET_COVERAGE_REPORT` names the directory in which test processes that ran with `MARTLET_COVERAGE` left their
/// files: `scripts/coverage.sh` does both.
@Suite("Coverage of the opcode table", .enabled(if: directory != nil, "MARTLET_COVERAGE_REPORT is not set"))
struct CoverageReport {
    @Test func everyRowWasExecuted() throws {
        let url = URL(fileURLWithPath: try #require(directory))
        let files = try FileManager.default.contentsOfDirectory(at: url, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "txt" }
        try #require(!files.isEmpty, "no process wrote a file to \(url.path)")
        var executed: Set<String> = []
        for file in files {
            executed.formUnion(try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init))
        }
        var missing: [String] = []
        var needless = Self.exceptions
        var count = 0
        for row in OpcodeTable.rows {
            for variant in row.variants {
                count += 1
                let name = row.name(of: variant)
                if executed.contains(name) { continue }
                if needless.removeValue(forKey: row.mnemonic) == nil, Self.exceptions[row.mnemonic] == nil {
                    missing.append(name)
                }
            }
        }
        for name in missing { print("not executed: \(name)") }
        print("counted \(count) forms of the opcode table's rows")
        print("counted \(missing.count) forms that nothing executed, although it could")
        let left = missing.count
        #expect(left == 0, "\(left) of \(count) were not executed")
        #expect(needless.isEmpty, "were executed after all")
    }

    /// What cannot be executed, by mnemonic, and why.
    private static let exceptions = [
        "rsm": "There is no system-management mode, outside of which it is #UD (SDM vol. 2, RSM)."
    ]
}
