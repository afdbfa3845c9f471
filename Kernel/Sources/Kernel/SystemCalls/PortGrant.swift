import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func portGrant(_ caller: Caller) throws(KernelError) -> UInt32? {
        let frame = caller.frame.pointee
        _ = try caller.table.find(frame.ebx, .portAuthority, .manage)
        let process = try caller.process(frame.ecx, .manage)
        guard frame.edx < 0x1_0000, frame.esi > 0, frame.esi <= 0x1_0000 - frame.edx else { throw .badArgument }
        try Ports.grant(process, first: frame.edx, count: frame.esi)
        return 0
    }
}
