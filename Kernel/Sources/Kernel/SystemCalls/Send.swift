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

    /// Notes label, bytes and capabilities of the message that the caller's registers describe.
    static func noteMessage(_ caller: Caller) throws(KernelError) {
        let frame = caller.frame.pointee
        try MessageContents.note(caller.thread, frame.edx, isSending: true)
        caller.thread.pointee.label = SystemCallNumber(rawValue: frame.eax).label
    }
}
