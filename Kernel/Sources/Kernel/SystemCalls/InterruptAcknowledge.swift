import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func interruptAcknowledge(_ caller: Caller) throws(KernelError) -> UInt32? {
        let line = try caller.table.find(caller.frame.pointee.ebx, .interruptLine, .manage).pointee.object
        InterruptController8259.enable(UInt32(line))
        return 0
    }
}
