import KernelABI
import KernelAssembly
import KernelLogic

// Messages between threads. The sender's message is in its registers (ESI, EDI, EBP in its trap frame; label and
// buffers were noted in the thread) and stays there until a receiver is found, so sending needs no memory; it goes
// straight from one thread's registers and buffer to the other's.
//
//     send/call:   receiver waiting?  -> transfer, receiver becomes ready      else wait in the endpoint's senders
//     receive:     notice? sender?    -> transfer, sender becomes ready,       else wait in the endpoint's receivers
//                                        or waits for the reply

enum Messages {
    /// Sends the current thread's message, or begins to wait for a receiver, at most as long as `timeout` says. `state`
    /// is what it waits as.
    ///
    /// - Returns: Whether the sender can go on at once: the message was received, and wants no reply. Otherwise it
    ///   waits, or makes its call again.
    /// - Throws: What was wrong with the message; `.objectGone` if nobody can ever receive it; `.timedOut` if nobody
    ///   receives and it shall not wait.
    static func send(
        _ sender: ThreadReference, to endpoint: EndpointReference, state: ThreadState, timeout: UInt32
    ) throws(KernelError) -> Bool {
        if let receiver = endpoint.pointee.receivers.first {
            do {
                try transfer(from: sender, to: receiver, waiting: receiver)
            } catch {
                switch error {
                case .sender(let reason): throw reason
                case .senderPage, .unfinished: break
                case .receiver(let reason):
                    leave(receiver, endpoint)
                    fail(receiver, reason)
                case .receiverPage:
                    leave(receiver, endpoint)
                    restart(receiver)
                }
                SystemCalls.rewind(sender.pointee.frame)
                return false
            }
            leave(receiver, endpoint)
            Scheduler.makeReady(receiver, first: true)
            guard sender.pointee.wantsReply else { return true }
            Clock.setTimeout(sender, timeout)
            Scheduler.block(sender.pointee.isFaulted ? .faulted : .calling)
            return false
        }
        guard endpoint.pointee.isOpen else { throw .objectGone }
        guard timeout != Timeout.now else { throw .timedOut }
        sender.pointee.endpoint = endpoint
        Priorities.queue(sender, at: endpoint)
        if let server = endpoint.pointee.receiver { Priorities.lend(sender.pointee.effectivePriority, to: server) }
        Clock.setTimeout(sender, timeout)
        Scheduler.block(state)
        return false
    }

    /// Receives a message for the current thread, or begins to wait for one, or makes its call again.
    ///
    /// - Throws: What was wrong with the receiver's buffer; `.timedOut` if there is none and it shall not wait.
    static func receive(
        _ receiver: ThreadReference, from endpoint: EndpointReference, timeout: UInt32
    ) throws(KernelError) {
        Priorities.serve(receiver, endpoint)
        Priorities.settle(receiver)
        if let notice = endpoint.pointee.notices.removeFirst() {
            notice.pointee.isQueued = false
            return deliver(notice.pointee, to: receiver)
        }
        if let sender = endpoint.pointee.senders.first {
            do {
                try transfer(from: sender, to: receiver, waiting: sender)
            } catch {
                switch error {
                case .receiver(let reason): throw reason
                case .receiverPage, .unfinished: break
                case .sender(let reason):
                    leave(sender, endpoint)
                    fail(sender, reason)
                case .senderPage:
                    leave(sender, endpoint)
                    restart(sender)
                }
                return SystemCalls.rewind(receiver.pointee.frame)
            }
            leave(sender, endpoint)
            if sender.pointee.wantsReply {
                sender.pointee.state = sender.pointee.isFaulted ? .faulted : .calling
            } else {
                sender.pointee.frame.pointee.eax = 0
                Scheduler.makeReady(sender)
                // It waits no more, and lends nothing.
                Priorities.settle(receiver)
            }
            return
        }
        guard timeout != Timeout.now else { throw .timedOut }
        receiver.pointee.endpoint = endpoint
        endpoint.pointee.receivers.append(receiver)
        Clock.setTimeout(receiver, timeout)
        Scheduler.block(.receiving)
    }

    /// Takes the call that a thread received last and has not answered out of its hands.
    static func takeCaller(_ thread: ThreadReference) -> ThreadReference? {
        guard let caller = thread.pointee.caller else { return nil }
        thread.pointee.caller = nil
        caller.pointee.answerer = nil
        Priorities.settle(thread)
        return caller
    }

    /// Whose call a reply answers, and what is left of the right to answer it afterwards: nothing.
    enum Answer {
        /// The call that the thread received last.
        case last(ThreadReference)
        /// One that was put into a slot.
        case saved(ThreadReference, CapabilityTable.Slot)
    }

    /// Answers a call with the current thread's message, or makes the reply again. A faulted thread resumes or ends.
    ///
    /// - Returns: Whether the call is answered; if not, the current thread's call is made again.
    /// - Throws: What was wrong with the answer. The caller gets an error then too.
    static func reply(_ sender: ThreadReference, _ answer: Answer) throws(KernelError) -> Bool {
        let caller =
            switch answer {
            case .last(let caller), .saved(let caller, _): caller
            }
        if caller.pointee.isFaulted {
            use(answer, sender)
            Faults.answer(caller, by: sender)
            return true
        }
        do {
            let (length, capabilities) = try MessageContents.move(from: sender, to: caller, waiting: caller)
            use(answer, sender)
            let tag = MessageTag(
                label: sender.pointee.label, length: length, wantsReply: false, capabilities: capabilities)
            putMessage(sender.pointee.frame, badge: 0, tag: tag, in: caller.pointee.frame)
            Scheduler.makeReady(caller, first: true)
            return true
        } catch {
            let reason: KernelError
            switch error {
            case .senderPage, .unfinished:
                SystemCalls.rewind(sender.pointee.frame)
                return false
            case .sender(let problem):
                use(answer, sender)
                // Too long for its buffer, the caller can understand; the server's own mistake is no answer at all.
                fail(caller, problem == .bufferTooSmall ? problem : .objectGone)
                throw problem
            case .receiver(let problem): reason = problem
            // The call was made and cannot be made again.
            case .receiverPage: reason = .badAddress
            }
            use(answer, sender)
            fail(caller, reason)
            throw reason
        }
    }

    /// Takes the right to answer away from who had it.
    private static func use(_ answer: Answer, _ thread: ThreadReference) {
        switch answer {
        case .last: _ = takeCaller(thread)
        case .saved(let caller, let slot):
            slot.pointee = .empty
            caller.pointee.answerSlot = nil
        }
    }

    /// Moves a sender's message into a receiver, and makes the receiver the one who can reply.
    private static func transfer(
        from sender: ThreadReference, to receiver: ThreadReference, waiting: ThreadReference
    ) throws(MessageContents.TransferError) {
        if sender.pointee.isFaulted {
            Faults.deliver(sender, to: receiver)
        } else {
            let (length, capabilities) = try MessageContents.move(from: sender, to: receiver, waiting: waiting)
            let tag = MessageTag(
                label: sender.pointee.label, length: length, wantsReply: sender.pointee.wantsReply,
                capabilities: capabilities)
            putMessage(sender.pointee.frame, badge: sender.pointee.badge, tag: tag, in: receiver.pointee.frame)
        }
        if sender.pointee.wantsReply {
            receiver.pointee.caller = sender
            sender.pointee.answerer = receiver
            Priorities.lend(sender.pointee.effectivePriority, to: receiver)
        }
    }

    private static func putMessage(
        _ source: UnsafeMutablePointer<TrapFrame>, badge: UInt32, tag: MessageTag,
        in destination: UnsafeMutablePointer<TrapFrame>
    ) {
        destination.pointee.eax = tag.rawValue
        destination.pointee.ebx = badge
        destination.pointee.esi = source.pointee.esi
        destination.pointee.edi = source.pointee.edi
        destination.pointee.ebp = source.pointee.ebp
    }

    /// Puts a notice into a receiver's registers.
    static func deliver(_ notice: Notice, to receiver: ThreadReference) {
        let frame = receiver.pointee.frame
        frame.pointee.eax = MessageTag(label: notice.label, length: 0, wantsReply: false).rawValue
        frame.pointee.ebx = notice.badge
        frame.pointee.esi = notice.word
        frame.pointee.edi = 0
        frame.pointee.ebp = 0
    }

    /// Ends a thread's wait with an error. A faulted thread has nobody left to repair it, and ends.
    static func fail(_ thread: ThreadReference, _ error: KernelError) {
        if thread.pointee.isFaulted {
            Faults.report(thread)
            Threads.condemn(thread)
            return
        }
        thread.pointee.answerer = nil
        thread.pointee.frame.pointee.eax = UInt32(bitPattern: error.rawValue)
        Scheduler.makeReady(thread)
    }

    /// Takes a thread out of the endpoint's queue that it waits in.
    private static func leave(_ thread: ThreadReference, _ endpoint: EndpointReference) {
        if thread.pointee.state == .receiving {
            endpoint.pointee.receivers.remove(thread)
        } else {
            endpoint.pointee.senders.remove(thread)
        }
        thread.pointee.endpoint = nil
    }

    /// Lets a thread that waits to send or to receive make its call again from the beginning.
    private static func restart(_ thread: ThreadReference) {
        SystemCalls.rewind(thread.pointee.frame)
        Scheduler.makeReady(thread)
    }

    /// Gives up the call that a thread received last and has not answered.
    static func dropCaller(_ thread: ThreadReference) {
        if let caller = takeCaller(thread) { fail(caller, .objectGone) }
    }

    /// Takes a thread away from whatever it waits for.
    static func withdraw(_ thread: ThreadReference) {
        if let endpoint = thread.pointee.endpoint {
            leave(thread, endpoint)
            if thread.pointee.state != .receiving, let server = endpoint.pointee.receiver { Priorities.settle(server) }
        }
        if let notification = thread.pointee.notification {
            notification.pointee.waiters.remove(thread)
            thread.pointee.notification = nil
        }
        if let answerer = thread.pointee.answerer {
            answerer.pointee.caller = nil
            thread.pointee.answerer = nil
            Priorities.settle(answerer)
        }
        if let slot = thread.pointee.answerSlot {
            slot.pointee = .empty
            thread.pointee.answerSlot = nil
        }
    }

    /// Cuts all ties of an ending thread.
    static func abandon(_ thread: ThreadReference) {
        withdraw(thread)
        dropCaller(thread)
        Priorities.leave(thread)
    }

    /// Ends the wait of a thread that is neither ready nor faulted. False if there is no such wait.
    static func interrupt(_ thread: ThreadReference, _ error: KernelError) -> Bool {
        switch thread.pointee.state {
        case .created, .ready, .faulted: return false
        case .sending, .receiving, .calling, .waiting: withdraw(thread)
        case .sleeping: break
        }
        fail(thread, error)
        return true
    }
}
