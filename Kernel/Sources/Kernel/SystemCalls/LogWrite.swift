import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func logWrite(_ caller: Caller) throws(KernelError) -> UInt32? {
        let frame = caller.frame.pointee
        _ = try caller.table.find(frame.ebx, .log, .send)
        let label = SystemCallNumber(rawValue: frame.eax).label
        guard let level = LogLevel(rawValue: UInt8(truncatingIfNeeded: min(label, 0xFF))) else { throw .badArgument }
        let count = min(frame.edx, 1024)
        Log(level: level).bytes(try UserMemory.readable(frame.ecx, count))
        return count
    }
}
