import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func replyReceive(_ caller: Caller) throws(KernelError) -> UInt32? {
        let endpoint = try caller.endpoint(caller.frame.pointee.ebx, .receive)
        try noteMessage(caller)
        if let waiting = caller.thread.pointee.caller {
            do {
                guard try Messages.reply(caller.thread, .last(waiting)) else { return nil }
            } catch {
                // The one who called has been told; a server goes on.
            }
        }
        try Messages.receive(caller.thread, from: endpoint, timeout: caller.frame.pointee.ecx)
        return nil
    }
}
