import Foundation
import Testing

/// Boots `images/kernel.img` on every machine of the matrix. One machine at a time: they share the host's cores.
@Suite(.serialized) struct BootTests {
    @Test(arguments: BootMatrix.rows)
    func bootsToAShellThatAnswers(_ configuration: MachineConfiguration) async throws {
        let image = try KernelImageFile.url()
        try await withMachine(QEMU(), configuration, image: image) { machine in
            let output = try await machine.wait(for: "\n" + KernelLog.prompt)
            let log = KernelLog(output)
            #expect(log.commonLines == (try await Reference.shared.commonLines()))
            MachineLines(log).check(configuration)

            let length = machine.serialOutput.count
            try machine.send("echo hello\r")
            let answer = try await machine.wait(for: "\n" + KernelLog.prompt, from: length)
            #expect(answer.contains("\r\nhello\r\n"))
        }
    }

    @Test func keyboardAndScreenServeTheShellToo() async throws {
        try await withMachine(QEMU(), MachineConfiguration(), image: try KernelImageFile.url()) { machine in
            try await machine.wait(for: "\n" + KernelLog.prompt)
            try machine.type("echo typed\r")
            try await machine.wait(for: "\r\ntyped\r\n")
            let screen = try await machine.screen()
            #expect(screen.contains("martlet> echo typed"))
            #expect(screen.contains("typed"))
        }
    }

    @Test func everyPairOfPropertiesIsCovered() {
        let covered = BootMatrix.rows.reduce(into: Set<String>()) { $0.formUnion(BootMatrix.pairs($1)) }
        for machine in BootMatrix.candidates { #expect(BootMatrix.pairs(machine).isSubset(of: covered)) }
        #expect(BootMatrix.rows.allSatisfy { BootMatrix.impossibility($0) == nil })
    }

    /// The lines that are the same everywhere, from one boot on the simplest machine.
    private actor Reference {
        static let shared = Reference()
        private var lines: Task<[String], any Error>?

        func commonLines() async throws -> [String] {
            if let lines { return try await lines.value }
            let task = Task {
                try await withMachine(QEMU(), MachineConfiguration(), image: try KernelImageFile.url()) { machine in
                    KernelLog(try await machine.wait(for: "\n" + KernelLog.prompt)).commonLines
                }
            }
            lines = task
            return try await task.value
        }
    }
}
