import KernelABI
import KernelAssembly
import KernelLogic

/// The short way of the calls that are made most: a message to a server that waits for it, and the answer.
///
/// The constraint: a message should cost little more than the two changes of privilege and address space. The choice:
/// when all is as it usually is (the capability is there, the other side waits, nobody has limited the wait, nobody
/// more important is ready), the sender's registers are copied into the receiver's frame, and the receiver runs. Bytes,
/// up to 16 KiB of them, go along if both sides' memory is there; capabilities do not. In all other cases nothing has
/// been changed that matters, and the call takes the long way, which does the same (`SystemCalls.call`,
/// `SystemCalls.replyReceive`).
enum FastPath {
    /// In the place of a vector in the frame of a thread that came by `sysenter`.
    static var sysenterVector: UInt32 { 0x81 }
    /// Bit 8 of EAX: the arguments of ECX and EDX, which `sysenter` needs itself, lie on the user's stack.
    private static var argumentsOnStack: UInt32 { 1 << 8 }

    typealias Frame = UnsafeMutablePointer<TrapFrame>

    /// What to resume if the call could be done at once.
    @inline(__always)
    static func enter(_ frame: Frame) -> Frame? {
        let number = frame.pointee.eax
        // No label is out of range, or this is no fast call.
        // Valid: there is always a current thread once user code runs.
        let current = Scheduler.current.unsafelyUnwrapped
        switch number & 0xFC00_FFFF {
        case SystemCall.call.rawValue:
            return hasNoBuffers(frame) ? call(frame, number, current) : enterWithBuffers(frame, number, current)
        case SystemCall.replyReceive.rawValue:
            return hasNoBuffers(frame) ? replyReceive(frame, number, current) : enterWithBuffers(frame, number, current)
        case SystemCall.yield.rawValue:
            guard !Scheduler.ready.unsafelyUnwrapped.isOccupied(atLeast: current.pointee.effectivePriority) else {
                return nil
            }
            frame.pointee.eax = 0
            return frame
        case SystemCall.call.rawValue | argumentsOnStack, SystemCall.replyReceive.rawValue | argumentsOnStack:
            return enterWithBuffers(frame, number, current)
        default: return nil
        }
    }

    /// Whether timeout and buffers are 0: by `sysenter` they are unless they lie on the stack.
    @inline(__always)
    private static func hasNoBuffers(_ frame: Frame) -> Bool {
        frame.pointee.vector == sysenterVector || frame.pointee.ecx | frame.pointee.edx == 0
    }

    @inline(never)
    private static func call(_ frame: Frame, _ number: UInt32, _ sender: ThreadReference) -> Frame? {
        guard let (endpoint, badge, receiver) = receiver(frame, sender) else { return nil }
        MessageContents.noteNoReceiving(sender)
        return handOver(frame, number, length: 0, from: sender, to: receiver, endpoint, badge)
    }

    @inline(never)
    private static func replyReceive(_ frame: Frame, _ number: UInt32, _ server: ThreadReference) -> Frame? {
        guard let (endpoint, caller) = caller(frame, server) else { return nil }
        MessageContents.noteNoReceiving(server)
        return answer(frame, number, length: 0, from: server, to: caller, endpoint)
    }

    /// The same two calls with arguments in ECX and EDX.
    @inline(never)
    private static func enterWithBuffers(_ frame: Frame, _ number: UInt32, _ current: ThreadReference) -> Frame? {
        guard let (timeout, buffers) = arguments(frame), timeout == 0 else { return nil }
        let endpoint: EndpointReference
        let other: ThreadReference
        var badge: UInt32 = 0
        let isCall = number & 0xFF == SystemCall.call.rawValue
        if isCall {
            guard let found = receiver(frame, current) else { return nil }
            (endpoint, badge, other) = found
        } else {
            guard let found = caller(frame, current) else { return nil }
            (endpoint, other) = found
        }
        // What the current thread has noted is of no importance until it waits, so noting changes nothing that matters.
        guard let length = MessageContents.pass(buffers, from: current, to: other) else { return nil }
        if isCall { return handOver(frame, number, length: length, from: current, to: other, endpoint, badge) }
        // As `completeFrame` leaves it, in case that the call has to be made again.
        frame.pointee.eax = number & ~argumentsOnStack
        frame.pointee.ecx = 0
        frame.pointee.edx = buffers
        return answer(frame, number, length: length, from: current, to: other, endpoint)
    }

    /// Who waits for a message of the current thread.
    @inline(__always)
    private static func receiver(
        _ frame: Frame, _ sender: ThreadReference
    ) -> (endpoint: EndpointReference, badge: UInt32, receiver: ThreadReference)? {
        let slot = frame.pointee.ebx
        guard slot < capabilitySlotCount else { return nil }
        let capability = sender.pointee.process.pointee.capabilities[slot]
        guard capability.pointee.kind == .endpoint, capability.pointee.allows(.send),
            let endpoint = Capabilities.endpoint(capability.pointee),
            let receiver = endpoint.pointee.receivers.first, !receiver.pointee.timer.isSet
        else { return nil }
        return (endpoint, capability.pointee.badge, receiver)
    }

    /// Lets the receiver run with a call's message, whose sender waits for the reply.
    @inline(__always)
    private static func handOver(
        _ frame: Frame, _ number: UInt32, length: UInt32, from sender: ThreadReference, to receiver: ThreadReference,
        _ endpoint: EndpointReference, _ badge: UInt32
    ) -> Frame {
        endpoint.pointee.receivers.remove(receiver)
        receiver.pointee.endpoint = nil
        receiver.pointee.state = .ready
        receiver.pointee.caller = sender
        if receiver.pointee.effectivePriority < sender.pointee.effectivePriority {
            receiver.pointee.effectivePriority = sender.pointee.effectivePriority
        }
        sender.pointee.answerer = receiver
        sender.pointee.state = .calling
        sender.pointee.wantsReply = true
        let target = receiver.pointee.frame
        target.pointee.ebx = badge
        target.pointee.eax = (number >> 16) << 21 | 1 << 17 | length
        copyWords(from: frame, to: target)
        sender.pointee.frame = frame
        Scheduler.switchTo(receiver, from: sender)
        return target
    }

    /// Whose call the current thread answers, if nobody else waits at the endpoint from which it wants to receive.
    @inline(__always)
    private static func caller(
        _ frame: Frame, _ server: ThreadReference
    ) -> (endpoint: EndpointReference, caller: ThreadReference)? {
        let slot = frame.pointee.ebx
        guard slot < capabilitySlotCount else { return nil }
        let capability = server.pointee.process.pointee.capabilities[slot]
        guard capability.pointee.kind == .endpoint, capability.pointee.allows(.receive),
            let endpoint = Capabilities.endpoint(capability.pointee),
            endpoint.pointee.receiver == server, endpoint.pointee.senders.isEmpty, endpoint.pointee.notices.isEmpty,
            let caller = server.pointee.caller, !caller.pointee.isFaulted, !caller.pointee.timer.isSet,
            !Scheduler.ready.unsafelyUnwrapped.isOccupied(above: caller.pointee.effectivePriority)
        else { return nil }
        return (endpoint, caller)
    }

    /// Lets the caller run with the answer, while the server waits for the next message.
    @inline(__always)
    private static func answer(
        _ frame: Frame, _ number: UInt32, length: UInt32, from server: ThreadReference, to caller: ThreadReference,
        _ endpoint: EndpointReference
    ) -> Frame {
        server.pointee.caller = nil
        server.pointee.effectivePriority = server.pointee.priority
        server.pointee.state = .receiving
        server.pointee.endpoint = endpoint
        endpoint.pointee.receivers.append(server)
        caller.pointee.answerer = nil
        caller.pointee.state = .ready
        let target = caller.pointee.frame
        target.pointee.eax = (number >> 16) << 21 | length
        target.pointee.ebx = 0
        copyWords(from: frame, to: target)
        server.pointee.frame = frame
        Scheduler.switchTo(caller, from: server)
        return target
    }

    @inline(__always)
    private static func copyWords(from source: Frame, to target: Frame) {
        target.pointee.esi = source.pointee.esi
        target.pointee.edi = source.pointee.edi
        target.pointee.ebp = source.pointee.ebp
    }

    /// The arguments in ECX and EDX, wherever they are; nil if that is no memory.
    @inline(__always)
    private static func arguments(_ frame: Frame) -> (ecx: UInt32, edx: UInt32)? {
        guard frame.pointee.vector == sysenterVector else { return (frame.pointee.ecx, frame.pointee.edx) }
        guard frame.pointee.eax & argumentsOnStack != 0 else { return (0, 0) }
        guard let arguments = try? UserMemory.readable(frame.pointee.esp, 8) else { return nil }
        return (
            arguments.loadUnaligned(as: UInt32.self), arguments.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
        )
    }

    /// Puts everything into the frame of a `sysenter` that `int 0x80` would have left there: FS and GS, and the
    /// arguments that lie on the stack. False if the stack is no memory.
    static func completeFrame(_ frame: Frame) -> Bool {
        save_user_segments(frame)
        frame.pointee.ds = Selector.userData
        frame.pointee.es = Selector.userData
        let arguments = arguments(frame)
        frame.pointee.ecx = arguments?.ecx ?? 0
        frame.pointee.edx = arguments?.edx ?? 0
        if arguments != nil { frame.pointee.eax &= ~argumentsOnStack }
        return arguments != nil
    }
}
