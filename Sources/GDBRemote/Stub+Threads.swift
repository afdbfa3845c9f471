import Debugger

/// The kernel's threads as gdb's.
///
/// The processor is one thread, as long as no kernel is recognised that has more. Then each thread of the kernel is one
/// of gdb's: the one that runs has the processor's registers, the others those that the kernel has saved, and memory is
/// seen through the page directory of the thread's process. gdb's numbers begin with 1, the kernel's with 0.
///
/// There is still one processor: what is resumed is the machine. A step of a thread that does not run lets the machine
/// run until it does, and then takes the step.
extension Stub {
    /// The number of the only thread where no kernel is recognised.
    static let processorThread: UInt64 = 1

    static func identifier(_ thread: UInt32) -> UInt64 { UInt64(thread) + 1 }

    /// The thread that the processor works for.
    var runningThread: UInt64 { debugger.runningThread.map { Self.identifier($0.number) } ?? Self.processorThread }

    /// gdb's numbers of all threads, and what there is to say of each.
    private var threads: [(identifier: UInt64, name: String, description: String)] {
        guard let view = try? debugger.kernelView(), !view.threads.isEmpty else {
            return [(Self.processorThread, "processor", "the processor")]
        }
        return view.threads.map {
            let name = view.name(ofProcess: $0.process)
            return (Self.identifier($0.number), name, "\(name), thread \($0.number): \(view.waitText($0))")
        }
    }

    /// Whether a thread number is that of one that there is, any, or all.
    func isThread(_ text: some Collection<UInt8>) -> Bool {
        if text.elementsEqual("-1".utf8) { return true }
        guard let number = Hexadecimal.number(text) else { return false }
        return number == 0 || threads.contains { $0.identifier == number }
    }

    /// `Hg` and `Hc` with a thread.
    func select(_ packet: some Collection<UInt8>) -> Reply {
        let thread = packet.dropFirst()
        guard isThread(thread) else { return .malformed }
        if packet.first == UInt8(ascii: "g") {
            let number = Hexadecimal.number(thread) ?? 0
            selectedThread = number == 0 || number == runningThread ? nil : number
        }
        return .ok
    }

    /// Answers with the eyes of the thread that the client has chosen.
    func looking(_ body: () -> Reply) -> Reply {
        guard let selectedThread else { return body() }
        guard let view = try? debugger.kernelView(),
            let thread = view.thread(UInt32(truncatingIfNeeded: selectedThread - 1)),
            let reply = try? debugger.looking(from: thread, body)
        else { return .noThread }
        return reply
    }

    /// Whether registers and memory are another thread's than the running one's.
    var looksElsewhere: Bool { selectedThread != nil }

    // MARK: Queries

    func threadQuery(_ name: String, _ packet: [UInt8]) -> Reply? {
        switch name {
        case "qC": return .text("QC" + String(runningThread, radix: 16))
        case "qfThreadInfo":
            return .text("m" + threads.map { String($0.identifier, radix: 16) }.joined(separator: ","))
        // All have been named at once.
        case "qsThreadInfo": return .text("l")
        case "qThreadExtraInfo":
            guard let number = Hexadecimal.number(packet.dropFirst(name.count + 1)),
                let thread = threads.first(where: { $0.identifier == number })
            else { return .malformed }
            return .text(Hexadecimal.text(Array(thread.description.utf8)))
        default: return nil
        }
    }

    /// The document of `qXfer:threads:read`: the same with names.
    var threadDocument: String {
        func escaped(_ text: String) -> String {
            text.map { ["<": "&lt;", ">": "&gt;", "&": "&amp;", "\"": "&quot;"][$0] ?? String($0) }.joined()
        }
        let lines = threads.map { thread in
            "<thread id=\"\(String(thread.identifier, radix: 16))\" name=\"\(escaped(thread.name))\">"
                + "\(escaped(thread.description))</thread>\n"
        }
        return "<?xml version=\"1.0\"?>\n<threads>\n" + lines.joined() + "</threads>\n"
    }

    // MARK: Moves

    /// Takes a step of a thread, once it runs.
    func step(_ debugger: Debugger, thread identifier: UInt64?) -> Stop {
        if let identifier, identifier > 1, identifier != runningThread,
            let stop = debugger.run(toThread: UInt32(truncatingIfNeeded: identifier - 1)), stop.reason != .arrived
        {
            return stop
        }
        return debugger.step()
    }
}
