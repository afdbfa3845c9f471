import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func send(_ caller: Caller) throws(KernelError) -> UInt32? {
        try prepareSend(caller, wantsReply: false)
    }

    /// What `send` and `call` have in common.
    static func prepareSend(_ caller: Caller, wantsReply: Bool) throws(KernelError) -> UInt32? {
        let endpoint = try caller.endpoint(caller.frame.pointee.ebx, .send)
        try noteMessage(caller)
        caller.thread.pointee.badge = caller.table[caller.frame.pointee.ebx].pointee.badge
        caller.thread.pointee.wantsReply = wantsReply
        let timeout = caller.frame.pointee.ecx
        return try Messages.send(caller.thread, to: endpoint, state: .sending, timeout: timeout) ? 0 : nil
    }

    /// Notes label and buffers of the message that the caller's registers describe.
    static func noteMessage(_ caller: Caller) throws(KernelError) {
        let buffers = try messageBuffers(caller)
        guard buffers.sendLength <= maximumMessageLength else { throw .badArgument }
        try UserMemory.check(buffers.sendAddress, buffers.sendLength, writable: false)
        caller.thread.pointee.label = SystemCallNumber(rawValue: caller.frame.pointee.eax).label
        caller.thread.pointee.buffers = buffers
    }

    /// The `MessageBuffers` at the address in EDX, or empty ones.
    static func messageBuffers(_ caller: Caller) throws(KernelError) -> MessageBuffers {
        let address = caller.frame.pointee.edx
        guard address != 0 else { return MessageBuffers() }
        let bytes = try UserMemory.readable(address, UInt32(MemoryLayout<MessageBuffers>.size))
        let buffers = bytes.loadUnaligned(as: MessageBuffers.self)
        // No more than this can come, and looking at it is bounded.
        try UserMemory.check(
            buffers.receiveAddress, min(buffers.receiveCapacity, maximumMessageLength), writable: true)
        return buffers
    }
}
