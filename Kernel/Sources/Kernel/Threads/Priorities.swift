import KernelABI
import KernelLogic

/// Priority inheritance. Who waits for a thread's answer lends it the priority: a caller whose call it has received, and
/// whoever waits to send to the endpoint that it received from last, since nobody else is going to receive there soon.
///
///     client (20) ── call ──> server (8, runs with 20) ── call ──> driver (10, runs with 20)
enum Priorities {
    /// The longest chain of threads that wait for each other along which a priority is lent.
    private static var longestChain: Int { 32 }

    /// Lends a priority to a thread, and to whom it waits for in turn, up to `longestChain` of them.
    static func lend(_ priority: UInt8, to thread: ThreadReference) {
        var thread = thread
        for _ in 0..<longestChain {
            guard priority > thread.pointee.effectivePriority else { return }
            change(thread, priority)
            if let answerer = thread.pointee.answerer {
                thread = answerer
            } else if thread.pointee.state != .receiving, let server = thread.pointee.endpoint?.pointee.receiver {
                thread = server
            } else {
                return
            }
        }
    }

    /// Takes back what nobody lends a thread any more.
    @inline(__always)
    static func settle(_ thread: ThreadReference) {
        if thread.pointee.effectivePriority != thread.pointee.priority { recompute(thread) }
    }

    /// Gives a thread the priority that it should run with: its own, or a higher one that is lent.
    static func recompute(_ thread: ThreadReference) {
        var priority = thread.pointee.priority
        if let caller = thread.pointee.caller { priority = max(priority, caller.pointee.effectivePriority) }
        if let endpoint = thread.pointee.served, let sender = endpoint.pointee.senders.first {
            priority = max(priority, sender.pointee.effectivePriority)
        }
        if priority != thread.pointee.effectivePriority { change(thread, priority) }
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
        endpoint.pointee.receiver?.pointee.served = nil
        endpoint.pointee.receiver = thread
        thread.pointee.served = endpoint
    }

    /// Nobody lends to a thread any more because of the endpoint that it received from.
    static func leave(_ thread: ThreadReference) {
        thread.pointee.served?.pointee.receiver = nil
        thread.pointee.served = nil
    }
}
