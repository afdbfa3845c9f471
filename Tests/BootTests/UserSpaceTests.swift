import Foundation
import Testing

/// What a person at the shell relies on (docs/userland.md), in QEMU on a small machine.
@Suite(.serialized) struct UserSpaceTests {
    @Test func `the payload can be listed and read`() async throws {
        try await withShell { shell async throws in
            let listing = try await shell.run("ls bin/")
            #expect(listing.contains { $0.hasSuffix("  bin/shell") })
            #expect(!listing.contains { $0.hasSuffix("motd") })
            #expect(try await shell.run("cat etc/motd") == ["Welcome to Martlet. Type help for a list of commands."])
            #expect(try await shell.run("cat nothing") == ["cat: nothing: no such file"])
            let help = try await shell.run("help")
            #expect(help.contains { $0.contains("reboot") })
            // It is to be read on a screen of 80 by 25, with the prompt below it.
            #expect(help.count < 25 && help.allSatisfy { $0.count < 80 }, "\(help)")
        }
    }

    @Test func `programs get their arguments, and unknown commands are named`() async throws {
        try await withShell { shell async throws in
            let hello = try await shell.run("hello one 'two three' \"\"")
            #expect(hello.first?.hasPrefix("Hello from ring 3") == true)
            #expect(hello.dropFirst() == ["argument 1: one", "argument 2: two three", "argument 3: "])
            #expect(try await shell.run("nonsense") == ["nonsense: unknown command; 'help' lists what there is"])
            #expect(try await shell.run("echo 'a") == ["unmatched quote"])
            #expect(
                try await shell.run("etc/motd")
                    == ["process-manager: etc/motd: not an ELF file", "etc/motd: not a program"])
            #expect(try await shell.run("bench nothing").last == "bench: exit status 2")
            #expect(try await shell.run("") == [])
        }
    }

    @Test func `the log remembers what was said before the console existed`() async throws {
        try await withShell { shell async throws in
            let log = try await shell.run("log")
            #expect(log.first?.hasPrefix("[    0.0") == true && log.first?.hasSuffix("a microkernel in Swift") == true)
            #expect(log.contains { $0.contains("] process-manager: ") })
            #expect(!log.contains { $0.contains("martlet>") }, "what programs show is not in it")
            _ = try await shell.run("crash-null")
            #expect(try await shell.run("log").contains { $0.contains("] crash-null: killed by a page fault") })
        }
    }

    @Test func `a crash is reported with the function, and nothing is left behind`() async throws {
        try await withShell { shell async throws in
            // The first one may leave page tables that the process manager keeps.
            _ = try await shell.run("crash-null")
            let free = try await shell.freeFrames()
            let null = try await shell.run("crash-null")
            #expect(
                null.contains { $0.hasPrefix("crash-null: killed by a page fault: read of address 0x00000000 at ") })
            #expect(null.contains { $0.hasSuffix("(static CrashNull.main())") })
            let privileged = try await shell.run("crash-privileged")
            #expect(
                privileged.contains {
                    $0.contains("killed by a general protection fault: privileged instruction 'hlt'")
                })
            let stack = try await shell.run("crash-stack")
            #expect(stack.contains { $0.contains("killed by a stack overflow: write to address 0xbfef") })
            // Recursion is told once.
            #expect(stack.filter { $0.hasSuffix("(static CrashStack.descend(_:))") }.count == 2, "\(stack)")
            // The driver's program without the driver's ports.
            #expect(try await shell.run("keyboard").contains { $0.contains("privileged instruction 'in'") })
            #expect(!(null + privileged + stack).contains { $0.contains("still here") })
            #expect(try await shell.freeFrames() == free)
            #expect(free != nil)
        }
    }

    @Test func `workloads give the results that arithmetic gives`() async throws {
        try await withShell { shell async throws in
            // Computed independently of this system, from the definitions in Workloads.swift.
            let results = [
                "compute 10": "compute: 10 iterations, result 0x8e550dfb",
                "recursion 500": "recursion: 500 iterations, result 0x880b1404",
                "branches 500000": "branches: 500000 iterations, result 0xda8132ce",
            ]
            for (workload, result) in results {
                #expect(try await shell.run("bench " + workload) == ["bench: " + result])
            }
            for workload in ["memory 1000", "calls 1000", "faults 200"] {
                let first = try await shell.run("bench " + workload)
                #expect(first.first?.contains(" iterations, result 0x") == true)
                #expect(try await shell.run("bench " + workload) == first)
            }
        }
    }

    @Test func `programs run beside the shell until they are killed`() async throws {
        try await withShell { shell async throws in
            let answer = try await shell.run("bench compute 4000000000 &")
            let number = try #require(answer.first?.split(separator: " ").last.flatMap { Int($0) })
            #expect(answer == ["process \(number)"])
            #expect(try await shell.processes().contains { $0 == (number, "bench") })
            #expect(try await shell.run("jobs").map { $0.trimmingCharacters(in: .whitespaces) } == ["\(number)  bench"])
            #expect(try await shell.run("kill \(number)") == ["process \(number), bench: killed"])
            #expect(try await shell.processes().contains { $0.name == "bench" } == false)
            #expect(try await shell.run("kill \(number)") == ["kill: \(number): no such process"])
            #expect(try await shell.run("kill 1") == ["kill: 1: not permitted"])
        }
    }

    @Test func `control-C ends a program, or the line`() async throws {
        try await withShell { shell async throws in
            var start = shell.machine.serialOutput.count
            try shell.machine.send("bench compute 4000000000\r")
            try await shell.machine.wait(for: "4000000000\r\n", from: start)
            // The shell has to have begun to wait: what is typed earlier is still the shell's to read.
            try await Task.sleep(for: .milliseconds(500))
            start = shell.machine.serialOutput.count
            try shell.machine.send("\u{3}")
            let output = try await shell.machine.wait(for: "\n" + KernelLog.prompt, from: start)
            #expect(output.hasPrefix("^C\r\n"))
            // Also one that reads.
            start = shell.machine.serialOutput.count
            try shell.machine.send("manager-test read\r")
            try await shell.machine.wait(for: "manager-test read\r\n", from: start)
            try await Task.sleep(for: .milliseconds(500))
            start = shell.machine.serialOutput.count
            try shell.machine.send("\u{3}")
            #expect(try await shell.machine.wait(for: "\n" + KernelLog.prompt, from: start).hasPrefix("^C\r\n"))
            start = shell.machine.serialOutput.count
            try shell.machine.send("echo never\u{3}")
            try await shell.machine.wait(for: "echo never^C\r\n" + KernelLog.prompt, from: start)
        }
    }

    @Test func `lines are edited and recalled`() async throws {
        try await withShell { shell async throws in
            #expect(try await shell.run("echo abd\u{1B}[Dc\u{1}\u{1B}[3~e") == ["abcd"])
            #expect(try await shell.run("\u{10}") == ["abcd"])
            #expect(try await shell.run("wrong\u{15}echo right") == ["right"])
            #expect(try await shell.run("ec\t done") == ["done"])
            #expect(try await shell.run("cat etc/m\t") == ["Welcome to Martlet. Type help for a list of commands."])
        }
    }

    @Test func `two programs use up all memory, and the system lives on`() async throws {
        try await withShell { shell async throws in
            // The first program may leave page tables that the process manager keeps.
            _ = try await shell.run("hello")
            let free = try await shell.freeFrames()
            var numbers: [Int] = []
            // The first reaches its own limit, the second finds no page frame at all (KernelError's codes).
            let quotaExceeded = "self-test: memory -7, thread 0, endpoint 0\r\n"
            let outOfMemory = "self-test: memory -6, thread -6, endpoint -6\r\n"
            for ending in [quotaExceeded, outOfMemory] {
                let start = shell.machine.serialOutput.count
                let answer = try await shell.run("self-test hold &")
                numbers.append(try #require(answer.lazy.compactMap { line in
                    line.hasPrefix("process ") ? Int(line.dropFirst(8)) : nil
                }.first))
                try await shell.machine.wait(for: ending, from: start)
            }
            #expect(try await shell.freeFrames() == 0)
            #expect(try await shell.run("hello") == ["hello: out of memory"])
            for number in numbers {
                #expect(try await shell.run("kill \(number)") == ["process \(number), self-test: killed"])
            }
            #expect(try await shell.freeFrames() == free)
            #expect(free != nil)
            #expect(try await shell.run("hello").count == 1)
        }
    }
}
