import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func threadCancel(_ caller: Caller) throws(KernelError) -> UInt32? {
        let thread = try caller.thread(caller.frame.pointee.ebx, .manage)
        guard Messages.interrupt(thread, .cancelled) else { throw .badState }
        return 0
    }
}
