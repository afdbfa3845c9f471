import Debugger
import DebuggerTestSupport
import JSON
import Machine
import RandomTestSupport
import Testing

/// What the debugger says of the kernel, against what the kernel says of itself.
@Suite(.enabled(if: BuiltImages.exist, "images/ is empty: run `make image` first"))
struct KernelViewTests {
    private func names(_ kernel: KernelMachine) throws -> [String] {
        let view = try kernel.view()
        return view.processes.map { view.name(ofProcess: $0.number) }
    }

    @Test func processesAndThreadsAtThePrompt() throws {
        let kernel = try KernelMachine.booted()
        let view = try kernel.view()
        let names = try names(kernel)
        #expect(names.prefix(2) == ["kernel", "process-manager"])
        for name in ["screen", "serial", "keyboard", "console", "shell"] { #expect(names.contains(name), "\(names)") }
        #expect(view.problems == [])
        // Nobody has anything to do but the idle thread.
        #expect(view.threads.filter { $0.state == "ready" }.map(\.isIdle) == [true])
        #expect(view.runningThread?.isIdle == true)
        let shell = try kernel.process("shell")
        let thread = try #require(view.threads.first { $0.process == shell.number })
        guard case .savedReply = thread.wait else {
            Issue.record("\(thread)")
            return
        }
        #expect(view.waitText(thread).contains("console"))
        #expect(view.suppliers(of: thread)?.map { view.name(ofProcess: $0.process) }.contains("console") == true)
        #expect(view.deadlocks.isEmpty && view.stuckThreads.isEmpty)
        for thread in view.threads {
            #expect(view.stackSize(of: thread) == 8192)
            let use = try #require(view.stackUse(of: thread))
            #expect(use > 0 && use < 1024)
        }
    }

    /// `ps` asks the kernel by a system call of its own.
    @Test func theSameAsTheSystemCallsSay() throws {
        let kernel = try KernelMachine.booted()
        let output = try kernel.type("ps")
        let rows = output.split(whereSeparator: \.isNewline).map { $0.split(separator: " ").map(String.init) }
            .filter { $0.count >= 6 && UInt32($0[0]) != nil }
        let view = try kernel.view()
        #expect(rows.count == view.processes.count, "\(output)")
        for row in rows {
            let process = try #require(view.processes.first { $0.number == UInt32(row[0]) })
            #expect(process.threadCount == UInt32(row[2]))
            #expect(view.threads.filter { $0.process == process.number }.count == Int(process.threadCount))
            // The kernel has no name of its own.
            if row.count > 6 { #expect(view.name(ofProcess: process.number) == row[6]) }
            // Who only waited has what it had; the others have worked for `ps`.
            if ["clock", "disk", "screen"].contains(row.last) {
                #expect(process.account.map { $0.frames * 4 } == UInt32(row[3]))
                #expect(view.threads.contains { $0.process == process.number && $0.state == row[5] })
            }
        }
    }

    @Test func capabilitiesAndWhereTheyComeFrom() throws {
        let kernel = try KernelMachine.booted()
        let view = try kernel.view()
        let manager = try kernel.process("process-manager").number
        let shell = try kernel.process("shell").number
        let own = try #require(view.capabilities.first { $0.process == shell && $0.slot == 1 })
        #expect(own.kind == "process" && own.rightsText == "srmRcw")
        // The process manager made it.
        let parent = try #require(view.capabilities.first { $0.address == own.parent })
        #expect(parent.process == manager && parent.kind == "process" && parent.object == own.object)
        let toManager = try #require(view.capabilities.first { $0.process == shell && $0.slot == 2 })
        #expect(toManager.kind == "endpoint" && toManager.rightsText.hasPrefix("s-") && toManager.badge != 0)
        #expect(view.objectText(toManager).hasSuffix("of process-manager"))
        // Drivers have their interrupts.
        #expect(view.interrupts.map(\.line).contains(1))
        let console = try #require(view.endpoints.first { view.endpointName($0.address).hasSuffix("of console") })
        #expect(console.receivers.count == 1 && console.senders.isEmpty)
    }

    /// Two programs call each other and receive nothing.
    @Test func aDeadlockIsFound() throws {
        let kernel = try KernelMachine.booted()
        try kernel.type("deadlock left right &")
        #expect(try kernel.view().deadlocks.isEmpty)
        try kernel.type("deadlock right left &")
        let view = try kernel.view()
        let circles = view.deadlocks
        #expect(circles.count == 1)
        #expect(circles.first?.map { view.name(ofProcess: $0.process) } == ["deadlock", "deadlock"])
        #expect(Set(view.stuckThreads.map(\.number)) == Set((circles.first ?? []).map(\.number)))
        let output = kernel.execute("info calls")
        #expect(output.text.contains("deadlock: thread "), "\(output.text)")
        #expect(output.values["deadlocks"]?.array?.first?.array?.count == 2)
    }

    @Test func timersAndMemoryObjects() throws {
        let kernel = try KernelMachine.booted()
        #expect(kernel.execute("info timers").text.contains("the kernel's clock: "))
        // Something of every program's: it has been measured that it has frames.
        for process in try kernel.view().processes { #expect(process.account?.frames ?? 0 > 0) }
        kernel.machine.inject(.serial(Array("self-test\r".utf8), port: 0))
        var sleepers: Set<UInt32> = []
        var objects = 0
        for _ in 0..<400 where sleepers.isEmpty || objects == 0 {
            kernel.debugger.continue(until: kernel.machine.steps + 30_000)
            let view = try kernel.view()
            let timers = view.timers
            sleepers.formUnion(timers.map(\.number))
            for (left, right) in zip(timers, timers.dropFirst()) { #expect(left.deadline ?? 0 <= right.deadline ?? 0) }
            for object in view.memoryObjects {
                objects += 1
                let present = try #require(object.present)
                #expect(object.pages > 0 && present <= Int(object.pages))
                for (_, mapping) in object.mappings { #expect(mapping.firstPage + mapping.pages <= object.pages) }
            }
        }
        #expect(!sleepers.isEmpty && objects > 0)
    }

    // MARK: Where there is nothing to see

    @Test func withoutAKernelItSaysSo() throws {
        let bare = try KernelMachine(withSymbols: false)
        #expect(bare.execute("info threads").text.contains("no symbol file of a Martlet kernel"))
        let early = try KernelMachine()
        for topic in [
            "processes", "threads", "capabilities", "endpoints", "notifications", "objects", "calls", "ready", "timers",
        ] {
            let output = early.execute("info \(topic)")
            #expect(output.isError && output.text.contains("the kernel is not loaded yet"), "\(output.text)")
        }
        early.debugger.run(toAddress: 0x7C00)
        #expect(early.execute("thread 3").isError)
        _ = try early.debugger.setBreakpoint("Kernel_main")
        early.debugger.continue()
        #expect(early.execute("info threads").text.contains("no threads yet"))
        #expect(early.execute("location").text.contains("[") == false)
    }

    // MARK: In the middle of everything

    /// Instruction by instruction through switches of threads and messages: there is always a running thread, in the
    /// kernel on the stack of the one that is named, and nothing is worse than a list that is being changed.
    @Test func betweenAnyTwoInstructions() throws {
        let kernel = try KernelMachine.booted()
        kernel.machine.inject(.serial(Array("x".utf8), port: 0))
        let stop = try kernel.debugger.nextSwitch()
        guard case .watchpoint = stop.reason else {
            Issue.record("\(stop)")
            return
        }
        var threads: Set<UInt32> = []
        for index in 0..<3000 {
            kernel.debugger.step()
            guard index % 5 == 0 else { continue }
            let view = try kernel.view()
            let thread = try #require(view.runningThread)
            threads.insert(thread.number)
            let registers = kernel.debugger.registers
            if registers.segments[1].selector & 3 == 0, registers.general[4] >= 0x740_0000 {
                let stack = registers.general[4]
                #expect(stack <= thread.kernelStack && thread.kernelStack - stack <= view.stackSize(of: thread))
            }
            if index % 60 == 0 {
                _ = view.deadlocks
                _ = view.readyQueues
            }
        }
        #expect(threads.count > 1)
    }

    /// Memory that somebody has written over: every question is answered, in words if need be, and nothing changes.
    @Test func corruptMemoryIsSurvived() throws {
        let kernel = try KernelMachine.booted()
        let view = try kernel.view()
        let snapshot = kernel.machine.snapshot()
        var random = SplitMix64(seed: 7)
        var places = view.processes.map(\.address) + view.threads.map(\.address) + view.endpoints.map(\.address)
        places += view.capabilities.map(\.address) + view.threads.map(\.frame)
        var complaints = 0
        for _ in 0..<25 {
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                let address = places.randomElement(using: &random)! &+ UInt32.random(in: 0..<0x98, using: &random)
                let pointer =
                    Bool.random(using: &random)
                    ? places.randomElement(using: &random)! : UInt32.random(in: 0...UInt32.max, using: &random)
                let bytes = (0..<4).map { UInt8(truncatingIfNeeded: pointer >> UInt32(8 * $0)) }
                kernel.debugger.writeMemory(bytes, at: address)
            }
            for line in [
                "info processes", "info threads", "info capabilities", "info endpoints", "info notifications",
                "info objects", "info calls", "info ready", "info timers", "thread 8", "registers", "x/16b $esp",
                "thread none",
            ] {
                if kernel.execute(line).text.contains("note: ") { complaints += 1 }
            }
            _ = kernel.commands.completions(of: "info th")
            try kernel.machine.restore(snapshot)
        }
        #expect(complaints > 0)
        #expect(try kernel.view().problems == [])
    }
}
