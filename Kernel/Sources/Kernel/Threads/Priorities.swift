import KernelABI
import KernelLogic

/// Priority inheritance. Who waits for a thread's answer lends it the priority: a caller whose call it has received,
/// and whoever waits to send to the endpoint that it received from last, since nobody else is going to receive there
/// soon.
///
///     client (20) ── call ──> server (8, runs with 20) ── call ──> driver (10, runs with 20)
enum Priorities {
    /// The longest chain of threads that wait for each other along which a priority is lent.
    private static var longestChain: Int { 32 }

    /// Lends a priority to a thread, and to whom it waits for in turn, up to `longestChain` of them.
    static func lend(_ priority: UInt8, to thread: ThreadReference) {
        var next: ThreadReference? = thread
        for _ in 0..<longestChain {
            guard let thread = next, priority > thread.pointee.effectivePriority else { return }
            change(thread, priority)
            next = awaited(by: thread)
        }
    }

    /// Who has a thread's call, or will receive its message.
    private static func awaited(by thread: ThreadReference) -> ThreadReference? {
        if let answerer = thread.pointee.answerer { return answerer }
        return thread.pointee.state == .receiving ? nil : thread.pointee.endpoint?.pointee.receiver
    }

    /// Takes back what nobody lends a thread any more.
    @inline(__always)
    static func settle(_ thread: ThreadReference) {
        if thread.pointee.effectivePriority != thread.pointee.priority { recompute(thread) }
    }

    /// Gives a thread the priority that it should run with: its own, or a higher one that is lent. What it lends itself
    /// changes with it, along the same chain.
    static func recompute(_ thread: ThreadReference) {
        var next: ThreadReference? = thread
        for _ in 0..<longestChain {
            guard let thread = next else { return }
            let priority = due(thread)
            guard priority != thread.pointee.effectivePriority else { return }
            change(thread, priority)
            next = awaited(by: thread)
        }
    }

    private static func due(_ thread: ThreadReference) -> UInt8 {
        var priority = thread.pointee.priority
        if let caller = thread.pointee.caller { priority = max(priority, caller.pointee.effectivePriority) }
        if let endpoint = thread.pointee.served, let sender = endpoint.pointee.senders.first {
            priority = max(priority, sender.pointee.effectivePriority)
        }
        return priority
    }

    /// Senders wait in the order of their priorities.
    static func queue(_ sender: ThreadReference, at endpoint: EndpointReference) {
        endpoint.pointee.senders.insert(sender, sender.pointee.effectivePriority)
    }

    private static func change(_ thread: ThreadReference, _ priority: UInt8) {
        if let endpoint = thread.pointee.endpoint, thread.pointee.state != .receiving {
            endpoint.pointee.senders.remove(thread)
            thread.pointee.effectivePriority = priority
            queue(thread, at: endpoint)
        } else {
            Scheduler.setEffectivePriority(thread, priority)
        }
    }

    /// Notes that a thread receives from an endpoint: who waits there lends it the priority.
    @inline(__always)
    static func serve(_ thread: ThreadReference, _ endpoint: EndpointReference) {
        guard endpoint.pointee.receiver != thread else { return }
        leave(thread)
        let last = endpoint.pointee.receiver
        endpoint.pointee.receiver = thread
        thread.pointee.served = endpoint
        if let last {
            last.pointee.served = nil
            settle(last)
        }
        // Some may wait there already: until now for nobody, or for the one before.
        recompute(thread)
    }

    /// Nobody lends to a thread any more because of the endpoint that it received from.
    static func leave(_ thread: ThreadReference) {
        thread.pointee.served?.pointee.receiver = nil
        thread.pointee.served = nil
    }
}
