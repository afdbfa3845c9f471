import Foundation
import ProcessTestSupport
import Testing

/// What the options do to a run, seen from outside: exit codes, files, and what is printed. The guests are boot sectors
/// of a few instructions, started by our own BIOS.
final class RunTests {
    private let folder: URL
    /// Ends a guest that does not end by itself: many times what the BIOS needs to start a boot sector. Reaching it
    /// makes the exit code 0, which no guest can choose.
    private static let limit = "20000000"

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-run-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    private func contents(_ name: String) throws -> Data {
        try Data(contentsOf: folder.appendingPathComponent(name))
    }

    /// Makes the disk image `disk.img` that boots `program`.
    private func makeDisk(_ program: (inout BootSector) -> Void) throws -> Data {
        var sector = BootSector()
        program(&sector)
        let disk = sector.disk
        try disk.write(to: folder.appendingPathComponent("disk.img"))
        return disk
    }

    private func vm(_ options: String..., input: String = "") throws -> EmulatorProgram.Result {
        try EmulatorProgram.run(["disk.img", "--console", "none", "--fast"] + options, input: input, in: folder)
    }

    @Test func guestChoosesTheExitCode() throws {
        _ = try makeDisk { $0.exit(0x10) }
        let result = try vm("--until", Self.limit)
        #expect(result.code == 33)
        #expect(result.errors == "")
    }

    @Test(arguments: [("386", 3), ("486", 4), ("pentium", 5), ("pentium2", 6), ("pentium3", 6), ("pentium4", 15)])
    func processorModelsAreChosenByName(_ name: String, _ family: Int32) throws {
        _ = try makeDisk { $0.exitWithFamily() }
        let result = try vm("--cpu", name, "--until", Self.limit)
        #expect(result.code == family * 2 + 1)
        #expect(result.errors == "")
    }

    @Test func untilEndsTheRunAndScreenshotShowsIt() throws {
        _ = try makeDisk { $0.loop() }
        let result = try vm("--until", "2000000", "--screenshot", "screen.png")
        #expect(result.code == 0)
        #expect(result.errors == "")
        let picture = try contents("screen.png")
        #expect(picture.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]), "the signature of a PNG file")
        // IHDR comes first: width and height, big-endian. 80 by 25 characters of 9 by 16 pixels.
        #expect(picture.dropFirst(16).prefix(8).elementsEqual([0, 0, 0x02, 0xD0, 0, 0, 0x01, 0x90]))
    }

    /// A run is saved, and comes true again: also on the disk that it has written, which stays as it is.
    @Test func aRecordedRunIsReplayed() throws {
        let disk = try makeDisk {
            $0.transferSector(function: 3, sector: 2, drive: 0x80, buffer: 0x7C00)
            $0.send("once more\r\n")
            $0.exit(3)
        }
        let recorded = try vm("--record", "run.rec", "--until", Self.limit)
        #expect(recorded.code == 7)
        #expect(recorded.output.contains("once more"))
        #expect(recorded.errors == "")
        let written = try contents("disk.img")
        #expect(written != disk)
        for image in [written, disk] {
            try image.write(to: folder.appendingPathComponent("disk.img"))
            let replayed = try vm("--replay", "run.rec")
            #expect(replayed.code == 7)
            #expect(replayed.output == recorded.output)
            #expect(replayed.errors == "")
            #expect(try contents("disk.img") == image)
        }
        let debugged = try vm("--replay", "run.rec", "--debug", input: "continue\nreverse-step\ncontinue\nquit\n")
        #expect(debugged.output.contains("the guest asks to exit with code 7"))
        #expect(debugged.output.contains("(in the past: recorded up to step"))
        #expect(debugged.code == 0)
    }

    /// A shell that becomes the program, whose guest has said that it is ready, and goes on for ever.
    private func startForEver(_ before: String = "") throws -> Process {
        _ = try makeDisk {
            $0.send("ready")
            $0.loop()
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        let options = "disk.img --console none --fast --record run.rec"
        process.arguments = ["-c", before + "exec '\(BuiltEmulator.executable.path)' \(options)"]
        process.currentDirectoryURL = folder
        process.standardInput = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        var text = ""
        while !text.contains("ready") {
            let data = output.fileHandleForReading.availableData
            try #require(!data.isEmpty, "the guest has not spoken: \(text)")
            text += String(decoding: data, as: UTF8.self)
        }
        return process
    }

    private func expectTermination(_ process: Process) {
        process.terminate()
        for _ in 0..<3000 where process.isRunning { Thread.sleep(forTimeInterval: 0.01) }
        // A program that does not heed the signal is not waited for.
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 128 + SIGTERM)
    }

    /// Whoever ends the program from outside has the recording all the same.
    @Test func aRunThatIsEndedFromOutsideIsRecorded() throws {
        expectTermination(try startForEver())
        #expect(try vm("--replay", "run.rec").output == "ready")
    }

    /// `nohup` has the program go on when its terminal is gone.
    @Test func whatIsToBeIgnoredIsIgnored() throws {
        let process = try startForEver("trap '' HUP; ")
        kill(process.processIdentifier, SIGHUP)
        for _ in 0..<100 where process.isRunning { Thread.sleep(forTimeInterval: 0.01) }
        #expect(process.isRunning)
        expectTermination(process)
    }

    @Test func recordingsThatDoNotFitAreRefused() throws {
        let disk = try makeDisk { $0.exit(1) }
        #expect(try vm("--record", "run.rec", "--until", Self.limit).code == 3)
        func refusal(_ options: String...) throws -> String {
            let result = try EmulatorProgram.run(
                ["disk.img", "--console", "none", "--fast", "--replay", "run.rec"] + options, in: folder)
            #expect(result.code == 66)
            #expect(result.errors.split(separator: "\n").count == 1)
            return result.errors
        }
        #expect(try refusal("--memory", "32M").contains("is of a machine with --memory 64M, not 32M"))
        #expect(try refusal("--cpu", "486").contains("is of a machine with --cpu"))
        var other = disk
        other[1000] ^= 1
        try other.write(to: folder.appendingPathComponent("disk.img"))
        #expect(try refusal().contains("disk 0 is not that of the recording: its contents differ"))
        try disk.write(to: folder.appendingPathComponent("disk.img"))
        var damaged = try contents("run.rec")
        damaged[damaged.count / 2] ^= 1
        try damaged.write(to: folder.appendingPathComponent("run.rec"))
        #expect(try refusal().contains("this recording is damaged: its checksum does not match"))
        try disk.write(to: folder.appendingPathComponent("run.rec"))
        #expect(try refusal().contains("this is not a recording"))
        #expect(try vm("--replay", "run.rec", "--record", "other.rec").code == 64)
    }

    /// Nothing has to be prepared for going back: a triple fault ends in the debugger, and the past is there.
    @Test func thePastIsThereWhenAGuestShutsDown() throws {
        _ = try makeDisk { $0.tripleFault() }
        let result = try vm(
            "--serial", "none", "--on-triple-fault", "debug", "--until", Self.limit,
            input: "reverse-step\ngoto 0\nquit\n")
        #expect(result.errors.contains("triple fault"))
        #expect(result.output.contains("(in the past: recorded up to step"))
        #expect(result.output.contains("step 0  f000:fff0"))
    }

    @Test func serialPortAndDebugConsoleGoToFiles() throws {
        _ = try makeDisk {
            $0.send("COM1 speaks\r\n")
            for byte in "port E9 speaks".utf8 { $0.output(byte, to: 0xE9) }
            $0.exit(0)
        }
        let result = try vm("--serial", "serial.log", "--debug-console", "debug.log", "--until", Self.limit)
        #expect(result.code == 1)
        #expect(result.output == "")
        #expect(String(decoding: try contents("serial.log"), as: UTF8.self) == "COM1 speaks\r\n")
        // Before it comes what the BIOS has logged.
        #expect(String(decoding: try contents("debug.log"), as: UTF8.self).hasSuffix("port E9 speaks"))
    }

    @Test func serialPortGoesToStandardOutputWithoutAConsole() throws {
        _ = try makeDisk {
            $0.send("COM1 speaks\r\n")
            $0.exit(0)
        }
        let result = try vm("--until", Self.limit)
        #expect(result.code == 1)
        #expect(Array(result.output.utf8) == Array("COM1 speaks\r\n".utf8))
    }

    @Test func tripleFaultEndsTheRunAndIsExplained() throws {
        _ = try makeDisk { $0.tripleFault() }
        let result = try vm("--until", Self.limit)
        #expect(result.code == 70)
        let report = result.errors
        #expect(report.hasPrefix("vm: triple fault at step "))
        #expect(report.contains("#GP") && report.contains("#BP"), "the beginning of the chain")
        #expect(report.contains("int3"), "the instruction that began it")
        #expect(report.contains("#DF"), "the end of the chain")
        #expect(report.contains("no IDT is loaded"), "the probable cause")
    }

    @Test func tripleFaultCanReset() throws {
        _ = try makeDisk { $0.tripleFault() }
        let result = try vm("--on-triple-fault", "reset", "--until", "3000000")
        #expect(result.code == 0)
        #expect(result.errors.components(separatedBy: "triple fault at step ").count > 2, "it happens in every start")
    }

    /// A guest that copies its boot sector over the second sector.
    private func makeWritingDisk() throws -> Data {
        try makeDisk {
            $0.transferSector(function: 3, sector: 2, drive: 0x80, buffer: 0x7C00)
            $0.exitWithDiskStatus()
        }
    }

    @Test func guestWritesReachTheImage() throws {
        var expected = try makeWritingDisk()
        expected.replaceSubrange(512..<1024, with: expected.prefix(512))
        let result = try vm("--until", Self.limit)
        #expect(result.code == 1)
        #expect(try contents("disk.img") == expected)
    }

    @Test func snapshotLeavesTheImageAsItIs() throws {
        let original = try makeWritingDisk()
        let result = try vm("--snapshot", "--until", Self.limit)
        #expect(result.code == 1, "the guest sees its write succeed")
        #expect(try contents("disk.img") == original)
    }

    @Test func secondDiskIsDrive81() throws {
        var second = Data("A second disk".utf8)
        second.append(Data(count: 1 << 20 - second.count))
        try second.write(to: folder.appendingPathComponent("second.img"))
        _ = try makeDisk {
            $0.transferSector(function: 2, sector: 1, drive: 0x81, buffer: 0x7E00)
            $0.outputMemory(at: 0x7E00, count: 13, to: 0xE9)
            $0.exitWithDiskStatus()
        }
        let result = try vm("--disk", "second.img", "--debug-console", "debug.log", "--until", Self.limit)
        #expect(result.code == 1)
        #expect(String(decoding: try contents("debug.log"), as: UTF8.self).hasSuffix("A second disk"))
    }

    @Test func debuggerTakesCommandsFromStandardInput() throws {
        _ = try makeDisk { $0.loop() }
        let result = try vm("--debug", input: "registers\nstep\nquit\n")
        #expect(result.code == 0)
        #expect(result.errors == "")
        #expect(result.output.hasPrefix("step 0  f000:fff0 "), "it stops at the reset vector: \(result.output)")
        #expect(result.output.contains("eip 0000fff0"))
        #expect(result.output.contains("step 1  f000:"))
    }

    @Test func debuggerEndsWithItsInput() throws {
        _ = try makeDisk { $0.loop() }
        let result = try vm("--debug", input: "step")
        #expect(result.code == 0)
        #expect(result.output.contains("step 1  f000:"))
    }

    /// Commands from files and from the command line, in batches: the exit code tells whether one failed.
    @Test func scriptsAndCommandsAreExecuted() throws {
        _ = try makeDisk { $0.exit(0x10) }
        try Data("# the boot sector\nuntil 0:7c00\n".utf8).write(to: folder.appendingPathComponent("boot.dbg"))
        let result = try vm("--script", "boot.dbg", "--execute", "registers cs", "--execute", "location")
        #expect(result.code == 0)
        #expect(result.errors == "")
        let prompts = result.output.split(separator: "\n").filter { $0.hasPrefix("(vm) ") }
        #expect(prompts == ["(vm) until 0:7c00", "(vm) registers cs", "(vm) location"])
        #expect(result.output.contains("0000:7c00"))

        // As without a debugger, if the guest ends.
        #expect(try vm("--execute", "continue").code == 0x21)

        try Data("step\nnonsense\nstep".utf8).write(to: folder.appendingPathComponent("bad.dbg"))
        let failure = try vm("--script", "bad.dbg", "--execute", "location")
        #expect(failure.code == 2)
        #expect(failure.output.hasSuffix("bad.dbg:2: there is no command 'nonsense'; 'help' lists them\n"))
        #expect(try vm("--execute", "x 1 2 3").code == 2)
        #expect(try vm("--script", "absent.dbg").code == 66)
        // With --debug the prompt comes afterwards; that something failed is not forgotten.
        let prompted = try vm("--debug", "--script", "bad.dbg", input: "step\n")
        #expect(prompted.code == 2)
        #expect(prompted.output.contains("step 2  f000:"))
    }

    @Test func tracesAndProfilesGoToFiles() throws {
        _ = try makeDisk { $0.exit(0x10) }
        let result = try vm(
            "--trace", "ports", "--trace-file", "trace.txt", "--trace-only", "ports=0x501", "--profile", "profile.txt",
            "--profile-interval", "1000")
        #expect(result.code == 0x21)
        #expect(result.errors == "")
        let trace = String(decoding: try contents("trace.txt"), as: UTF8.self)
        #expect(trace.contains("  out        port 0x501: 10, by 00007c"), "\(trace)")
        #expect(trace.split(separator: "\n").count == 1)
        let profile = String(decoding: try contents("profile.txt"), as: UTF8.self)
        #expect(profile.split(separator: "\n").allSatisfy { $0.split(separator: " ").count == 2 })
        #expect(try vm("--trace", "ports").code == 64)
        let wrong = try vm("--trace", "parts", "--trace-file", "trace.txt")
        #expect(wrong.code == 66)
        #expect(wrong.errors.contains("'parts' cannot be traced"))
        #expect(try vm("--trace", "all", "--trace-file", "disk.img").code == 66)
    }

    @Test func resultsAreJSONOnRequest() throws {
        _ = try makeDisk { $0.tripleFault() }
        let result = try vm(
            "--json", "--execute", "until 0:7c00", "--execute", "registers eip", "--execute", "continue")
        #expect(result.code == 70)
        let objects = result.output.split(separator: "\n").map {
            (try? JSONSerialization.jsonObject(with: Data($0.utf8))) as? [String: Any]
        }
        #expect(objects.count == 3)
        #expect((objects.first??["stop"] as? [String: Any])?["eip"] as? Int == 0x7C00)
        #expect((objects.dropFirst().first??["values"] as? [String: Any])?["eip"] as? Int == 0x7C00)
        #expect((objects.last??["stop"] as? [String: Any])?["reason"] as? String == "triple-fault")
        #expect(try vm("--json").code == 64)
        let piped = try vm("--debug", "--json", input: "step\nquit\n")
        #expect(piped.output.split(separator: "\n").count == 2)
        #expect(piped.output.hasPrefix("{"))
    }

    /// A file that is opened while a standard file is closed gets its number. When that file is the disk image, what is
    /// printed would overwrite it.
    @Test(arguments: [">&-", "2>&-", "<&- >&- 2>&-"])
    func closedStandardFilesDoNotHarmTheImage(_ redirections: String) throws {
        let original = try makeDisk {
            $0.send("This belongs to standard output.\r\n")
            $0.tripleFault()
        }
        let command = "exec \"$0\" disk.img --console none --fast --until \(Self.limit) \(redirections)"
        let result = try EmulatorProgram.run(
            ["-c", command, BuiltEmulator.executable.path], program: URL(fileURLWithPath: "/bin/sh"), in: folder)
        #expect(result.code == 70)
        #expect(try contents("disk.img") == original)
    }
}
