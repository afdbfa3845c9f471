import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func shutdown(_ caller: Caller) throws(KernelError) -> UInt32? {
        _ = try caller.table.find(caller.frame.pointee.ebx, .system, .manage)
        guard let action = ShutdownAction(rawValue: caller.frame.pointee.ecx) else { throw .badArgument }
        switch action {
        case .halt: Power.halt()
        case .reboot: Power.reboot()
        }
    }
}
