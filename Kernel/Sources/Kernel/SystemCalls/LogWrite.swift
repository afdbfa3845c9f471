import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func logWrite(_ caller: Caller) throws(KernelError) -> UInt32? {
        let frame = caller.frame.pointee
        _ = try caller.table.find(frame.ebx, .log, .send)
        let count = min(frame.edx, 1024)
        Log().bytes(try UserMemory.readable(frame.ecx, count))
        return count
    }
}
