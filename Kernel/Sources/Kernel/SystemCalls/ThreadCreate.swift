import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func threadCreate(_ caller: Caller) throws(KernelError) -> UInt32? {
        let frame = caller.frame.pointee
        let process = try caller.process(frame.ebx, .manage)
        let slot = try caller.table.empty(frame.ecx)
        let thread = try Threads.create(process, entry: frame.edx, stack: frame.esi, argument: frame.edi)
        thread.pointee.references = 1
        Capabilities.put(slot, UnsafeMutableRawPointer(thread), .thread)
        return thread.pointee.number
    }
}
