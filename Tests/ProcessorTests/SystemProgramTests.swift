import Foundation
import Testing

@testable import Processor

/// Programs that exercise the system level and report through port E9h (`SystemPrograms/`), held against reports that
/// were compared with QEMU, Bochs and the manual.
@Suite("System programs")
struct SystemProgramTests {
    @Test("Protection, gates, tasks, virtual-8086 mode, paging and debug exceptions", .enabled(if: nasm != nil, "nasm is not installed"))
    func protection() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("SystemPrograms")
        let image = try assemble(folder.appendingPathComponent("protection.asm"))
        let report = try run(image)
        let expected = try String(contentsOf: folder.appendingPathComponent("protection.report"), encoding: .utf8)
        let lines = report.split(separator: "\n", omittingEmptySubsequences: false)
        let expectedLines = expected.split(separator: "\n", omittingEmptySubsequences: false)
        for (line, expectedLine) in zip(lines, expectedLines) {
            #expect(line == expectedLine)
        }
        #expect(lines.count == expectedLines.count)
    }

    private static let nasm: String? =
        ["/usr/bin/nasm", "/usr/local/bin/nasm", "/opt/homebrew/bin/nasm"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    private func assemble(_ source: URL) throws -> [UInt8] {
        let output = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).img")
        defer { try? FileManager.default.removeItem(at: output) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(Self.nasm))
        process.arguments = ["-f", "bin", "-o", output.path, source.path]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return [UInt8](try Data(contentsOf: output))
    }

    /// Starts behind the program's own loader and returns what it wrote.
    private func run(_ image: [UInt8]) throws -> String {
        let memory = try PhysicalMemory(ramSize: 4 << 20)
        let processor = Processor(memory: memory, model: .pentium3)
        let bus = ReportBus()
        processor.bus = bus
        memory.write(image, at: 0x7C00)
        let core = Core(processor.context)
        core.setSegment(SegmentIndex.cs.rawValue, core.realModeSegment(SegmentIndex.cs.rawValue, selector: 0))
        processor.state.pointee.eip = 0x7E00
        processor.state.pointee.general[4] = 0x7C00
        bus.processor = processor
        let exit = processor.run(until: 2_000_000)
        if exit != .requested {
            let chain = processor.faultChain.map { "\($0.fault.vector) at \(String($0.eip, radix: 16))" }
            bus.report += "\n\(exit), EIP \(String(processor.state.pointee.eip, radix: 16)), \(chain)"
        }
        return bus.report
    }
}

private final class ReportBus: Bus {
    var report = ""
    unowned var processor: Processor?

    func readPort(_ port: UInt16, size: Int) -> UInt32 { port == 0x92 ? 0 : 0xFFFF_FFFF }
    func writePort(_ port: UInt16, size: Int, value: UInt32) {
        if port == 0xE9 { report.unicodeScalars.append(Unicode.Scalar(UInt8(truncatingIfNeeded: value))) }
        if port == 0x501 { processor?.requestExit() }
    }
    func readMMIO(_ address: UInt32, size: Int) -> UInt32 { 0xFFFF_FFFF }
    func writeMMIO(_ address: UInt32, size: Int, value: UInt32) {}
    func acknowledgeInterrupt() -> UInt8 { 0 }
}
