import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func interruptBind(_ caller: Caller) throws(KernelError) -> UInt32? {
        let frame = caller.frame.pointee
        _ = try caller.table.find(frame.ebx, .interruptAuthority, .manage)
        let target = try caller.table.occupied(frame.edx)
        let slot = try caller.table.empty(frame.edi)
        guard InterruptLines.isAvailable(frame.ecx) else { throw .badArgument }
        if target.pointee.kind == .notification {
            guard frame.esi != 0 else { throw .badArgument }
            try InterruptLines.bind(frame.ecx, to: try caller.notification(frame.edx, .send), badge: frame.esi)
        } else {
            try InterruptLines.bind(frame.ecx, to: try caller.endpoint(frame.edx, .send), badge: frame.esi)
        }
        slot.pointee = Capability(object: UInt(frame.ecx), kind: .interruptLine, rights: .all)
        return 0
    }
}
