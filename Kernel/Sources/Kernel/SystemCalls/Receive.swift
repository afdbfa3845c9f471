import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func receive(_ caller: Caller) throws(KernelError) -> UInt32? {
        let endpoint = try caller.endpoint(caller.frame.pointee.ebx, .receive)
        try MessageContents.note(caller.thread, caller.frame.pointee.edx, isSending: false)
        Messages.dropCaller(caller.thread)
        try Messages.receive(caller.thread, from: endpoint, timeout: caller.frame.pointee.ecx)
        return nil
    }
}
