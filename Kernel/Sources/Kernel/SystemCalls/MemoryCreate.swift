import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func memoryCreate(_ caller: Caller) throws(KernelError) -> UInt32? {
        let frame = caller.frame.pointee
        let slot = try caller.table.empty(frame.ebx)
        guard frame.ecx > 0, frame.ecx <= MemoryObjects.maximumPages << 12 else { throw .badArgument }
        let pages = (frame.ecx + pageSize - 1) >> 12
        let memory = try MemoryObjects.create(pages: pages, caller.process.pointee.account)
        Capabilities.put(slot, UnsafeMutableRawPointer(memory), .memory)
        return 0
    }
}
