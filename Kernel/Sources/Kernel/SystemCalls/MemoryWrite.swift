import KernelABI
import KernelAssembly
import KernelLogic

extension SystemCalls {
    static func memoryWrite(_ caller: Caller) throws(KernelError) -> UInt32? {
        let frame = caller.frame.pointee
        let process = try caller.process(frame.ebx, .manage)
        guard frame.esi <= maximumCopy else { throw .badArgument }
        let count = min(frame.esi, copyStep)
        try UserMemory.check(frame.edx, count, writable: false)
        do {
            try UserMemory.copy(
                from: caller.process.pointee.space, frame.edx, to: process.pointee.space, frame.ecx, count: count,
                force: true)
        } catch {
            throw .badAddress
        }
        return advance(caller, count)
    }

    /// The most bytes that one call copies, and those that it copies between two looks at the interrupts.
    static var maximumCopy: UInt32 { 16 << 20 }
    static var copyStep: UInt32 { 16 << 10 }

    /// Notes in the registers that `count` bytes have been copied; the call goes on if there are more.
    static func advance(_ caller: Caller, _ count: UInt32) -> UInt32? {
        caller.frame.pointee.ecx &+= count
        caller.frame.pointee.edx &+= count
        caller.frame.pointee.esi -= count
        return caller.frame.pointee.esi == 0 ? 0 : again(caller)
    }
}
