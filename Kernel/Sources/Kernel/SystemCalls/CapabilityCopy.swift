import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func capabilityCopy(_ caller: Caller) throws(KernelError) -> UInt32? {
        let frame = caller.frame.pointee
        let source = try caller.table.occupied(frame.ebx)
        guard source.pointee.allows(.copy) else { throw .permissionDenied }
        let receiver = frame.ecx == 0 ? caller.process : try caller.process(frame.ecx, .manage)
        let destination = try receiver.pointee.capabilities.empty(frame.edx)
        var copy = source.pointee
        copy.rights &= UInt8(truncatingIfNeeded: frame.esi)
        if copy.kind == .endpoint, copy.badge == 0 { copy.badge = frame.edi }
        Capabilities.retain(copy)
        destination.pointee = copy
        return 0
    }
}
