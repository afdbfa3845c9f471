import Foundation
import RandomTestSupport
import Testing

@testable import Machine

/// What `make image` builds.
private enum BuiltImages {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("images")

    static var exist: Bool {
        ["bios.bin", "kernel.img"].allSatisfy {
            FileManager.default.fileExists(atPath: folder.appendingPathComponent($0).path)
        }
    }

    static func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
    }
}

/// The real thing: our firmware boots our kernel to the shell's prompt, and every way there ends in the same state.
@Suite(.enabled(if: BuiltImages.exist, "images/ is empty: run `make image` first"))
struct KernelBootTests {
    private func machine() throws -> (Machine, RecordingSink) {
        var configuration = Machine.Configuration()
        configuration.memorySize = 16 << 20
        configuration.memoryFill = .junk(seed: 2026)
        configuration.firmware = try BuiltImages.bytes("bios.bin")
        configuration.drives = [Machine.Drive(image: MemoryDisk(try BuiltImages.bytes("kernel.img")))]
        let machine = try Machine(configuration)
        let sink = RecordingSink()
        machine.output = sink
        return (machine, sink)
    }

    private static let prompt = "martlet> "

    /// Runs until `text` has come out of COM1; half a minute of virtual time at most.
    private func run(_ machine: Machine, _ sink: RecordingSink, until text: String) throws {
        let limit = machine.nanoseconds + 30_000_000_000
        while !sink.serialText.contains(text) {
            try #require(machine.nanoseconds < limit, "\(text) did not come; the log is:\n\(sink.serialText)")
            let result = machine.run(forNanoseconds: 10_000_000)
            try #require(result == .reached, "\(result)")
        }
    }

    @Test func everyWayThroughABootEndsInTheSameState() throws {
        let (first, sink) = try machine()
        try run(first, sink, until: Self.prompt)
        first.inject(.text("echo once more\n"))
        try run(first, sink, until: "\nonce more")
        let end = first.steps + 1_000_000
        _ = first.run(until: end)
        let digest = first.stateDigest()
        let log = first.inputLog

        // The same again, from a recording, in portions, with snapshots on the way.
        let (second, secondSink) = try machine()
        second.replay(log)
        var generator = SplitMix64(seed: 8)
        var snapshots: [MachineSnapshot] = []
        while second.steps < end {
            #expect(second.run(until: min(end, second.steps + generator.next() % (end / 6))) == .reached)
            snapshots.append(second.snapshot())
        }
        #expect(second.stateDigest() == digest)
        #expect(secondSink.serial == sink.serial)

        // From each of the snapshots, in the machine that took it, silently.
        second.outputIsSilenced = true
        for snapshot in snapshots.reversed() {
            try second.restore(snapshot)
            _ = second.run(until: end)
            #expect(second.stateDigest() == digest)
        }
        #expect(secondSink.serial == sink.serial)

        // From a file, in a machine that knows nothing of the past.
        let (third, _) = try machine()
        let middle = snapshots[snapshots.count / 2]
        try third.restore(MachineSnapshot(decoding: middle.encoded()))
        third.replay(log)
        _ = third.run(until: end)
        #expect(third.stateDigest() == digest)
    }

    @Test func theScreenShowsThePrompt() throws {
        let (machine, sink) = try machine()
        try run(machine, sink, until: Self.prompt)
        _ = machine.run(forNanoseconds: 50_000_000)
        let text = try #require(machine.textScreen())
        #expect(text.lines.contains { $0.hasPrefix("martlet>") })
        #expect(text.cursor?.column == Self.prompt.count)
        let frame = machine.frame()
        #expect(frame.width == 720 && frame.height == 400)
        #expect(Set(frame.pixels).count >= 2)
    }
}
