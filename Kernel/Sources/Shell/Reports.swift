import User

private var system: System { System(slot: ProgramSlot.system) }

/// What `mem` shows.
enum MemoryReport {
    static func show() {
        guard let memory = try? system.memory() else { return print("mem: the kernel does not say") }
        let frame = pageSize / 1024
        print("memory: \(memory.ramKilobytes) KiB of RAM, \(memory.totalFrames) page frames of \(frame) KiB managed")
        print("memory: \(memory.freeFrames) page frames free, \(memory.freeKernelFrames) of them below KLIMIT")
        print("memory: \(memory.imageBytes) bytes of kernel image")
        var buffer = InlineArray<512, UInt8>(repeating: 0)
        var offset: UInt32 = 0
        while true {
            // Valid: `InlineArray` stores its elements contiguously, and the kernel writes no more than the buffer
            // holds.
            let count = withUnsafeMutableBytes(of: &buffer) { bytes in
                let count = (try? system.layout(from: offset, into: bytes)) ?? 0
                try? Stream.output.write(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[..<count]))
                return count
            }
            guard count > 0 else { return }
            offset += UInt32(count)
        }
    }
}

/// What `memory` shows, in KiB: what a process may touch of its program, heap and stack, and what it reserved; of all
/// its addresses those that memory is at; what it alone has and pays for, kernel objects included, and the most that
/// may be.
enum ProcessMemoryReport {
    static func show() {
        print("NUMBER    SIZE  RESIDENT     OWN   LIMIT  FAULTS  COPIES  NAME")
        let frame = pageSize / 1024
        var index: UInt32 = 0
        while let process = try? system.process(index) {
            index += 1
            // The kernel itself has no memory in this sense.
            guard process.process != 0, let memory = try? Manager.memory(of: process.process) else { continue }
            var line: Text = "\(process.process, width: 6)\(memory.kilobytes, width: 8)"
            line.append("\(process.mappedPages * frame, width: 10)\(process.frames * frame, width: 8)" as Text)
            if process.frameLimit == 0 {
                line.append("       -")
            } else {
                line.append(process.frameLimit * frame, width: 8)
            }
            line.append("\(memory.faults, width: 8)\(memory.copies, width: 8)  " as Text)
            _ = try? Manager.appendName(of: process.process, to: &line)
            print(line)
        }
        guard let all = try? Manager.memory(of: 0) else { return }
        print("\(all.faults) page faults answered since the start, \(all.copies) of them with the copy of a shared page")
    }
}

/// What `ps` shows.
enum ProcessReport {
    static func show() {
        print("NUMBER  PARENT  THREADS  MEMORY KiB      MS  STATE      NAME")
        var index: UInt32 = 0
        while let process = try? system.process(index) {
            index += 1
            let (microseconds, state) = threads(of: process.process)
            var name = Text()
            let parent = (try? Manager.appendName(of: process.process, to: &name)) ?? 0
            var line: Text = "\(process.process, width: 6)\(parent, width: 8)\(process.threads, width: 9)"
            line.append("\(process.frames * 4, width: 12)\(UInt32(truncatingIfNeeded: (process.endedMicroseconds &+ microseconds) / 1000), width: 8)  \(state)" as Text)
            line.pad(to: 56)
            line.append(name)
            print(line)
        }
    }

    /// The processor time in microseconds of all threads of a process, and what the first of them does.
    private static func threads(of process: UInt32) -> (microseconds: UInt64, state: StaticString) {
        var microseconds: UInt64 = 0
        var state: StaticString = ""
        var index: UInt32 = 0
        while let thread = try? system.thread(index) {
            index += 1
            guard thread.process == process else { continue }
            microseconds &+= thread.microseconds
            if state.utf8CodeUnitCount == 0 { state = name(ThreadState(rawValue: thread.state)) }
        }
        return (microseconds, state)
    }

    private static func name(_ state: ThreadState?) -> StaticString {
        switch state {
        case .created: "created"
        case .ready: "ready"
        case .sending: "sending"
        case .receiving: "receiving"
        case .calling: "calling"
        case .sleeping: "sleeping"
        case .faulted: "faulted"
        case .waiting: "waiting"
        case nil: "?"
        }
    }
}

/// What `services` shows.
enum ServiceReport {
    static func show() {
        print("NUMBER  STATE       SERVICE")
        Manager.forEachService { name, owner, state in
            let word: StaticString =
                switch state {
                case .running: "running"
                case .restarting: "restarting"
                case .givenUp: "given up"
                }
            var line: Text = "\(owner, width: 6)  \(word)"
            line.pad(to: 20)
            line.append(name)
            print(line)
        }
    }
}

/// What `log` shows.
enum LogReport {
    static func show() {
        do throws(KernelError) {
            try KernelLog(slot: ProgramSlot.log).forEachLine { record, text in
                var line: Text = "[\(record.milliseconds / 1000, width: 5)."
                let milliseconds = record.milliseconds % 1000
                if milliseconds < 100 { line.append("0") }
                if milliseconds < 10 { line.append("0") }
                line.append(milliseconds)
                line.append("] ")
                line.append(name(LogLevel(rawValue: record.level)))
                line.append(text)
                print(line)
            }
        } catch {
            print("log: the kernel does not say")
        }
    }

    private static func name(_ level: LogLevel?) -> StaticString {
        switch level {
        case .warning: "warning: "
        case .error: "error: "
        case .information, nil: ""
        }
    }
}
