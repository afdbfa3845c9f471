import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func sleep(_ caller: Caller) -> UInt32? {
        caller.frame.pointee.eax = 0
        Clock.sleep(caller.thread, milliseconds: caller.frame.pointee.ecx)
        return nil
    }
}
