import Foundation
import Testing

/// Random system calls from inside the machine (`Kernel/Sources/Fuzz`), on 8 MB: no kernel fault, no page frame lost,
/// and a bystander that notices nothing.
@Suite(.serialized) struct FuzzTests {
    /// Calls of a run: a million, or as many as `MARTLET_CALL_FUZZ` says.
    private static let calls =
        ProcessInfo.processInfo.environment["MARTLET_CALL_FUZZ"].flatMap { UInt32($0) } ?? 1_000_000

    @Test func randomSystemCallsDoNoDamage() async throws {
        let configuration = MachineConfiguration(board: .isapc, processor: .pentium3, memory: 8)
        try await run(MartletVM(), configuration, seed: 1, calls: Self.calls)
    }

    /// The same with `int 0x80` alone, on somebody else's machine.
    @Test func norOnAProcessorWithoutSysenter() async throws {
        let configuration = MachineConfiguration(medium: .kernel, processor: .i486, memory: 8)
        try await run(QEMU(), configuration, seed: 2, calls: Self.calls / 10)
    }

    /// Programs that end while it runs give frames back, which are none that it has lost, nor won.
    @Test func itsCountOfPageFramesIsNobodyElses() async throws {
        try await withShell(MartletVM()) { shell async throws in
            for milliseconds in [200, 400, 800] {
                _ = try await shell.run("soak child sleep \(milliseconds) &")
            }
            let answer = try await shell.run("fuzz 3 2000")
            #expect(answer.contains { $0.hasSuffix(": no damage") }, "\(answer)")
        }
    }

    private func run(
        _ engine: some BootEngine, _ configuration: MachineConfiguration, seed: UInt32, calls: UInt32
    ) async throws {
        try await withMachine(engine, configuration, image: try BuiltFile.kernelImage.url()) { machine in
            try await machine.wait(for: "\n" + KernelLog.prompt)
            let length = machine.serialOutput.count
            try machine.send("fuzz \(seed) \(calls)\r")
            let output = try await machine.wait(for: "\n" + KernelLog.prompt, from: length, limit: .seconds(1800))
            #expect(output.contains("fuzz: seed \(seed): \(calls) calls, "), "\(output)")
            #expect(output.contains(": no damage"), "\(output)")
        }
    }
}
