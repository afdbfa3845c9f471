import KernelABI
import KernelAssembly
import KernelLogic

/// The short way of the calls that are made most: a message in registers to a server that waits for it, and the answer.
///
/// The constraint: a message should cost little more than the two changes of privilege and address space. The choice:
/// when all is as it usually is (the capability is there, the other side waits, nobody has limited the wait, nobody
/// more important is ready), the sender's registers are copied into the receiver's frame, and the receiver runs. In all
/// other cases nothing has been changed, and the call takes the long way, which does the same
/// (`SystemCalls.call`, `SystemCalls.replyReceive`).
enum FastPath {
    /// In the place of a vector in the frame of a thread that came by `sysenter`.
    static var sysenterVector: UInt32 { 0x81 }
    /// Bit 8 of EAX: the arguments of ECX and EDX, which `sysenter` needs itself, lie on the user's stack.
    private static var argumentsOnStack: UInt32 { 1 << 8 }

    /// What to resume if the call could be done at once.
    @inline(__always)
    static func enter(_ frame: UnsafeMutablePointer<TrapFrame>) -> UnsafeMutablePointer<TrapFrame>? {
        let number = frame.pointee.eax
        // No label is out of range, and no arguments lie on the stack, or this is no fast call.
        // Valid: there is always a current thread once user code runs.
        let current = Scheduler.current.unsafelyUnwrapped
        switch number & 0xFC00_FFFF {
        case SystemCall.call.rawValue: return hasNoBuffers(frame) ? call(frame, number, current) : nil
        case SystemCall.replyReceive.rawValue: return hasNoBuffers(frame) ? replyReceive(frame, number, current) : nil
        case SystemCall.yield.rawValue:
            guard !Scheduler.ready.unsafelyUnwrapped.isOccupied(atLeast: current.pointee.effectivePriority) else { return nil }
            frame.pointee.eax = 0
            return frame
        default: return nil
        }
    }

    /// Whether timeout and buffers are 0: by `sysenter` they are unless they lie on the stack.
    @inline(__always)
    private static func hasNoBuffers(_ frame: UnsafeMutablePointer<TrapFrame>) -> Bool {
        frame.pointee.vector == sysenterVector || frame.pointee.ecx | frame.pointee.edx == 0
    }

    @inline(never)
    private static func call(
        _ frame: UnsafeMutablePointer<TrapFrame>, _ number: UInt32, _ sender: ThreadReference
    ) -> UnsafeMutablePointer<TrapFrame>? {
        let slot = frame.pointee.ebx
        guard slot < capabilitySlotCount else { return nil }
        let capability = sender.pointee.process.pointee.capabilities[slot]
        guard capability.pointee.kind == .endpoint, capability.pointee.allows(.send),
            let endpoint = Capabilities.endpoint(capability.pointee),
            let receiver = endpoint.pointee.receivers.first, !receiver.pointee.timer.isSet
        else { return nil }
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
        sender.pointee.buffers.receiveCapacity = 0
        sender.pointee.buffers.receiveSlots = 0
        let target = receiver.pointee.frame
        target.pointee.ebx = capability.pointee.badge
        target.pointee.eax = (number >> 16) << 21 | 1 << 17
        copyWords(from: frame, to: target)
        sender.pointee.frame = frame
        Scheduler.switchTo(receiver, from: sender)
        return target
    }

    @inline(never)
    private static func replyReceive(
        _ frame: UnsafeMutablePointer<TrapFrame>, _ number: UInt32, _ server: ThreadReference
    ) -> UnsafeMutablePointer<TrapFrame>? {
        let slot = frame.pointee.ebx
        guard slot < capabilitySlotCount else { return nil }
        let capability = server.pointee.process.pointee.capabilities[slot]
        guard capability.pointee.kind == .endpoint, capability.pointee.allows(.receive),
            let endpoint = Capabilities.endpoint(capability.pointee),
            endpoint.pointee.receiver == server, endpoint.pointee.senders.isEmpty, endpoint.pointee.notices.isEmpty,
            let caller = server.pointee.caller, !caller.pointee.isFaulted, !caller.pointee.timer.isSet,
            !Scheduler.ready.unsafelyUnwrapped.isOccupied(above: caller.pointee.effectivePriority)
        else { return nil }
        server.pointee.caller = nil
        server.pointee.effectivePriority = server.pointee.priority
        server.pointee.buffers.receiveCapacity = 0
        server.pointee.buffers.receiveSlots = 0
        server.pointee.state = .receiving
        server.pointee.endpoint = endpoint
        endpoint.pointee.receivers.append(server)
        caller.pointee.answerer = nil
        caller.pointee.state = .ready
        let target = caller.pointee.frame
        target.pointee.eax = (number >> 16) << 21
        target.pointee.ebx = 0
        copyWords(from: frame, to: target)
        server.pointee.frame = frame
        Scheduler.switchTo(caller, from: server)
        return target
    }

    @inline(__always)
    private static func copyWords(
        from source: UnsafeMutablePointer<TrapFrame>, to target: UnsafeMutablePointer<TrapFrame>
    ) {
        target.pointee.esi = source.pointee.esi
        target.pointee.edi = source.pointee.edi
        target.pointee.ebp = source.pointee.ebp
    }

    /// Puts everything into the frame of a `sysenter` that `int 0x80` would have left there: FS and GS, and the arguments
    /// that lie on the stack. False if the stack is no memory.
    static func completeFrame(_ frame: UnsafeMutablePointer<TrapFrame>) -> Bool {
        save_user_segments(frame)
        frame.pointee.ds = Selector.userData
        frame.pointee.es = Selector.userData
        frame.pointee.ecx = 0
        frame.pointee.edx = 0
        guard frame.pointee.eax & argumentsOnStack != 0 else { return true }
        guard let arguments = try? UserMemory.readable(frame.pointee.esp, 8) else { return false }
        frame.pointee.ecx = arguments.loadUnaligned(as: UInt32.self)
        frame.pointee.edx = arguments.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
        frame.pointee.eax &= ~argumentsOnStack
        return true
    }
}
