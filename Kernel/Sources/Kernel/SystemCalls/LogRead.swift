import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func logRead(_ caller: Caller) throws(KernelError) -> UInt32? {
        let frame = caller.frame.pointee
        let isUnshown = frame.esi == LogRecord.unshown
        _ = try caller.table.find(frame.ebx, .log, isUnshown ? [.read, .manage] : .read)
        let buffer = try UserMemory.writable(frame.ecx, min(frame.edx, 4096))
        let (count, next) = isUnshown ? Log.readUnshown(into: buffer) : Log.read(frame.esi, into: buffer)
        caller.frame.pointee.ebx = next
        return UInt32(count)
    }
}
