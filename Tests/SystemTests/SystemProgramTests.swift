import EmulatorTestSupport
import Foundation
import Testing

/// The system level of the processor: segmentation, gates, tasks, virtual-8086 mode, paging, debug exceptions, faults
/// in the middle of instructions.
///
/// **Constraint.** No other emulator is right everywhere (QEMU's TCG ignores segment limits, for one), and a host
/// without QEMU and Bochs should be able to check us too.
///
/// **Choice.** Bare-metal programs print a report, a line for each thing that they try. Our report is in git and must
/// not change. The reports of QEMU and Bochs must be the same but for lines that are listed with the manual's reason; a
/// line that is listed and does not differ any more is as wrong as one that differs and is not listed.
///
/// **Example.** `limit read` of `Programs/segments.asm` is listed for QEMU in `Programs/segments.differences`.
@Suite("System programs")
struct SystemProgramTests {
    @Test(
        "Our report is the stored one", .enabled(if: Assembler.absence == nil, "nasm is not installed"),
        arguments: SystemProgram.all)
    func here(_ program: SystemProgram) throws {
        let report = try program.runHere()
        if ProcessInfo.processInfo.environment["MARTLET_STORE_REPORTS"] != nil {
            try report.text.write(to: program.file("report"), atomically: true, encoding: .utf8)
        }
        let stored = Report(try String(contentsOf: program.file("report"), encoding: .utf8))
        for (line, storedLine) in zip(report.lines, stored.lines) where line != storedLine {
            Issue.record("\(program.name)\n  ours:   \(line)\n  stored: \(storedLine)")
        }
        #expect(report.lines.count == stored.lines.count)
    }

    @Test(
        "QEMU and Bochs print the same, but for what is listed",
        .enabled(if: Assembler.absence == nil, "nasm is not installed"),
        arguments: ReferenceEmulator.allCases, SystemProgram.all)
    func elsewhere(_ emulator: ReferenceEmulator, _ program: SystemProgram) throws {
        if let absence = emulator.absence {
            print("skipped: \(program.name) in \(emulator): \(absence)")
            return
        }
        let stored = Report(try String(contentsOf: program.file("report"), encoding: .utf8))
        let text = try? String(contentsOf: program.file("differences"), encoding: .utf8)
        let known = KnownDifferences(text ?? "")
        for mistake in known.mistakes { Issue.record("\(program.name).differences: \(mistake)") }
        let ours = stored.byName
        let theirs = Report(try emulator.run(try program.assemble())).byName
        let listed = known.names[emulator] ?? []
        print("counted \(ours.count) lines compared with \(emulator)")
        print("counted \(listed.count) known differences of \(emulator)")
        for name in Set(ours.keys).union(theirs.keys).sorted() {
            let line = ours[name] ?? "(nothing)"
            let theirLine = theirs[name] ?? "(nothing)"
            switch (line == theirLine, listed.contains(name)) {
            case (false, false): Issue.record("\(program.name)\n  ours: \(line)\n  \(emulator): \(theirLine)")
            case (true, true):
                Issue.record("\(program.name).differences lists \(emulator): \(name), which does not differ")
            default: break
            }
        }
        for name in listed where ours[name] == nil {
            Issue.record("\(program.name).differences lists \(name), which is not in the report")
        }
    }
}
