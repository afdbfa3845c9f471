import Foundation
import Testing

/// Every system call, what it does and the errors it documents, tried by a program inside the machine
/// (`Kernel/Sources/SelfTest`).
@Suite(.serialized) struct SystemCallTests {
    static let machines = [
        MachineConfiguration(medium: .kernel, processor: .i486, memory: 4),
        MachineConfiguration(medium: .kernel, processor: .max, memory: 1024),
    ]

    @Test(arguments: machines)
    func doWhatTheyDocument(configuration: MachineConfiguration) async throws {
        try await withMachine(QEMU(), configuration, image: try BuiltFile.kernelImage.url()) { machine in
            try await machine.wait(for: "\n" + KernelLog.prompt)
            let length = machine.serialOutput.count
            // Twice: the first run must leave nothing behind that disturbs the second.
            for _ in 0..<2 {
                let start = machine.serialOutput.count
                try machine.send("self-test\r")
                try await machine.wait(for: "\n" + KernelLog.prompt, from: start)
            }
            let answer = String(machine.serialOutput.dropFirst(length))
            #expect(!answer.contains("FAILED"), "\(answer)")
            #expect(answer.components(separatedBy: "checks passed\r\n").count == 3, "\(answer)")
        }
    }
}
