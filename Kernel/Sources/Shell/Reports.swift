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
        system.forEachProcess { process in
            // The kernel itself has no memory in this sense.
            guard process.process != 0, let memory = try? Manager.memory(of: process.process) else { return }
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
        print(
            "\(all.faults) page faults answered since the start, \(all.copies) of them with the copy of a shared page")
    }
}

/// What `ps` shows.
enum ProcessReport {
    /// A process, and what its threads say of it.
    private struct Row {
        let process: ProcessInformation
        /// The processor time of all its threads, those that have ended included.
        var microseconds: UInt64
        /// What the first of them does.
        var state: StaticString?
    }

    static func show() {
        print("NUMBER  PARENT  THREADS  MEMORY KiB      MS  STATE      NAME")
        for row in rows() {
            let process = row.process
            var name = Text()
            let parent = (try? Manager.appendName(of: process.process, to: &name)) ?? 0
            var line: Text = "\(process.process, width: 6)\(parent, width: 8)\(process.threads, width: 9)"
            line.append("\(process.frames * 4, width: 12)" as Text)
            line.append("\(UInt32(truncatingIfNeeded: row.microseconds / 1000), width: 8)  \(row.state ?? "")" as Text)
            line.pad(to: 56)
            line.append(name)
            print(line)
        }
    }

    /// All processes, in the order of their numbers. Each thread finds its own by halving.
    private static func rows() -> [Row] {
        var rows: [Row] = []
        system.forEachProcess { rows.append(Row(process: $0, microseconds: $0.endedMicroseconds)) }
        system.forEachThread { thread in
            var (low, high) = (0, rows.count)
            while low < high {
                let middle = (low + high) / 2
                if rows[middle].process.process < thread.process { low = middle + 1 } else { high = middle }
            }
            guard low < rows.count, rows[low].process.process == thread.process else { return }
            rows[low].microseconds &+= thread.microseconds
            if rows[low].state == nil { rows[low].state = name(ThreadState(rawValue: thread.state)) }
        }
        return rows
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
