import KernelABI
import KernelLogic

typealias EndpointReference = UnsafeMutablePointer<Endpoint>

/// A place where threads meet to pass messages. Either senders wait or receivers do; nothing is ever buffered, except
/// that the kernel's own notices wait in their sources.
///
/// An endpoint is open as long as there is a capability with the right to receive. When the last of these is gone, as
/// when the only server has ended, nobody will ever receive there: whoever waits is told, and whoever comes later.
struct Endpoint: QueueNode {
    /// Links of the queue of condemned ones.
    var next: EndpointReference?
    var previous: EndpointReference?
    /// Capabilities, fault handlers, interrupt lines and notifications that name it.
    var references: UInt32 = 0
    /// How many of the capabilities allow to receive.
    var receiveRights: UInt32 = 0
    /// In the order of their priorities.
    var senders = PriorityList<Thread>()
    var receivers = Queue<Thread>()
    var notices = Queue<Notice>()
    /// The thread that received last.
    var receiver: ThreadReference?
    /// It stands in the queue of condemned ones.
    var isCondemned = false

    var isOpen: Bool { receiveRights > 0 }
}

/// A message of the kernel's own for which nobody waits: an interrupt, a signal, the end of a process. It is part of
/// its source, so it needs no memory, and a source has at most one.
struct Notice: QueueNode {
    var next: UnsafeMutablePointer<Notice>?
    var previous: UnsafeMutablePointer<Notice>?
    var isQueued = false
    var label: UInt32 = 0
    var badge: UInt32 = 0
    var word: UInt32 = 0
}

enum Endpoints {
    /// An endpoint for a first capability with all rights, charged to `account`.
    static func create(_ account: AccountReference) throws(KernelError) -> EndpointReference {
        let endpoint = try Accounts.allocate(Endpoint.self, from: account)
        endpoint.initialize(to: Endpoint(references: 1, receiveRights: 1))
        return endpoint
    }

    private nonisolated(unsafe) static var condemned = Queue<Endpoint>()

    /// Counts one more capability.
    static func retain(_ endpoint: EndpointReference, for capability: Capability) {
        endpoint.pointee.references += 1
        if capability.allows(.receive) { endpoint.pointee.receiveRights += 1 }
    }

    /// Drops a capability's reference. With the last one that allows to receive, whoever waits is told, on the way out
    /// of the kernel.
    static func release(_ endpoint: EndpointReference, for capability: Capability) {
        if capability.allows(.receive) {
            endpoint.pointee.receiveRights -= 1
            if !endpoint.pointee.isOpen { condemn(endpoint) }
        }
        release(endpoint)
    }

    /// Drops a reference; the last one ends the endpoint, on the way out of the kernel.
    static func release(_ endpoint: EndpointReference) {
        endpoint.pointee.references -= 1
        if endpoint.pointee.references == 0 { condemn(endpoint) }
    }

    private static func condemn(_ endpoint: EndpointReference) {
        guard !endpoint.pointee.isCondemned else { return }
        endpoint.pointee.isCondemned = true
        condemned.append(endpoint)
        Endings.note()
    }

    /// Makes a step of the end of a condemned endpoint. False if there is none.
    static func endCondemned() -> Bool {
        guard let endpoint = condemned.first else { return false }
        if let thread = endpoint.pointee.senders.removeFirst() ?? endpoint.pointee.receivers.removeFirst() {
            thread.pointee.endpoint = nil
            Messages.fail(thread, .objectGone)
        } else if endpoint.pointee.references > 0 {
            // There are capabilities to send; they lead nowhere.
            condemned.remove(endpoint)
            endpoint.pointee.isCondemned = false
            detach(endpoint)
        } else if let notice = endpoint.pointee.notices.removeFirst() {
            notice.pointee.isQueued = false
        } else {
            detach(endpoint)
            condemned.remove(endpoint)
            Accounts.release(endpoint)
        }
        return true
    }

    /// Nobody lends a priority at this endpoint any more.
    private static func detach(_ endpoint: EndpointReference) {
        guard let receiver = endpoint.pointee.receiver else { return }
        Priorities.leave(receiver)
        Priorities.settle(receiver)
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
