import Foundation
import Testing

/// `reboot` and `halt`, typed at the shell.
@Suite(.serialized) struct ShutdownTests {
    private static let halted = "The machine has stopped; it may be switched off."

    private func start(
        _ engine: some BootEngine, _ configuration: MachineConfiguration = MachineConfiguration(),
        _ body: (any BootableMachine) async throws -> Void
    ) async throws {
        try await withMachine(engine, configuration, image: try BuiltFile.kernelImage.url()) { machine in
            try await machine.wait(for: "\n" + KernelLog.prompt)
            try await body(machine)
        }
    }

    private func halts(_ machine: any BootableMachine) async throws {
        let length = machine.serialOutput.count
        try machine.send("halt\r")
        try await machine.wait(for: Self.halted, from: length)
        try machine.send("echo never\r")
        try await Task.sleep(for: .milliseconds(500))
        #expect(!machine.serialOutput.contains("never"))
    }

    private func reboots(_ machine: any BootableMachine, by command: String = "reboot") async throws {
        let length = machine.serialOutput.count
        try machine.send("\(command)\r")
        try await machine.wait(for: "\nMartlet ", from: length)
        let second = try await machine.wait(for: "\n" + KernelLog.prompt, from: length)
        #expect(second.contains("Restarting."))
    }

    @Test func `halt says so, and nothing runs any more`() async throws {
        try await start(QEMU()) { try await halts($0) }
    }

    @Test func `halt stops our emulator`() async throws {
        try await start(MartletVM(), MachineConfiguration(board: .isapc)) { try await halts($0) }
    }

    @Test func `halt ends a test machine that has an exit port`() async throws {
        let engine = QEMU(arguments: ["-append", "exit-port", "-device", "isa-debug-exit,iobase=0x501"])
        try await start(engine, MachineConfiguration(medium: .kernel)) { machine in
            try machine.send("halt\r")
            for _ in 0..<1000 where machine.isRunning { try await Task.sleep(for: .milliseconds(20)) }
            #expect(!machine.isRunning)
            // What isa-debug-exit makes of the kernel's status 0.
            #expect(machine.lastWords.hasPrefix("exit status 1\n"))
            #expect(machine.serialOutput.contains(Self.halted))
        }
    }

    @Test func `who asked is told of the end, and who is not ready is left behind`() async throws {
        try await start(QEMU()) { machine in
            for arguments in [
                "manager-test await", "manager-test await stubborn", "allow disk-write manager-test await write",
            ] {
                let length = machine.serialOutput.count
                try machine.send("\(arguments) &\r")
                try await machine.wait(for: "manager-test: waiting for the end\r\n", from: length)
            }
            let length = machine.serialOutput.count
            try machine.send("halt\r")
            let output = try await machine.wait(for: Self.halted, from: length)
            #expect(output.components(separatedBy: "manager-test: ready for the end").count == 3, "\(output)")
            #expect(output.contains("process-manager: manager-test is not ready for the end; going on without it\r\n"))
            #expect(!output.contains("disk is not ready"))
            // Programs come first: there was a disk to write to.
            #expect(output.contains("manager-test: written\r\n"), "\(output)")
        }
    }

    @Test(arguments: [MachineConfiguration.Board.pc, .q35])
    func `power-off switches a machine with ACPI off`(board: MachineConfiguration.Board) async throws {
        let medium: BootMedium = board == .pc ? .disk : .kernel
        try await start(QEMU(), MachineConfiguration(medium: medium, board: board)) { machine in
            try machine.send("poweroff\r")
            for _ in 0..<1000 where machine.isRunning { try await Task.sleep(for: .milliseconds(20)) }
            #expect(!machine.isRunning)
            #expect(!machine.serialOutput.contains(Self.halted))
        }
    }

    @Test func `power-off stops a machine without ACPI`() async throws {
        try await start(MartletVM(), MachineConfiguration(board: .isapc)) { machine in
            let length = machine.serialOutput.count
            try machine.send("poweroff\r")
            try await machine.wait(for: Self.halted, from: length)
        }
    }

    @Test func `shutdown switches a machine with ACPI off`() async throws {
        try await start(QEMU(allowsReset: true), MachineConfiguration(board: .pc)) { machine in
            try machine.send("shutdown\r")
            for _ in 0..<1000 where machine.isRunning { try await Task.sleep(for: .milliseconds(20)) }
            #expect(!machine.isRunning)
        }
    }

    @Test func `shutdown restarts a machine without ACPI`() async throws {
        try await start(MartletVM(), MachineConfiguration(board: .isapc)) { try await reboots($0, by: "shutdown") }
    }

    @Test func `reboot starts the system anew`() async throws {
        try await start(QEMU(allowsReset: true)) { try await reboots($0) }
    }

    @Test func `reboot starts our emulator anew`() async throws {
        try await start(MartletVM(), MachineConfiguration(board: .isapc)) { try await reboots($0) }
    }
}
