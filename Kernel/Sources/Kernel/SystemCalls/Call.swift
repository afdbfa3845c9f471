import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func call(_ caller: Caller) throws(KernelError) -> UInt32? {
        try prepareSend(caller, wantsReply: true)
    }
}
