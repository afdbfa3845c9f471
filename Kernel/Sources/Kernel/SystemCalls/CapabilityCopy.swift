import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func capabilityCopy(_ caller: Caller) throws(KernelError) -> UInt32? {
        let frame = caller.frame.pointee
        let source = try caller.table.occupied(frame.ebx)
        let copy = try source.pointee.derived(frame.esi, badge: frame.edi)
        let receiver = frame.ecx == 0 ? caller.process : try caller.process(frame.ecx, .manage)
        let destination = try receiver.pointee.capabilities.empty(frame.edx)
        Capabilities.derive(copy, from: source, into: destination)
        return 0
    }
}
