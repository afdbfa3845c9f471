/// Who waits for whom.
///
/// A thread that waits for an answer, or to send, can go on when somebody else does something. Who that can be is
/// written down exactly (the thread that has received the call) or follows from rights (the threads of the processes
/// that may receive from the endpoint, or that hold the saved reply). A thread is *stuck* if none of those who could
/// let it go on ever can: that is a deadlock, and in it is a circle, or a thread that waits for nobody. Threads that
/// receive, sleep, wait for a notification or have a timeout count as able to go on: the world outside may do
/// something.
extension KernelView {
    /// The threads one of which must do something before `thread` can go on; nil if it waits for no thread.
    public func suppliers(of thread: KernelThread) -> [KernelThread]? {
        switch thread.wait {
        case .answer(let address): return [self.thread(at: address)].compactMap { $0 }
        case .savedReply(let slot):
            guard let holder = capability(at: slot)?.process else { return [] }
            return threads.filter { $0.process == holder }
        case .receiver(let endpoint):
            let processes = receivers(of: endpoint)
            // Whoever received last is the server, whatever others might do.
            if let server = self.endpoint(at: endpoint)?.server.flatMap({ self.thread(at: $0) }), !server.hasEnded {
                return [server]
            }
            return threads.filter { processes.contains($0.process) }
        default: return nil
        }
    }

    /// The threads that can never go on unless somebody from outside ends their waits.
    public var stuckThreads: [KernelThread] {
        var free: Set<UInt32> = []
        var suppliers: [UInt32: [UInt32]] = [:]
        for thread in threads {
            if thread.deadline == nil, !thread.hasEnded, let others = self.suppliers(of: thread) {
                suppliers[thread.address] = others.map(\.address)
            } else {
                free.insert(thread.address)
            }
        }
        // Whoever depends on somebody who can go on can go on.
        var isGrowing = true
        while isGrowing {
            isGrowing = false
            for (address, others) in suppliers where !free.contains(address) && others.contains(where: free.contains) {
                free.insert(address)
                isGrowing = true
            }
        }
        return threads.filter { !free.contains($0.address) }
    }

    /// The circles among stuck threads, each once: every thread waits for the next, and the last for the first.
    public var deadlocks: [[KernelThread]] {
        let stuck = stuckThreads
        var circles: [[KernelThread]] = []
        var done: Set<UInt32> = []
        for start in stuck where !done.contains(start.address) {
            var path: [KernelThread] = []
            var current: KernelThread? = start
            while let thread = current, !done.contains(thread.address) {
                done.insert(thread.address)
                path.append(thread)
                current = suppliers(of: thread)?.first { other in stuck.contains { $0.address == other.address } }
            }
            if let end = current, let first = path.firstIndex(where: { $0.address == end.address }) {
                circles.append(Array(path[first...]))
            }
        }
        return circles
    }

    /// What a thread waits for, in words.
    public func waitText(_ thread: KernelThread) -> String {
        if thread.hasEnded { return "has ended" }
        var text: String
        switch thread.wait {
        case .nothing:
            text =
                thread.isCurrent ? (thread.isIdle ? "runs: nobody else can" : "runs") : thread.isIdle ? "idle" : "ready"
        case .start: text = "not started"
        case .sender(let endpoint): text = "receives at " + endpointName(endpoint)
        case .receiver(let endpoint):
            let server =
                self.endpoint(at: endpoint)?.server.map { ", from which \(threadName(at: $0)) received last" } ?? ""
            text =
                (thread.state == "calling" || thread.state == "sending" || thread.isFaulted ? "sends to " : "waits at ")
                + endpointName(endpoint) + server
        case .answer(let address): text = "waits for the answer of " + threadName(at: address)
        case .savedReply(let slot):
            let holder = capability(at: slot).map { "\(name(ofProcess: $0.process)), slot \($0.slot)" }
            text = "waits for an answer, which " + (holder.map { "\($0), can give" } ?? "nobody holds any more")
        case .notification(let address): text = "waits for notification \(address.digits)"
        case .time: text = "sleeps"
        case .unknown: text = thread.state
        }
        if thread.isFaulted { text = faultText(thread) + text }
        if let deadline = thread.deadline {
            let left = Int32(bitPattern: deadline &- (ticks ?? 0))
            text += thread.wait == .time ? ", \(max(0, left)) ms more" : ", at most \(max(0, left)) ms more"
        }
        return text
    }

    private func faultText(_ thread: KernelThread) -> String {
        guard let frame = structure("TrapFrame", at: thread.frame), let vector = frame.number("vector") else {
            return "faulted, "
        }
        let name = vector < 32 ? VectorText.description(UInt8(vector)) : "vector \(vector)"
        return "faulted (\(name)" + (vector == 14 ? " at \(thread.faultAddress.digits)" : "") + "), "
    }
}
