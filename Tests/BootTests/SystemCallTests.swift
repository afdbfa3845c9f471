import Foundation
import KernelABI
import Testing

/// Every system call, what it does and the errors it documents, tried by a program inside the machine
/// (`Kernel/Sources/SelfTest`), on our machine and on QEMU's.
@Suite(.serialized) struct SystemCallTests {
    /// Machines that both emulators can be: without and with `sysenter`.
    static let machines = [
        MachineConfiguration(board: .isapc, processor: .i486, memory: 4),
        MachineConfiguration(board: .isapc, processor: .pentium3, memory: 64),
    ]

    @Test(arguments: machines)
    func `the same on both machines, and all that the pages say`(configuration: MachineConfiguration) async throws {
        let (program, first) = try await logs(MartletVM(), configuration)
        let (otherProgram, otherFirst) = try await logs(QEMU(), configuration)
        // All of the log, from the kernel's first line on, but what describes the machine.
        #expect(program.commonLines == otherProgram.commonLines)
        #expect(first.commonLines == otherFirst.commonLines)

        for log in [program, first] {
            let lines = log.commonLines
            #expect(!lines.contains { $0.contains("FAILED") }, "\(lines)")
            #expect(lines.contains { $0.hasPrefix("self-test: ") && $0.hasSuffix(" checks passed") }, "\(lines)")
        }
        // What the kernel has answered where it was expected is exactly what the pages document.
        let answers = answers(in: program).merging(answers(in: first)) { $0.union($1) }
        for call in SystemCallPage.calls {
            let page = try SystemCallPage(call)
            let expected = try page.documentedErrors().map(\.rawValue) + (page.returns ? [0] : [])
            let seen = try #require(answers[call.rawValue])
            #expect(
                seen.subtracting(expected).isEmpty,
                "\(page.name): its page does not have \(names(seen.subtracting(expected)))")
            let missing = Set(expected).subtracting(seen)
            #expect(missing.isEmpty, "\(page.name): no test has seen \(names(missing))")
        }
    }

    /// A newer processor, with more memory than the kernel maps.
    @Test func `twice on a large machine`() async throws {
        let configuration = MachineConfiguration(medium: .kernel, processor: .max, memory: 1024)
        let log = try await programLog(QEMU(), configuration)
        #expect(!log.commonLines.contains { $0.contains("FAILED") }, "\(log.commonLines)")
        #expect(log.commonLines.count { $0.hasSuffix(" checks passed") } == 2, "\(log.commonLines)")
    }

    /// QEMU has none of these exceptions.
    @Test func `exceptions of SSE are faults`() async throws {
        let configuration = MachineConfiguration(board: .isapc, processor: .pentium3, memory: 256)
        try await withMachine(MartletVM(), configuration, image: try BuiltFile.kernelImage.url()) { machine in
            try await machine.wait(for: "\n" + KernelLog.prompt)
            try machine.send("self-test simd\r")
            let answer = try await machine.wait(for: "checks ")
            #expect(answer.contains("checks passed"), "\(answer)")
        }
    }

    private func logs(
        _ engine: some BootEngine, _ configuration: MachineConfiguration
    ) async throws -> (program: KernelLog, first: KernelLog) {
        (try await programLog(engine, configuration), try await firstProcessLog(engine, configuration))
    }

    /// As a program of the shell's; twice, since the first run must leave nothing behind that disturbs the second.
    private func programLog(
        _ engine: some BootEngine, _ configuration: MachineConfiguration
    ) async throws -> KernelLog {
        try await withMachine(engine, configuration, image: try BuiltFile.kernelImage.url()) { machine in
            try await machine.wait(for: "\n" + KernelLog.prompt)
            for _ in 0..<2 {
                let start = machine.serialOutput.count
                try machine.send("self-test list\r")
                try await machine.wait(for: "\n" + KernelLog.prompt, from: start)
            }
            return KernelLog(machine.serialOutput)
        }
    }

    /// In the process manager's place, with capabilities to everything.
    private func firstProcessLog(
        _ engine: some BootEngine, _ configuration: MachineConfiguration
    ) async throws -> KernelLog {
        try await withMachine(engine, configuration, image: try BuiltFile.selfTestImage.url()) { machine in
            KernelLog(try await machine.wait(for: "\nself-test: the end\r\n"))
        }
    }

    /// The lines `self-test: call 15: 0 -2 -5`: the answers, by the calls' numbers.
    private func answers(in log: KernelLog) -> [UInt32: Set<Int32>] {
        var answers: [UInt32: Set<Int32>] = [:]
        for line in log.commonLines {
            let fields = line.split(separator: ":").map { $0.trimmingCharacters(in: .whitespaces) }
            guard fields.count >= 2, fields[0] == "self-test", fields[1].hasPrefix("call "),
                let number = UInt32(fields[1].dropFirst(5))
            else { continue }
            let values = fields.count > 2 ? fields[2].split(separator: " ").compactMap { Int32($0) } : []
            answers[number, default: []].formUnion(values)
        }
        return answers
    }

    private func names(_ answers: Set<Int32>) -> String {
        answers.sorted().map { answer in KernelError(rawValue: answer).map { "\($0)" } ?? "success" }
            .joined(separator: ", ")
    }
}
