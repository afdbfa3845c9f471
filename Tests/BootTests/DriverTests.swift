import EmulatorTestSupport
import Foundation
import Machine
import Testing

/// Drivers, services and what programs are given, in QEMU and in our emulator.
@Suite(.serialized) struct DriverTests {
    /// What a person types, and what comes of it on any machine.
    private static let session: [(command: String, answer: [String])] = [
        ("set NAME=value OTHER=x", []),
        ("unset OTHER", []),
        ("env", ["NAME=value"]),
        ("hello -e", ["NAME=value"]),
        ("set =x", ["set: =x: not NAME=VALUE, or too much of it"]),
        ("unset nothing", ["unset: nothing: no such name"]),
        ("wait 1", ["wait: no such process"]),
        ("echo-server &", ["process 10"]),
        ("echo-client one 'two three'", ["request 1: one", "request 2: two three"]),
        ("echo-server", ["echo-server: the name is taken", "echo-server: exit status 1"]),
        ("kill 10", ["process 10, echo-server: killed"]),
        // Waits until there is such a server.
        ("echo-client patience &", ["process 13"]),
        ("disk-dump 0 9999999", ["disk-dump: no such sector", "disk-dump: exit status 1"]),
        ("disk-dump 1 0", ["disk-dump: no such drive", "disk-dump: exit status 1"]),
        ("disk-dump 2 0", ["disk-dump: no such drive", "disk-dump: exit status 1"]),
        ("limit 20 hello", ["hello: out of memory"]),
        ("limit 80 hello", ["Hello from ring 3: this is process 18."]),
        ("limit 0 hello", ["usage: limit KIB PROGRAM..."]),
        ("kill 13", ["process 13, echo-client: killed"]),
        (
            "tour",
            [
                "Hello from ring 3: this is process 20.", "argument 1: from the tour", "hello ended with status 0",
                "bench was killed: true", "1 + 2 + ... + 10 = 55", "99 squared is 9801",
                "slept for 20 ms or more: true",
            ]
        ),
    ]

    private func run(_ engine: some BootEngine) async throws {
        try await withShell(engine) { shell async throws in
            for (command, answer) in Self.session {
                #expect(try await shell.run(command) == answer, "\(command)")
            }
            // The first sector of the disk is the boot sector of the image.
            let image = try Data(contentsOf: try BuiltFile.kernelImage.url())
            let dump = try await shell.run("disk-dump 0 0 2")
            #expect(dump.count == 64)
            for (line, text) in dump.enumerated() {
                let bytes = image[line * 16..<line * 16 + 16].map { String(format: "%02x", $0) }
                #expect(text.hasPrefix(String(format: "0x%08x  ", line * 16) + bytes.joined(separator: " ")))
            }
            #expect(try await shell.run("disk-dump").first?.hasPrefix("drive 0: ") == true)
        }
    }

    @Test func `servers, names, limits and disks in QEMU`() async throws { try await run(QEMU()) }

    @Test func `servers, names, limits and disks in our emulator`() async throws { try await run(MartletVM()) }

    @Test(arguments: [true, false])
    func `the process manager does what it documents`(inQEMU: Bool) async throws {
        let test: (ShellSession) async throws -> Void = { shell async throws in
            // Twice: the first run must leave nothing behind that disturbs the second.
            var free: [Int?] = []
            for _ in 0..<3 {
                let answer = try await shell.run("manager-test")
                #expect(!answer.contains { $0.contains("FAILED") }, "\(answer)")
                #expect(answer.last?.hasSuffix("checks passed") == true, "\(answer)")
                free.append(try await shell.freeFrames())
            }
            #expect(free[1] == free[2])
        }
        if inQEMU { try await withShell(QEMU(), test) } else { try await withShell(MartletVM(), test) }
    }

    @Test(arguments: [true, false])
    func `spawning, talking, reading and killing at random leaves everything as it was`(inQEMU: Bool) async throws {
        let seconds = ProcessInfo.processInfo.environment["MARTLET_SOAK_SECONDS"].flatMap { Int($0) } ?? 10
        let test: (ShellSession) async throws -> Void = { shell async throws in
            let start = shell.machine.serialOutput.count
            try shell.machine.send("allow kill soak \(seconds)\r")
            let output = try await shell.machine.wait(
                for: "\n" + KernelLog.prompt, from: start, limit: .seconds(120 + 4 * seconds))
            #expect(!output.contains("FAILED"), "\(output)")
            #expect(output.contains(" pages free as before\r\n"), "\(output)")
            #expect(try await shell.run("echo alive") == ["alive"])
        }
        if inQEMU { try await withShell(QEMU(), test) } else { try await withShell(MartletVM(), test) }
    }

    /// Both drives of the channel are written to, by who may.
    private func writeDisks(_ engine: some BootEngine) async throws {
        try await withShell(engine) { shell async throws in
            let disks = try await shell.run("disk-dump")
            #expect(disks.count == 2)
            #expect(!disks.contains { $0.contains("no such drive") }, "\(disks)")
            for drive in 0..<2 {
                #expect(
                    try await shell.run("manager-test write-disk \(drive)")
                        == ["manager-test: not permitted", "manager-test: exit status 4"])
                #expect(
                    try await shell.run("allow disk-write manager-test write-disk \(drive)") == [
                        "manager-test: written"
                    ])
            }
            // The drives are not each other.
            let dump = try await shell.run("disk-dump 0 2015")
            #expect(dump.count == 32)
            #expect(try await shell.run("disk-dump 1 2015") == dump)
            #expect(try await shell.run("disk-dump 1 0").first?.contains("  ff ff ff ff") == true)
        }
    }

    /// How long `disk-dump 0 0 2` takes in virtual time, in milliseconds, the second time; and that it shows the
    /// sectors.
    private func millisecondsOfReading(_ hostility: Machine.Hostility) throws -> (first: UInt64, second: UInt64) {
        let configuration = MachineConfiguration(board: .isapc, processor: .i486, memory: 8)
        let machine = try Machine(
            try MartletVM(hostility: hostility)
                .machineConfiguration(configuration, image: try BuiltFile.kernelImage.url()))
        let log = SerialLog()
        machine.output = log
        func wait(prompts: Int) -> UInt64 {
            for millisecond in 0..<60_000 as Range<UInt64> {
                if log.text.components(separatedBy: KernelLog.prompt).count > prompts { return millisecond }
                guard case .reached = machine.run(forNanoseconds: 1_000_000) else { break }
            }
            Issue.record("no prompt: \(log.text)")
            return 0
        }
        _ = wait(prompts: 1)
        var times: [UInt64] = []
        for prompts in 2...3 {
            machine.inputQueue.append(.serial(Array("disk-dump 0 0 2\r".utf8), port: 0))
            times.append(wait(prompts: prompts))
        }
        #expect(log.text.components(separatedBy: "0x000001f0  ").count == 3, "\(log.text)")
        return (times[0], times[1])
    }

    @Test func `the disk interrupts, and works without interrupts`() throws {
        // In virtual time, which is the same in every run: an interrupt comes after microseconds, and one that does not
        // come is waited for half a second once, and then no longer.
        let normal = try millisecondsOfReading([])
        let dead = try millisecondsOfReading(.deadDiskInterrupts)
        #expect(dead.first >= normal.first + 450, "\(normal), \(dead)")
        #expect(dead.second < normal.second + 100, "\(normal), \(dead)")
    }

    @Test func `what was typed before there was a driver is read`() async throws {
        var configuration = MachineConfiguration()
        configuration.board = .isapc
        try await withMachine(MartletVM(), configuration, image: try BuiltFile.kernelImage.url()) { machine in
            // The kernel's first lines: the serial driver is far.
            try await machine.wait(for: "cpu: ")
            try machine.send("echo early\r")
            try await machine.wait(for: "\r\nearly\r\n")
        }
    }

    @Test(arguments: [true, false])
    func `the log goes on on the screen, in its place`(inQEMU: Bool) async throws {
        let test: (ShellSession) async throws -> Void = { shell async throws in
            let number = try #require(try await shell.processes().first { $0.name == "console" }?.number)
            _ = try await shell.run("crash-null")
            // Also the line that there is no console to show.
            _ = try await shell.run("kill \(number)")
            _ = try await shell.run("echo end of it")
            try await shell.machine.waitForScreen("end of it")
            let screen = try await shell.machine.screen().map { $0.trimmingCharacters(in: .whitespaces) }
            let report = try #require(screen.firstIndex { $0.hasPrefix("crash-null: killed by a page fault") })
            #expect(screen[report - 1] == "crash-null: about to read address 0")
            // The line before is longer than a row.
            #expect(screen[report + 2].hasPrefix("called from"))
            #expect(screen.filter { $0 == "process-manager: console has ended, and is started again" }.count == 1)
        }
        if inQEMU { try await withShell(QEMU(), test) } else { try await withShell(MartletVM(), test) }
    }

    private func withSecondDisk(_ body: (URL) async throws -> Void) async throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "martlet-second-\(UUID().uuidString).img")
        try Data(repeating: 0xFF, count: 2016 * 512).write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        try await body(url)
    }

    @Test func `two drives are written to in QEMU`() async throws {
        try await withSecondDisk { disk async throws in
            try await writeDisks(
                QEMU(arguments: ["-drive", "file=\(disk.path),format=raw,if=ide,index=1,snapshot=on"]))
        }
    }

    @Test func `two drives are written to in our emulator`() async throws {
        try await withSecondDisk { disk async throws in
            var engine = MartletVM()
            engine.secondDisk = disk
            try await writeDisks(engine)
        }
    }

    @Test func `the date is the machine's`() async throws {
        let engine = QEMU(arguments: ["-rtc", "base=2031-02-03T04:05:06"])
        try await withShell(engine) { shell async throws in
            let date = try await shell.run("date").first
            #expect(date?.hasPrefix("Monday 2031-02-03 04:05:") == true, "\(date ?? "nothing")")
        }
    }

    @Test func `a client waits for a server that comes later`() async throws {
        try await withShell { shell async throws in
            let start = shell.machine.serialOutput.count
            _ = try await shell.run("echo-client early &")
            _ = try await shell.run("echo-server &")
            try await shell.machine.wait(for: "request 1: early\r\n", from: start)
        }
    }

    @Test func `a driver that dies again and again is given up, and the others live`() async throws {
        try await withShell { shell async throws in
            for death in 1...7 {
                // Between deaths it waits longer every time before it is started again.
                var number: Int?
                while number == nil {
                    number = try await shell.processes().first { $0.name == "clock" }?.number
                }
                let answer = try await shell.run("kill \(try #require(number))")
                let words =
                    death == 1 ? "started again" : death == 7 ? "given up" : "started again in \(50 << death) ms"
                #expect(answer.first?.hasSuffix(words) == true, "\(answer)")
            }
            #expect(try await shell.run("services").contains { $0.hasSuffix("  given up    clock") })
            #expect(try await shell.run("date") == ["date: the clock says none", "date: exit status 1"])
            #expect(try await shell.run("disk-dump 0 0").count == 32)
        }
    }
}
