import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func logRead(_ caller: Caller) throws(KernelError) -> UInt32? {
        let frame = caller.frame.pointee
        _ = try caller.table.find(frame.ebx, .log, .read)
        let (count, next) = Log.read(frame.esi, into: try UserMemory.writable(frame.ecx, min(frame.edx, 4096)))
        caller.frame.pointee.ebx = next
        return UInt32(count)
    }
}
