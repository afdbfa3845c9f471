import Debugger
import DebuggerTestSupport
import JSON
import Machine
import Testing

/// Looking from threads that do not run, conditions about threads, and switches in both directions of time.
@Suite(.enabled(if: BuiltImages.exist, "images/ is empty: run `make image` first"))
struct ThreadTests {
    private func shellThread(_ kernel: KernelMachine) throws -> KernelThread {
        let shell = try kernel.process("shell").number
        return try #require(try kernel.view().threads.first { $0.process == shell })
    }

    @Test func lookingFromTheShell() throws {
        let kernel = try KernelMachine.booted()
        let thread = try shellThread(kernel)
        let own = kernel.debugger.registers
        #expect(kernel.execute("thread \(thread.number)").text.contains("selected: thread \(thread.number) (shell)"))
        let trace = kernel.execute("backtrace").text
        #expect(trace.contains("Shell.main()"), "\(trace)")
        #expect(trace.contains("<_start"))
        #expect(kernel.execute("registers esp").text.hasPrefix("esp bfff"))
        // Its own code, which the idle thread does not have.
        let code = kernel.execute("x/4b 0x08048000").values["bytes"]?.array
        #expect(code?.contains(.null) == false)
        #expect(kernel.execute("list").text.contains("=>"))
        #expect(kernel.execute("info threads").text.contains("* "))
        kernel.execute("thread none")
        #expect(kernel.debugger.registers == own)
        #expect(kernel.execute("x/4b 0x08048000").values["bytes"]?.array?.first == .null || own.cr3 != 0)

        // Moving the machine ends it.
        kernel.execute("thread \(thread.number)")
        kernel.execute("step")
        #expect(kernel.commands.selectedThread == nil)
        #expect(kernel.execute("thread 4711").isError)
    }

    @Test func whatIsSetIsSetInTheThread() throws {
        let kernel = try KernelMachine.booted()
        let thread = try shellThread(kernel)
        let own = kernel.debugger.registers
        kernel.execute("thread \(thread.number)")
        #expect(!kernel.execute("set edi 0x12345678").isError)
        #expect(!kernel.execute("set al 7").isError)
        #expect(kernel.execute("registers edi").text.hasPrefix("edi 12345678"))
        #expect(kernel.execute("registers al").text.hasPrefix("al 00000007"))
        kernel.execute("thread none")
        #expect(kernel.debugger.registers == own)
    }

    @Test func allBacktraces() throws {
        let kernel = try KernelMachine.booted()
        let output = kernel.execute("backtrace all")
        let threads = try kernel.view().threads.count
        #expect(output.values["threads"]?.array?.count == threads)
        #expect(output.text.contains("ManagerServer.run()"), "\(output.text)")
        #expect(output.text.contains("Shell.main()"))
        #expect(output.text.contains("idle_loop"))
    }

    /// Every program's symbols are those that are used in its address space, though all have the same addresses.
    @Test func framesOfEveryProgramHaveNames() throws {
        let kernel = try KernelMachine.booted()
        let view = try kernel.view()
        for thread in view.threads where !thread.isIdle {
            let name = view.name(ofProcess: thread.process)
            kernel.execute("thread \(thread.number)")
            let frames = kernel.execute("backtrace").text.split(separator: "\n")
            #expect(frames.count > 1, "\(name): \(frames)")
            for frame in frames { #expect(frame.contains("<"), "\(name): \(frame)") }
            let modules = try kernel.debugger.looking(from: thread) {
                kernel.debugger.symbols.moduleNames.filter { module in
                    kernel.debugger.symbols.isInMemory(module, at: 0x0804_8000) {
                        kernel.debugger.readMemory(at: $0, count: $1)
                    }
                }
            }
            #expect(modules.filter { $0 != "kernel.elf" } == [name + ".elf"])
        }
        // A call that does not come back is the last of its function, and the next one's name is not meant.
        kernel.execute("thread \(try shellThread(kernel).number)")
        #expect(kernel.execute("backtrace").text.contains("<Shell_main+"))
        // Many programs have a function of a name: that of the one that is looked at is meant, or of the one that is
        // named.
        #expect(kernel.execute("break system_call").text.contains("<system_call> of shell (start.S:"))
        kernel.execute("thread none")
        kernel.execute("delete 1")
        #expect(kernel.execute("break disk-dump!main").text.contains("of disk-dump"))
        #expect(!kernel.execute("break disk-dump!main + 1 if process == \"disk-dump\"").isError)
        kernel.machine.inject(.serial(Array("hello\r".utf8), port: 0))
        #expect(!kernel.execute("continue 20000000").text.contains("breakpoint"))
        kernel.machine.inject(.serial(Array("disk-dump 0\r".utf8), port: 0))
        let stop = kernel.execute("continue 40000000").text
        #expect(stop.contains("[disk-dump,"), "\(stop)")
    }

    @Test func conditionsAboutThreads() throws {
        let kernel = try KernelMachine.booted()
        let thread = try shellThread(kernel)
        kernel.machine.inject(.serial(Array("x\r".utf8), port: 0))
        #expect(!kernel.execute("break sysenter_entry if process == \"shell\"").isError)
        let first = kernel.execute("continue 20000000")
        #expect(first.text.contains("[shell, thread \(thread.number)]"), "\(first.text)")
        #expect(first.stop.map { _ in kernel.debugger.runningThread?.number } == thread.number)
        kernel.execute("delete 1")
        #expect(!kernel.execute("break sysenter_entry if thread != \(thread.number) && process != \"serial\"").isError)
        let other = kernel.execute("continue 20000000")
        #expect(other.text.contains("breakpoint 2"))
        #expect(!other.text.contains("[shell,") && !other.text.contains("[serial,"))
        #expect(kernel.execute("break 0x100000 if \"shell\"").isError == false)
        #expect(kernel.execute("x \"shell\"").text.contains("can only be compared"))
    }

    /// A switch forwards is the same one backwards.
    @Test func switchesBothWays() throws {
        let kernel = try KernelMachine.booted()
        let debugger = kernel.debugger
        kernel.machine.inject(.serial(Array("x".utf8), port: 0))
        var steps: [UInt64] = []
        var threads: [UInt32?] = []
        for _ in 0..<6 {
            let stop = try debugger.nextSwitch()
            guard case .watchpoint = stop.reason else {
                Issue.record("\(stop)")
                return
            }
            steps.append(stop.steps)
            threads.append(try kernel.view().currentThread?.number)
        }
        let last = try debugger.reverseSwitch()
        #expect(last.steps == steps[5] - 1)
        for step in steps.dropLast().reversed() { #expect(try debugger.reverseSwitch().steps == step - 1) }
        // To one thread, and back to it.
        let thread = try #require(threads[3])
        let to = try debugger.nextSwitch(to: thread)
        #expect(to.steps == steps[threads.firstIndex(of: thread) ?? 0] || to.steps > steps[0])
        #expect(try kernel.view().currentThread?.number == thread)
        #expect(try debugger.reverseSwitch(to: thread).steps == to.steps - 1)
        let output = kernel.execute("catch switch \(thread)")
        #expect(output.text.contains("switches to thread \(thread)"))
        #expect(kernel.execute("continue 20000000").text.contains("-> thread \(thread) "))
        #expect(kernel.execute("info break").text.contains("switches to thread"))
    }

    @Test func aThreadIsWaitedFor() throws {
        let kernel = try KernelMachine.booted()
        let thread = try shellThread(kernel)
        kernel.execute("thread \(thread.number)")
        let place = kernel.execute("registers eip").values["eip"]
        kernel.machine.inject(.serial(Array("\r".utf8), port: 0))
        let stop = try #require(kernel.debugger.run(toThread: thread.number))
        #expect(JSONValue(stop.location.offset) == place)
        #expect(kernel.debugger.runningThread?.number == thread.number)
        #expect(stop.location.selector & 3 == 3)
        #expect(kernel.debugger.run(toThread: thread.number) == nil)
    }

    /// The thread and its process stand in the explanation of an exception.
    @Test func explanationsNameTheThread() throws {
        let kernel = try KernelMachine.booted()
        kernel.execute("catch exception #PF if $address < 0x1000")
        kernel.machine.inject(.serial(Array("crash-null\r".utf8), port: 0))
        let stop = kernel.execute("continue 20000000")
        #expect(stop.text.contains("#PF"), "\(stop.text)")
        #expect(stop.text.contains("[crash-null, thread "))
        let text = kernel.execute("explain").text
        #expect(text.contains("(crash-null)"), "\(text)")
    }
}
