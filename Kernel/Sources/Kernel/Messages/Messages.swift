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
    /// Why a transfer failed, and by whose fault.
    enum TransferError: Error {
        case sender(KernelError)
        case receiver(KernelError)
    }

    /// Sends the current thread's message, or begins to wait for a receiver, at most as long as `timeout` says. `state`
    /// is what it waits as.
    ///
    /// - Returns: Whether the sender can go on at once: the message was received, and wants no reply.
    /// - Throws: What was wrong with the message; `.timedOut` if nobody receives and it shall not wait.
    static func send(
        _ sender: ThreadReference, to endpoint: EndpointReference, state: ThreadState, timeout: UInt32
    ) throws(KernelError) -> Bool {
        while let receiver = endpoint.pointee.receivers.first {
            do {
                try transfer(from: sender, to: receiver)
            } catch {
                switch error {
                case .sender(let reason): throw reason
                case .receiver(let reason):
                    endpoint.pointee.receivers.remove(receiver)
                    receiver.pointee.endpoint = nil
                    fail(receiver, reason)
                    continue
                }
            }
            endpoint.pointee.receivers.remove(receiver)
            receiver.pointee.endpoint = nil
            Scheduler.makeReady(receiver, first: true)
            guard sender.pointee.wantsReply else { return true }
            Clock.setTimeout(sender, timeout)
            Scheduler.block(sender.pointee.isFaulted ? .faulted : .calling)
            return false
        }
        guard timeout != Timeout.now else { throw .timedOut }
        sender.pointee.endpoint = endpoint
        Priorities.queue(sender, at: endpoint)
        if let server = endpoint.pointee.receiver { Priorities.lend(sender.pointee.effectivePriority, to: server) }
        Clock.setTimeout(sender, timeout)
        Scheduler.block(state)
        return false
    }

    /// Receives a message for the current thread, or begins to wait for one.
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
        while let sender = endpoint.pointee.senders.first {
            do {
                try transfer(from: sender, to: receiver)
            } catch {
                switch error {
                case .receiver(let reason): throw reason
                case .sender(let reason):
                    endpoint.pointee.senders.remove(sender)
                    sender.pointee.endpoint = nil
                    fail(sender, reason)
                    continue
                }
            }
            endpoint.pointee.senders.remove(sender)
            sender.pointee.endpoint = nil
            if sender.pointee.wantsReply {
                sender.pointee.state = sender.pointee.isFaulted ? .faulted : .calling
            } else {
                sender.pointee.frame.pointee.eax = 0
                Scheduler.makeReady(sender)
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

    /// Answers the call of `caller`, which waits for nothing else. A faulted thread resumes or ends.
    ///
    /// - Throws: What was wrong with the answer. The caller gets an error then too.
    static func reply(_ sender: ThreadReference, to caller: ThreadReference) throws(KernelError) {
        if caller.pointee.isFaulted {
            return Faults.answer(caller, sender.pointee.label)
        }
        do {
            let (length, capabilities) = try copyContents(from: sender, to: caller)
            let tag = MessageTag(
                label: sender.pointee.label, length: length, wantsReply: false, capabilities: capabilities)
            putMessage(sender.pointee.frame, badge: 0, tag: tag, in: caller.pointee.frame)
            Scheduler.makeReady(caller, first: true)
        } catch {
            switch error {
            case .sender(let reason):
                // Too long for its buffer, the caller can understand; the server's own mistake is no answer at all.
                fail(caller, reason == .bufferTooSmall ? reason : .objectGone)
                throw reason
            case .receiver(let reason):
                fail(caller, reason)
                throw reason
            }
        }
    }

    /// Moves a sender's message into a receiver, and makes the receiver the one who can reply.
    private static func transfer(from sender: ThreadReference, to receiver: ThreadReference) throws(TransferError) {
        if sender.pointee.isFaulted {
            Faults.deliver(sender, to: receiver)
        } else {
            let (length, capabilities) = try copyContents(from: sender, to: receiver)
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

    /// Copies what a message has beside its registers; returns how many bytes and capabilities.
    private static func copyContents(
        from sender: ThreadReference, to receiver: ThreadReference
    ) throws(TransferError) -> (length: UInt32, capabilities: UInt32) {
        let length = sender.pointee.buffers.sendLength
        guard length > 0 || sender.pointee.buffers.sendSlots != 0 else { return (0, 0) }
        guard length <= receiver.pointee.buffers.receiveCapacity else { throw .sender(.bufferTooSmall) }
        let capabilities = try checkCapabilities(from: sender, to: receiver)
        do {
            try UserMemory.copy(
                from: sender.pointee.process.pointee.space, sender.pointee.buffers.sendAddress,
                to: receiver.pointee.process.pointee.space, receiver.pointee.buffers.receiveAddress, count: length)
        } catch {
            switch error {
            case .source: throw .sender(.badAddress)
            case .destination: throw .receiver(.badAddress)
            }
        }
        // Nothing can go wrong any more.
        for index in 0..<capabilities {
            let source = sender.pointee.process.pointee.capabilities[sender.pointee.buffers.sendSlot(index)]
            let slot = receiver.pointee.process.pointee.capabilities[
                receiver.pointee.buffers.firstReceiveSlot + index]
            if let copy = try? source.pointee.derived(~0, badge: 0) {
                Capabilities.derive(copy, from: source, into: slot)
            }
        }
        return (length, capabilities)
    }

    /// Checks the slots of the capabilities in a message on both sides; returns their number.
    private static func checkCapabilities(
        from sender: ThreadReference, to receiver: ThreadReference
    ) throws(TransferError) -> UInt32 {
        let count = sender.pointee.buffers.sendSlotCount
        guard count <= receiver.pointee.buffers.receiveSlotCount else { throw .sender(.bufferTooSmall) }
        for index in 0..<count {
            do throws(KernelError) {
                let table = sender.pointee.process.pointee.capabilities
                let slot = try table.occupied(sender.pointee.buffers.sendSlot(index))
                guard slot.pointee.allows(.copy) else { throw .permissionDenied }
            } catch {
                throw .sender(error)
            }
            do {
                let table = receiver.pointee.process.pointee.capabilities
                _ = try table.empty(receiver.pointee.buffers.firstReceiveSlot + index)
            } catch {
                throw .receiver(error)
            }
        }
        return count
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

    /// Gives up the call that a thread received last and has not answered.
    static func dropCaller(_ thread: ThreadReference) {
        if let caller = takeCaller(thread) { fail(caller, .objectGone) }
    }

    /// Takes a thread away from whatever it waits for.
    static func withdraw(_ thread: ThreadReference) {
        if let endpoint = thread.pointee.endpoint {
            if thread.pointee.state == .receiving {
                endpoint.pointee.receivers.remove(thread)
            } else {
                endpoint.pointee.senders.remove(thread)
                if let server = endpoint.pointee.receiver { Priorities.settle(server) }
            }
            thread.pointee.endpoint = nil
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
