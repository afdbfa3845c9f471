import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func send(_ caller: Caller) throws(KernelError) -> UInt32? {
        try prepareSend(caller, wantsReply: false)
    }

    /// What `send` and `call` have in common.
    static func prepareSend(_ caller: Caller, wantsReply: Bool) throws(KernelError) -> UInt32? {
        let slot = try caller.table.find(caller.frame.pointee.ebx, .endpoint, .send)
        let endpoint = try caller.endpoint(caller.frame.pointee.ebx, .send)
        try noteMessage(caller)
        caller.thread.pointee.badge = slot.pointee.badge
        caller.thread.pointee.wantsReply = wantsReply
        return try Messages.send(caller.thread, to: endpoint, state: .sending) ? 0 : nil
    }

    /// Notes label and buffers of the message that the caller's registers describe.
    static func noteMessage(_ caller: Caller) throws(KernelError) {
        let label = caller.frame.pointee.ecx
        guard label <= MessageTag.maximumLabel else { throw .badArgument }
        let buffers = try messageBuffers(caller)
        guard buffers.sendLength <= maximumMessageLength else { throw .badArgument }
        caller.thread.pointee.label = label
        caller.thread.pointee.buffers = buffers
    }

    /// The `MessageBuffers` at the address in EDX, or empty ones.
    static func messageBuffers(_ caller: Caller) throws(KernelError) -> MessageBuffers {
        let address = caller.frame.pointee.edx
        guard address != 0 else {
            return MessageBuffers(sendAddress: 0, sendLength: 0, receiveAddress: 0, receiveCapacity: 0)
        }
        let bytes = try UserMemory.readable(address, UInt32(MemoryLayout<MessageBuffers>.size))
        return bytes.loadUnaligned(as: MessageBuffers.self)
    }
}
