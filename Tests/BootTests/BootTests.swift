import Foundation
import Testing

/// Boots `images/kernel.img` on every machine of the matrix. One machine at a time: they share the host's cores.
@Suite(.serialized) struct BootTests {
    @Test(arguments: BootMatrix.rows)
    func bootsToAShellThatAnswers(_ configuration: MachineConfiguration) async throws {
        try await boot(QEMU(), configuration)
    }

    /// Our BIOS instead of SeaBIOS, on the boards that it knows.
    @Test(arguments: [
        MachineConfiguration(board: .pc, processor: .i486, memory: 4),
        MachineConfiguration(board: .pc, processor: .max, memory: 1024),
        MachineConfiguration(board: .isapc, processor: .pentium, memory: 16),
        MachineConfiguration(board: .isapc, processor: .pentium3, memory: 64),
    ])
    func bootsWithOurFirmware(_ configuration: MachineConfiguration) async throws {
        try await boot(QEMU(firmware: try BuiltFile.firmware.url()), configuration)
    }

    @Test(arguments: [
        MachineConfiguration(board: .isapc, processor: .i486, memory: 4),
        MachineConfiguration(board: .isapc, processor: .pentium, memory: 16),
        MachineConfiguration(board: .isapc, processor: .pentium3, memory: 64),
        MachineConfiguration(board: .isapc, processor: .i486, memory: 1024),
    ])
    func bootsInOurEmulator(_ configuration: MachineConfiguration) async throws {
        try await boot(MartletVM(), configuration)
    }

    /// A BIOS that others wrote, on the machine that we wrote: it has no video BIOS there, so COM1 is all there is to
    /// see.
    @Test(arguments: [
        MachineConfiguration(board: .isapc, processor: .i486, memory: 4),
        MachineConfiguration(board: .isapc, processor: .pentium3, memory: 64),
    ])
    func bootsWithSeaBIOSInOurEmulator(_ configuration: MachineConfiguration) async throws {
        let firmware = URL(fileURLWithPath: "/usr/share/seabios/bios.bin")
        try await boot(MartletVM(foreignFirmware: firmware), configuration)
    }

    /// Boots up to the prompt, compares the log, types a command and reads the answer.
    private func boot(_ engine: some BootEngine, _ configuration: MachineConfiguration) async throws {
        try await withMachine(engine, configuration, image: try BuiltFile.kernelImage.url()) { machine in
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
        try await withMachine(QEMU(), MachineConfiguration(), image: try BuiltFile.kernelImage.url()) { machine in
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
}
