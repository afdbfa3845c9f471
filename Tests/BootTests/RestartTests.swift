import Foundation
import Testing

/// Drivers and the shell that die, in QEMU and in our emulator: their successors work, and their clients notice.
@Suite(.serialized) struct RestartTests {
    private func boot(inQEMU: Bool, _ body: (ShellSession) async throws -> Void) async throws {
        if inQEMU { try await withShell(QEMU(), body) } else { try await withShell(MartletVM(), body) }
    }

    @Test(arguments: [true, false])
    func `any driver can be killed, and its successor works`(inQEMU: Bool) async throws {
        try await boot(inQEMU: inQEMU) { shell async throws in
            let before = try await shell.processes()
            let drivers = ["screen", "serial", "keyboard", "console", "clock", "disk"]
            for name in drivers {
                let number = try #require(before.first { $0.name == name }?.number)
                let answer = try await shell.run("kill \(number)")
                #expect(answer == ["process-manager: \(name) has ended, and is started again"])
                #expect(try await shell.run("echo still here") == ["still here"])
            }
            let after = try await shell.processes()
            for name in drivers {
                #expect(after.first { $0.name == name }?.number != before.first { $0.name == name }?.number)
            }
            #expect(after.map(\.name).sorted() == before.map(\.name).sorted())
            // Keyboard and screen, serial line, clock, disk.
            let length = shell.machine.serialOutput.count
            try shell.machine.type("echo keys\r")
            try await shell.machine.wait(for: "\r\nkeys\r\n", from: length)
            try await shell.machine.waitForScreen("keys")
            #expect(try await shell.run("date").first?.contains(" 20") == true)
            #expect(try await shell.run("disk-dump 0 0").count == 32)
            #expect(try await shell.run("services").contains { $0.hasSuffix("  running     disk") })
        }
    }

    @Test(arguments: [true, false])
    func `clients of a driver that dies get an error or are served by its successor`(inQEMU: Bool) async throws {
        try await boot(inQEMU: inQEMU) { shell async throws in
            let answer = try await shell.run("allow kill manager-test restarts")
            #expect(!answer.contains { $0.contains("FAILED") }, "\(answer)")
            #expect(answer.contains { $0.hasSuffix("checks passed") }, "\(answer)")
            #expect(try await shell.run("echo alive") == ["alive"])
        }
    }

    @Test(arguments: [true, false])
    func `a shell that dies has a successor, and its program goes on`(inQEMU: Bool) async throws {
        try await boot(inQEMU: inQEMU) { shell async throws in
            #expect(try await shell.run("echo-server &").first?.hasPrefix("process ") == true)
            let number = try #require(try await shell.processes().first { $0.name == "shell" }?.number)
            let start = shell.machine.serialOutput.count
            _ = try await shell.run("kill \(number)")
            #expect(
                shell.machine.serialOutput.dropFirst(start).contains(
                    "process-manager: shell has ended, and is started again\r\n"))
            #expect(try await shell.run("echo-client again") == ["request 1: again"])
            // Again and again: without a shell nobody could stop the machine.
            for death in 2...8 {
                let number = try #require(try await shell.processes().first { $0.name == "shell" }?.number)
                let answer = try await shell.run("kill \(number)")
                #expect(answer.first?.hasSuffix("started again in \(50 << min(death, 6)) ms") == true, "\(answer)")
            }
        }
    }

    @Test(arguments: [true, false])
    func `a driver that dies when there is no memory comes back when there is`(inQEMU: Bool) async throws {
        try await boot(inQEMU: inQEMU) { shell async throws in
            let processes = try await shell.processes()
            let clock = try #require(processes.first { $0.name == "clock" }?.number)
            _ = try await shell.run("kill \(clock)")
            let successor = try #require(try await shell.processes().first { $0.name == "clock" }?.number)
            var hogs: [Int] = []
            for _ in 0..<2 {
                let start = shell.machine.serialOutput.count
                try shell.machine.send("manager-test hog &\r")
                let output = try await shell.machine.wait(for: "manager-test: no memory left\r\n", from: start)
                let line = output.components(separatedBy: "\r\n").first { $0.hasPrefix("process ") }
                hogs.append(try #require(line?.split(separator: " ").last.flatMap { Int($0) }))
            }
            let start = shell.machine.serialOutput.count
            try shell.machine.send("kill \(successor)\r")
            try await shell.machine.wait(
                for: "process-manager: no memory for clock; it is started when there is some\r\n", from: start)
            for hog in hogs { _ = try await shell.run("kill \(hog)") }
            #expect(try await shell.run("date").first?.contains(" 20") == true)
        }
    }
}
