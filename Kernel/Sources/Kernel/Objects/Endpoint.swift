import KernelABI
import KernelLogic

typealias EndpointReference = UnsafeMutablePointer<Endpoint>

/// A place where threads meet to pass messages. Either senders wait or receivers do; nothing is ever buffered, except
/// that the kernel's own notices wait in their sources.
struct Endpoint: QueueNode {
    /// Links of the queue of condemned ones.
    var next: EndpointReference?
    var previous: EndpointReference?
    /// Capabilities, fault handlers, interrupt lines and notifications that name it.
    var references: UInt32 = 0
    /// In the order of their priorities.
    var senders = PriorityList<Thread>()
    var receivers = Queue<Thread>()
    var notices = Queue<Notice>()
    /// The thread that received last.
    var receiver: ThreadReference?
}

/// A message of the kernel's own for which nobody waits: an interrupt, a signal, the end of a process. It is part of its source,
/// so it needs no memory, and a source has at most one.
struct Notice: QueueNode {
    var next: UnsafeMutablePointer<Notice>?
    var previous: UnsafeMutablePointer<Notice>?
    var isQueued = false
    var label: UInt32 = 0
    var badge: UInt32 = 0
    var word: UInt32 = 0
}

enum Endpoints {
    /// An endpoint with one reference, charged to `account`.
    static func create(_ account: AccountReference) throws(KernelError) -> EndpointReference {
        let endpoint = try Accounts.allocate(Endpoint.self, from: account)
        endpoint.initialize(to: Endpoint())
        endpoint.pointee.references = 1
        return endpoint
    }

    private nonisolated(unsafe) static var condemned = Queue<Endpoint>()

    /// Drops a reference. With the last one nobody can send or receive any more, and whoever waits is told, on the way out of
    /// the kernel.
    static func release(_ endpoint: EndpointReference) {
        endpoint.pointee.references -= 1
        guard endpoint.pointee.references == 0 else { return }
        condemned.append(endpoint)
        Endings.note()
    }

    /// Makes a step of the end of a condemned endpoint. False if there is none.
    static func endCondemned() -> Bool {
        guard let endpoint = condemned.first else { return false }
        if let thread = endpoint.pointee.senders.removeFirst() ?? endpoint.pointee.receivers.removeFirst() {
            thread.pointee.endpoint = nil
            Messages.fail(thread, .objectGone)
        } else if let notice = endpoint.pointee.notices.removeFirst() {
            notice.pointee.isQueued = false
        } else {
            if let receiver = endpoint.pointee.receiver {
                Priorities.leave(receiver)
                Priorities.settle(receiver)
            }
            condemned.remove(endpoint)
            Accounts.release(endpoint)
        }
        return true
    }
}

enum Notices {
    /// Sends a notice, at once or when somebody receives. One that is still queued is not queued twice.
    static func send(_ notice: UnsafeMutablePointer<Notice>, to endpoint: EndpointReference) {
        guard !notice.pointee.isQueued else { return }
        if let receiver = endpoint.pointee.receivers.removeFirst() {
            receiver.pointee.endpoint = nil
            Messages.deliver(notice.pointee, to: receiver)
            Scheduler.makeReady(receiver)
        } else {
            notice.pointee.isQueued = true
            endpoint.pointee.notices.append(notice)
        }
    }

    /// Takes back a notice that has not been received.
    static func cancel(_ notice: UnsafeMutablePointer<Notice>, _ endpoint: EndpointReference) {
        guard notice.pointee.isQueued else { return }
        endpoint.pointee.notices.remove(notice)
        notice.pointee.isQueued = false
    }
}
