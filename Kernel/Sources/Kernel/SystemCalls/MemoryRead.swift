import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func memoryRead(_ caller: Caller) throws(KernelError) -> UInt32? {
        let frame = caller.frame.pointee
        let process = try caller.process(frame.ebx, .manage)
        guard frame.esi <= maximumCopy else { throw .badArgument }
        do {
            try UserMemory.copy(
                from: process.pointee.space, frame.ecx, to: caller.process.pointee.space, frame.edx, count: frame.esi)
        } catch {
            throw .badAddress
        }
        return 0
    }
}
