import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func memoryRead(_ caller: Caller) throws(KernelError) -> UInt32? {
        let frame = caller.frame.pointee
        let process = try caller.process(frame.ebx, .manage)
        guard frame.esi <= maximumCopy else { throw .badArgument }
        let count = min(frame.esi, copyStep)
        try UserMemory.check(frame.edx, count, writable: true)
        do {
            try UserMemory.copy(
                from: process.pointee.space, frame.ecx, to: caller.process.pointee.space, frame.edx, count: count)
        } catch {
            throw .badAddress
        }
        return advance(caller, count)
    }
}
